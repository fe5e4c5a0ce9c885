"""Tickets over HTTP: an endpoint parses, calls once, returns."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.batch import Receipt
from adapters.personal.marking import holds_masks
from api import personal, steps
from api.calling import Caller
from api.moments import moment
from api.service import Service
from api.web import shapes
from api.web.paging import (
    After,
    At,
    Code,
    CursorParameter,
    Limit,
    Position,
    history_page,
    page,
    read_cursor,
)
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Calling, Route
from domain.errors import OutOfRange, UnknownTicket
from domain.ticket import Ticket, commands
from domain.ticket.stage import Stage
from projections import board
from projections.history import version_at

router = APIRouter(prefix="/api/tickets", tags=["tickets"], route_class=Route)


@router.post("", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def report(command: commands.Report, calling: Calling) -> Response:
    """上报: take a matter in."""
    receipt = await steps.report(calling.serving, calling.person, command, calling.version, calling.key)
    return _answer(receipt, 201, {"Location": f"/api/tickets/{receipt.id}"})


def _verb(name: str, verb: steps.Verb) -> None:
    """The endpoint of a verb."""

    async def change(id: str, calling: Calling, command: Any) -> Response:
        ticket = steps.ticket_id(id)
        receipt = await steps.take(
            calling.serving, calling.person, ticket, name, command, calling.version, calling.key
        )
        return _answer(receipt)

    if all(field.default is not MISSING for field in fields(verb.asks)):
        change.__defaults__ = (verb.asks(),)  # Where nothing has to be said, no body has to be sent.

    change.__annotations__["command"] = verb.asks
    change.__name__ = name
    change.__doc__ = verb.method.__doc__
    router.post(f"/{{id}}/{name}", response_model=Receipt, openapi_extra=HEADERS)(change)


for _name, _asked in steps.VERBS.items():
    _verb(_name, _asked)


@router.post("/{id}/link", status_code=201, response_model=shapes.Link, openapi_extra=SIGNED_IN)
async def link(id: str, calling: Calling) -> Response:
    """发链接: a secret link for the resident, once; each call gives another one and ends the one before.

    Takes no idempotency key: the secret is not kept, so it cannot be said again.
    """
    ticket = steps.ticket_id(id)
    token, expires_at = await steps.give_link(calling.serving, calling.person, ticket, calling.version)
    return Json({"token": token, "expires_at": expires_at}, 201)


@router.get("/{id}", response_model=shapes.TicketShape, openapi_extra=SIGNED_IN)
async def read(
    id: str,
    calling: Calling,
    version: int | None = None,
    at: datetime | None = None,
    position: Position = None,
) -> Response:
    """The ticket as it stands, or as it stood at a version, a position, or a time by when things happened."""
    now = await seen(calling, id)
    ticket = await _as_it_stood(calling.serving, now, version, at, position)
    headers = {"ETag": f'"{ticket.version}"'}
    answer = Json(shapes.TicketShape.of(ticket), headers=headers)
    if not holds_masks(answer.body):
        return answer
    opened = await personal.look(calling.serving, calling.person, now)
    return Json(shapes.TicketShape.of(opened.ticket(ticket.version) or ticket), headers=headers)


@router.get("/{id}/deadlines", response_model=shapes.Page[shapes.DeadlineShape], openapi_extra=SIGNED_IN)
async def read_deadlines(
    id: str,
    calling: Calling,
    version: int | None = None,
    at: datetime | None = None,
    position: Position = None,
    limit: Limit = 200,
    cursor: CursorParameter = None,
) -> Response:
    """Every clock of the ticket and why it is due when it is; also as it stood then."""
    stands = await seen(calling, id)
    ticket = await _as_it_stood(calling.serving, stands, version, at, position)
    now = calling.serving.store.now() if ticket is stands else at or ticket.modified_on
    (after,) = read_cursor(cursor, tuple[int]) or (0,)
    clocks = list(enumerate(ticket.clocks, 1))[max(after, 0) :]
    found = page(clocks, limit, lambda numbered: [numbered[0]])
    return Json({**found, "items": [shapes.DeadlineShape.of(clock, now) for _, clock in found["items"]]})


@router.get("/{id}/history", response_model=shapes.Page[shapes.HistoryItem], openapi_extra=SIGNED_IN)
async def read_history(
    id: str, calling: Calling, limit: Limit = 200, cursor: CursorParameter = None
) -> Response:
    """What happened to the ticket, oldest first."""
    ticket = await seen(calling, id)
    found = Json(await history_page(calling.serving.reading, ticket.id, limit, cursor))
    if not holds_masks(found.body):
        return found
    opened = await personal.look(calling.serving, calling.person, ticket)
    return Json(await history_page(calling.serving.reading, ticket.id, limit, cursor, opened.events()))


@router.get("", response_model=shapes.Page[shapes.TicketLine], openapi_extra=SIGNED_IN)
async def read_list(
    calling: Calling,
    stage: Stage | None = None,
    department: Code = None,
    community: Code = None,
    grid: Code = None,
    category: Code = None,
    overdue: bool | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    after: After = None,
    at: At = None,
    position: Position = None,
) -> Response:
    """The tickets one may see that fit the filters, or did then, newest first."""
    then = await moment(calling.serving, "board", after, at, position)
    wanted = board.Wanted(stage, department, community, grid, category, overdue, q)
    place = read_cursor(cursor, board.Cursor)
    rows = await board.tickets(then.rows, calling.person, wanted, then.now, limit + 1, place)
    return Json(page(rows, limit, lambda row: [row["reported_at"], row["id"]]))


async def seen(calling: Caller, id: str) -> Ticket:
    """The ticket with this id, where the caller may see it. Raises `UnknownTicket`."""
    return await steps.seen(calling.serving, calling.person, steps.ticket_id(id))


async def _as_it_stood(
    serving: Service, ticket: Ticket, version: int | None, at: datetime | None, position: int | None
) -> Ticket:
    if position is not None:
        version = await version_at(serving.reading, ticket.id, position)
        if not version:
            raise UnknownTicket(ticket=f"{ticket.id} at that position")
    if version is None and at is None:
        return ticket
    if version is not None and not 1 <= version <= ticket.version:
        raise OutOfRange(field="version", why=f"must lie between 1 and {ticket.version}")
    if at is not None and at.tzinfo is None:
        raise OutOfRange(field="at", why="needs a zone: 2026-11-22T09:00:00+08:00")
    found = await serving.store.find_at(Ticket, ticket.id, version, at)
    if found is None:
        raise UnknownTicket(ticket=f"{ticket.id} at that time")
    return found


def _answer(receipt: Receipt, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Json(receipt, status, headers={"ETag": f'"{receipt.version}"', **(headers or {})})
