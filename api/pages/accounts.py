"""Accounts (账号): the list of them, each with its roles and who gave them."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.batch import Receipt
from api import administering
from api.calling import Caller
from api.importing.accounts import COLUMNS, read_accounts, take_accounts
from api.importing.table import Outcome
from api.pages import downloads
from api.pages.administration import administers
from api.pages.entering import NOTHING, After, Chosen, Given, Said, bring, offered, one, read, take, told
from api.pages.page import Visiting, Visitor, render
from api.pages.units import Cursor
from api.web.consent import Second, second_of
from api.web.paging import read_cursor, write_cursor
from api.web.requests import address_of
from domain.account import HELD_FOR, WITNESSED, Account, Grant, Open, Revoke
from domain.actors import Person, Role
from domain.errors import OutOfRange, UnknownAccount
from projections import accounts
from projections.units import names_of

router = APIRouter()

LINES = 100
LIST = "/administration/accounts"
Asks = Callable[[Caller, Given], Awaitable[Receipt]]
Verb = Callable[[Caller, str, Given], Awaitable[Receipt]]
VERBS: Mapping[str, Verb] = {
    "revoke": lambda calling, account, given: administering.revoke(
        calling, account, Revoke(*_role_and_unit(given))
    ),
    "close": lambda calling, account, given: administering.end_sessions(calling, account, Account.close),
    "reopen": lambda calling, account, given: administering.change_account(calling, account, Account.reopen),
    "sign-out": lambda calling, account, given: administering.end_sessions(
        calling, account, Account.sign_out
    ),
}


def _role_and_unit(given: Given) -> tuple[Role, str]:
    role = one(given, "role")
    if role not in HELD_FOR:
        raise OutOfRange(field="role", why="is none of those offered: choose one")
    return Role(role), one(given, "unit").strip()


@router.get(LIST)
async def show_accounts(
    request: Request, visitor: Visiting, q: Chosen = "", cursor: Cursor = None, after: After = 0
) -> Response:
    """All accounts by their names, and the roles they hold."""
    await visitor.serving.standing.passed("accounts", after)
    return await _list(request, visitor, NOTHING, q, cursor)


async def _list(
    request: Request, visitor: Visitor, said: Said, q: str = "", cursor: str | None = None
) -> Response:
    administering.must_oversee(visitor.person, "list accounts")
    (place,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await accounts.accounts(visitor.serving.reading, LINES + 1, place, q)
    lines = rows[:LINES]
    following = None
    if len(rows) > LINES:
        following = f"{LIST}?{urlencode({'q': q, 'cursor': write_cursor([lines[-1]['account']])})}"
    held = {row["account"]: [role.partition(" ")[::2] for role in row["roles"]] for row in lines}
    return render(
        request,
        "accounts.html",
        visitor,
        said.status,
        said=said,
        lines=lines,
        held=held,
        names=await names_of(
            visitor.serving.reading, {unit for roles in held.values() for _, unit in roles} - {""}
        ),
        q=q,
        following=following,
        roles=[*HELD_FOR],
        units=await offered(visitor),
        may=administers(visitor),
    )


@router.post(LIST)
async def open_account(request: Request, visitor: Visiting) -> Response:
    """Open an account with its first role and password."""

    async def asks(calling: Caller, given: Given) -> Receipt:
        grants = [Grant(*_role_and_unit(given))] if one(given, "role") else []
        password = one(given, "password")
        return await administering.open_account(calling, read(Open, given), grants, password)

    return await take(request, visitor, asks, partial(_list, request, visitor), LIST, "account")


@router.post(f"{LIST}/table")
async def bring_accounts(request: Request, visitor: Visiting) -> Response:
    """Take a table of accounts in."""

    async def takes(named: str, content: bytes, given: Given, outcome: Outcome) -> None:
        rows = await run_in_threadpool(read_accounts, named, content)
        await take_accounts(Caller(visitor.serving, visitor.person), rows, outcome)

    administering.must_oversee(visitor.person, "list accounts")
    return await bring(request, visitor, takes, partial(_list, request, visitor), "accounts")


@router.get("/administration/accounts.{form}")
async def take_along(visitor: Visiting, form: downloads.Form) -> Response:
    """All accounts, in the columns in which they are brought."""
    administering.must_oversee(visitor.person, "list accounts")
    rows = await accounts.accounts(visitor.serving.reading, downloads.MOST + 1)
    lines = [
        (
            row["account"],
            row["name"],
            " ".join(role.replace(" ", ":") for role in row["roles"]),
            "yes" if row["closed"] else "",
        )
        for row in rows
    ]
    return await downloads.table("accounts", form, COLUMNS, lines)


@router.get(f"{LIST}/{{account}}")
async def show_account(request: Request, visitor: Visiting, account: str, after: After = 0) -> Response:
    """An account, the roles it holds, and who gave them."""
    await visitor.serving.standing.passed("accounts", after)
    return await _account(request, visitor, account, NOTHING)


async def _account(request: Request, visitor: Visitor, account: str, said: Said) -> Response:
    administering.must_oversee(visitor.person, "see the history of accounts")
    found = await visitor.serving.store.find(Account, Account.id_of(account))
    if found is None:
        raise UnknownAccount(account=account)
    return render(
        request,
        "account.html",
        visitor,
        said.status,
        said=said,
        account=found,
        witnessed=any(held.role in WITNESSED for held in found.roles),
        names=await names_of(visitor.serving.reading, {held.unit for held in found.roles} - {""}),
        roles=[*HELD_FOR],
        units=await offered(visitor),
        events=await told(visitor, found),
        may=administers(visitor),
    )


@router.post(f"{LIST}/{{account}}/grant")
async def grant(request: Request, visitor: Visiting, account: str) -> Response:
    """Grant a role; to oneself, as administrator or as auditor, a second administrator signs."""

    async def asks(calling: Caller, given: Given) -> Receipt:
        second = await _second(calling, request, given)
        return await administering.grant(calling, account, Grant(*_role_and_unit(given)), second)

    return await _take(request, visitor, account, asks)


@router.post(f"{LIST}/{{account}}/password")
async def set_password(request: Request, visitor: Visiting, account: str) -> Response:
    """Set a password; for another administrator's or an auditor's a second administrator signs."""

    async def asks(calling: Caller, given: Given) -> Receipt:
        second = await _second(calling, request, given)
        current, address = one(given, "current"), address_of(request)
        return await administering.change_password(
            calling, account, one(given, "password"), second, current, address
        )

    return await _take(request, visitor, account, asks)


@router.post(f"{LIST}/{{account}}/{{verb}}")
async def change(request: Request, visitor: Visiting, account: str, verb: str) -> Response:
    """Change an account."""
    if verb not in VERBS:
        raise HTTPException(404)
    return await _take(request, visitor, account, lambda calling, given: VERBS[verb](calling, account, given))


async def _second(calling: Caller, request: Request, given: Given) -> Person | None:
    """Whoever signs in the form, where somebody does."""
    account = one(given, "second").strip()
    return await second_of(
        calling, request, Second(account, one(given, "second_password")) if account else None
    )


async def _take(request: Request, visitor: Visitor, account: str, asks: Asks) -> Response:
    return await take(
        request, visitor, asks, partial(_account, request, visitor, account), f"{LIST}/{quote(account)}"
    )
