"""The verbs of the community and the town: who may, when may, then the fact."""

from datetime import datetime
from itertools import chain
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Person, Role
from domain.calendar import CHINA
from domain.catalogue.version import Versions, in_force
from domain.datum import to_wgs84
from domain.errors import (
    AlreadyAnswered,
    CannotJoin,
    Conflict,
    NoLink,
    NotYours,
)
from domain.text import check_optional_text, check_text
from domain.ticket import commands, events
from domain.ticket.checks import check_report
from domain.ticket.clocks import ClockName, Setting
from domain.ticket.dispatching import Dispatching
from domain.ticket.stage import Solved, Source, Stage, TaskStage
from domain.ticket.state import spoken
from domain.ticket.timing import USUAL, Timing
from domain.unit import Place


class Ticket(Dispatching):
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
        timing: Timing = USUAL,
    ) -> Self:
        """上报: take the matter in; `place` is where the grid named in it lies.

        Whoever reports without an account is the resident of the ticket they make, and has its link at once.
        """
        allowed = (
            (Role.GRID_WORKER, place.grid),
            (Role.SORTER, place.community),
            (Role.DISPATCHER, place.town),
        )
        actor = next((a for role, unit in allowed if (a := by.acting_as(role, unit))), None)
        actor = actor or by.acting_as(Role.OPERATOR) or by.acting_as(Role.RESIDENT, str(id))
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
            location=command.location and to_wgs84(command.location, command.datum),
            urgency=command.urgency,
            source=Source.RESIDENT if actor.role is Role.RESIDENT else command.source,
            reporter=command.reporter,
            photos=command.photos,
            clocks=(timing.begin(ClockName.SORT, place.community, command.urgency, at),),
        )
        if actor.role is Role.RESIDENT:
            # The first link is named as the ticket; one that staff give later has a name of its own.
            ticket._record(events.LinkGiven, actor, at, link=id)
        if command.handled is not None:
            clocks = ticket.to_verify(timing, at)
            ticket._record(
                events.HandledOnSite,
                actor,
                at,
                result=command.handled,
                clocks=clocks,
                photos=command.photos_after,
            )
        return ticket

    def sort(
        self,
        command: commands.Sort,
        by: Person,
        at: datetime,
        catalogue: Versions = (),
        timing: Timing = USUAL,
    ) -> None:
        """分拣: say what it is about, by the version of the `catalogue` in force at that moment.

        A community may keep the ticket for itself (自办).
        """
        actor = self.must_be(by, "sort", (Role.SORTER, self.community))
        self.must_stand("sort", Stage.REPORTED)
        rules = in_force(catalogue, at)
        rules.check(command.category, command.rule)
        check_optional_text("note", command.note)
        to_dispatch = timing.begin(ClockName.DISPATCH, self.town, command.urgency, at)
        self._record(
            events.Sorted,
            actor,
            at,
            category=command.category,
            urgency=command.urgency,
            note=command.note,
            rule=command.rule,
            catalogue=None if command.rule is None else rules.name,
            clocks=() if command.keep else (to_dispatch,),
        )
        if command.keep:
            clocks = timing.call(self.community, self.urgency, at, by_rule=self.by_rule)
            calls = events.calls(clocks)
            self._record(
                events.Dispatched, actor, at, lead=self.community, calls=calls, note=None, clocks=clocks
            )
            if self.link is not None and self.link_given_by is not None:
                self._record(events.LinkRevoked, actor, at, link=self.link)

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

    def part(
        self, command: commands.Part, into: "Ticket", by: Person, at: datetime, timing: Timing = USUAL
    ) -> None:
        """拆件: undo a join; the ticket goes on where it stood before."""
        allowed = (Role.SORTER, self.community), (Role.DISPATCHER, self.town)
        actor = self.must_be(by, "part", *allowed)
        self.must_stand("part", Stage.JOINED)
        if into.id != self.joined_into:
            raise Conflict()
        check_text("reason", command.reason)
        clocks = timing.all_go_on(self.clocks.paused(), at)
        self._record(events.Parted, actor, at, reason=command.reason, clocks=clocks)
        into._record(events.Released, actor, at, ticket=self.id, number=self.number)

    def verify(self, command: commands.Verify, by: Person, at: datetime, timing: Timing = USUAL) -> None:
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
            said = command.note if command.note and command.note.strip() else "未解决"
            clocks = self._clocks_again((), at, timing)
            self._record(events.Reopened, actor, at, reason=said, calls=events.calls(clocks), clocks=clocks)

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

    def reopen(self, command: commands.Reopen, by: Person, at: datetime, timing: Timing = USUAL) -> None:
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
        clocks = self._clocks_again(command.departments, at, timing)
        calls = events.calls(clocks)
        self._record(events.Reopened, actor, at, reason=command.reason, calls=calls, clocks=clocks)

    def _clocks_again(
        self, departments: tuple[str, ...], at: datetime, timing: Timing
    ) -> tuple[Setting, ...]:
        """Fresh clocks for whoever begins again; where nobody handled it, it has to be sorted anew."""
        tasks = [self.task_of(name) for name in dict.fromkeys(departments)] or [
            task for task in self.tasks.values() if task.stage is TaskStage.HANDLED
        ]
        if not tasks:
            return (timing.begin(ClockName.SORT, self.community, self.urgency, at),)
        called = (timing.call(task.department, self.urgency, at, by_rule=self.by_rule) for task in tasks)
        return tuple(chain.from_iterable(called))
