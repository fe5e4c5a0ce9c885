"""More time for a department (延期、挂账): it asks, and somebody else decides."""

from datetime import datetime

from domain.actors import Actor, Person, Role
from domain.errors import (
    AlreadyAsked,
    HeldBefore,
    NotAsked,
    NotHeld,
    NotYours,
    OutOfRange,
    RanOut,
    TooManyExtensions,
)
from domain.text import check_text, often
from domain.ticket import commands
from domain.ticket import deferring_events as events
from domain.ticket.clocks import ClockName, Setting
from domain.ticket.publishing import Publishing
from domain.ticket.stage import TaskStage
from domain.ticket.task import Task
from domain.ticket.timing import USUAL, Timing, due


class Deferring(Publishing):
    """What is asked and decided about the time that a department has."""

    def request_extension(
        self, command: commands.RequestExtension, by: Person, at: datetime, timing: Timing = USUAL
    ) -> None:
        """申请延期: before the time is up, and as often in a round as the terms say."""
        actor, task = self.must_serve(by, "request_extension", command.department)
        self._task_must_be("request_extension", task, TaskStage.CLAIMED)
        if task.extension_asked_by is not None:
            raise AlreadyAsked(department=task.department)
        if task.extensions >= timing.terms_at(at).extensions:
            raise TooManyExtensions(department=task.department, often=often(task.extensions))
        if task.due_at < at:
            raise RanOut(department=task.department)
        check_text("reason", command.reason)
        clock = timing.begin(ClockName.DISPATCH, self.town, self.urgency, at, about=task.department)
        self._record(
            events.ExtensionRequested,
            actor,
            at,
            department=task.department,
            reason=command.reason,
            clocks=(clock,),
        )

    def grant_extension(
        self, command: commands.GrantExtension, by: Person, at: datetime, timing: Timing = USUAL
    ) -> None:
        """准予延期: as much time again as the limit gave at first; never by who asked for it.

        Raises `UnknownYear` where that needs a year nobody entered.
        """
        actor, task = self._asked("grant_extension", command.department, by)
        check_text("note", command.note)
        clock = self.clocks.find(ClockName.HANDLE, task.department)
        clocks = () if clock is None else (timing.extend(clock, self.urgency, at),)
        self._record(
            events.ExtensionGranted,
            actor,
            at,
            department=task.department,
            note=command.note,
            due_at=due(clocks, ClockName.HANDLE, otherwise=task.due_at),
            clocks=clocks,
        )

    def refuse_extension(self, command: commands.RefuseExtension, by: Person, at: datetime) -> None:
        """不准延期: the deadline stays; never decided by who asked."""
        actor, task = self._asked("refuse_extension", command.department, by)
        check_text("note", command.note)
        self._record(events.ExtensionRefused, actor, at, department=task.department, note=command.note)

    def hold(self, command: commands.Hold, by: Person, at: datetime, timing: Timing = USUAL) -> None:
        """挂账: so often and so long as the terms say; never decided by who serves the department."""
        actor = self.must_be(by, "hold", (Role.DISPATCHER, self.town))
        task = self.task_of(command.department)
        self._task_must_be("hold", task, TaskStage.DISPATCHED, TaskStage.CLAIMED)
        self._must_not_serve(by, "hold", task.department)
        terms = timing.terms_at(at)
        if task.holds >= terms.holds:
            raise HeldBefore(department=task.department, often=often(task.holds))
        check_text("reason", command.reason)
        review = command.review_at
        if review.tzinfo is None or not at < review <= at + terms.longest_hold:
            days = terms.longest_hold.days
            raise OutOfRange(field="review_at", why=f"must have a zone and lie after now, within {days} days")
        clock = Setting(
            ClockName.DISPATCH,
            self.town,
            at,
            review,
            "day of review of what is on hold",
            about=task.department,
        )
        self._record(
            events.Held,
            actor,
            at,
            department=task.department,
            reason=command.reason,
            review_at=review,
            clocks=(clock,),
        )

    def resume(self, command: commands.Resume, by: Person, at: datetime, timing: Timing = USUAL) -> None:
        """解挂: the department goes on, with the time that was left."""
        actor = self.must_be(by, "resume", (Role.DISPATCHER, self.town))
        task = self.task_of(command.department)
        if task.held_at is None:
            raise NotHeld(department=task.department)
        clocks = timing.all_go_on(self.clocks.paused(task.department), at)
        self._record(
            events.Resumed,
            actor,
            at,
            department=task.department,
            claim_by=due(clocks, ClockName.CLAIM, otherwise=task.claim_by),
            due_at=due(clocks, ClockName.HANDLE, otherwise=task.due_at),
            clocks=clocks,
        )

    def _asked(self, verb: str, department: str, by: Person) -> tuple[Actor, Task]:
        """The dispatcher, and the task whose extension was asked for by somebody else."""
        actor = self.must_be(by, verb, (Role.DISPATCHER, self.town))
        task = self.task_of(department)
        if task.extension_asked_by is None:
            raise NotAsked(department=task.department)
        if task.extension_asked_by == actor.account:
            raise NotYours(verb=verb, who="a dispatcher who did not ask for it")
        self._must_not_serve(by, verb, task.department)
        return actor, task

    def _must_not_serve(self, by: Person, verb: str, department: str) -> None:
        """Nobody decides about the time of a department they serve."""
        if department in by.units(Role.HANDLER) | by.units(Role.SORTER):
            raise NotYours(verb=verb, who="a dispatcher who does not serve the department")
