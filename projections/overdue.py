"""Every clock that runs, and so at any moment those that have run out (超时), and what waits for whom."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from adapters.reading import Rows
from domain.actors import Person
from domain.ticket import Ticket
from domain.ticket.terms import Terms, periods
from projections.scope import scope
from projections.view import Row, Table, View

CLOCK = Table(
    "overdue_clock",
    {
        "ticket": "uuid", "department": "text", "clock": "text", "about": "text", "due_at": "timestamptz",
        "started_at": "timestamptz", "steps": "integer", "card": "text",
        "number": "text", "title": "text", "category": "text", "urgency": "text",
        "grid": "text", "community": "text", "town": "text", "county": "text",
    },
    key=4,
    indexes=(
        "(due_at, ticket, department, clock, about)",
        "(department, due_at, ticket, clock, about)",
        "(community, due_at, ticket, department, clock, about)",
        "(grid, due_at, ticket, department, clock, about)",
        "(town, due_at, ticket, department, clock, about)",
        "(clock, urgency, steps, due_at) WHERE steps IS NOT NULL",
    ),
    fleeting="true",
)  # fmt: skip

APPEAL = "appeal"
"""Stands for a clock where an appeal awaits its decision."""


class Overdue(View):
    """The running clocks; whether one has run out is asked of it and the time, not kept."""

    name: ClassVar[str] = "overdue"
    version: ClassVar[int] = 6
    of = Ticket
    tables = (CLOCK,)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """One row for each clock that runs: `department` is the unit whose clock it is, `about` may be empty.

        One without a deadline is never overdue, and has its row all the same: it waits for somebody. So does
        an appeal (`appeal`) about a department, which the town decides on without a clock.

        `steps` is how many steps of the ladder were taken for it; a clock without a ladder has none. `card`
        is the gravest that the unit was given in this ticket.
        """
        ticket = history
        place = ticket.grid, ticket.community, ticket.town, ticket.county
        facts = ticket.number, ticket.title, ticket.category, ticket.urgency, *place
        for clock in ticket.clocks.running():
            was = clock.setting
            steps = len(clock.steps) if ticket.climbs(clock) else None
            key = ticket.id, was.unit, was.name, was.about or ""
            card = ticket.cards.get(was.unit)
            yield CLOCK, (*key, was.due_at, was.started_at, steps, card, *facts)
        for clock in ticket.clocks:
            if clock.appeal_open:
                appeal = ticket.id, ticket.town, APPEAL, clock.setting.unit
                yield CLOCK, (*appeal, None, None, None, None, *facts)


# The order is total, so that a cursor names one place in it.
LIST = """
SELECT t.ticket, t.number, t.title, t.department, t.clock, t.about, t.due_at,
       t.category, t.urgency, t.grid, t.community, t.card
  FROM views.overdue_clock AS t
 WHERE t.due_at < %(now)s AND {conditions}
 ORDER BY t.due_at, t.ticket, t.department, t.clock, t.about
 LIMIT %(limit)s
"""
FILTERS = {
    "department": "t.department = %(department)s",
    "community": "t.community = %(community)s",
    "grid": "t.grid = %(grid)s",
    "category": "t.category = %(category)s",
    "after": "(t.due_at, t.ticket, t.department, t.clock, t.about)"
    " > (%(due_at)s, %(ticket)s, %(after_department)s, %(clock)s, %(about)s)",
}

PLACE = ("due_at", "ticket", "department", "clock", "about")
"""What a cursor names of the last row of a page."""
Cursor = tuple[datetime, UUID, str, str, str]


async def overdue(
    reading: Rows,
    person: Person,
    now: datetime,
    limit: int,
    after: Cursor | None = None,
    department: str | None = None,
    community: str | None = None,
    grid: str | None = None,
    category: str | None = None,
) -> list[dict[str, Any]]:
    """The clocks this person may see that had run out at `now`, oldest first, with the seconds since."""
    seen = scope(person)
    asked: dict[str, Any] = {
        "department": department or seen.only_department,
        "community": community,
        "grid": grid,
        "category": category,
    }
    if after is not None:
        names = "due_at", "ticket", "after_department", "clock", "about"
        asked |= {"after": True, **dict(zip(names, after, strict=True))}
    conditions = [seen.tasks, *(sql for name, sql in FILTERS.items() if asked.get(name))]
    query = LIST.format(conditions=" AND ".join(conditions))
    rows = await reading.rows(query, {**seen.parameters, **asked, "now": now, "limit": limit})
    return [{**row, "overdue_seconds": int((now - row["due_at"]).total_seconds())} for row in rows]


# One look at the index for each rung of each ladder, however many clocks run. A reminder waits for the last
# quarter of the time, as `Rung.at` says it.
DUE = """
SELECT DISTINCT t.ticket
  FROM unnest(%(clocks)s::text[], %(urgencies)s::text[], %(steps)s::integer[], %(due_by)s::timestamptz[],
              %(since)s::timestamptz[], %(until)s::timestamptz[])
       AS rung (clock, urgency, steps, due_by, since, until)
 CROSS JOIN LATERAL (
       SELECT c.ticket
         FROM views.overdue_clock AS c
        WHERE c.clock = rung.clock AND c.urgency = rung.urgency AND c.steps = rung.steps
          AND c.due_at <= rung.due_by AND c.started_at >= rung.since AND c.started_at < rung.until
          AND c.due_at - (c.due_at - c.started_at) / 4 <= %(now)s
        ORDER BY c.due_at
        LIMIT %(limit)s) AS t
 LIMIT %(limit)s
"""


async def steps_due(reading: Rows, terms: Sequence[Terms], now: datetime, limit: int) -> list[UUID]:
    """The tickets for which a step of the ladder of these terms is due at `now`, as far as the view knows."""
    rungs = [
        (clock, urgency, nth, now - rung.after, since or "-infinity", until or "infinity")
        for each, since, until in periods(terms)
        for (clock, urgency), ladder in each.ladders.items()
        for nth, rung in enumerate(ladder)
    ]
    if not rungs:
        return []
    names = "clocks", "urgencies", "steps", "due_by", "since", "until"
    columns = dict(zip(names, map(list, zip(*rungs, strict=True)), strict=True))
    rows = await reading.rows(DUE, {**columns, "now": now, "limit": limit})
    return [row["ticket"] for row in rows]
