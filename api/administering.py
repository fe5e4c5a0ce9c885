"""Units, accounts and receivers are changed in one way, by programs, pages and the terminal alike.

Every change is an event that says who made it; what may not be is refused by the domain.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from adapters.batch import Receipt
from adapters.reading import Rows
from adapters.telling.waiting import Outbox
from api.adopted import enter
from api.calling import Caller
from domain import unit as units
from domain.account import Account, Grant, Open, Revoke
from domain.actors import Person, Role
from domain.errors import (
    AccountExists,
    Conflict,
    NotYours,
    OutOfRange,
    ReceiverExists,
    UnitExists,
    UnknownAccount,
    UnknownReceiver,
    UnknownUnit,
)
from domain.receiver import Receiver, RegisterReceiver
from domain.unit import Unit
from domain.working_time.entered_hours import EnteredHours, EnterHours
from projections import receivers

log = structlog.get_logger()

OVERSEER = "an administrator or auditor of everything"
Verb = Any
"""A verb of the history that is changed."""


def must_oversee(person: Person, verb: str, *around: str) -> None:
    """Refuse who is neither administrator nor auditor of one of these units or of everything."""
    if not any(person.acting_as(role, *around) for role in (Role.ADMINISTRATOR, Role.AUDITOR)):
        raise NotYours(verb=verb, who="an administrator or auditor" if around else OVERSEER)


def must_oversee_something(person: Person, verb: str) -> None:
    """Refuse who is neither administrator nor auditor of anything."""
    if not person.units(Role.ADMINISTRATOR) | person.units(Role.AUDITOR):
        raise NotYours(verb=verb, who="an administrator or auditor")


async def unit_of(calling: Caller, code: str) -> Unit:
    """The unit with this code. Raises `UnknownUnit`."""
    found: Unit | None = await calling.serving.store.find(Unit, Unit.id_of(code))
    if found is None:
        raise UnknownUnit(unit=code)
    return found


async def register_unit(calling: Caller, command: units.Register) -> Receipt:
    """Take a place or department in."""
    store = calling.serving.store
    if receipt := await calling.answered():
        return receipt
    calling.must_make_new()
    parent = await store.find(Unit, Unit.id_of(command.parent)) if command.parent else None
    made = Unit.register(command, parent, by=calling.person, at=store.now())
    try:
        return await store.create(made, calling.key)
    except Conflict:
        raise UnitExists(unit=command.code) from None


async def change_unit(calling: Caller, code: str, verb: Verb, *facts: Any) -> Receipt:
    """Amend or close a unit."""
    return await _change(calling, Unit, (await unit_of(calling, code)).id, verb, *facts)


async def enter_hours(calling: Caller, code: str, command: EnterHours) -> Receipt:
    """Let a unit work these hours from now on; deadlines set before stay."""
    unit = await unit_of(calling, code)
    return await enter(
        calling.serving.store, EnteredHours, EnteredHours.the_id(), partial(EnteredHours.begin, unit),
        EnteredHours.enter, command, unit, by=calling.person, version=calling.version, key=calling.key,
    )  # fmt: skip


async def open_account(
    calling: Caller, command: Open, grants: Sequence[Grant] = (), password: str | None = None
) -> Receipt:
    """Open an account with these roles; it can sign in once it has a password."""
    store, sessions, by = calling.serving.store, calling.serving.sessions, calling.person
    if receipt := await calling.answered():
        return receipt
    calling.must_make_new()
    held = [(grant, await held_for(calling, grant.unit)) for grant in grants]
    hashed = None if password is None else await sessions.hashed(password)
    made = Account.open(command, by=by, at=store.now())
    for grant, unit in held:
        made.grant(grant, unit, by=by, at=store.now())
    try:
        receipt = await store.create(made, calling.key)
    except Conflict:
        raise AccountExists(account=command.account) from None
    if hashed is not None:
        await sessions.set_password(command.account, hashed)
    return receipt


async def grant(calling: Caller, account: str, command: Grant, second: Person | None = None) -> Receipt:
    """Let an account act in a role for a unit; one's own, or a role that is witnessed, needs a `second`."""
    granted = partial(Account.grant, second=second)
    return await change_account(calling, account, granted, command, await held_for(calling, command.unit))


async def revoke(calling: Caller, account: str, command: Revoke) -> Receipt:
    """Let an account no longer act in a role for a unit."""
    return await change_account(
        calling, account, Account.revoke, command, await held_for(calling, command.unit)
    )


