"""The steps of a ticket, as HTTP and the pages take them, and what each has to know besides what is asked."""

from asyncio import gather
from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any, NamedTuple
from uuid import UUID

from adapters.batch import Key, Receipt
from adapters.event_store import new_id
from adapters.personal.marking import mark, personal_of
from api.photographs import check_named, named
from api.service import Service
from domain.actors import Person
from domain.errors import OutOfRange, UnknownTicket, VersionDiffers
from domain.ticket import Ticket, commands
from domain.unit import Kind, Unit

MOST_DEPARTMENTS = 50
"""Departments called by one dispatch."""


class Verb(NamedTuple):
    """A verb of the ticket, and what is asked for with it."""

    method: Callable[..., None]
    asks: type[Any]


VERBS: Mapping[str, Verb] = {
    method.__name__: Verb(method, asks)
    for method, asks in (
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
        (Ticket.publish, commands.Publish),
        (Ticket.withdraw, commands.Withdraw),
        (Ticket.sort, commands.Sort),
        (Ticket.dispatch, commands.Dispatch),
        (Ticket.join, commands.Join),
        (Ticket.part, commands.Part),
    )
}
"""All verbs that change a ticket there is already, but `give_link`, which answers with a secret."""

SETS_CLOCKS = frozenset(name for name, verb in VERBS.items() if "timing" in signature(verb.method).parameters)


async def report(
    serving: Service, person: Person, command: commands.Report, version: int | None, key: Key | None
) -> Receipt:
    """上报: take a matter in; what is asked again under its key is answered again, whatever holds now."""
    if receipt := await serving.store.answered(key):
        return receipt
    if version:
        raise VersionDiffers(version=0, expected=version)
    await check_named(serving, person, command)
    return await take_in(serving, person, command, new_id(serving.store.now()), key)


async def take_in(
    serving: Service, person: Person, command: commands.Report, id: UUID, key: Key | None
) -> Receipt:
    """The matter as a new ticket with this id, its photos having been looked at."""
    place, timing = await gather(serving.places.of(command.grid), serving.adopted.timing())
    at = serving.store.now()
    command = mark(command, personal_of(command))
    ticket = Ticket.report(command, place, id, person, at, timing.catalogue, timing)
    return await serving.store.create(ticket, key)


async def take(
    serving: Service,
    person: Person,
    ticket: UUID,
    verb: str,
    command: Any,
    version: int | None = None,
    key: Key | None = None,
) -> Receipt:
    """Take a step of `VERBS`; raises whatever refuses it."""
    if named(command) and not await serving.store.answered(key):
        await check_named(serving, person, command)
    method = VERBS[verb].method
    facts: list[Any] = [command]
    others: tuple[UUID, ...] = ()
    if isinstance(command, commands.Dispatch):
        facts.append(await _departments(serving, (command.lead, *command.assisting)))
    elif isinstance(command, commands.Join | commands.Part) and (
        receipt := await serving.store.answered(key)
    ):
        return receipt
    elif isinstance(command, commands.Join):
        others = ((await seen(serving, person, command.into)).id,)
    elif isinstance(command, commands.Part):
        # One that was never joined is refused by its stage, whoever the other is.
        others = ((await seen(serving, person, ticket)).joined_into or ticket,)
    if verb in SETS_CLOCKS:
        timing = await serving.adopted.timing()
        method = partial(method, timing=timing)
        if isinstance(command, commands.Sort):
            method = partial(method, catalogue=timing.catalogue)
    return await serving.store.change(
        Ticket, ticket, method, *facts, by=person, others=others, version=version, key=key
    )


async def give_link(serving: Service, person: Person, ticket: UUID, version: int | None) -> tuple[Any, ...]:
    """发链接: the secret of a new link for the resident, and until when it works; said this once."""
    link = new_id(serving.store.now())
    command = commands.GiveLink()
    await serving.store.change(Ticket, ticket, Ticket.give_link, command, link, by=person, version=version)
    return await serving.sessions.link(ticket, link)


def ticket_id(id: str) -> UUID:
    """The id in a path; what is none names no ticket."""
    try:
        return UUID(id)
    except ValueError:
        raise UnknownTicket(ticket=id[:50]) from None


async def seen(serving: Service, person: Person, ticket: UUID) -> Ticket:
    """The ticket with this id, where the person may see it. Raises `UnknownTicket`."""
    found = await serving.store.find(Ticket, ticket)
    if found is None or not found.visible_to(person):
        raise UnknownTicket(ticket=str(ticket))
    return found


async def _departments(serving: Service, named: tuple[str, ...]) -> set[str]:
    """Those of the named departments that exist and are in use."""
    if len(named) > MOST_DEPARTMENTS:
        raise OutOfRange(field="assisting", why=f"names more than {MOST_DEPARTMENTS} departments: call fewer")
    found = await gather(*(serving.store.find(Unit, Unit.id_of(code)) for code in dict.fromkeys(named)))
    return {unit.code for unit in found if unit and unit.kind is Kind.DEPARTMENT and not unit.closed}
