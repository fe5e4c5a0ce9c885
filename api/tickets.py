"""Tickets over HTTP: an endpoint parses, calls once, returns."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from adapters.batch import Receipt
from adapters.event_store import new_id
from api import shapes
from api.pages import After, CursorParameter, Limit, page, read_cursor
from api.problems import Json
from api.requests import IdempotencyKey, IfMatch, SignedIn
from api.service import Service, Serving
from domain.actors import Person
from domain.errors import OutOfRange, UnknownGrid, UnknownTicket
from domain.ticket import Ticket, commands
from domain.ticket.stage import Stage
from domain.unit import Kind, Unit
from projections import board
from projections.history import history

router = APIRouter(prefix="/api/tickets", tags=["tickets"])


def ticket_id(id: str) -> UUID:
    """The id in a path; what is none names no ticket."""
    try:
        return UUID(id)
    except ValueError:
        raise UnknownTicket(ticket=id[:50]) from None


Id = Annotated[UUID, Depends(ticket_id)]
Verb = Callable[..., None]


@router.post("", status_code=201, response_model=Receipt)
async def report(command: commands.Report, by: SignedIn, serving: Serving, key: IdempotencyKey) -> Response:
    """上报: take a matter in."""
    grid = await serving.store.find(Unit, Unit.id_of(command.grid))
    if grid is None:
        raise UnknownGrid(grid=command.grid[:50])
    at = serving.store.now()
    ticket = Ticket.report(command, grid.place(), new_id(at), by=by, at=at)
    receipt = await serving.store.create(ticket, key)
    return _answer(receipt, 201, {"Location": f"/api/tickets/{receipt.id}"})


def _verb(verb: Verb, asks: type[Any]) -> None:
    """An endpoint for a verb that needs nothing but the ticket and what is asked."""

    async def change(
        id: Id, command: Any, by: SignedIn, serving: Serving, version: IfMatch, key: IdempotencyKey
    ) -> Response:
        return _answer(await serving.store.change(Ticket, id, verb, command, by=by, version=version, key=key))

    change.__annotations__["command"] = asks
    change.__name__ = verb.__name__
    change.__doc__ = verb.__doc__
    router.post(f"/{{id}}/{verb.__name__}", response_model=Receipt)(change)


for _verb_method, _asks in (
    (Ticket.sort, commands.Sort),
    (Ticket.reject, commands.Reject),
    (Ticket.claim, commands.Claim),
    (Ticket.attend, commands.Attend),
    (Ticket.send_back, commands.SendBack),
    (Ticket.accept_return, commands.AcceptReturn),
    (Ticket.refuse_return, commands.RefuseReturn),
    (Ticket.note_progress, commands.NoteProgress),
    (Ticket.handle, commands.Handle),
    (Ticket.verify, commands.Verify),
    (Ticket.reopen, commands.Reopen),
):
    _verb(_verb_method, _asks)


@router.post("/{id}/dispatch", response_model=Receipt)
async def dispatch(
    id: Id,
    command: commands.Dispatch,
    by: SignedIn,
    serving: Serving,
    version: IfMatch,
    key: IdempotencyKey,
) -> Response:
    """派单 (吹哨): call one lead and any number of assisting departments."""
    known = await _departments(serving, (command.lead, *command.assisting))
    return _answer(
        await serving.store.change(
            Ticket, id, Ticket.dispatch, command, known, by=by, version=version, key=key
        )
    )


@router.post("/{id}/join", response_model=Receipt)
async def join(
    id: Id,
    command: commands.Join,
    by: SignedIn,
    serving: Serving,
    version: IfMatch,
    key: IdempotencyKey,
) -> Response:
    """并件: rest while another ticket about the same problem goes on."""
    return _answer(
        await serving.store.change(
            Ticket,
            id,
            Ticket.join,
            command,
            by=by,
            others=(command.into,),
            version=version,
            key=key,
        )
    )


@router.post("/{id}/part", response_model=Receipt)
async def part(
    id: Id,
    command: commands.Part,
    by: SignedIn,
    serving: Serving,
    version: IfMatch,
    key: IdempotencyKey,
) -> Response:
    """拆件: undo a join."""
    joined = (await _seen(serving, id, by)).joined_into
    return _answer(
        await serving.store.change(
            Ticket, id, Ticket.part, command, by=by, others=(joined,) if joined else (),
            version=version, key=key,
        )
    )  # fmt: skip


@router.post("/{id}/link", status_code=201, response_model=shapes.Link)
async def link(id: Id, by: SignedIn, serving: Serving) -> Response:
    """A secret link for the resident; each call makes another one."""
    (await _seen(serving, id, by)).must_reach_resident(by)
    token, expires_at = await serving.sessions.link(id)
    return Json({"token": token, "expires_at": expires_at}, 201)


@router.get("/{id}", response_model=shapes.TicketShape)
async def read(
    id: Id, by: SignedIn, serving: Serving, version: int | None = None, at: datetime | None = None
) -> Response:
    """The ticket as it stands, or as it stood at a version or a time."""
    ticket = await _seen(serving, id, by)
    if version is not None or at is not None:
        ticket = await _as_it_stood(serving, ticket, version, at)
    return Json(shapes.TicketShape.of(ticket), headers={"ETag": f'"{ticket.version}"'})


@router.get("/{id}/history", response_model=shapes.Page[shapes.HistoryItem])
async def read_history(
    id: Id, by: SignedIn, serving: Serving, limit: Limit = 200, cursor: CursorParameter = None
) -> Response:
    """What happened to the ticket, oldest first."""
    await _seen(serving, id, by)
    (after,) = read_cursor(cursor, tuple[int]) or (0,)
    items = await history(serving.reading, id, limit + 1, after)
    return Json(page(items, limit, lambda item: [item["version"]]))


@router.get("", response_model=shapes.Page[shapes.TicketLine])
async def read_list(
    by: SignedIn,
    serving: Serving,
    stage: Stage | None = None,
    department: str | None = None,
    community: str | None = None,
    grid: str | None = None,
    category: str | None = None,
    overdue: bool | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    after: After = None,
) -> Response:
    """The tickets one may see that fit the filters, newest first."""
    await serving.standing.passed("board", after)
    wanted = board.Wanted(stage, department, community, grid, category, overdue, q)
    place = read_cursor(cursor, board.Cursor)
    rows = await board.tickets(serving.reading, by, wanted, serving.store.now(), limit + 1, place)
    return Json(page(rows, limit, lambda row: [row["reported_at"], row["id"]]))


async def _seen(serving: Service, id: UUID, by: Person) -> Ticket:
    ticket = await serving.store.find(Ticket, id)
    if ticket is None or not ticket.visible_to(by):
        raise UnknownTicket(ticket=id)
    return ticket


async def _as_it_stood(serving: Service, ticket: Ticket, version: int | None, at: datetime | None) -> Ticket:
    if version is not None and not 1 <= version <= ticket.version:
        raise OutOfRange(field="version", why=f"must lie between 1 and {ticket.version}")
    if at is not None and at.tzinfo is None:
        raise OutOfRange(field="at", why="needs a zone: 2026-11-22T09:00:00+08:00")
    found = await serving.store.find_at(Ticket, ticket.id, version, at)
    if found is None:
        raise UnknownTicket(ticket=f"{ticket.id} at that time")
    return found


async def _departments(serving: Service, named: tuple[str, ...]) -> set[str]:
    """Those of the named departments that exist and are in use."""
    found = [await serving.store.find(Unit, Unit.id_of(code)) for code in dict.fromkeys(named[:50])]
    return {unit.code for unit in found if unit and unit.kind is Kind.DEPARTMENT and not unit.closed}


def _answer(receipt: Receipt, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Json(receipt, status, headers={"ETag": f'"{receipt.version}"', **(headers or {})})
