"""Accounts from the command line, by whoever works at the machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from adapters.database import Database
from adapters.settings import BadSetting, Settings
from api.service import Service, running
from domain.account import Account, Grant, Open, Revoke
from domain.actors import OPERATOR, Role
from domain.errors import AccountExists, Conflict, UnknownAccount, UnknownUnit
from domain.unit import Unit


@asynccontextmanager
async def at_work(database: Database) -> AsyncIterator[Service]:
    """The service without a web server."""
    async with running(database, Settings.read(database.data)) as service:
        yield service


async def open_account(database: Database, account: str, name: str, roles: list[str], password: str) -> str:
    """Open an account with these roles, each `role:unit`."""
    async with at_work(database) as service:
        grants = [await _grant(service, *role.partition(":")[::2]) for role in roles]
        at = service.store.now()
        hashed = await service.sessions.hashed(password)
        opened = Account.open(Open(account, name), by=OPERATOR, at=at)
        for grant, unit in grants:
            opened.grant(grant, unit, by=OPERATOR, at=at)
        try:
            await service.store.create(opened)
        except Conflict:
            raise AccountExists(account=account) from None
        await service.sessions.set_password(account, hashed)
    return f"The account {account} is open."


async def grant(database: Database, account: str, role: str, unit: str) -> str:
    """Let an account act in a role for a unit."""
    async with at_work(database) as service:
        command, held_for = await _grant(service, role, unit)
        id = await _known(service, account)
        await service.store.change(Account, id, Account.grant, command, held_for, by=OPERATOR)
    return f"{account} is {role} of {unit or 'everything'} from now on."


async def revoke(database: Database, account: str, role: str, unit: str) -> str:
    """Let an account no longer act in a role for a unit."""
    async with at_work(database) as service:
        command, held_for = await _grant(service, role, unit)
        id = await _known(service, account)
        taken = Revoke(command.role, command.unit)
        await service.store.change(Account, id, Account.revoke, taken, held_for, by=OPERATOR)
    return f"{account} is no longer {role} of {unit or 'everything'}."


async def change_password(database: Database, account: str, password: str) -> str:
    """Set another password."""
    async with at_work(database) as service:
        id = await _known(service, account)
        hashed = await service.sessions.hashed(password)
        await service.store.change(Account, id, Account.change_password, by=OPERATOR)
        await service.sessions.set_password(account, hashed)
    return f"The password of {account} is changed, its sessions have ended."


async def close_account(database: Database, account: str) -> str:
    """Let nobody sign in with an account any more."""
    async with at_work(database) as service:
        id = await _known(service, account)
        await service.store.change(Account, id, Account.close, by=OPERATOR)
        await service.sessions.sign_out_everywhere(account)
    return f"The account {account} is closed."


async def _grant(service: Service, role: str, code: str) -> tuple[Grant, Unit | None]:
    if role not in tuple(Role):
        raise BadSetting(f"There is no role {role}: use one of {', '.join(Role)}.")
    unit = await service.store.find(Unit, Unit.id_of(code)) if code else None
    if code and unit is None:
        raise UnknownUnit(unit=code)
    return Grant(Role(role), code), unit


async def _known(service: Service, account: str) -> UUID:
    id = Account.id_of(account)
    if await service.store.find(Account, id) is None:
        raise UnknownAccount(account=account)
    return id
