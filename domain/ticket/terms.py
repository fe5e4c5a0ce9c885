"""How long everybody has, and what happens when time is up (期限规则): data, effective-dated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from domain.calendar import CHINA
from domain.ticket.clocks import ClockName
from domain.ticket.ladder import Ladder, Rung, Step
from domain.ticket.stage import Urgency
from domain.working_time import Limit

Limits = Mapping[tuple[ClockName, Urgency], Limit]
Ladders = Mapping[tuple[ClockName, Urgency], Ladder]


@dataclass(frozen=True)
class Terms:
    """The limit and the ladder of every clock by urgency, and how often there is more time; from a day on."""

    name: str
    effective_from: date
    limits: Limits
    ladders: Ladders
    extensions: int = 2
    """How often the time of one task is extended, in one round."""
    holds: int = 1
    """How often one task is put on hold."""
    longest_hold: timedelta = timedelta(days=366)
    """How far away the day may lie on which a task on hold is looked at again."""
    returns: int = 2
    """How often one department may send a ticket back; the ruling on the last one is final (终审)."""
    longest_chosen: timedelta = timedelta(days=366)
    """How far away a deadline may lie that the dispatcher chooses."""
    adopted_at: datetime | None = None
    """None where nobody adopted them: then they were always known."""

    @property
    def since(self) -> datetime:
        """When they came into force: with the day, but not before anybody could know them."""
        day = datetime.combine(self.effective_from, time(), CHINA)
        return day if self.adopted_at is None else max(day, self.adopted_at)

    def same_as(self, other: "Terms") -> bool:
        """Whether the other terms say the same, whatever their name and day."""
        return (
            replace(self, name=other.name, effective_from=other.effective_from, adopted_at=other.adopted_at)
            == other
        )


ORDER = Urgency.EMERGENCY, Urgency.URGENT, Urgency.ORDINARY
"""How tables list the urgencies."""


def _limits(table: Mapping[ClockName, tuple[str, str, str]]) -> Limits:
    return {
        (name, urgency): Limit.read(written)
        for name, row in table.items()
        for urgency, written in zip(ORDER, row, strict=True)
    }


def _ladders(
    after: Mapping[Step, tuple[timedelta, timedelta, timedelta]], until: Mapping[ClockName, Step]
) -> Ladders:
    """The steps for every clock, for some only `until` one of them."""
    order = list(Step)
    return {
        (name, urgency): tuple(
            Rung(step, times[nth])
            for step, times in after.items()
            if order.index(step) <= order.index(until.get(name, Step.LEADER))
        )
        for name in ClockName
        for nth, urgency in enumerate(ORDER)
    }


EXAMPLE = Terms(
    "example terms 2026-01",
    date(1, 1, 1),
    _limits(
        {
            ClockName.SORT: ("15 urgent_minutes", "30 urgent_minutes", "2 urgent_hours"),
            ClockName.DISPATCH: ("15 urgent_minutes", "15 urgent_minutes", "15 urgent_minutes"),
            ClockName.CLAIM: ("30 urgent_minutes", "1 urgent_hour", "24 urgent_hours"),
            ClockName.CONTACT: ("24 urgent_hours", "24 urgent_hours", "24 urgent_hours"),
            ClockName.ATTEND: ("30 urgent_minutes", "24 urgent_hours", "3 working_days"),
            ClockName.HANDLE: ("2 urgent_hours", "24 urgent_hours", "7 days"),
            ClockName.VERIFY: ("3 working_days", "3 working_days", "3 working_days"),
            ClockName.REPLY: ("30 urgent_minutes", "4 urgent_hours", "1 working_day"),
        }
    ),
    _ladders(
        {
            Step.REMINDER: (-timedelta(minutes=10), -timedelta(hours=2), -timedelta(days=1)),
            Step.YELLOW_CARD: (timedelta(0), timedelta(0), timedelta(0)),
            Step.RED_CARD: (timedelta(minutes=30), timedelta(hours=4), timedelta(days=1)),
            Step.LEADER: (timedelta(hours=1), timedelta(hours=12), timedelta(days=3)),
        },
        {ClockName.CONTACT: Step.YELLOW_CARD, ClockName.ATTEND: Step.YELLOW_CARD},
    ),
)
"""示例. Its limits to claim and to handle need no calendar, so that they can be told in any year."""


def in_force(terms: Sequence[Terms], at: datetime) -> Terms:
    """Of these terms, those in force at `at`: the latest that began by then, else the example."""
    begun = [each for each in terms if each.since <= at]
    return max(reversed(begun), key=lambda each: each.since, default=EXAMPLE)


def periods(terms: Sequence[Terms]) -> list[tuple[Terms, datetime | None, datetime | None]]:
    """All terms that ever come into force, the example too, each from that moment until the next did."""
    starts = [None, *sorted({each.since for each in terms})]
    return [
        (in_force(terms, start) if start else EXAMPLE, start, until)
        for start, until in zip(starts, [*starts[1:], None], strict=True)
    ]
