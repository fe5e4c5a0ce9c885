"""Reading and erasing personal data; HTTP, the pages and the terminal are held to the same."""

from uuid import UUID

from adapters.event_store import new_id
from adapters.personal.keeping import Opened
from adapters.personal.marking import names_nobody
from api.service import Service
from domain.actors import Person
from domain.errors import Conflict, NotYours, UnknownResident
from domain.look import Look, at_work
from domain.resident import Erase, Resident, finder
from domain.ticket import Ticket
from projections import looks


async def look(
    serving: Service, person: Person, ticket: Ticket, reason: str | None = None, asked: bool = False
) -> Opened:
    """What is personal in this ticket, once it is recorded who looks at it; else it stays masked.

    Who has to do with the resident by their task need not say why; everybody else says a `reason` once a
    ticket. Where they are `asked` for it and say none, they are refused: `ReasonNeeded`.
    """
    opened = await serving.keeping.opened(ticket.id)
    resident = opened.resident
    if resident is None:
        return opened
    if not reason and at_work(ticket, person) is None:
        reason = await looks.reason_said(serving.reading, ticket.id, person.account)
        if reason is None and not asked:
            return opened.masked()
    at = serving.store.now()
    taken = Look.take(new_id(at), ticket, resident, reason, person, at)
    names_nobody("reason", taken.reason, opened.known)
    await serving.store.create(taken)
    return opened


async def find(serving: Service, person: Person, phone: str) -> tuple[UUID | None, list[Ticket]]:
    """The resident with this phone number and their tickets, as far as the person may see one of them."""
    if finder(person) is None:
        raise NotYours(verb="look for a resident", who="those who take reports in or oversee them")
    resident = await serving.keeping.residents.find(phone)
    tickets = await serving.keeping.tickets(resident) if resident else ()
    found = [await serving.store.find(Ticket, ticket) for ticket in tickets]
    seen = [ticket for ticket in found if ticket and ticket.visible_to(person)]
    return resident if seen else None, seen


async def reporter_of(serving: Service, ticket: UUID) -> UUID:
    """The resident of a ticket; where nothing personal stands in its texts, somebody new, for its photos."""
    opened = await serving.keeping.opened(ticket)
    return opened.resident or opened.latest or (await serving.keeping.residents.of_ticket(ticket)).resident


async def erase(
    serving: Service,
    resident: UUID,
    command: Erase,
    by: Person,
    second: Person | None,
    ticket: UUID | None = None,
) -> tuple[UUID, ...]:
    """Delete a resident's key, once the log says by whose order; gives the tickets concerned.

    Where a `ticket` of theirs is named, it is one of them though nothing personal stands in its texts.
    Whoever is interrupted between the two repeats it: what is in the log already is not said twice.
    """
    residents = serving.keeping.residents
    named = {ticket} if ticket else set()
    tickets = tuple(sorted({*await serving.keeping.tickets(resident), *named}))
    known = bool(await residents.known([resident]))
    before = await serving.store.find(Resident, resident)
    asked = Resident.erase(resident, command, tickets, by, second, serving.store.now())
    if not known and before is None:
        raise UnknownResident()
    for id in tickets:
        names_nobody("order", command.order, (await serving.keeping.opened(id)).known)
    if before is None:
        try:
            await serving.store.create(asked)
        except Conflict:  # Somebody else ordered it at the same moment.
            before = await serving.store.find(Resident, resident)
    await residents.erase(resident)
    # With the key gone nothing more of theirs is written: what was meanwhile is found as well.
    tickets = tuple(sorted({*tickets, *await serving.keeping.tickets(resident)}))
    await serving.album.forget_originals(await _photos(serving, tickets))
    return tickets


async def _photos(serving: Service, tickets: tuple[UUID, ...]) -> list[str]:
    found = [await serving.store.find(Ticket, ticket) for ticket in tickets]
    return [photo for each in found if each for photo in (*each.photos, *each.later_photos)]
