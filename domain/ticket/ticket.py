"""The verbs of the community and the town: who may, when may, then the fact."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Person, Role
from domain.calendar import CHINA
from domain.catalogue.version import Versions, in_force
from domain.errors import (
    AlreadyAnswered,
    AlreadyCalled,
    CannotJoin,
    Conflict,
    NoLink,
    NothingToDispatch,
    NotYours,
    OutOfRange,
    TaskWrongStage,
    UnknownDepartment,
)
from domain.text import check_optional_text, check_text
from domain.ticket import commands, events
from domain.ticket.checks import check_report
from domain.ticket.handling import Handling
from domain.ticket.limits import due_times
from domain.ticket.stage import Solved, Stage, TaskStage
from domain.ticket.state import spoken
from domain.ticket.task import Task
from domain.unit import Place


class Ticket(Handling):
    """One matter, from report to verification (工单)."""

    TOPIC: ClassVar[str] = "ticket"

    @classmethod
    def report(
        cls,
        command: commands.Report,
        place: Place,
        id: UUID,
        by: Person,
        at: datetime,
        catalogue: Versions = (),
    ) -> Self:
        """上报: take the matter in; `place` is where the grid named in it lies."""
        allowed = (
            (Role.GRID_WORKER, place.grid),
            (Role.SORTER, place.community),
            (Role.DISPATCHER, place.town),
        )
        actor = next((a for role, unit in allowed if (a := by.acting_as(role, unit))), None)
        actor = actor or by.acting_as(Role.OPERATOR)
        if actor is None:
            raise NotYours(verb="report", who=spoken(*allowed))
        if command.handled is not None and actor.role is not Role.GRID_WORKER:
            raise NotYours(verb="handle on the spot", who=spoken(allowed[0]))
        check_report(command, in_force(catalogue, at))
        ticket = cls._begin(
            events.Reported,
            id,
            actor,
            at,
            number=f"{place.series}-{at.astimezone(CHINA):%y%m%d}",
            title=command.title,
            description=command.description,
            grid=place.grid,
            community=place.community,
            town=place.town,
            county=place.county,
            category=command.category,
            address=command.address,
            location=command.location,
            urgency=command.urgency,
            source=command.source,
            reporter=command.reporter,
            photos=command.photos,
        )
        if command.handled is not None:
            ticket._record(events.HandledOnSite, actor, at, result=command.handled)
        return ticket

    def sort(self, command: commands.Sort, by: Person, at: datetime, catalogue: Versions = ()) -> None:
        """分拣: say what it is about, by the version of the `catalogue` in force at that moment.

        A community may keep the ticket for itself (自办).
        """
        actor = self.must_be(by, "sort", (Role.SORTER, self.community))
        self.must_stand("sort", Stage.REPORTED)
        rules = in_force(catalogue, at)
        rules.check(command.category, command.rule)
        check_optional_text("note", command.note)
        self._record(
            events.Sorted,
            actor,
            at,
            category=command.category,
            urgency=command.urgency,
            note=command.note,
            rule=command.rule,
            catalogue=None if command.rule is None else rules.name,
        )
        if command.keep:
            call = events.Call(self.community, *due_times(self.urgency, at))
            self._record(events.Dispatched, actor, at, lead=self.community, calls=(call,), note=None)

    def reject(self, command: commands.Reject, by: Person, at: datetime) -> None:
        """不予受理: by the sorter at first sight, by the dispatcher once it is sorted."""
        allowed = {Stage.REPORTED: (Role.SORTER, self.community), Stage.SORTED: (Role.DISPATCHER, self.town)}
        first = allowed.get(self.stage, allowed[Stage.REPORTED])
        actor = self.must_be(by, "reject", first, *allowed.values())
        self.must_stand("reject", Stage.REPORTED if actor.role is Role.SORTER else Stage.SORTED)
        check_text("reason", command.reason)
        self._record(events.Rejected, actor, at, reason=command.reason)

    def join(self, command: commands.Join, into: "Ticket", by: Person, at: datetime) -> None:
        """并件: rest while `into`, about the same problem, goes on; both histories say so."""
        allowed = (Role.SORTER, self.community), (Role.DISPATCHER, self.town)
        actor = self.must_be(by, "join", *allowed)
        self.must_stand("join", Stage.REPORTED, Stage.SORTED)
        if not into.visible_to(by) or into.id == self.id:
            raise CannotJoin(ticket=self.number, why="the other ticket must be another one you see")
        if self.gathered:
            raise CannotJoin(ticket=self.number, why="others were joined into it, part them first")
        into.must_stand("join", Stage.REPORTED, Stage.SORTED, Stage.DISPATCHED)
        check_optional_text("reason", command.reason)
        reason = command.reason
        self._record(events.Joined, actor, at, into=into.id, number=into.number, reason=reason)
        into._record(events.Gathered, actor, at, ticket=self.id, number=self.number)

    def part(self, command: commands.Part, into: "Ticket", by: Person, at: datetime) -> None:
        """拆件: undo a join; the ticket goes on where it stood before."""
        allowed = (Role.SORTER, self.community), (Role.DISPATCHER, self.town)
        actor = self.must_be(by, "part", *allowed)
        self.must_stand("part", Stage.JOINED)
        if into.id != self.joined_into:
            raise Conflict()
        check_text("reason", command.reason)
        self._record(events.Parted, actor, at, reason=command.reason)
        into._record(events.Released, actor, at, ticket=self.id, number=self.number)

    def dispatch(
        self, command: commands.Dispatch, departments: Collection[str], by: Person, at: datetime
    ) -> None:
        """派单 (吹哨), and again to call more departments (加派) or to name another lead.

        `departments` are those of the named ones that exist. Who leads already may go on as lead, also a
        community that kept the ticket for itself (自办). A former lead goes on as assisting.
        A department called again after its return was accepted goes on with the time that was left.
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
        calls = tuple(self._call(department, command.due_at, at) for department in called)
        self._record(events.Dispatched, actor, at, lead=command.lead, calls=calls, note=command.note)

    def _can_be_called(self, department: str) -> bool:
        task = self.tasks.get(department)
        return task is None or (task.stage is TaskStage.RETURNED and not task.awaits_ruling)

    def _call(self, department: str, chosen: datetime | None, at: datetime) -> events.Call:
        before = self.tasks.get(department)
        claim_by, due_at = due_times(self.urgency, at, chosen)
        if before is not None and chosen is None:
            _, due_at = before.resumed(at)
        return events.Call(department, min(claim_by, due_at), due_at)

    def accept_return(self, command: commands.AcceptReturn, by: Person, at: datetime) -> None:
        """退单审核: let the department go; to pass its part on, dispatch to another one first."""
        actor = self.must_be(by, "accept_return", (Role.DISPATCHER, self.town))
        task = self._returned("accept_return", command.department)
        check_text("note", command.note)
        self._record(events.ReturnAccepted, actor, at, department=task.department, note=command.note)

    def refuse_return(self, command: commands.RefuseReturn, by: Person, at: datetime) -> None:
        """退单审核: the department keeps its task, with the time that was left."""
        actor = self.must_be(by, "refuse_return", (Role.DISPATCHER, self.town))
        task = self._returned("refuse_return", command.department)
        check_text("note", command.note)
        claim_by, due_at = task.resumed(at)
        self._record(
            events.ReturnRefused,
            actor,
            at,
            department=task.department,
            note=command.note,
            claim_by=claim_by,
            due_at=due_at,
        )

    def verify(self, command: commands.Verify, by: Person, at: datetime) -> None:
        """核查 by staff who did not handle it, or 回访: the resident's own answer, once a round.

        Not solved reopens the ticket by itself, with fresh clocks.
        """
        actor = self.must_be(
            by,
            "verify",
            (Role.RESIDENT, str(self.id)),
            (Role.SORTER, self.community),
            (Role.GRID_WORKER, self.grid),
        )
        if actor.role is Role.RESIDENT:
            self.must_stand("verify", Stage.HANDLED, Stage.VERIFIED)
            if self.answer is not None:
                raise AlreadyAnswered()
        else:
            self.must_stand("verify", Stage.HANDLED)
            if actor.account in self.handled_by:
                raise NotYours(verb="verify", who="somebody who did not handle it")
        check_optional_text("note", command.note)
        self._record(
            events.Verified,
            actor,
            at,
            solved=command.solved,
            satisfied=command.satisfied,
            note=command.note,
        )
        if command.solved is Solved.NOT_SOLVED:
            calls = self._calls_again((), at)
            said = command.note if command.note and command.note.strip() else "未解决"
            self._record(events.Reopened, actor, at, reason=said, calls=calls)

    def give_link(self, command: commands.GiveLink, link: UUID, by: Person, at: datetime) -> None:
        """发链接: `link` is the resident's secret link from now on; the one before works no more."""
        actor = self.must_reach_resident(by, "give_link")
        self._record(events.LinkGiven, actor, at, link=link)

    def revoke_link(self, command: commands.RevokeLink, by: Person, at: datetime) -> None:
        """收回链接: the resident's secret link works no more."""
        actor = self.must_reach_resident(by, "revoke_link")
        if self.link is None:
            raise NoLink()
        self._record(events.LinkRevoked, actor, at, link=self.link)

    def reopen(self, command: commands.Reopen, by: Person, at: datetime) -> None:
        """返工 / 重办: all departments that handled it begin again, or those named."""
        actor = self.must_be(
            by,
            "reopen",
            (Role.RESIDENT, str(self.id)),
            (Role.GRID_WORKER, self.grid),
            (Role.SORTER, self.community),
            (Role.DISPATCHER, self.town),
            (Role.SUPERVISOR, self.town),
            (Role.SUPERVISOR, self.county),
        )
        self.must_stand("reopen", Stage.HANDLED, Stage.VERIFIED, Stage.REJECTED)
        check_text("reason", command.reason)
        calls = self._calls_again(command.departments, at)
        self._record(events.Reopened, actor, at, reason=command.reason, calls=calls)

    def _calls_again(self, departments: tuple[str, ...], at: datetime) -> tuple[events.Call, ...]:
        tasks = [self.task_of(name) for name in dict.fromkeys(departments)] or [
            task for task in self.tasks.values() if task.stage is TaskStage.HANDLED
        ]
        times = due_times(self.urgency, at)
        return tuple(events.Call(task.department, *times) for task in tasks)

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
