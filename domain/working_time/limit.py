"""How long somebody has (时限): urgent time, working hours, working days, calendar days."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self

from domain.errors import OutOfRange
from domain.text import narrow


class Measure(StrEnum):
    """What a limit is counted in."""

    URGENT_MINUTES = "urgent_minutes"  # 紧急工作分钟
    URGENT_HOURS = "urgent_hours"  # 紧急工作时: they run through nights and holidays
    WORKING_HOURS = "working_hours"  # 工作时: inside the unit's hours on days that are worked
    WORKING_DAYS = "working_days"  # 工作日: the same clock time so many days that are worked later
    DAYS = "days"  # 自然日: the same clock time so many days later

    @property
    def needs_calendar(self) -> bool:
        """Whether it takes a calendar and hours to tell when it ends."""
        return self in (Measure.WORKING_HOURS, Measure.WORKING_DAYS)


MOST = {
    Measure.URGENT_MINUTES: 5_256_000,
    Measure.URGENT_HOURS: 87_600,
    Measure.WORKING_HOURS: 87_600,
    Measure.WORKING_DAYS: 3_650,
    Measure.DAYS: 3_650,
}
"""Ten years of each."""
LENGTH = {
    Measure.URGENT_MINUTES: timedelta(minutes=1),
    Measure.URGENT_HOURS: timedelta(hours=1),
    Measure.WORKING_HOURS: timedelta(hours=1),
    Measure.DAYS: timedelta(days=1),
}
WORDS = {
    **{measure.value: measure for measure in Measure},
    **{measure.value.removesuffix("s"): measure for measure in Measure},
    "紧急工作时": Measure.URGENT_HOURS,
    "工作时": Measure.WORKING_HOURS,
    "工作日": Measure.WORKING_DAYS,
    "自然日": Measure.DAYS,
}
LIMIT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(\D+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limit:
    """So much of one measure: hours with two decimals at most, all else whole."""

    amount: Decimal
    measure: Measure

    def __post_init__(self) -> None:
        hours = self.measure in (Measure.URGENT_HOURS, Measure.WORKING_HOURS)
        if not 0 < self.amount <= MOST[self.measure]:
            raise OutOfRange(
                field="limit",
                why=f"is {self}: give more than 0 and at most {MOST[self.measure]} {self.measure}",
            )
        if self.amount * (100 if hours else 1) % 1:
            wanted = "with two decimals at most" if hours else "as a whole number"
            raise OutOfRange(field="limit", why=f"is {self}: give {self.measure} {wanted}")

    @classmethod
    def read(cls, text: str) -> Self:
        """A limit as people write it: `5 working_days`, `1 working_day`, `1.5 urgent_hours`, `5工作日`.

        Raises `OutOfRange`, which says how to write it.
        """
        said = LIMIT.fullmatch(narrow(text).strip().lower())
        word = re.sub(r"[\s_-]+", "_", said[2].strip().removeprefix("个")) if said else ""
        if said is None or word not in WORDS:
            shown = repr(text.strip()[:30]) if text.strip() else "empty"
            raise OutOfRange(
                field="limit",
                why=f"is {shown}: write a number and one of {', '.join(Measure)}, as 5 working_days",
            )
        return cls(Decimal(said[1]).normalize(), WORDS[word])

    def __str__(self) -> str:
        word = self.measure.removesuffix("s") if self.amount == 1 else self.measure.value
        return f"{self.amount:f} {word}"

    def span(self, working_day: timedelta) -> "Span":
        """How much time this is where a working day has this length."""
        length = LENGTH.get(self.measure, working_day)
        if self.measure in (Measure.URGENT_HOURS, Measure.WORKING_HOURS):
            return Span(self.measure, int(self.amount * 100) * length / 100)
        return Span(self.measure, int(self.amount) * length)


@dataclass(frozen=True, slots=True)
class Span:
    """An exact length of time under one measure: a limit, or what was left of it when its clock stopped.

    Urgent time is real time, working hours and days are working time (a working day is one whole day of the
    unit's hours), days are time by the clock on the wall. A clock that has run out has nothing left.
    """

    measure: Measure
    length: timedelta

    def __post_init__(self) -> None:
        if self.length < timedelta(0):
            raise OutOfRange(field="remaining time", why="is less than nothing: give what is left, or 0")
