"""Who is told over HTTP: receivers, what could not be sent to them, and one's own inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from adapters.batch import Receipt
from adapters.telling.message import Message
from adapters.telling.waiting import Outbox, read_told
from api import administering
from api.calling import Caller
from api.moments import moment
from api.web import shapes
from api.web.paging import After, At, CursorParameter, Limit, Position, history_page, page, read_cursor
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Calling, Route
from domain.receiver import AmendReceiver, Receiver, RegisterReceiver
from domain.way import Way
from projections import receivers

router = APIRouter(prefix="/api", tags=["telling"], route_class=Route)

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
    paused: bool
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
    return Json(await administering.register_receiver(calling, command), 201)


@router.post("/receivers/{code}/amend", response_model=Receipt, openapi_extra=HEADERS)
async def amend_receiver(code: str, command: AmendReceiver, calling: Calling) -> Response:
    """Tell it of other events, or elsewhere."""
    return Json(await administering.change_receiver(calling, code, Receiver.amend, command))


@router.post("/receivers/{code}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_receiver(code: str, calling: Calling) -> Response:
    """Tell it nothing more; what still waited is given up."""
    return Json(await administering.change_receiver(calling, code, Receiver.close))


@router.post("/receivers/{code}/pause", response_model=Receipt, openapi_extra=HEADERS)
async def pause_receiver(code: str, calling: Calling) -> Response:
    """Send it nothing until it is resumed; what it is to be told waits."""
    return Json(await administering.change_receiver(calling, code, Receiver.pause))


@router.post("/receivers/{code}/resume", response_model=Receipt, openapi_extra=HEADERS)
async def resume_receiver(code: str, calling: Calling) -> Response:
    """Send to it again, first what has waited."""
    return Json(await administering.change_receiver(calling, code, Receiver.resume))


@router.get("/receivers", response_model=shapes.Page[ReceiverShape], openapi_extra=SIGNED_IN)
async def read_receivers(
    calling: Calling,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    after: After = None,
    at: At = None,
    position: Position = None,
) -> Response:
    """The receivers one looks after, now or then, and how telling them goes by now."""
    then = await moment(calling.serving, "receivers", after, at, position)
    (code,) = read_cursor(cursor, tuple[str]) or (None,)
    items = await administering.receivers_of(calling, limit + 1, code, then.rows)
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
    return Json(Retried(await administering.retry(calling, code, asked.position)))


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


async def _overseen(calling: Caller, code: str, verb: str) -> Receiver:
    found = await administering.receiver_of(calling, code)
    administering.must_oversee(calling.person, verb, *found.around)
    return found
