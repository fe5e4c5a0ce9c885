"""The hours a unit works on a day that is worked (工作时段): slots, such as morning and afternoon."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

from domain.errors import OutOfRange
from domain.text import narrow

MINUTE = 60_000_000
"""Microseconds: all arithmetic on working time is in whole ones."""
DAY = 24 * 60 * MINUTE
LONGEST = 500
SLOT = re.compile(r"(\d{1,2}):(\d{2})\s*[-‐-―~]\s*(\d{1,2}):(\d{2})", re.ASCII)
WRITE = "write 08:30-12:00,14:00-17:30"


@dataclass(frozen=True)
class Hours:
    """Slots in minutes since midnight, in order, not overlapping; 1440 (24:00) is the end of the day.

    A slot holds its first moment and not its last: at 12:00 the morning is over.
    """

    slots: tuple[tuple[int, int], ...]
    begins: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """In microseconds since midnight, as all below."""
    ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    worked: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """How much is worked before each slot, and at last on the whole day."""
    length: int = field(init=False, repr=False, compare=False)
    """How much is worked on the whole day."""

    def __post_init__(self) -> None:
        if not self.slots:
            raise OutOfRange(field="hours", why=f"are empty: {WRITE}")
        for begin, end in self.slots:
            if not 0 <= begin < end <= 24 * 60:
                raise OutOfRange(
                    field="hours",
                    why=f"{_clock(begin)}-{_clock(end)} run backwards or beyond 24:00: "
                    "end a slot after it begins, and write a night as two, 00:00-06:00,22:00-24:00",
                )
        for before, after in pairwise(self.slots):
            if after[0] < before[1]:
                raise OutOfRange(
                    field="hours",
                    why=f"{_written(before)} and {_written(after)} overlap or are out of order: part them",
                )
        worked = [0]
        for begin, end in self.slots:
            worked.append(worked[-1] + (end - begin) * MINUTE)
        object.__setattr__(self, "begins", tuple(begin * MINUTE for begin, _ in self.slots))
        object.__setattr__(self, "ends", tuple(end * MINUTE for _, end in self.slots))
        object.__setattr__(self, "worked", tuple(worked))
        object.__setattr__(self, "length", worked[-1])

    @classmethod
    def read(cls, text: str) -> Self:
        """Hours as people write them: `08:30-12:00,14:00-17:30`. Raises `OutOfRange`."""
        if len(text) > LONGEST:
            raise OutOfRange(field="hours", why=f"have {len(text)} characters: {WRITE}")
        slots = []
        for part in re.split(r"[,;、]", narrow(text)):
            if not (said := SLOT.fullmatch(part.strip())):
                what = (
                    f"hold {part.strip()[:30]!r}, which is no slot" if part.strip() else "hold an empty slot"
                )
                raise OutOfRange(field="hours", why=f"{what}: {WRITE}")
            first, first_minute, last, last_minute = map(int, said.groups())
            if first_minute > 59 or last_minute > 59:
                raise OutOfRange(field="hours", why=f"hold {part.strip()!r}, which is no time: {WRITE}")
            slots.append((first * 60 + first_minute, last * 60 + last_minute))
        return cls(tuple(sorted(slots)))

    def __str__(self) -> str:
        return ",".join(map(_written, self.slots))

    def worked_before(self, moment: int) -> int:
        """How much of the day is worked before this moment of it."""
        slot = bisect_right(self.begins, moment) - 1
        if slot < 0:
            return 0
        return self.worked[slot] + min(moment, self.ends[slot]) - self.begins[slot]

    def moment_after(self, worked: int) -> int:
        """The moment at which more than this much of the day begins to be worked: never the end of a slot."""
        slot = bisect_right(self.worked, worked) - 1
        return self.begins[slot] + worked - self.worked[slot]

    def moment_until(self, worked: int) -> int:
        """The moment at which this much, more than nothing, is just worked: never the beginning of a slot."""
        slot = bisect_right(self.worked, worked - 1) - 1
        return self.begins[slot] + worked - self.worked[slot]

    def holds(self, moment: int) -> bool:
        """Whether this moment of the day lies inside a slot."""
        slot = bisect_right(self.begins, moment) - 1
        return slot >= 0 and moment < self.ends[slot]


def _written(slot: tuple[int, int]) -> str:
    return f"{_clock(slot[0])}-{_clock(slot[1])}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


OFFICE = Hours(((8 * 60 + 30, 12 * 60), (14 * 60, 17 * 60 + 30)))
"""Morning and afternoon of an office (示例): 08:30-12:00,14:00-17:30."""
