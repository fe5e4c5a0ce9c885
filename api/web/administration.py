"""Units and accounts over HTTP: every change is an event and says who made it."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from adapters.batch import Receipt
from api.moments import moment
from api.web import shapes
from api.web.consent import Second, second_of
from api.web.paging import After, At, CursorParameter, Limit, Position, history_page, page, read_cursor
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Caller, Calling, Route
from domain import unit as units
from domain.account import Account, Grant, Open, Revoke
from domain.actors import Role
from domain.errors import AccountExists, Conflict, NotYours, UnitExists, UnknownAccount, UnknownUnit
from domain.unit import Unit
from projections import accounts

OVERSEER = "an administrator or auditor of everything"

router = APIRouter(prefix="/api", tags=["administration"], route_class=Route)


@dataclass(frozen=True)
class NewPassword:
    """Ask for another password."""

    password: str


@dataclass(frozen=True)
class Granting:
    """Ask that an account may act in a role for a unit, with a second person's consent if it is one's own."""

    role: Role
    unit: str
    consent: Second | None = None


@router.post("/units", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def register(command: units.Register, calling: Calling) -> Response:
    """Take a place or department in."""
    return Json(await calling.answered() or await _register(calling, command), 201)


async def _register(calling: Caller, command: units.Register) -> Receipt:
    calling.must_make_new()
    parent = await calling.serving.store.find(Unit, Unit.id_of(command.parent)) if command.parent else None
    made = Unit.register(command, parent, by=calling.person, at=calling.serving.store.now())
    try:
        return await calling.serving.store.create(made, calling.key)
    except Conflict:
        raise UnitExists(unit=command.code) from None


@router.post("/units/{code}/amend", response_model=Receipt, openapi_extra=HEADERS)
async def amend(code: str, command: units.Amend, calling: Calling) -> Response:
    """Give a unit another name."""
    return Json(await _change_unit(calling, code, Unit.amend, command))


@router.post("/units/{code}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_unit(code: str, calling: Calling) -> Response:
    """Take nothing new for a unit from now on."""
    return Json(await _change_unit(calling, code, Unit.close))


@router.get("/units/{code}/history", response_model=shapes.Page[shapes.HistoryItem], openapi_extra=SIGNED_IN)
async def read_unit_history(
    code: str, calling: Calling, limit: Limit = 200, cursor: CursorParameter = None
) -> Response:
    """What happened to a unit and who did it, oldest first."""
    unit = await calling.serving.store.find(Unit, Unit.id_of(code))
    if unit is None:
        raise UnknownUnit(unit=code)
    _must_oversee(calling, "see the history of this unit", unit.code, *unit.within.values())
    return Json(await history_page(calling.serving.reading, unit.id, limit, cursor))


@router.get("/accounts", response_model=shapes.Page[shapes.AccountShape], openapi_extra=SIGNED_IN)
async def read_accounts(
    calling: Calling,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    after: After = None,
    at: At = None,
    position: Position = None,
) -> Response:
    """The accounts and the roles they hold, or held then."""
    _must_oversee(calling, "list accounts")
    then = await moment(calling.serving, "accounts", after, at, position)
    (name,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await accounts.accounts(then.rows, limit + 1, name)
    return Json(page(rows, limit, lambda row: [row["account"]]))


@router.get(
    "/accounts/{account}/history", response_model=shapes.Page[shapes.HistoryItem], openapi_extra=SIGNED_IN
)
async def read_account_history(
    account: str, calling: Calling, limit: Limit = 200, cursor: CursorParameter = None
) -> Response:
    """What happened to an account: who gave whom which right, oldest first."""
    _must_oversee(calling, "see the history of accounts")
    found = await calling.serving.store.find(Account, Account.id_of(account))
    if found is None:
        raise UnknownAccount(account=account)
    return Json(await history_page(calling.serving.reading, found.id, limit, cursor))


@router.post("/accounts", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def open_account(command: Open, calling: Calling) -> Response:
    """Open an account; it can sign in once it has a password."""
    return Json(await calling.answered() or await _open(calling, command), 201)


async def _open(calling: Caller, command: Open) -> Receipt:
    calling.must_make_new()
    store = calling.serving.store
    made = Account.open(command, by=calling.person, at=store.now())
    try:
        return await store.create(made, calling.key)
    except Conflict:
        raise AccountExists(account=command.account) from None


@router.post("/accounts/{account}/grant", response_model=Receipt, openapi_extra=HEADERS)
async def grant(account: str, command: Granting, calling: Calling, request: Request) -> Response:
    """Let an account act in a role for a unit; for a role of one's own, a second person has to sign."""
    unit = await _unit(calling, command.unit)
    granted = partial(Account.grant, second=await second_of(calling, request, command.consent))
    asked = Grant(command.role, command.unit)
    return Json(await _change_account(calling, account, granted, asked, unit))


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
    await _must_reach(calling, account)
    hashed = await sessions.hashed(asked.password)
    id = Account.id_of(account)
    receipt = await _change(replace(calling, key=None), Account, id, Account.change_password)
    await sessions.set_password(account, hashed)
    return Json(receipt)


@router.post("/accounts/{account}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_account(account: str, calling: Calling) -> Response:
    """Let nobody sign in with an account any more."""
    receipt = await _change_account(calling, account, Account.close)
    await calling.serving.sessions.sign_out_everywhere(account)
    return Json(receipt)


def _must_oversee(calling: Caller, verb: str, *around: str) -> None:
    """Refuse who is neither administrator nor auditor of one of these units or of everything."""
    if not any(calling.person.acting_as(role, *around) for role in (Role.ADMINISTRATOR, Role.AUDITOR)):
        raise NotYours(verb=verb, who="an administrator or auditor" if around else OVERSEER)


async def _unit(calling: Caller, code: str) -> Unit | None:
    """The unit a role is held for, or None for everything."""
    if not code:
        return None
    found: Unit | None = await calling.serving.store.find(Unit, Unit.id_of(code))
    if found is None:
        raise UnknownUnit(unit=code)
    return found


async def _change_unit(calling: Caller, code: str, verb: Any, *facts: Any) -> Receipt:
    if await calling.serving.store.find(Unit, Unit.id_of(code)) is None:
        raise UnknownUnit(unit=code)
    return await _change(calling, Unit, Unit.id_of(code), verb, *facts)


async def _change_account(calling: Caller, account: str, verb: Any, *facts: Any) -> Receipt:
    await _must_reach(calling, account)
    return await _change(calling, Account, Account.id_of(account), verb, *facts)


async def _must_reach(calling: Caller, account: str) -> None:
    """Refuse who is neither holder nor administrator, before they learn whether there is the account."""
    by = calling.person
    if by.account != account and not by.units(Role.ADMINISTRATOR):
        raise NotYours(verb="change the accounts of others", who="an administrator")
    if await calling.serving.store.find(Account, Account.id_of(account)) is None:
        raise UnknownAccount(account=account)


async def _change(calling: Caller, kind: Any, id: UUID, verb: Any, *facts: Any) -> Receipt:
    return await calling.serving.store.change(
        kind, id, verb, *facts, by=calling.person, version=calling.version, key=calling.key
    )
