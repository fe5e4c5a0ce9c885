"""What somebody saw then (当时所见): their desk as it stood at a moment, for auditors."""

from asyncio import gather
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.moments import Moment, moment
from api.pages.page import Visiting, Visitor, render
from api.pages.queue import LINES, WHAT
from api.service import Service
from domain.account import Account
from domain.actors import Assignment, Role
from domain.errors import NotYours, UnknownAccount
from domain.ticket import Ticket
from domain.unit import Unit
from projections import waiting
from projections.history import version_at
from projections.units import names_of

router = APIRouter()


@dataclass(frozen=True)
class Line:
    """One ticket that waited then."""

    ticket: Ticket
    due_at: datetime | None
    what: str


@router.get("/desk")
async def past_desk(
    request: Request,
    visitor: Visiting,
    account: Annotated[str, Query(max_length=50)],
    at: Annotated[datetime | None, Query()] = None,
    position: Annotated[int | None, Query(ge=0)] = None,
    skip: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    """The desk of this account as it stood at a time or position, with the roles it held then.

    The auditor of a town or county sees what of it lies there, and no desk of who is elsewhere alone.
    """
    if not visitor.audits:
        raise NotYours(verb="see the desk of somebody else", who="an auditor")
    serving = visitor.serving
    then = await moment(serving, "overdue", None, at, position)
    holder = await _account(serving, account, then)
    roles = await _overseen(visitor, holder)
    found, counts = await gather(
        waiting.waiting(then.rows, holder.person(), then.now, LINES + 1, skip, by=visitor.person),
        waiting.counts(then.rows, holder.person(), then.now, by=visitor.person),
    )
    tickets = await gather(*(_ticket(serving, line.ticket, then) for line in found[:LINES]))
    lines = [
        Line(ticket, line.due_at, line.what)
        for ticket, line in zip(tickets, found, strict=False)
        if ticket is not None and ticket.visible_to(visitor.person)
    ]
    units = {held.unit for held in roles} | {line.ticket.grid for line in lines}
    return render(
        request,
        "past_desk.html",
        visitor,
        holder=holder,
        roles=roles,
        has_desk=waiting.has_desk(holder.person()),
        lines=lines,
        counts=counts,
        names=await names_of(serving.reading, units - {""}),
        what_words=WHAT,
        then=then,
        now=then.now,
        following=skip + LINES if len(found) > LINES else None,
    )


async def _account(serving: Service, name: str, then: Moment) -> Account:
    """The account as it stood then. Raises `UnknownAccount`."""
    id = Account.id_of(name)
    version = await version_at(serving.reading, id, then.position)
    found = await serving.store.find_at(Account, id, version) if version else None
    if found is None:
        raise UnknownAccount(account=name)
    return found


async def _overseen(visitor: Visitor, holder: Account) -> list[Assignment]:
    """The roles of the holder that lie where the visitor audits. Raises `UnknownAccount` where none does.

    A department is at work for many towns: whoever audits one of them sees what it had to do there.
    """
    person = visitor.person
    if person.acting_as(Role.AUDITOR):
        return list(holder.roles)
    find = visitor.serving.store.find
    units = await gather(*(find(Unit, Unit.id_of(held.unit)) for held in holder.roles))
    overseen = [
        held
        for held, unit in zip(holder.roles, units, strict=True)
        if held.role is Role.HANDLER
        or (unit and person.acting_as(Role.AUDITOR, unit.code, *unit.within.values()))
    ]
    if not overseen:
        raise UnknownAccount(account=holder.account)
    return overseen


async def _ticket(serving: Service, id: UUID, then: Moment) -> Ticket | None:
    version = await version_at(serving.reading, id, then.position)
    return await serving.store.find_at(Ticket, id, version)
