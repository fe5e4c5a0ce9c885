"""The page for leaders (总览): how the town does, in two minutes and on one sheet of paper; docs/rates.md."""

from asyncio import gather
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import words
from api.pages.language import N_, say
from api.pages.map import hot
from api.pages.page import Visiting, render
from api.pages.tickets import DAYS
from api.pages.viewing import Viewing
from domain.errors import NotYours
from domain.unit import Kind
from projections import figures
from projections.figures import GROUPS, OF_TASKS, SECONDS, Figure, first_day
from projections.units import names_of, units

router = APIRouter()

ROWS = 8
"""Departments and grids shown, the slowest and the fullest first."""
UNCLAIMED = "unclaimed"


@dataclass(frozen=True)
class Rate:
    """A share: what counts for it and against it, by name; `aside` is told and counted in neither."""

    title: str
    good: tuple[str, ...]
    rest: tuple[str, ...]
    aside: tuple[str, ...] = ()


RATES = (
    Rate(N_("响应率"), (Figure.RESPONDED,), (Figure.RESPONDED_LATE, UNCLAIMED)),
    Rate(N_("解决率"), (Figure.SOLVED,), (Figure.PARTLY, Figure.NOT_SOLVED), (Figure.UNANSWERED,)),
    Rate(
        N_("满意率"),
        (Figure.SATISFIED, Figure.BASICALLY),
        (Figure.NOT_SATISFIED,),
        (Figure.UNRATED,),
    ),
    Rate(N_("按期结案率"), (Figure.CLOSED_IN_TIME,), (Figure.CLOSED_LATE,)),
    Rate(N_("返工率"), (Figure.REWORKED,), (Figure.DONE_ONCE,)),
)
TRENDS: tuple[tuple[str, Figure | None], ...] = (
    (Figure.REPORTED, None),
    ("closed", Figure.CLOSED_LATE),
    ("answered", None),
)
"""What is drawn day by day, and which part of it in red."""


class Counts:
    """How many count as each figure, in all and day by day, and where the list of them is."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], unclaimed: int, now: datetime) -> None:
        self._by_day = {(row["figure"], row["day"]): row["n"] for row in rows}
        self._unclaimed = unclaimed
        self.days = [first_day(now, DAYS) + timedelta(days=nth) for nth in range(DAYS)]

    def all(self, name: str) -> int:
        """How many there are of a figure or group over the thirty days, or, of what is so now, now."""
        if name == UNCLAIMED:
            return self._unclaimed
        return sum(n for (figure, _), n in self._by_day.items() if figure in GROUPS.get(name, (name,)))

    def each_day(self, name: str) -> list[int]:
        """How many there are on each of the thirty days, the last of which is today."""
        parts = GROUPS.get(name, (name,))
        return [sum(self._by_day.get((part, day), 0) for part in parts) for day in self.days]

    def share(self, rate: Rate) -> int | None:
        """So many of a hundred, rounded down, so that 100 is said of all alone; None of nothing."""
        good = sum(map(self.all, rate.good))
        whole = good + sum(map(self.all, rate.rest))
        return 100 * good // whole if whole else None


def link(name: str, days: int | None = DAYS, **narrowed: str) -> str:
    """The list of exactly what is counted."""
    if name == UNCLAIMED:
        return f"/tickets?{urlencode({'task': name})}"
    facts = {"figure": name, **({} if days is None else {"days": days}), **narrowed}
    return f"/tickets?{urlencode(facts)}"


@router.get("/leader")
async def leader(request: Request, visitor: Visiting, then: Viewing) -> Response:
    """The numbers of what one leads. Raises `NotYours` for whoever leads nothing."""
    if not visitor.holds(*figures.LEADERS):
        raise NotYours(verb="see the leader's page", who="a supervisor, dispatcher or auditor")
    reading, person, now = then.rows, visitor.person, then.now
    by_day, late, departments, grids, known = await gather(
        figures.by_day(reading, person, now, DAYS),
        figures.late_now(reading, person, now),
        figures.by_unit(reading, person, now, DAYS, (*OF_TASKS, SECONDS)),
        figures.by_unit(reading, person, now, DAYS, (Figure.REPORTED, Figure.OPEN)),
        units(reading, 200, None, Kind.DEPARTMENT),
    )
    names = {unit["code"]: unit["name"] for unit in known}
    # A community that keeps a matter is no department, and has too few to be compared with them.
    closing = [row for row in departments if row["unit"] in names and _handled(row)]
    slowest = sorted(closing, key=_mean, reverse=True)[:ROWS]
    fullest = sorted(grids, key=lambda row: (row["reported"], row["open"], row["unit"]), reverse=True)
    codes = [row["unit"] for row in fullest]
    # Where a grid lies is no matter of the moment: the ground of the map, for which all that is known serves.
    where, named = await gather(figures.centres(visitor.serving.reading, codes), names_of(reading, codes))
    open_in = [
        (code, named.get(code, code), row["open"], then.link(link(Figure.OPEN, None, grid=code)))
        for code, row in zip(codes, fullest, strict=True)
        if row["open"]
    ]
    counts = Counts(by_day, late["unclaimed"], now)
    return render(
        request,
        "leader.html",
        visitor,
        counts=counts,
        overdue=late["overdue"],
        rates=RATES,
        trends=[(name, counts.each_day(name), part and counts.each_day(part)) for name, part in TRENDS],
        most=max([*counts.each_day(Figure.REPORTED), *counts.each_day("closed"), 1]),
        link=link,
        said={**words.FIGURES, UNCLAIMED: words.NUMBERS[UNCLAIMED]},
        slowest=[(row, _handled(row), _mean(row)) for row in slowest],
        fullest=fullest[:ROWS],
        fuller=fullest[ROWS:],
        map=hot(visitor.serving.tiles, where, open_in),
        unplaced=sum(row["unit"] not in where for row in fullest if row["open"]),
        then=then,
        now=now,
        names=names | named,
        dates=[say(N_("{month}月{day}日"), month=day.month, day=day.day) for day in counts.days],
    )


def _handled(row: Mapping[str, Any]) -> int:
    return int(row["task_in_time"] + row["task_late"])


def _mean(row: Mapping[str, Any]) -> float:
    """How long the department had a task on average, in seconds."""
    return float(row["seconds"]) / _handled(row)
