"""Units and accounts over HTTP: every change is an event and says who made it."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from adapters.batch import Receipt
from api import shapes
from api.pages import CursorParameter, Limit, page, read_cursor
from api.problems import Json
from api.requests import SignedIn
from api.service import Serving
from domain import unit as units
from domain.account import Account, Grant, Open, Revoke
from domain.actors import Person, Role
from domain.errors import AccountExists, Conflict, NotYours, UnitExists, UnknownAccount, UnknownUnit
from domain.unit import Unit
from projections import accounts

router = APIRouter(prefix="/api", tags=["administration"])


@dataclass(frozen=True)
class NewPassword:
    """Ask for another password."""

    password: str


@router.post("/units", status_code=201, response_model=Receipt)
async def register(command: units.Register, by: SignedIn, serving: Serving) -> Response:
    """Take a place or department in."""
    parent = await serving.store.find(Unit, Unit.id_of(command.parent)) if command.parent else None
    made = Unit.register(command, parent, by=by, at=serving.store.now())
    try:
        return Json(await serving.store.create(made), 201)
    except Conflict:
        raise UnitExists(unit=command.code[:50]) from None


@router.post("/units/{code}/amend", response_model=Receipt)
async def amend(code: str, command: units.Amend, by: SignedIn, serving: Serving) -> Response:
    """Give a unit another name."""
    return Json(await _change_unit(serving, code, Unit.amend, command, by=by))


@router.post("/units/{code}/close", response_model=Receipt)
async def close_unit(code: str, by: SignedIn, serving: Serving) -> Response:
    """Take nothing new for a unit from now on."""
    return Json(await _change_unit(serving, code, Unit.close, by=by))


@router.get("/accounts", response_model=shapes.Page[shapes.AccountShape])
async def read_accounts(
    by: SignedIn, serving: Serving, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    """The accounts and the roles they hold."""
    if not by.units(Role.ADMINISTRATOR) | by.units(Role.AUDITOR):
        raise NotYours(verb="list accounts", who="an administrator or auditor")
    (name,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await accounts.accounts(serving.reading, limit + 1, name)
    return Json(page(rows, limit, lambda row: [row["account"]]))


@router.post("/accounts", status_code=201, response_model=Receipt)
async def open_account(command: Open, by: SignedIn, serving: Serving) -> Response:
    """Open an account; it can sign in once it has a password."""
    try:
        return Json(await serving.store.create(Account.open(command, by=by, at=serving.store.now())), 201)
    except Conflict:
        raise AccountExists(account=command.account[:50]) from None


@router.post("/accounts/{account}/grant", response_model=Receipt)
async def grant(account: str, command: Grant, by: SignedIn, serving: Serving) -> Response:
    """Let an account act in a role for a unit."""
    unit = await _unit(serving, command.unit)
    return Json(await _change_account(serving, account, Account.grant, command, unit, by=by))


@router.post("/accounts/{account}/revoke", response_model=Receipt)
async def revoke(account: str, command: Revoke, by: SignedIn, serving: Serving) -> Response:
    """Let an account no longer act in a role for a unit."""
    unit = await _unit(serving, command.unit)
    return Json(await _change_account(serving, account, Account.revoke, command, unit, by=by))


@router.post("/accounts/{account}/password", response_model=Receipt)
async def change_password(account: str, asked: NewPassword, by: SignedIn, serving: Serving) -> Response:
    """Set another password, one's own or as an administrator; all its sessions end."""
    receipt = await _change_account(serving, account, Account.change_password, by=by)
    await serving.sessions.set_password(account, asked.password)
    return Json(receipt)


@router.post("/accounts/{account}/close", response_model=Receipt)
async def close_account(account: str, by: SignedIn, serving: Serving) -> Response:
    """Let nobody sign in with an account any more."""
    receipt = await _change_account(serving, account, Account.close, by=by)
    await serving.sessions.sign_out_everywhere(account)
    return Json(receipt)


async def _unit(serving: Any, code: str) -> Unit | None:
    """The unit a role is held for, or None for everything."""
    if not code:
        return None
    found: Unit | None = await serving.store.find(Unit, Unit.id_of(code))
    if found is None:
        raise UnknownUnit(unit=code[:50])
    return found


async def _change_unit(serving: Any, code: str, verb: Any, *facts: Any, by: Person) -> Receipt:
    if await serving.store.find(Unit, Unit.id_of(code)) is None:
        raise UnknownUnit(unit=code[:50])
    receipt: Receipt = await serving.store.change(Unit, Unit.id_of(code), verb, *facts, by=by)
    return receipt


async def _change_account(serving: Any, account: str, verb: Any, *facts: Any, by: Person) -> Receipt:
    id = Account.id_of(account)
    if await serving.store.find(Account, id) is None:
        raise UnknownAccount(account=account[:50])
    receipt: Receipt = await serving.store.change(Account, id, verb, *facts, by=by)
    return receipt
