"""Taking in accounts and the roles they hold: a row says all of them, and doing it again changes nothing."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from api import administering
from api.calling import Caller
from api.importing.row import Row
from api.importing.table import Outcome, must_have, read_table
from api.importing.units import YES
from domain.account import Account, Grant, Open, Revoke
from domain.actors import Assignment, Person, Role
from domain.errors import OutOfRange
from domain.unit import Unit

COLUMNS = ("account", "name", "roles", "closed")
"""Of an account that is new, a column `password` is taken too."""
NEEDED = ("account", "name")
AT_ONCE = 8
"""A password is hashed slowly on purpose, and others sign in meanwhile."""
BETWEEN = re.compile(r"[\s,;，；、]+")
Held = tuple[Assignment, Unit | None]


def read_accounts(named: str, content: bytes) -> list[Row]:
    """The rows of a table of accounts. Raises `BadTable` where it is none."""
    names, rows = read_table(named, content)
    for wanted in NEEDED:
        must_have(named, wanted, names)
    return rows


async def take_accounts(calling: Caller, rows: list[Row], outcome: Outcome) -> None:
    """Open what is new; give what is known the roles of its row, and take those that it does not name."""
    await outcome.take(rows, partial(_account, calling, outcome), AT_ONCE)


async def _account(calling: Caller, outcome: Outcome, row: Row) -> None:
    store, account, name = calling.serving.store, row["account"].strip(), row["name"].strip()
    wanted = [_assignment(said) for said in BETWEEN.split(row.get("roles", "").strip()) if said]
    closed = row.get("closed", "").strip().lower() in YES
    known = await store.find(Account, Account.id_of(account))
    if known is None:
        grants = [Grant(role.role, role.unit) for role in wanted]
        await administering.open_account(
            calling, Open(account, name), grants, row.get("password", "").strip() or None
        )
        outcome.taken += 1
    elif known.name != name:
        raise OutOfRange(field="account", why="is somebody else's: take another name")
    held = known.roles if known else tuple(wanted)
    wanted = wanted if "roles" in row else list(held)
    given = await _held(calling, [role for role in wanted if role not in held])
    taken = await _held(calling, [role for role in held if role not in wanted])
    closes = closed and not (known and known.closed)
    if given or taken or closes:
        verb = partial(_agree, given=given, taken=taken, closes=closes)
        await administering.change_account(calling, account, verb)
        if closes:
            await calling.serving.sessions.sign_out_everywhere(account)
    if known:
        changed = bool(given or taken or closes)
        outcome.amended += changed
        outcome.known += not changed


def _agree(
    account: Account, given: Sequence[Held], taken: Sequence[Held], closes: bool, by: Person, at: datetime
) -> None:
    """Let an account be as its row says, all of it or nothing."""
    for role, unit in given:
        account.grant(Grant(role.role, role.unit), unit, by=by, at=at)
    for role, unit in taken:
        account.revoke(Revoke(role.role, role.unit), unit, by=by, at=at)
    if closes:
        account.close(by=by, at=at)


async def _held(calling: Caller, roles: Sequence[Assignment]) -> list[Held]:
    return [(role, await administering.held_for(calling, role.unit)) for role in roles]


def _assignment(said: str) -> Assignment:
    role, _, unit = said.replace("：", ":").partition(":")
    try:
        return Assignment(Role(role), unit)
    except ValueError:
        raise OutOfRange(
            field="roles", why=f"hold {said[:30]!r}: write each as role:unit, such as handler:water"
        ) from None
