"""Terms as a table that people edit (期限规则表): each row says one thing for the three urgencies."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from domain.errors import OutOfRange
from domain.text import narrow
from domain.ticket.clocks import ClockName
from domain.ticket.ladder import Rung, Step
from domain.ticket.stage import Urgency
from domain.ticket.terms import ORDER, Terms
from domain.working_time import Limit

LIMIT = "limit"
NEVER = "never"
EXPIRY = "at expiry"
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
AFTER = re.compile(r"(\d{1,6})\s*(minute|hour|day)s?\s+(before|after)", re.ASCII)
FURTHEST = timedelta(days=366)
"""How long after a deadline, or before it, a step may be taken."""
NUMBERS = {"extensions": 20, "holds": 20, "returns": 20, "longest_hold": 3_650, "longest_chosen": 3_650}
"""How often there is more time, and how many days that are; with the most there may be of each."""


@dataclass(frozen=True)
class Row:
    """`what` is `limit`, a step of the ladder, or one of the numbers; `clock` is empty where it is for all.

    A number stands in `ordinary` alone.
    """

    what: str
    clock: str
    emergency: str
    urgent: str
    ordinary: str


def written(terms: Terms) -> list[Row]:
    """The terms as a table; `read` gives the same terms again."""
    rows = [Row(LIMIT, name, *(str(terms.limits[name, urgency]) for urgency in ORDER)) for name in ClockName]
    for name in ClockName:
        for step in Step:
            times = [_after(terms, name, urgency, step) for urgency in ORDER]
            if set(times) != {NEVER}:
                rows.append(Row(step, name, *times))
    said = {row.what for row in rows}
    rows += [Row(step, "", NEVER, NEVER, NEVER) for step in Step if step not in said]
    for number in NUMBERS:
        value = getattr(terms, number)
        rows.append(Row(number, "", "", "", str(value.days if isinstance(value, timedelta) else value)))
    return rows


def read(
    name: str, effective_from: date, rows: Iterable[Row], refused: Callable[[Row, OutOfRange], None]
) -> Terms | None:
    """The terms that a table says; what is refused of it is told row by row, and then there are none.

    A row for one clock goes before one for all of them. Every clock needs its limits.
    """
    reading = _Reading()
    sound = True
    for row in rows:
        try:
            reading.take(row)
        except OutOfRange as refusal:
            sound = False
            refused(row, refusal)
    return reading.terms(name, effective_from) if sound else None


class _Reading:
    """What was read so far, by what it is about."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._limits: dict[tuple[ClockName, Urgency], Limit] = {}
        self._rungs: dict[tuple[str, Urgency, Step], timedelta | None] = {}
        self._numbers: dict[str, int] = {}

    def take(self, row: Row) -> None:
        """Take one row in."""
        what, clock = row.what.strip(), row.clock.strip()
        if (what, clock) in self._cells:
            raise OutOfRange(field="what", why=f"says {what} {clock} a second time: keep one of the two rows")
        if clock and clock not in tuple(ClockName):
            raise OutOfRange(
                field="clock", why=f"is {clock!r}: use one of {', '.join(ClockName)}, or leave it"
            )
        texts = row.emergency.strip(), row.urgent.strip(), row.ordinary.strip()
        if what == LIMIT:
            if not clock:
                raise OutOfRange(field="clock", why="is missing: name the clock that has this limit")
            read = [Limit.read(text) for text in texts]
            self._limits |= {(ClockName(clock), u): limit for u, limit in zip(ORDER, read, strict=True)}
        elif what in tuple(Step):
            after = [_read_after(Step(what), text) for text in texts]
            self._rungs |= {(clock, u, Step(what)): each for u, each in zip(ORDER, after, strict=True)}
        elif what in NUMBERS:
            if clock:
                raise OutOfRange(field="clock", why=f"is {clock}: {what} hold for all, leave it empty")
            self._numbers[what] = _read_number(what, texts)
        else:
            known = ", ".join((LIMIT, *Step, *NUMBERS))
            raise OutOfRange(field="what", why=f"is {what[:30]!r}: use one of {known}")
        self._cells[what, clock] = texts

    def terms(self, name: str, effective_from: date) -> Terms:
        """All of it together. Raises `OutOfRange` where something is missing or out of order."""
        for clock in ClockName:
            if (clock, Urgency.ORDINARY) not in self._limits:
                raise OutOfRange(field="limit", why=f"of {clock} is missing: add a row for it")
        for number in NUMBERS:
            if number not in self._numbers:
                raise OutOfRange(field=number, why="is missing: add a row for it")
        for step in Step:
            if not any(each is step for _, _, each in self._rungs):
                why = "is missing: add a row that says when it is taken, or never"
                raise OutOfRange(field=step, why=why)
        ladders = {(clock, u): self._ladder(clock, u) for clock in ClockName for u in ORDER}
        return Terms(
            name,
            effective_from,
            self._limits,
            ladders,
            extensions=self._numbers["extensions"],
            holds=self._numbers["holds"],
            returns=self._numbers["returns"],
            longest_hold=timedelta(days=self._numbers["longest_hold"]),
            longest_chosen=timedelta(days=self._numbers["longest_chosen"]),
        )

    def _ladder(self, clock: ClockName, urgency: Urgency) -> tuple[Rung, ...]:
        times = {s: self._rungs.get((clock, urgency, s), self._rungs.get(("", urgency, s))) for s in Step}
        ladder = tuple(Rung(step, after) for step, after in times.items() if after is not None)
        if any(later.after < earlier.after for earlier, later in pairwise(ladder)):
            steps = ", ".join(rung.step for rung in ladder)
            raise OutOfRange(field="ladder", why=f"of {clock}, {urgency}, is out of order: {steps} come so")
        return ladder


def _read_number(what: str, texts: tuple[str, str, str]) -> int:
    *others, text = texts
    text = narrow(text)
    if any(others) or not text.isdecimal() or not text.isascii() or not 0 <= int(text[:9]) <= NUMBERS[what]:
        raise OutOfRange(field=what, why=f"must be a number up to {NUMBERS[what]}, under ordinary alone")
    return int(text)


def _read_after(step: Step, text: str) -> timedelta | None:
    if text == NEVER:
        return None
    if text == EXPIRY:
        return timedelta(0)
    said = AFTER.fullmatch(narrow(text))
    if said is None:
        raise OutOfRange(
            field=step, why=f"is {text[:30]!r}: write 2 hours before, at expiry, 1 day after, or never"
        )
    after = int(said[1]) * UNITS[said[2]]
    if after > FURTHEST:
        raise OutOfRange(field=step, why=f"is {text}: give a year at most")
    if (said[3] == "before") != (step is Step.REMINDER):
        wanted = "before" if step is Step.REMINDER else "after"
        raise OutOfRange(field=step, why=f"is {text}: a {step.replace('_', ' ')} comes {wanted} the deadline")
    return -after if said[3] == "before" else after


def _after(terms: Terms, name: ClockName, urgency: Urgency, step: Step) -> str:
    after = next((rung.after for rung in terms.ladders[name, urgency] if rung.step is step), None)
    if after is None:
        return NEVER
    if not after:
        return EXPIRY
    unit, length = next((unit, each) for unit, each in reversed(UNITS.items()) if not abs(after) % each)
    count = abs(after) // length
    return f"{count} {unit}{'' if count == 1 else 's'} {'before' if after < timedelta(0) else 'after'}"
