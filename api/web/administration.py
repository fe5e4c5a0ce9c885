"""Units and accounts over HTTP: every change is an event and says who made it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from adapters.batch import Receipt
from api import administering
from api.moments import moment
from api.web import shapes
from api.web.consent import Second, second_of
from api.web.paging import After, At, CursorParameter, Limit, Position, history_page, page, read_cursor
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Calling, Route, address_of
from domain import unit as units
from domain.account import Account, Grant, Open, Revoke
from domain.actors import Role
from domain.errors import UnknownAccount
from domain.unit import Unit
from projections import accounts

router = APIRouter(prefix="/api", tags=["administration"], route_class=Route)


@dataclass(frozen=True)
class NewPassword:
    """Ask for another password: with the `current` one if it is one's own, with a second person's consent if
    it is another administrator's or an auditor's."""

    password: str
    current: str | None = None
    consent: Second | None = None


@dataclass(frozen=True)
class Granting:
    """Ask that an account may act in a role for a unit; a second person signs where it is one's own account,
    or the role of an administrator or auditor."""

    role: Role
    unit: str
    consent: Second | None = None


@router.post("/units", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def register(command: units.Register, calling: Calling) -> Response:
    """Take a place or department in."""
    return Json(await administering.register_unit(calling, command), 201)


@router.post("/units/{code}/amend", response_model=Receipt, openapi_extra=HEADERS)
async def amend(code: str, command: units.Amend, calling: Calling) -> Response:
    """Give a unit another name."""
    return Json(await administering.change_unit(calling, code, Unit.amend, command))


@router.post("/units/{code}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_unit(code: str, calling: Calling) -> Response:
    """Take nothing new for a unit from now on."""
    return Json(await administering.change_unit(calling, code, Unit.close))


@router.get("/units/{code}/history", response_model=shapes.Page[shapes.HistoryItem], openapi_extra=SIGNED_IN)
async def read_unit_history(
    code: str, calling: Calling, limit: Limit = 200, cursor: CursorParameter = None
) -> Response:
    """What happened to a unit and who did it, oldest first."""
    unit = await administering.unit_of(calling, code)
    administering.must_oversee(
        calling.person, "see the history of this unit", unit.code, *unit.within.values()
    )
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
    administering.must_oversee(calling.person, "list accounts")
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
    administering.must_oversee(calling.person, "see the history of accounts")
    found = await calling.serving.store.find(Account, Account.id_of(account))
    if found is None:
        raise UnknownAccount(account=account)
    return Json(await history_page(calling.serving.reading, found.id, limit, cursor))


@router.post("/accounts", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def open_account(command: Open, calling: Calling) -> Response:
    """Open an account; it can sign in once it has a password."""
    return Json(await administering.open_account(calling, command), 201)


@router.post("/accounts/{account}/grant", response_model=Receipt, openapi_extra=HEADERS)
async def grant(account: str, command: Granting, calling: Calling, request: Request) -> Response:
    """Let an account act in a role for a unit; for oneself, and who signs or reads all, two sign."""
    second = await second_of(calling, request, command.consent)
    asked = Grant(command.role, command.unit)
    return Json(await administering.grant(calling, account, asked, second))


@router.post("/accounts/{account}/revoke", response_model=Receipt, openapi_extra=HEADERS)
async def revoke(account: str, command: Revoke, calling: Calling) -> Response:
    """Let an account no longer act in a role for a unit."""
    return Json(await administering.revoke(calling, account, command))


@router.post("/accounts/{account}/password", response_model=Receipt, openapi_extra=SIGNED_IN)
async def change_password(account: str, asked: NewPassword, calling: Calling, request: Request) -> Response:
    """Set another password, one's own or as an administrator; all its sessions end.

    Takes no idempotency key: a repeat is decided anew.
    """
    second = await second_of(calling, request, asked.consent)
    address = address_of(request)
    changed = administering.change_password(calling, account, asked.password, second, asked.current, address)
    return Json(await changed)


@router.post("/accounts/{account}/close", response_model=Receipt, openapi_extra=HEADERS)
async def close_account(account: str, calling: Calling) -> Response:
    """Let nobody sign in with an account any more."""
    return Json(await administering.end_sessions(calling, account, Account.close))


@router.post("/accounts/{account}/reopen", response_model=Receipt, openapi_extra=HEADERS)
async def reopen_account(account: str, calling: Calling) -> Response:
    """Let its holder sign in again, in the roles it held."""
    return Json(await administering.change_account(calling, account, Account.reopen))


@router.post("/accounts/{account}/sign-out", response_model=Receipt, openapi_extra=HEADERS)
async def sign_out_account(account: str, calling: Calling) -> Response:
    """End all sessions of an account, as when a phone was lost."""
    return Json(await administering.end_sessions(calling, account, Account.sign_out))
