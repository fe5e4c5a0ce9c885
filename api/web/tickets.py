"""Tickets over HTTP: an endpoint parses, calls once, returns."""

from asyncio import gather
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from datetime import datetime
from functools import partial
from inspect import signature
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.batch import Receipt
from adapters.event_store import new_id
from api.service import Service
from api.web import shapes
from api.web.paging import After, Code, CursorParameter, Limit, history_page, page, read_cursor
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Caller, Calling, Route
from domain.errors import OutOfRange, UnknownTicket
from domain.ticket import Ticket, commands
from domain.ticket.stage import Stage
from domain.unit import Kind, Unit
from projections import board

MOST_DEPARTMENTS = 50
"""Departments called by one dispatch."""

router = APIRouter(prefix="/api/tickets", tags=["tickets"], route_class=Route)


def ticket_id(id: str) -> UUID:
    """The id in a path; what is none names no ticket."""
    try:
        return UUID(id)
    except ValueError:
        raise UnknownTicket(ticket=id[:50]) from None


@router.post("", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def report(command: commands.Report, calling: Calling) -> Response:
    """上报: take a matter in."""
    receipt = await calling.answered() or await _report(calling, command)
    return _answer(receipt, 201, {"Location": f"/api/tickets/{receipt.id}"})


async def _report(calling: Caller, command: commands.Report) -> Receipt:
    calling.must_make_new()
    store = calling.serving.store
    place, timing = await gather(calling.serving.places.of(command.grid), calling.serving.adopted.timing())
    at = store.now()
    ticket = Ticket.report(command, place, new_id(at), calling.person, at, timing.catalogue, timing)
    return await store.create(ticket, calling.key)


def _verb(verb: Callable[..., None], asks: type[Any]) -> None:
    """An endpoint for a verb that needs nothing but the ticket, what is asked, and how clocks are set."""
    sets_clocks = "timing" in signature(verb).parameters

    async def change(id: str, calling: Calling, command: Any) -> Response:
        decide = await _timed(calling, verb) if sets_clocks else verb
        return await _change(calling, id, decide, command)

    if all(field.default is not MISSING for field in fields(asks)):
        change.__defaults__ = (asks(),)  # Where nothing has to be said, no body has to be sent.

    change.__annotations__["command"] = asks
    change.__name__ = verb.__name__
    change.__doc__ = verb.__doc__
    router.post(f"/{{id}}/{verb.__name__}", response_model=Receipt, openapi_extra=HEADERS)(change)


for _method, _asks in (
    (Ticket.reject, commands.Reject),
    (Ticket.claim, commands.Claim),
    (Ticket.attend, commands.Attend),
    (Ticket.send_back, commands.SendBack),
    (Ticket.accept_return, commands.AcceptReturn),
    (Ticket.refuse_return, commands.RefuseReturn),
    (Ticket.request_extension, commands.RequestExtension),
    (Ticket.grant_extension, commands.GrantExtension),
    (Ticket.refuse_extension, commands.RefuseExtension),
    (Ticket.hold, commands.Hold),
    (Ticket.resume, commands.Resume),
    (Ticket.urge, commands.Urge),
    (Ticket.supervise, commands.Supervise),
    (Ticket.reply, commands.Reply),
    (Ticket.appeal, commands.Appeal),
    (Ticket.uphold_appeal, commands.UpholdAppeal),
    (Ticket.dismiss_appeal, commands.DismissAppeal),
    (Ticket.note_progress, commands.NoteProgress),
    (Ticket.handle, commands.Handle),
    (Ticket.verify, commands.Verify),
    (Ticket.reopen, commands.Reopen),
    (Ticket.revoke_link, commands.RevokeLink),
):
    _verb(_method, _asks)


@router.post("/{id}/sort", response_model=Receipt, openapi_extra=HEADERS)
async def sort(id: str, command: commands.Sort, calling: Calling) -> Response:
    """分拣: say what it is about, by the catalogue in force; a community may keep it for itself (自办)."""
    timing = await calling.serving.adopted.timing()
    verb = partial(Ticket.sort, catalogue=timing.catalogue, timing=timing)
    return await _change(calling, id, verb, command)


@router.post("/{id}/dispatch", response_model=Receipt, openapi_extra=HEADERS)
async def dispatch(id: str, command: commands.Dispatch, calling: Calling) -> Response:
    """派单 (吹哨): call one lead and any number of assisting departments."""
    known, verb = await gather(
        _departments(calling.serving, (command.lead, *command.assisting)), _timed(calling, Ticket.dispatch)
    )
    return await _change(calling, id, verb, command, known)


@router.post("/{id}/join", response_model=Receipt, openapi_extra=HEADERS)
async def join(id: str, command: commands.Join, calling: Calling) -> Response:
    """并件: rest while another ticket about the same problem goes on."""
    if await calling.answered() is None:
        await seen(calling, str(command.into))
    return await _change(calling, id, Ticket.join, command, others=(command.into,))


@router.post("/{id}/part", response_model=Receipt, openapi_extra=HEADERS)
async def part(id: str, command: commands.Part, calling: Calling) -> Response:
    """拆件: undo a join."""
    if receipt := await calling.answered():
        return _answer(receipt)
    ticket = await seen(calling, id)
    # One that was never joined is refused by its stage, whoever the other is.
    verb = await _timed(calling, Ticket.part)
    return await _change(calling, id, verb, command, others=(ticket.joined_into or ticket.id,))


@router.post("/{id}/link", status_code=201, response_model=shapes.Link, openapi_extra=SIGNED_IN)
async def link(id: str, calling: Calling) -> Response:
    """发链接: a secret link for the resident, once; each call gives another one and ends the one before.

    Takes no idempotency key: the secret is not kept, so it cannot be said again.
    """
    link = new_id(calling.serving.store.now())
    await _change(replace(calling, key=None), id, Ticket.give_link, commands.GiveLink(), link)
    token, expires_at = await calling.serving.sessions.link(ticket_id(id), link)
    return Json({"token": token, "expires_at": expires_at}, 201)


@router.get("/{id}", response_model=shapes.TicketShape, openapi_extra=SIGNED_IN)
async def read(id: str, calling: Calling, version: int | None = None, at: datetime | None = None) -> Response:
    """The ticket as it stands, or as it stood at a version or a time."""
    ticket = await seen(calling, id)
    if version is not None or at is not None:
        ticket = await _as_it_stood(calling.serving, ticket, version, at)
    return Json(shapes.TicketShape.of(ticket), headers={"ETag": f'"{ticket.version}"'})


@router.get("/{id}/deadlines", response_model=shapes.Page[shapes.DeadlineShape], openapi_extra=SIGNED_IN)
async def read_deadlines(
    id: str,
    calling: Calling,
    version: int | None = None,
    at: datetime | None = None,
    limit: Limit = 200,
    cursor: CursorParameter = None,
) -> Response:
    """Every clock of the ticket and why it is due when it is; also as it stood at a version or a time."""
    ticket = await seen(calling, id)
    now = calling.serving.store.now()
    if version is not None or at is not None:
        ticket = await _as_it_stood(calling.serving, ticket, version, at)
        now = at or ticket.modified_on
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
    return Json(await history_page(calling.serving.reading, ticket.id, limit, cursor))


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
) -> Response:
    """The tickets one may see that fit the filters, newest first."""
    serving = calling.serving
    await serving.standing.passed("board", after or 0)
    wanted = board.Wanted(stage, department, community, grid, category, overdue, q)
    place = read_cursor(cursor, board.Cursor)
    now = serving.store.now()
    rows = await board.tickets(serving.reading, calling.person, wanted, now, limit + 1, place)
    return Json(page(rows, limit, lambda row: [row["reported_at"], row["id"]]))