async def change_password(
    calling: Caller,
    account: str,
    password: str,
    second: Person | None = None,
    current: str | None = None,
    address: str = "",
) -> Receipt:
    """Set another password, one's own or as an administrator; all its sessions end.

    One's own needs the `current` one: a phone that was left open is nobody's to keep. That of another
    administrator or an auditor needs a `second` administrator. Raises `WrongPassword`.

    Takes no idempotency key: a repeat must be decided anew, and nothing made from a password is kept but its
    slow hash.
    """
    sessions = calling.serving.sessions
    await _must_reach(calling, account)
    hashed = await sessions.hashed(password)
    if account == calling.person.account:
        if not current:
            raise OutOfRange(field="current", why="is missing: give the password that you have now")
        await sessions.second(account, current, address)
    id = Account.id_of(account)
    changed = partial(Account.change_password, second=second)
    receipt = await _change(replace(calling, key=None), Account, id, changed)
    await sessions.set_password(account, hashed)
    return receipt


async def end_sessions(calling: Caller, account: str, verb: Verb) -> Receipt:
    """Close an account, or sign it out; either way its sessions end on all devices."""
    receipt = await change_account(calling, account, verb)
    await calling.serving.sessions.sign_out_everywhere(account)
    return receipt


async def change_account(calling: Caller, account: str, verb: Verb, *facts: Any) -> Receipt:
    """Change an account by one of its verbs."""
    await _must_reach(calling, account)
    return await _change(calling, Account, Account.id_of(account), verb, *facts)


async def register_receiver(calling: Caller, command: RegisterReceiver) -> Receipt:
    """Tell somebody what happens from now on."""
    store = calling.serving.store
    if receipt := await calling.answered():
        return receipt
    calling.must_make_new()
    made = Receiver.register(
        command, await held_for(calling, command.unit), by=calling.person, at=store.now()
    )
    try:
        return await store.create(made, calling.key)
    except Conflict:
        raise ReceiverExists(receiver=command.code) from None


async def change_receiver(calling: Caller, code: str, verb: Verb, *facts: Any) -> Receipt:
    """Change a receiver by one of its verbs."""
    return await _change(calling, Receiver, (await receiver_of(calling, code)).id, verb, *facts)


async def retry(calling: Caller, code: str, position: int | None = None) -> int:
    """Send what was given up once more, or one message of it, with the ids it had; gives how many wait."""
    found = await receiver_of(calling, code)
    found.administrator(calling.person, "retry messages")
    found.must_be_open()
    retried = await Outbox(calling.serving.reading).retry(found.id, position)
    log.info("messages_retried", receiver=code, messages=retried, account=calling.person.account)
    return retried


async def receiver_of(calling: Caller, code: str) -> Receiver:
    """The receiver with this code. Raises `UnknownReceiver`."""
    found: Receiver | None = await calling.serving.store.find(Receiver, Receiver.id_of(code))
    if found is None:
        raise UnknownReceiver(receiver=code)
    return found


async def receivers_of(
    calling: Caller, limit: int, after: str | None = None, rows_of: Rows | None = None
) -> list[dict[str, Any]]:
    """The receivers one looks after, by code, as these rows have them; and how telling each goes now."""
    person, reading = calling.person, calling.serving.reading
    overseen = person.units(Role.ADMINISTRATOR) | person.units(Role.AUDITOR)
    must_oversee_something(person, "list receivers")
    units = None if "" in overseen else sorted(overseen)
    rows = await receivers.receivers(rows_of or reading, limit, after, units)
    standing = await Outbox(reading).standing([row["receiver"] for row in rows])
    for row in rows:
        stands = standing.get(row.pop("receiver"), {})
        row |= {name: stands.get(name, 0) for name in ("waiting", "dead", "failures")}
        row |= {"problem": stands.get("problem"), "next_attempt_at": stands.get("not_before")}
    return rows


async def held_for(calling: Caller, code: str) -> Unit | None:
    """The unit a role is held for, or a receiver is told of; None for everything."""
    return await unit_of(calling, code) if code else None


async def _must_reach(calling: Caller, account: str) -> None:
    """Refuse who is neither holder nor administrator, before they learn whether there is the account."""
    by = calling.person
    administers = by.units(Role.ADMINISTRATOR) or by.units(Role.OPERATOR)
    if by.account != account and not administers:
        raise NotYours(verb="change the accounts of others", who="an administrator")
    if await calling.serving.store.find(Account, Account.id_of(account)) is None:
        raise UnknownAccount(account=account)


async def _change(calling: Caller, kind: Any, id: UUID, verb: Verb, *facts: Any) -> Receipt:
    return await calling.serving.store.change(
        kind, id, verb, *facts, by=calling.person, version=calling.version, key=calling.key
    )
