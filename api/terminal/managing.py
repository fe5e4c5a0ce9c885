"""Accounts from the command line, by whoever works at the machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.database import Database
from adapters.settings import BadSetting, Settings
from api import administering
from api.calling import Caller
from api.service import Service, running
from domain.account import Account, Grant, Open, Revoke
from domain.actors import OPERATOR, Role


@asynccontextmanager
async def at_work(database: Database) -> AsyncIterator[Service]:
    """The service without a web server."""
    async with running(database, Settings.read(database.data)) as service:
        yield service


async def open_account(database: Database, account: str, name: str, roles: list[str], password: str) -> str:
    """Open an account with these roles, each `role:unit`."""
    grants = [Grant(_role(role), unit) for role, _, unit in (given.partition(":") for given in roles)]
    async with _calling(database) as calling:
        await administering.open_account(calling, Open(account, name), grants, password)
    return f"The account {account} is open."


async def grant(database: Database, account: str, role: str, unit: str) -> str:
    """Let an account act in a role for a unit."""
    async with _calling(database) as calling:
        await administering.grant(calling, account, Grant(_role(role), unit))
    return f"{account} is {role} of {unit or 'everything'} from now on."


async def revoke(database: Database, account: str, role: str, unit: str) -> str:
    """Let an account no longer act in a role for a unit."""
    async with _calling(database) as calling:
        await administering.revoke(calling, account, Revoke(_role(role), unit))
    return f"{account} is no longer {role} of {unit or 'everything'}."


async def change_password(database: Database, account: str, password: str) -> str:
    """Set another password."""
    async with _calling(database) as calling:
        await administering.change_password(calling, account, password)
    return f"The password of {account} is changed, its sessions have ended."


async def close_account(database: Database, account: str) -> str:
    """Let nobody sign in with an account any more."""
    async with _calling(database) as calling:
        await administering.end_sessions(calling, account, Account.close)
    return f"The account {account} is closed."


@asynccontextmanager
async def _calling(database: Database) -> AsyncIterator[Caller]:
    async with at_work(database) as service:
        yield Caller(service, OPERATOR)


def _role(role: str) -> Role:
    if role not in tuple(Role):
        raise BadSetting(f"There is no role {role}: use one of {', '.join(Role)}.")
    return Role(role)
