"""The list of tickets one may see (工单): found by words, filtered by what stands in the address."""

from asyncio import gather
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
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


@router.get("/tickets")
async def tickets(
    request: Request,
    visitor: Visiting,
    stage: Chosen = "",
    department: Chosen = "",
    community: Chosen = "",
    grid: Chosen = "",
    category: Chosen = "",
    overdue: Chosen = "",
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The tickets that fit, newest first; who writes a number comes to that ticket at once."""
    serving, now = visitor.serving, visitor.serving.store.now()
    if q and (found := await board.ticket_id(serving.reading, q.strip().upper())):
        return go(f"/tickets/{found}")
    chosen = {"stage": stage, "department": department, "community": community, "grid": grid,
              "category": category, "overdue": overdue, "q": q}  # fmt: skip
    said, rows = "", []
    try:
        wanted = board.Wanted(
            stage=_one_of("stage", stage, {each.value: each for each in Stage}),
            department=department or None,
            community=community or None,
            grid=grid or None,
            category=category or None,
            overdue=_one_of("overdue", overdue, {"true": True, "false": False}),
            q=q.strip() or None,
        )
        place: tuple[datetime, UUID] | None = read_cursor(cursor, board.Cursor)
        rows = await board.tickets(serving.reading, visitor.person, wanted, now, LINES + 1, place)
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
    names = await names_of(serving.reading, {ticket.grid for ticket in lines} | {grid} - {""})
    return render(
        request,
        "tickets.html",
        visitor,
        422 if said else 200,
        lines=lines,
        rows={row["id"]: row for row in rows},
        lanes=lanes,
        names=names,
        chosen=chosen,
        said=said,
        categories={c.code: c.name for c in in_force(known, now).categories.values()},
        communities=[(unit["code"], unit["name"]) for unit in communities],
        departments=[(unit["code"], unit["name"]) for unit in departments],
        stages=[(code, say(name)) for code, name in STAGES.items()],
        following=_following(chosen, rows) if len(rows) > LINES else None,
    )


def _one_of(field: str, given: str, known: Mapping[str, T]) -> T | None:
    """What a filter of the address means; one that means nothing is refused, and never shows all."""
    if given and given not in known:
        raise OutOfRange(field=field, why=f"is {given[:30]}: use one of {', '.join(known)}")
    return known.get(given)


def _following(chosen: dict[str, str], rows: list[dict[str, Any]]) -> str:
    last = rows[LINES - 1]
    cursor = write_cursor([last["reported_at"], last["id"]])
    return f"/tickets?{urlencode({**{k: v for k, v in chosen.items() if v}, 'cursor': cursor})}"
