"""Every clock that runs, and so at any moment those that have run out (超时)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from adapters.reading import Reading
from domain.actors import Person
from domain.ticket import Ticket
from domain.ticket.stage import TaskStage
from projections.scope import scope
from projections.view import Row, Table, View

CLOCK = Table(
    "overdue_clock",
    {
        "ticket": "uuid", "department": "text", "clock": "text", "due_at": "timestamptz",
        "number": "text", "title": "text", "category": "text", "urgency": "text",
        "grid": "text", "community": "text", "town": "text", "county": "text",
    },
    key=3,
    indexes=(
        "(due_at, ticket, department, clock)",
        "(department, due_at, ticket, clock)",
        "(community, due_at, ticket, department, clock)",
        "(grid, due_at, ticket, department, clock)",
        "(town, due_at, ticket, department, clock)",
    ),
)  # fmt: skip


class Overdue(View):
    """The running clocks; whether one has run out is asked of it and the time, not kept."""

    name: ClassVar[str] = "overdue"
    version: ClassVar[int] = 2
    of = Ticket
    tables = (CLOCK,)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """One row for each clock of each department that is at work, or should be."""
        ticket = history
        place = ticket.grid, ticket.community, ticket.town, ticket.county
        about = ticket.number, ticket.title, ticket.category, ticket.urgency, *place
        for task in ticket.tasks.values():
            if task.running:
                yield CLOCK, (ticket.id, task.department, "handle", task.due_at, *about)
            if task.stage is TaskStage.DISPATCHED:
                yield CLOCK, (ticket.id, task.department, "claim", task.claim_by, *about)


# The order is total, so that a cursor names one place in it.
LIST = """
SELECT t.ticket, t.number, t.title, t.department, t.clock, t.due_at,
       t.category, t.urgency, t.grid, t.community
  FROM views.overdue_clock AS t
 WHERE t.due_at < %(now)s AND {conditions}
 ORDER BY t.due_at, t.ticket, t.department, t.clock
 LIMIT %(limit)s
"""
FILTERS = {
    "department": "t.department = %(department)s",
    "community": "t.community = %(community)s",
    "after": "(t.due_at, t.ticket, t.department, t.clock)"
    " > (%(due_at)s, %(ticket)s, %(after_department)s, %(clock)s)",
}

Cursor = tuple[datetime, UUID, str, str]


async def overdue(
    reading: Reading,
    person: Person,
    now: datetime,
    limit: int,
    after: Cursor | None = None,
    department: str | None = None,
    community: str | None = None,
) -> list[dict[str, Any]]:
    """The clocks this person may see that had run out at `now`, oldest first, with the seconds since."""
    seen = scope(person)
    asked: dict[str, Any] = {
        "department": department or seen.only_department,
        "community": community,
    }
    if after is not None:
        names = "due_at", "ticket", "after_department", "clock"
        asked |= {"after": True, **dict(zip(names, after, strict=True))}
    conditions = [seen.tasks, *(sql for name, sql in FILTERS.items() if asked.get(name))]
    query = LIST.format(conditions=" AND ".join(conditions))
    rows = await reading.rows(query, {**seen.parameters, **asked, "now": now, "limit": limit})
    return [{**row, "overdue_seconds": int((now - row["due_at"]).total_seconds())} for row in rows]
