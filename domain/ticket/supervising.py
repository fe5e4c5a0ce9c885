"""Those who are late are told so: by supervisors, who want a reply, and by the clock (催办、督办)."""

from datetime import datetime
from typing import Any

from domain.actors import Actor, Person, Role
from domain.errors import NoReplyDue, NothingDue, NotWaitedFor, OutOfRange, WhichDepartment
from domain.text import check_text
from domain.ticket import commands
from domain.ticket import supervising_events as events
from domain.ticket.appealing import Appealing
from domain.ticket.clocks import Clock, ClockName
from domain.ticket.ladder import Step
from domain.ticket.timing import USUAL, Timing


class Supervising(Appealing):
    """What is done about lateness, before and after it."""

    def urge(self, command: commands.Urge, by: Person, at: datetime, timing: Timing = USUAL) -> None:
        """催办: ask whoever the ticket waits for to hurry, and to reply."""
        actor = self.must_be(
            by,
            "urge",
            (Role.SUPERVISOR, self.town),
            (Role.SUPERVISOR, self.county),
            (Role.DISPATCHER, self.town),
        )
        self._ask(events.Urged, actor, command.department, command.text, at, timing)

    def supervise(
        self, command: commands.Supervise, by: Person, at: datetime, timing: Timing = USUAL
    ) -> None:
        """督办: give whoever the ticket waits for a yellow or a red card, and have them reply."""
        actor = self.must_be(by, "supervise", (Role.SUPERVISOR, self.town), (Role.SUPERVISOR, self.county))
        if command.card not in (Step.YELLOW_CARD, Step.RED_CARD):
            raise OutOfRange(field="card", why="must be yellow_card or red_card")
        self._ask(events.Supervised, actor, command.department, command.text, at, timing, card=command.card)

    def reply(self, command: commands.Reply, by: Person, at: datetime) -> None:
        """回复督办: by who serves the unit that was asked; it answers all that was asked so far."""
        serving = {unit: self._serving(unit) for unit in (self.town, self.community, *self.tasks)}
        if command.department is not None:
            self.must_be(by, "reply", serving.get(command.department, (Role.HANDLER, command.department)))
        self.must_be(by, "reply", *serving.values())
        mine = [Actor(by.account, *each) for each in serving.values() if by.acting_as(*each)]
        asked = {clock.setting.unit for clock in self.clocks.open(ClockName.REPLY)}
        actors = [each for each in mine if each.unit in asked and command.department in (None, each.unit)]
        if not actors:
            raise NoReplyDue(department=command.department or mine[0].unit)
        if len(actors) > 1:
            raise WhichDepartment()
        check_text("text", command.text)
        self._record(events.Replied, actors[0], at, department=actors[0].unit, text=command.text)

    def climb(self, by: Person, at: datetime, timing: Timing = USUAL) -> None:
        """Take every step of the ladder that is due by now and was not taken; refused where there is none."""
        actor = self.must_be(by, "climb the ladder", (Role.CLOCK, ""))
        due = [(clock, step) for when, step, clock in self._steps_to_come(timing) if when <= at]
        if not due:
            raise NothingDue()
        for clock, step in due:
            was = clock.setting
            facts: dict[str, Any] = {
                "department": was.unit, "clock": was.name, "about": was.about, "due_at": was.due_at
            }  # fmt: skip
            if step is Step.REMINDER:
                self._record(events.Urged, actor, at, **facts)
            else:
                self._record(events.Supervised, actor, at, card=step, **facts)

    def next_step_at(self, timing: Timing = USUAL) -> datetime | None:
        """When the next step of a ladder is due, if nothing happens until then."""
        return min((when for when, *_ in self._steps_to_come(timing)), default=None)

    def climbs(self, clock: Clock) -> bool:
        """Whether a clock that runs has a ladder.

        One that an import set has none: it may have run out long before anybody here could have acted.
        """
        was = clock.setting
        return was.due_at is not None and not (self.imported and was.started_at == self.reported_at)

    def _steps_to_come(self, timing: Timing) -> list[tuple[datetime, Step, Clock]]:
        return [
            (when, step, clock)
            for clock in self.clocks.running()
            if self.climbs(clock)
            for when, step in timing.steps_to_come(clock, self.urgency)
        ]

    def _ask(
        self,
        event: type[events.Urged] | type[events.Supervised],
        actor: Actor,
        department: str | None,
        text: str,
        at: datetime,
        timing: Timing,
        **facts: Any,
    ) -> None:
        """Ask a unit that the ticket waits for; one reply answers all that was asked until then."""
        waited_for = dict.fromkeys(clock.setting.unit for clock in self.clocks.running())
        if department is None and len(waited_for) > 1:
            raise WhichDepartment()
        unit = department or next(iter(waited_for), None)
        if unit not in waited_for:
            raise NotWaitedFor(department=unit or "anybody", who=" or ".join(waited_for) or "nobody")
        check_text("text", text)
        awaited = any(clock.setting.unit == unit for clock in self.clocks.open(ClockName.REPLY))
        clocks = () if awaited else (timing.begin(ClockName.REPLY, unit, self.urgency, at),)
        self._record(event, actor, at, department=unit, text=text, clocks=clocks, **facts)

    def _serving(self, unit: str) -> tuple[Role, str]:
        """Who acts for a unit that the ticket waits for."""
        by_place = {self.community: Role.SORTER, self.town: Role.DISPATCHER}
        return by_place.get(unit, Role.HANDLER), unit
