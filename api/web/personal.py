"""Personal data over HTTP: looked at with a reason, found by phone, erased by two."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import personal, steps
from api.moments import moment
from api.web import shapes
from api.web.consent import Second, second_of
from api.web.paging import After, At, Code, CursorParameter, Limit, Position, page, read_cursor
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route
from domain.actors import Role
from domain.errors import NotYours, OutOfRange, UnknownResident
from domain.resident import Erase
from domain.text import NAME
from projections import looks

router = APIRouter(prefix="/api", tags=["personal data"], route_class=Route)


@dataclass(frozen=True)
class Reason:
    """Why one looks at somebody's personal data; those at work on the ticket need not say it."""

    reason: str | None = None


@dataclass(frozen=True)
class Phone:
    """The phone number of somebody looked for; in a body, so that it is in no address and no log."""

    phone: str


@dataclass(frozen=True)
class Erasing:
    """Ask that a resident's personal data be erased, with a second person's consent."""

    order: str
    consent: Second | None = None


@dataclass(frozen=True)
class LookShape:
    """One look at somebody's personal data."""

    look: str
    at: datetime
    account: str
    role: str
    unit: str
    ticket: str
    resident: str
    reason: str


@dataclass(frozen=True)
class FoundTicket:
    """A ticket, by id and number."""

    id: str
    number: str


@dataclass(frozen=True)
class Found:
    """A resident found by phone, by their number in our books, and those of their tickets one may see."""

    resident: str | None
    tickets: list[FoundTicket]


@dataclass(frozen=True)
class ErasedShape:
    """A resident whose personal data nobody reads any more, and the tickets it stood in."""

    resident: str
    tickets: list[str]


@router.post("/tickets/{id}/look", response_model=shapes.TicketShape, openapi_extra=SIGNED_IN)
async def look(id: str, command: Reason, calling: Calling) -> Response:
    """查看: the ticket with what is personal in it; who looked and why is recorded."""
    ticket = await steps.seen(calling.serving, calling.person, steps.ticket_id(id))
    opened = await personal.look(calling.serving, calling.person, ticket, command.reason, asked=True)
    return Json(shapes.TicketShape.of(opened.ticket() or ticket))


@router.get("/looks", response_model=shapes.Page[LookShape], openapi_extra=SIGNED_IN)
async def read_looks(
    calling: Calling,
    account: Code = None,
    ticket: Annotated[UUID | None, Query()] = None,
    resident: Annotated[UUID | None, Query()] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    after: After = None,
    at: At = None,
    position: Position = None,
) -> Response:
    """Who looked at whose personal data, when and why, newest first; for auditors."""
    towns = calling.person.units(Role.AUDITOR)
    if not towns:
        raise NotYours(verb="see who looked at personal data", who="an auditor")
    then = await moment(calling.serving, "looks", after, at, position)
    rows = await looks.looks(
        then.rows,
        limit + 1,
        read_cursor(cursor, looks.Cursor),
        account,
        ticket,
        resident,
        None if "" in towns else sorted(towns),
    )
    return Json(page(rows, limit, lambda row: [row["at"], row["look"]]))


@router.post("/residents/find", response_model=Found, openapi_extra=SIGNED_IN)
async def find(command: Phone, calling: Calling) -> Response:
    """The resident with a phone number, by their number in our books, and those tickets one may see."""
    if not command.phone.strip() or len(command.phone) > NAME:
        raise OutOfRange(field="phone", why="is no phone number: write its digits")
    resident, tickets = await personal.find(calling.serving, calling.person, command.phone)
    items = [{"id": str(ticket.id), "number": ticket.number} for ticket in tickets]
    return Json({"resident": resident and str(resident), "tickets": items})


@router.post("/residents/{id}/erase", response_model=ErasedShape, openapi_extra=SIGNED_IN)
async def erase(id: str, command: Erasing, calling: Calling, request: Request) -> Response:
    """删除个人信息: nobody reads any more what is personal of this resident; the tickets keep all else."""
    try:
        resident = UUID(id)
    except ValueError:
        raise UnknownResident() from None
    second = await second_of(calling, request, command.consent)
    order = Erase(command.order)
    tickets = await personal.erase(calling.serving, resident, order, calling.person, second)
    return Json({"resident": str(resident), "tickets": [str(ticket) for ticket in tickets]})