async def _timed(calling: Caller, verb: Callable[..., None]) -> Callable[..., None]:
    """The verb, with the rules by which it sets clocks."""
    return partial(verb, timing=await calling.serving.adopted.timing())


async def _change(
    calling: Caller, id: str, verb: Callable[..., None], *facts: Any, others: tuple[UUID, ...] = ()
) -> Response:
    receipt = await calling.serving.store.change(
        Ticket,
        ticket_id(id),
        verb,
        *facts,
        by=calling.person,
        others=others,
        version=calling.version,
        key=calling.key,
    )
    return _answer(receipt)


async def seen(calling: Caller, id: str) -> Ticket:
    """The ticket with this id, where the caller may see it. Raises `UnknownTicket`."""
    ticket = await calling.serving.store.find(Ticket, ticket_id(id))
    if ticket is None or not ticket.visible_to(calling.person):
        raise UnknownTicket(ticket=id[:50])
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
    if len(named) > MOST_DEPARTMENTS:
        raise OutOfRange(field="assisting", why=f"names more than {MOST_DEPARTMENTS} departments: call fewer")
    found = await gather(*(serving.store.find(Unit, Unit.id_of(code)) for code in dict.fromkeys(named)))
    return {unit.code for unit in found if unit and unit.kind is Kind.DEPARTMENT and not unit.closed}


def _answer(receipt: Receipt, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Json(receipt, status, headers={"ETag": f'"{receipt.version}"', **(headers or {})})
