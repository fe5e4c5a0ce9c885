"""Accounts and the roles they hold (账号名录)."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from adapters.reading import Rows
from domain.account import Account
from projections.view import Row, Table, View

ACCOUNT = Table(
    "accounts_account",
    {"account": "text", "name": "text", "roles": "text[]", "closed": "boolean"},
    key=1,
)


class Accounts(View):
    """Every account."""

    name: ClassVar[str] = "accounts"
    version: ClassVar[int] = 1
    of = Account
    tables = (ACCOUNT,)

    def rows(self, history: Account) -> Iterable[tuple[Table, Row]]:
        """One row for the account, with the roles it holds."""
        roles = [f"{held.role} {held.unit}".strip() for held in history.roles]
        yield ACCOUNT, (history.account, history.name, roles, history.closed)


LIST = """
SELECT account, name, roles, closed
  FROM views.accounts_account
 WHERE (strpos(name, %(q)s) > 0 OR starts_with(account, %(q)s))
   AND (%(after)s::text IS NULL OR account > %(after)s)
 ORDER BY account
 LIMIT %(limit)s
"""


async def accounts(reading: Rows, limit: int, after: str | None = None, q: str = "") -> list[dict[str, Any]]:
    """The accounts, by name; on request those that begin with `q`, or whose holders' names hold it."""
    return await reading.rows(LIST, {"after": after, "limit": limit, "q": q})


IN_USE = "SELECT count(*) AS accounts FROM views.accounts_account WHERE NOT closed"


async def in_use(reading: Rows) -> int:
    """How many accounts are in use."""
    (row,) = await reading.rows(IN_USE)
    return int(row["accounts"])


NAMES = "SELECT account, name FROM views.accounts_account WHERE account = ANY (%(accounts)s)"


async def names_of(reading: Rows, accounts: Collection[str]) -> dict[str, str]:
    """The names of whoever holds these accounts."""
    rows = await reading.rows(NAMES, {"accounts": list(accounts)})
    return {row["account"]: row["name"] for row in rows}
