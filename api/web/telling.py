"""Who is told over HTTP: receivers, what could not be sent to them, and one's own inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from adapters.batch import Receipt
from adapters.telling.message import Message
from adapters.telling.waiting import Outbox, read_told
from api.web import shapes
from api.web.paging import After, CursorParameter, Limit, history_page, page, read_cursor
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Caller, Calling, Route
from domain.actors import Role
from domain.errors import Conflict, NotYours, ReceiverExists, UnknownReceiver, UnknownUnit
from domain.receiver import AmendReceiver, Receiver, RegisterReceiver, Way
from domain.unit import Unit
from projections import receivers

router = APIRouter(prefix="/api", tags=["telling"], route_class=Route)

log = structlog.get_logger()

NEWEST = 2**62


@dataclass(frozen=True)
class ReceiverShape:
    """A receiver, and how telling it goes: what waits or was given up, its last trouble, its next attempt."""

    code: str
    name: str
    way: Way
    unit: str
    topics: list[str]
    address: str
    secret: str | None
    closed: bool
    waiting: int
    dead: int
    failures: int
    problem: str | None
    next_attempt_at: datetime | None


@dataclass(frozen=True)
class DeadShape:
    """A message that was given up."""

    position: int
    id: str
    number: str
    what: str
    attempts: int
    written_at: datetime
    dead_at: datetime
    problem: str | None


@dataclass(frozen=True)
class InboxShape:
    """A message in somebody's inbox."""

    id: str
    position: int
    topic: str
    what: str
    number: str
    ticket: str
    category: str
    place: str
    departments: list[str]
    at: datetime


@dataclass(frozen=True)
class Retry:
    """Ask that what was given up is sent once more: the message of one event, or all."""

    position: int | None = None


@dataclass(frozen=True)
class Retried:
    """How many messages wait again."""

    retried: int


@router.post("/receivers", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def register_receiver(command: RegisterReceiver, calling: Calling) -> Response:
    """Tell somebody what happens from now on."""
    return Json(await calling.answered() or await _register(calling, command), 201)


async def _register(calling: Caller, command: RegisterReceiver) -> Receipt:
    calling.must_make_new()
    store = calling.serving.store
    unit = await store.find(Unit, Unit.id_of(command.unit)) if command.unit else None
    if command.unit and unit is None:
        raise UnknownUnit(unit=command.unit)
    made = Receiver.register(command, unit, by=calling.person, at=store.now())
    try:
        return await store.create(made, calling.key)
    except Conflict:
        raise ReceiverExists(receiver=command.code) from None


@router.post("/receivers/{code}/amend", response_model=Receipt, openapi_extra=HEADERS)
async def amend_receiver(code: str, command: AmendReceiver, calling: Calling) -> Response:
    """Tell it of other events, or elsewhere."""
    return Json(await _change(calling, code, Receiver.amend, command))


@router.post("/receivers/{code}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_receiver(code: str, calling: Calling) -> Response:
    """Tell it nothing more; what still waited is given up."""
    return Json(await _change(calling, code, Receiver.close))


async def _change(calling: Caller, code: str, verb: Any, *facts: Any) -> Receipt:
    await _found(calling, code)
    return await calling.serving.store.change(
        Receiver,
        Receiver.id_of(code),
        verb,
        *facts,
        by=calling.person,
        version=calling.version,
        key=calling.key,
    )


@router.get("/receivers", response_model=shapes.Page[ReceiverShape], openapi_extra=SIGNED_IN)
async def read_receivers(
    calling: Calling, limit: Limit = 50, cursor: CursorParameter = None, after: After = None
) -> Response:
    """The receivers one looks after, and how telling them goes."""
    person, reading = calling.person, calling.serving.reading
    units = person.units(Role.ADMINISTRATOR) | person.units(Role.AUDITOR)
    if not units:
        raise NotYours(verb="list receivers", who="an administrator or auditor")
    await calling.serving.standing.passed("receivers", after or 0)
    (code,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await receivers.receivers(reading, limit + 1, code, None if "" in units else sorted(units))
    standing = await Outbox(reading).standing([row["receiver"] for row in rows])
    items = []
    for row in rows:
        stands = standing.get(row.pop("receiver"), {})
        row |= {name: stands.get(name, 0) for name in ("waiting", "dead", "failures")}
        row |= {"problem": stands.get("problem"), "next_attempt_at": stands.get("not_before")}
        items.append(row)
    return Json(page(items, limit, lambda row: [row["code"]]))


@router.get(
    "/receivers/{code}/history", response_model=shapes.Page[shapes.HistoryItem], openapi_extra=SIGNED_IN
)
async def read_receiver_history(
    code: str, calling: Calling, limit: Limit = 200, cursor: CursorParameter = None
) -> Response:
    """Who registered and amended it, oldest first."""
    found = await _overseen(calling, code, "see the history of this receiver")
    return Json(await history_page(calling.serving.reading, found.id, limit, cursor))


@router.get("/receivers/{code}/dead", response_model=shapes.Page[DeadShape], openapi_extra=SIGNED_IN)
async def read_dead(
    code: str, calling: Calling, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    """The messages to it that were given up (死信), oldest first."""
    found = await _overseen(calling, code, "see what could not be sent")
    (position,) = read_cursor(cursor, tuple[int]) or (0,)
    rows = await Outbox(calling.serving.reading).dead(found.id, limit + 1, position)
    for row in rows:
        told = read_told(row.pop("told"))
        message = Message(found.id, row["position"], told, None)
        row |= {"id": message.id, "number": told.number, "what": told.what}
    return Json(page(rows, limit, lambda row: [row["position"]]))


@router.post("/receivers/{code}/retry", response_model=Retried, openapi_extra=SIGNED_IN)
async def retry_dead(code: str, asked: Retry, calling: Calling) -> Response:
    """Send what was given up once more, with the ids it had."""
    found = await _found(calling, code)
    found.administrator(calling.person, "retry messages")
    found.must_be_open()
    retried = await Outbox(calling.serving.reading).retry(found.id, asked.position)
    log.info("messages_retried", receiver=code, messages=retried, account=calling.person.account)
    return Json(Retried(retried))


@router.get("/inbox", response_model=shapes.Page[InboxShape], openapi_extra=SIGNED_IN)
async def read_inbox(calling: Calling, limit: Limit = 50, cursor: CursorParameter = None) -> Response:
    """What the signed-in person is told, newest first."""
    reading = calling.serving.reading
    (position,) = read_cursor(cursor, tuple[int]) or (NEWEST,)
    mine = await receivers.inboxes(reading, calling.person)
    rows = await Outbox(reading).inbox(mine, limit + 1, position)
    return Json(page([_in_inbox(row) for row in rows], limit, lambda item: [item.position - 1]))


def _in_inbox(row: dict[str, Any]) -> InboxShape:
    message = Message(row["receiver"], row["position"], read_told(row["told"]), None)
    told = message.told
    return InboxShape(
        message.id,
        message.position,
        told.topic,
        told.what,
        told.number,
        str(told.ticket),
        told.category,
        told.place,
        list(told.departments),
        told.at,
    )


async def _found(calling: Caller, code: str) -> Receiver:
    found: Receiver | None = await calling.serving.store.find(Receiver, Receiver.id_of(code))
    if found is None:
        raise UnknownReceiver(receiver=code)
    return found


async def _overseen(calling: Caller, code: str, verb: str) -> Receiver:
    found = await _found(calling, code)
    if not any(calling.person.acting_as(role, *found.around) for role in (Role.ADMINISTRATOR, Role.AUDITOR)):
        raise NotYours(verb=verb, who="an administrator or auditor")
    return found
