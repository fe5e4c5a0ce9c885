"""The verbs of the dispatcher: call departments, and rule on what they send back."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain

from domain.actors import Person, Role
from domain.errors import AlreadyCalled, NothingToDispatch, OutOfRange, TaskWrongStage, UnknownDepartment
from domain.text import check_optional_text, check_text
from domain.ticket import commands, events
from domain.ticket.clocks import ClockName, Setting
from domain.ticket.stage import Stage, TaskStage
from domain.ticket.supervising import Supervising
from domain.ticket.task import Task
from domain.ticket.timing import USUAL, Timing, due


class Dispatching(Supervising):
    """What the town does with a ticket in the departments' hands."""

    def dispatch(
        self,
        command: commands.Dispatch,
        departments: Collection[str],
        by: Person,
        at: datetime,
        timing: Timing = USUAL,
    ) -> None:
        """派单 (吹哨), and again to call more departments (加派) or to name another lead.

        `departments` are those of the named ones that exist. Who leads already may go on as lead, also a
        community that kept the ticket for itself (自办). A former lead goes on as assisting.
        A department called again after its return was accepted goes on with the time that was left. Raises
        `UnknownYear` where the limit to handle it needs a year nobody entered and no `due_at` is chosen.
        """
        actor = self.must_be(by, "dispatch", (Role.DISPATCHER, self.town))
        self.must_stand("dispatch", Stage.SORTED, Stage.DISPATCHED)
        check_optional_text("note", command.note)
        named = (command.lead, *command.assisting)
        leads = self.lead.department if self.lead else None
        for department in named:
            if department not in departments and not department == command.lead == leads:
                raise UnknownDepartment(department=department[:50])
        if len(set(named)) < len(named):
            raise OutOfRange(field="assisting", why="names a department twice: name each once")
        lead = self.tasks.get(command.lead)
        if lead and lead.awaits_ruling:
            raise TaskWrongStage(
                department=command.lead, stage=lead.stage, verb="dispatch", needed="ruled on first"
            )
        for department in command.assisting:
            task = self.tasks.get(department)
            if task and not task.lead and (task.open or task.stage is TaskStage.HANDLED):
                raise AlreadyCalled(department=department)
        called = [name for name in named if self._can_be_called(name)]
        if not called and command.lead == leads:
            raise NothingToDispatch()
        clocks = tuple(
            chain.from_iterable(self._clocks_of(name, command.due_at, at, timing) for name in called)
        )
        self._record(
            events.Dispatched,
            actor,
            at,
            lead=command.lead,
            calls=events.calls(clocks),
            note=command.note,
            clocks=clocks,
        )

    def _can_be_called(self, department: str) -> bool:
        task = self.tasks.get(department)
        return task is None or (task.stage is TaskStage.RETURNED and not task.awaits_ruling)

    def _clocks_of(
        self, department: str, chosen: datetime | None, at: datetime, timing: Timing
    ) -> tuple[Setting, ...]:
        before = self.clocks.find(ClockName.HANDLE, department)
        return timing.call(
            department, self.urgency, at, chosen, before, by_rule=self.by_rule, must_be_known=True
        )

    def accept_return(
        self, command: commands.AcceptReturn, by: Person, at: datetime, timing: Timing = USUAL
    ) -> None:
        """退单审核: let the department go; to pass its part on, dispatch to another one first."""
        actor = self.must_be(by, "accept_return", (Role.DISPATCHER, self.town))
        task = self._returned("accept_return", command.department)
        check_text("note", command.note)
        clocks = self.to_verify(timing, at) if self.is_last_at_work(task.department, handled=False) else ()
        self._record(
            events.ReturnAccepted,
            actor,
            at,
            department=task.department,
            note=command.note,
            clocks=clocks,
        )

    def refuse_return(
        self, command: commands.RefuseReturn, by: Person, at: datetime, timing: Timing = USUAL
    ) -> None:
        """退单审核: the department keeps its task, with the time that was left."""
        actor = self.must_be(by, "refuse_return", (Role.DISPATCHER, self.town))
        task = self._returned("refuse_return", command.department)
        check_text("note", command.note)
        clocks = timing.all_go_on(self.clocks.paused(task.department), at)
        self._record(
            events.ReturnRefused,
            actor,
            at,
            department=task.department,
            note=command.note,
            claim_by=due(clocks, ClockName.CLAIM, otherwise=task.claim_by),
            due_at=due(clocks, ClockName.HANDLE, otherwise=task.due_at),
            clocks=clocks,
        )

    def _returned(self, verb: str, department: str) -> Task:
        task = self.task_of(department)
        if not task.awaits_ruling:
            raise TaskWrongStage(
                department=department,
                stage=task.stage,
                verb=verb,
                needed="sent back, not yet ruled on",
            )
        return task
