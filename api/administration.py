"""Units and accounts over HTTP: every change is an event and says who made it."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from adapters.batch import Receipt
from api import shapes
from api.pages import After, CursorParameter, Limit, page, read_cursor
from api.problems import Json
from api.requests import HEADERS, SIGNED_IN, Caller, Calling, Route
from domain import unit as units
from domain.account import Account, Grant, Open, Revoke
from domain.actors import Role
from domain.errors import AccountExists, Conflict, NotYours, UnitExists, UnknownAccount, UnknownUnit
from domain.unit import Unit
from projections import accounts

router = APIRouter(prefix="/api", tags=["administration"], route_class=Route)


@dataclass(frozen=True)
class NewPassword:
    """Ask for another password."""

    password: str


@router.post("/units", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def register(command: units.Register, calling: Calling) -> Response:
    """Take a place or department in."""
    parent = await calling.serving.store.find(Unit, Unit.id_of(command.parent)) if command.parent else None
    made = Unit.register(command, parent, by=calling.person, at=calling.serving.store.now())
    try:
        return Json(await calling.serving.store.create(made, calling.key), 201)
    except Conflict:
        raise UnitExists(unit=command.code[:50]) from None


@router.post("/units/{code}/amend", response_model=Receipt, openapi_extra=HEADERS)
async def amend(code: str, command: units.Amend, calling: Calling) -> Response:
    """Give a unit another name."""
    return Json(await _change_unit(calling, code, Unit.amend, command))


@router.post("/units/{code}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_unit(code: str, calling: Calling) -> Response:
    """Take nothing new for a unit from now on."""
    return Json(await _change_unit(calling, code, Unit.close))


@router.get("/accounts", response_model=shapes.Page[shapes.AccountShape], openapi_extra=SIGNED_IN)
async def read_accounts(
    calling: Calling, limit: Limit = 50, cursor: CursorParameter = None, after: After = None
) -> Response:
    """The accounts and the roles they hold."""
    if "" not in calling.person.units(Role.ADMINISTRATOR) | calling.person.units(Role.AUDITOR):
        raise NotYours(verb="list accounts", who="an administrator or auditor of everything")
    await calling.serving.standing.passed("accounts", after or 0)
    (name,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await accounts.accounts(calling.serving.reading, limit + 1, name)
    return Json(page(rows, limit, lambda row: [row["account"]]))


@router.post("/accounts", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def open_account(command: Open, calling: Calling) -> Response:
    """Open an account; it can sign in once it has a password."""
    store = calling.serving.store
    made = Account.open(command, by=calling.person, at=store.now())
    try:
        return Json(await store.create(made, calling.key), 201)
    except Conflict:
        raise AccountExists(account=command.account[:50]) from None


@router.post("/accounts/{account}/grant", response_model=Receipt, openapi_extra=HEADERS)
async def grant(account: str, command: Grant, calling: Calling) -> Response:
    """Let an account act in a role for a unit."""
    unit = await _unit(calling, command.unit)
    return Json(await _change_account(calling, account, Account.grant, command, unit))


@router.post("/accounts/{account}/revoke", response_model=Receipt, openapi_extra=HEADERS)
async def revoke(account: str, command: Revoke, calling: Calling) -> Response:
    """Let an account no longer act in a role for a unit."""
    unit = await _unit(calling, command.unit)
    return Json(await _change_account(calling, account, Account.revoke, command, unit))


@router.post("/accounts/{account}/password", response_model=Receipt, openapi_extra=SIGNED_IN)
async def change_password(account: str, asked: NewPassword, calling: Calling) -> Response:
    """Set another password, one's own or as an administrator; all its sessions end.

    Takes no idempotency key: a repeat must be decided anew, and nothing made from a password is kept but its
    slow hash.
    """
    sessions = calling.serving.sessions
    hashed = await sessions.hashed(asked.password)
    receipt = await _change_account(replace(calling, key=None), account, Account.change_password)
    await sessions.set_password(account, hashed)
    return Json(receipt)


@router.post("/accounts/{account}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_account(account: str, calling: Calling) -> Response:
    """Let nobody sign in with an account any more."""
    receipt = await _change_account(calling, account, Account.close)
    await calling.serving.sessions.sign_out_everywhere(account)
    return Json(receipt)


async def _unit(calling: Caller, code: str) -> Unit | None:
    """The unit a role is held for, or None for everything."""
    if not code:
        return None
    found: Unit | None = await calling.serving.store.find(Unit, Unit.id_of(code))
    if found is None:
        raise UnknownUnit(unit=code[:50])
    return found


async def _change_unit(calling: Caller, code: str, verb: Any, *facts: Any) -> Receipt:
    if await calling.serving.store.find(Unit, Unit.id_of(code)) is None:
        raise UnknownUnit(unit=code[:50])
    return await _change(calling, Unit, Unit.id_of(code), verb, *facts)


async def _change_account(calling: Caller, account: str, verb: Any, *facts: Any) -> Receipt:
    if await calling.serving.store.find(Account, Account.id_of(account)) is None:
        raise UnknownAccount(account=account[:50])
    return await _change(calling, Account, Account.id_of(account), verb, *facts)


async def _change(calling: Caller, kind: Any, id: UUID, verb: Any, *facts: Any) -> Receipt:
    return await calling.serving.store.change(
        kind, id, verb, *facts, by=calling.person, version=calling.version, key=calling.key
    )
