"""The list of tickets one may see (工单): found by words, filtered by what stands in the address."""

from asyncio import gather
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from adapters.reading import Rows
from api.adopted import versions
from api.pages import words
from api.pages.lanes import lanes_of
from api.pages.language import N_, say
from api.pages.page import Visiting, go, render
from api.pages.refusals import sentence
from api.pages.viewing import Viewing
from api.web.paging import read_cursor, write_cursor
from domain.catalogue import in_force
from domain.errors import OutOfRange, UnknownUnit
from domain.ticket import Ticket
from domain.ticket.stage import Stage
from domain.unit import Kind
from projections import board
from projections.units import names_of, units

router = APIRouter()

LINES = 50
DAYS = 30
"""Over how many local days figures are counted, today among them."""
T = TypeVar("T")
Chosen = Annotated[str, Query(max_length=50)]


@dataclass(frozen=True)
class Filters:
    """What stands in the address of a list of tickets, as it stands there."""

    stage: Chosen = ""
    department: Chosen = ""
    community: Chosen = ""
    grid: Chosen = ""
    category: Chosen = ""
    overdue: Chosen = ""
    q: Annotated[str, Query(max_length=200)] = ""
    task: Chosen = ""
    age: Chosen = ""
    figure: Chosen = ""
    days: Chosen = ""

    @property
    def wanted(self) -> board.Wanted:
        """What it means. Raises `OutOfRange`."""
        return board.Wanted(
            stage=_one_of("stage", self.stage, {each.value: each for each in Stage}),
            department=self.department or None,
            community=self.community or None,
            grid=self.grid or None,
            category=self.category or None,
            overdue=_one_of("overdue", self.overdue, {"true": True, "false": False}),
            q=self.q.strip() or None,
            task=_one_of("task", self.task, {each: each for each in words.NUMBERS}),
            age=_one_of("age", self.age, {each: each for each in words.AGES}),
            figure=_one_of("figure", self.figure, {str(each): str(each) for each in words.FIGURES}),
            days=_one_of("days", self.days, {"1": 1, str(DAYS): DAYS}),
        )

    @property
    def units(self) -> set[str]:
        """The codes of units that it names."""
        return {self.department, self.community, self.grid} - {""}

    @property
    def counted(self) -> str:
        """As what its tickets are counted on the page with numbers that led here, in words."""
        if not self.task and not self.age and not self.figure:
            return ""
        period = {"1": say(N_("今天")), str(DAYS): say(N_("近 30 天"))}.get(self.days, "")
        said = period, words.FIGURES.get(self.figure), words.NUMBERS.get(self.task), words.AGES.get(self.age)
        return " · ".join(say(part) for part in said if part)

    @property
    def address(self) -> str:
        """The filters that are set, as they stand in an address."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


Filtered = Annotated[Filters, Depends()]


@router.get("/tickets")
async def tickets(
    request: Request,
    visitor: Visiting,
    filters: Filtered,
    then: Viewing,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The tickets that fit, newest first; who writes a number comes to that ticket at once."""
    serving, reading = visitor.serving, then.rows
    if filters.q and (found := await board.ticket_id(reading, filters.q.strip().upper())):
        return go(then.ticket(found))
    said, rows = "", []
    try:
        place: tuple[datetime, UUID] | None = read_cursor(cursor, board.Cursor)
        await known_units(reading, filters.units)
        rows = await board.tickets(reading, visitor.person, filters.wanted, then.now, LINES + 1, place)
    except (OutOfRange, UnknownUnit) as refusal:
        said = sentence(refusal)
    known, communities, departments, *found_tickets = await gather(
        versions(serving.store),
        units(reading, 200, None, Kind.COMMUNITY),
        units(reading, 200, None, Kind.DEPARTMENT),
        *(then.found(visitor, row["id"], row["version"]) for row in rows[:LINES]),
    )
    lines = [ticket for ticket in found_tickets if isinstance(ticket, Ticket)]
    lanes = {ticket.id: lanes_of(ticket, then.now) for ticket in lines}
    names = await names_of(reading, {ticket.grid for ticket in lines} | {filters.grid} - {""})
    return render(
        request,
        "tickets.html",
        visitor,
        422 if said else 200,
        lines=lines,
        rows={row["id"]: row for row in rows},
        lanes=lanes,
        names=names,
        chosen=filters,
        said=said,
        categories={c.code: c.name for c in in_force(known, then.now).categories.values()},
        communities=[(unit["code"], unit["name"]) for unit in communities],
        departments=[(unit["code"], unit["name"]) for unit in departments],
        tasks=[(code, say(name)) for code, name in words.NUMBERS.items()],
        stages=[(code, say(name)) for code, name in words.STAGES.items()],
        then=then,
        now=then.now,
        following=then.link(_following(filters, rows)) if len(rows) > LINES else None,
    )


async def known_units(reading: Rows, codes: set[str]) -> None:
    """Raise `UnknownUnit` where one of these is none: what is mistyped must not look like an empty list."""
    for code in sorted(codes - (await names_of(reading, codes)).keys()):
        raise UnknownUnit(unit=code)


def _one_of(field: str, given: str, known: Mapping[str, T]) -> T | None:
    """What a filter of the address means; one that means nothing is refused, and never shows all."""
    if given and given not in known:
        raise OutOfRange(field=field, why=f"is {given[:30]}: use one of {', '.join(known)}")
    return known.get(given)


def _following(filters: Filters, rows: list[dict[str, Any]]) -> str:
    last = rows[LINES - 1]
    cursor = write_cursor([last["reported_at"], last["id"]])
    return f"/tickets?{filters.address}&{urlencode({'cursor': cursor})}"
