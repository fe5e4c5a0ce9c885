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

from api.adopted import versions
from api.pages.lanes import lanes_of
from api.pages.language import say
from api.pages.page import Visiting, go, render
from api.pages.refusals import sentence
from api.pages.words import STAGES
from api.web.paging import read_cursor, write_cursor
from domain.catalogue import in_force
from domain.errors import OutOfRange
from domain.ticket import Ticket
from domain.ticket.stage import Stage
from domain.unit import Kind
from projections import board
from projections.units import names_of, units

router = APIRouter()

LINES = 50
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
        )

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
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The tickets that fit, newest first; who writes a number comes to that ticket at once."""
    serving, now = visitor.serving, visitor.serving.store.now()
    if filters.q and (found := await board.ticket_id(serving.reading, filters.q.strip().upper())):
        return go(f"/tickets/{found}")
    said, rows = "", []
    try:
        place: tuple[datetime, UUID] | None = read_cursor(cursor, board.Cursor)
        rows = await board.tickets(serving.reading, visitor.person, filters.wanted, now, LINES + 1, place)
    except OutOfRange as refusal:
        said = sentence(refusal)
    known, communities, departments, *found_tickets = await gather(
        versions(serving.store),
        units(serving.reading, 200, None, Kind.COMMUNITY),
        units(serving.reading, 200, None, Kind.DEPARTMENT),
        *(serving.store.find(Ticket, row["id"]) for row in rows[:LINES]),
    )
    lines = [ticket for ticket in found_tickets if isinstance(ticket, Ticket)]
    lanes = {ticket.id: lanes_of(ticket, now) for ticket in lines}
    names = await names_of(serving.reading, {ticket.grid for ticket in lines} | {filters.grid} - {""})
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
        categories={c.code: c.name for c in in_force(known, now).categories.values()},
        communities=[(unit["code"], unit["name"]) for unit in communities],
        departments=[(unit["code"], unit["name"]) for unit in departments],
        stages=[(code, say(name)) for code, name in STAGES.items()],
        following=_following(filters, rows) if len(rows) > LINES else None,
    )


def _one_of(field: str, given: str, known: Mapping[str, T]) -> T | None:
    """What a filter of the address means; one that means nothing is refused, and never shows all."""
    if given and given not in known:
        raise OutOfRange(field=field, why=f"is {given[:30]}: use one of {', '.join(known)}")
    return known.get(given)


def _following(filters: Filters, rows: list[dict[str, Any]]) -> str:
    last = rows[LINES - 1]
    cursor = write_cursor([last["reported_at"], last["id"]])
    return f"/tickets?{filters.address}&{urlencode({'cursor': cursor})}"
