"""Who looked at whose personal data, when and why (查看记录)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from adapters.reading import Rows
from domain.look import AT_WORK, Look
from projections.view import Row, Table, View

LOOK = Table(
    "looks_look",
    {
        "look": "uuid", "at": "timestamptz", "account": "text", "role": "text", "unit": "text",
        "ticket": "uuid", "town": "text", "county": "text", "resident": "uuid", "reason": "text",
    },
    key=1,
    indexes=("(at DESC, look DESC)", "(ticket, account)", "(account, at DESC, look DESC)", "(resident)"),
)  # fmt: skip


class Looks(View):
    """Every look."""

    name: ClassVar[str] = "looks"
    version: ClassVar[int] = 1
    of = Look
    tables = (LOOK,)

    def rows(self, history: Look) -> Iterable[tuple[Table, Row]]:
        """One row for the look."""
        by = history.by
        yield LOOK, (
            history.id, history.created_on, by.account, by.role, by.unit,
            history.ticket, history.town, history.county, history.resident, history.reason,
        )  # fmt: skip


LIST = """
SELECT look, at, account, role, unit, ticket::text, resident::text, reason
  FROM views.looks_look AS t
 WHERE {conditions}
 ORDER BY at DESC, look DESC
 LIMIT %(limit)s
"""
FILTERS = {
    "account": "t.account = %(account)s",
    "ticket": "t.ticket = %(ticket)s",
    "resident": "t.resident = %(resident)s",
    "towns": "(t.town = ANY (%(towns)s) OR t.county = ANY (%(towns)s))",
    "after": "(t.at, t.look) < (%(after_at)s, %(after)s)",
}
SAID = """
SELECT reason FROM views.looks_look
 WHERE ticket = %(ticket)s AND account = %(account)s AND reason <> %(at_work)s
 LIMIT 1
"""

Cursor = tuple[datetime, UUID]


async def looks(
    reading: Rows,
    limit: int,
    after: Cursor | None = None,
    account: str | None = None,
    ticket: UUID | None = None,
    resident: UUID | None = None,
    towns: list[str] | None = None,
) -> list[dict[str, Any]]:
    """The looks that fit, newest first; with `towns`, only those at tickets of these towns or counties."""
    asked: dict[str, Any] = {"account": account, "ticket": ticket, "resident": resident, "towns": towns}
    asked |= {"after": after and after[1], "after_at": after and after[0]}
    conditions = [sql for name, sql in FILTERS.items() if asked[name] is not None] or ["true"]
    return await reading.rows(LIST.format(conditions=" AND ".join(conditions)), {**asked, "limit": limit})


async def reason_said(reading: Rows, ticket: UUID, account: str) -> str | None:
    """The reason that this account gave before for looking at this ticket, as far as the view knows."""
    rows = await reading.rows(SAID, {"ticket": ticket, "account": account, "at_work": AT_WORK})
    return rows[0]["reason"] if rows else None
