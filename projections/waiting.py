"""What waits for whom, oldest deadline first (待办): one line a ticket, from the clocks that run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.reading import Rows
from domain.actors import Person, Role
from projections.scope import scope

SOON = timedelta(hours=2)
"""What runs out within this time is about to."""
WHAT = ("appeal", "sort", "dispatch", "rule", "verify", "claim", "reply", "handle")
"""What can wait: an appeal, sorting, dispatch, a ruling, verification, a task, a reply."""

# What waits for a role: the clocks of its unit, or for a supervisor whatever has run out and all appeals.
ARMS = {
    Role.SORTER: "t.department = ANY (%(sorter)s)",
    Role.DISPATCHER: "(t.department = ANY (%(dispatcher)s) AND t.clock IN ('dispatch', 'reply'))",
    Role.HANDLER: "t.department = ANY (%(handler)s)",
    Role.GRID_WORKER: "(t.grid = ANY (%(grid_worker)s) AND t.clock = 'verify')",
    Role.SUPERVISOR: "((t.town = ANY (%(supervisor)s) OR t.county = ANY (%(supervisor)s))"
    " AND (t.due_at < %(now)s OR t.clock = 'appeal'))",
}
MINE = """
WITH mine AS (
    SELECT t.ticket, min(t.due_at) AS due_at, array_agg(DISTINCT t.department) AS units,
           CASE WHEN bool_or(t.clock = 'appeal') THEN 'appeal'
                WHEN bool_or(t.clock = 'sort') THEN 'sort'
                WHEN bool_or(t.clock = 'dispatch' AND t.about = '') THEN 'dispatch'
                WHEN bool_or(t.clock = 'dispatch') THEN 'rule'
                WHEN bool_or(t.clock = 'verify') THEN 'verify'
                WHEN bool_or(t.clock = 'claim') THEN 'claim'
                WHEN bool_or(t.clock = 'reply') THEN 'reply'
                ELSE 'handle' END AS what
      FROM views.overdue_clock AS t
     WHERE ({arms}) AND {seen}
     GROUP BY t.ticket
)"""
LIST = """
SELECT ticket, due_at, what, units
  FROM mine
 WHERE (%(what)s::text IS NULL OR what = %(what)s)
   AND (%(late)s::boolean IS NULL OR coalesce(due_at < %(now)s, false) = %(late)s)
 ORDER BY due_at NULLS LAST, ticket
OFFSET %(skip)s
 LIMIT %(limit)s
"""
COUNT = """
SELECT what, count(*) AS n,
       count(*) FILTER (WHERE due_at < %(now)s) AS overdue,
       count(*) FILTER (WHERE due_at >= %(now)s AND due_at < %(soon)s) AS soon
  FROM mine
 GROUP BY what
"""


@dataclass(frozen=True)
class Line:
    """A ticket that waits for somebody: what for, and until when."""

    ticket: UUID
    due_at: datetime | None
    what: str
    units: list[str]
    """Whose clocks these are."""


@dataclass(frozen=True)
class Counts:
    """How much waits: of each kind, how much has run out, and how much is about to."""

    what: dict[str, int]
    overdue: int
    soon: int

    @property
    def all(self) -> int:
        """All that waits."""
        return sum(self.what.values())


def has_desk(person: Person) -> bool:
    """Whether anything ever waits for somebody with these roles."""
    return any(held.role in ARMS for held in person.roles)


async def waiting(
    reading: Rows,
    person: Person,
    now: datetime,
    limit: int,
    skip: int = 0,
    what: str | None = None,
    late: bool | None = None,
    by: Person | None = None,
) -> list[Line]:
    """The tickets that wait for this person, oldest deadline first, those without one at the end.

    Where another one looks (`by`), those that they see.
    """
    query, asked = _mine(person, now, by)
    asked |= {"limit": limit, "skip": skip, "what": what, "late": late}
    return [Line(**row) for row in await reading.rows(query + LIST, asked)]


async def counts(reading: Rows, person: Person, now: datetime, by: Person | None = None) -> Counts:
    """How many tickets wait for this person, of those that whoever looks (`by`) sees."""
    query, asked = _mine(person, now, by)
    rows: Sequence[dict[str, Any]] = await reading.rows(query + COUNT, asked)
    found = {row["what"]: row["n"] for row in rows}
    return Counts(
        {what: found[what] for what in WHAT if what in found},
        sum(row["overdue"] for row in rows),
        sum(row["soon"] for row in rows),
    )


def _mine(person: Person, now: datetime, by: Person | None) -> tuple[str, dict[str, Any]]:
    held = {role: sorted(person.units(role)) for role in ARMS}
    arms = " OR ".join(sql for role, sql in ARMS.items() if held[role]) or "false"
    parameters = {role.value: units for role, units in held.items() if units}
    seen = scope(by or person)
    query = MINE.format(arms=arms, seen=seen.tasks if by else "true")
    return query, {**parameters, **seen.parameters, "now": now, "soon": now + SOON}
