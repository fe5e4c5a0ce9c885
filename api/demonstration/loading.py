"""Loading the demonstration into an empty log, once."""

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import structlog

from adapters.database import Database
from api.demonstration.lives import Life, matters, reported
from api.demonstration.town import PASSWORD, Member, members, units
from api.service import Service
from api.terminal.managing import at_work
from domain.account import Account, Grant, Open
from domain.actors import OPERATOR
from domain.errors import Conflict
from domain.event import id_of
from domain.ticket import Ticket
from domain.unit import Kind, Unit

log = structlog.get_logger()

DAYS = 30
TICKETS = 320
SEED = 20_260_101
"""The same town every time, seen from the day it is loaded."""


async def load(database: Database) -> None:
    """Load the town with its tickets, unless its last step was done before."""
    async with at_work(database) as service:
        last = members()[-1]
        if await service.store.find(Account, Account.id_of(last.account)) is not None:
            return
        with structlog.contextvars.bound_contextvars(quiet=True):
            await _load_units(service)
            for ticket in _tickets(service.store.now()):
                with suppress(Conflict):  # It was loaded before a loading that was cut short.
                    await service.store.create(ticket)
            await _load_accounts(service)
        log.info("demonstration_loaded", tickets=TICKETS)


async def load_town(database: Database) -> None:
    """Load the town without any ticket."""
    async with at_work(database) as service:
        await _load_units(service)
        await _load_accounts(service)


async def is_loaded(database: Database) -> bool:
    """Whether accounts of the demonstration still have the password that everybody knows."""
    async with at_work(database) as service:
        for member in members():
            found = await service.store.find(Account, Account.id_of(member.account))
            if found and not found.closed and await service.sessions.has_password(member.account, PASSWORD):
                return True
        return False


def accounts_as_text() -> str:
    """The accounts, as they are printed."""
    lines = [f"  {m.account:<12}{m.name}  ({m.role.spoken} {m.unit or 'of everything'})" for m in members()]
    return "\n".join([f"Accounts of the demonstration, all with the password {PASSWORD}:", *lines])


async def _load_units(service: Service) -> None:
    known: dict[str, Unit] = {}
    for command in units():
        found = await service.store.find(Unit, Unit.id_of(command.code))
        if found is None:
            parent = known.get(command.parent or "")
            found = Unit.register(command, parent, by=OPERATOR, at=service.store.now())
            await service.store.create(found)
        known[command.code] = found


async def _load_accounts(service: Service) -> None:
    for member in members():
        await _load_account(service, member)


async def _load_account(service: Service, member: Member) -> None:
    at = service.store.now()
    unit = await service.store.find(Unit, Unit.id_of(member.unit)) if member.unit else None
    if await service.store.find(Account, Account.id_of(member.account)) is None:
        opened = Account.open(Open(member.account, member.name), by=OPERATOR, at=at)
        opened.grant(Grant(member.role, member.unit), unit, by=OPERATOR, at=at)
        await service.sessions.set_password(member.account, await service.sessions.hashed(PASSWORD))
        await service.store.create(opened)


def _tickets(now: datetime) -> list[Ticket]:
    """Tickets of the last days, oldest first, more of late, and more in the grid whose worker is shown."""
    random = Random(SEED)  # noqa: S311 - no secret: the same town every time
    grids = [command.code for command in units() if command.kind is Kind.GRID]
    several = matters() * (TICKETS // len(matters()) + 1)
    ages = sorted((random.random() ** 1.5 for _ in range(TICKETS)), reverse=True)
    lives = []
    for nth, (age, matter) in enumerate(zip(ages, random.sample(several, TICKETS), strict=True)):
        grid = grids[0] if random.random() < 0.1 else random.choice(grids)
        at = now - timedelta(days=DAYS) * age - timedelta(minutes=1)
        id = id_of("ticket", f"demonstration:{nth}")
        lives.append(Life(random, matter, reported(random, matter, grid, id, at), now).run())
    return lives
