"""The board: lists of tickets, filtered and searched (工单看板)."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import add
from typing import Any, ClassVar
from uuid import UUID

from adapters.reading import Rows
from domain.actors import Person
from domain.errors import OutOfRange
from domain.ticket import Ticket
from domain.ticket.stage import Stage
from projections.figures import counted_as
from projections.scope import scope
from projections.tallies import AGE, TASKS, moments
from projections.view import Row, Table, View
from projections.workload import state_of

REMEMBERED_PAIRS = 500_000
SHORTEST_SEARCH = 2
"""Characters: the index knows pairs."""

TICKET = Table(
    "board_ticket",
    {
        "ticket": "uuid", "version": "integer", "number": "text", "title": "text", "stage": "text",
        "urgency": "text", "category": "text", "grid": "text", "community": "text", "town": "text",
        "county": "text", "address": "text", "source": "text", "reopened": "integer",
        "reported_at": "timestamptz", "stage_since": "timestamptz", "next_due_at": "timestamptz",
        "departments": "text[]",
    },
    key=1,
    indexes=(
        "(reported_at DESC, ticket DESC)",
        "(stage, reported_at DESC, ticket DESC)",
        "(grid, reported_at DESC, ticket DESC)",
        "(community, reported_at DESC, ticket DESC)",
        "(town, reported_at DESC, ticket DESC)",
        "(category, reported_at DESC, ticket DESC)",
        "(number)",
        "(next_due_at) WHERE next_due_at IS NOT NULL",
    ),
    fleeting="next_due_at IS NOT NULL",
)  # fmt: skip
TASK = Table(
    "board_task",
    {
        "ticket": "uuid", "department": "text", "state": "text", "reported_at": "timestamptz",
        "called_at": "timestamptz", "due_at": "timestamptz", "next_due_at": "timestamptz",
        "handled_at": "timestamptz", "category": "text", "grid": "text", "community": "text",
        "town": "text", "county": "text",
    },
    key=2,
    indexes=(
        "(department, reported_at DESC, ticket DESC)",
        "(state, department) WHERE state NOT IN ('handled', 'returned')",
        "(handled_at) WHERE state = 'handled'",
    ),
    fleeting="state NOT IN ('handled', 'returned')",
)  # fmt: skip
SEARCH = Table(
    "board_search",
    {"ticket": "uuid", "reported_at": "timestamptz", "text": "text", "pairs": "integer[]"},
    key=1,
    indexes=("USING gin (pairs)", "(reported_at DESC, ticket DESC)"),
)


class Board(View):
    """Every ticket as a line in a list."""

    name: ClassVar[str] = "board"
    version: ClassVar[int] = 5
    of = Ticket
    tables = (TICKET, TASK, SEARCH)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """One line for the ticket, one for each department called, one to find it by its words."""
        ticket = history
        running = (clock.setting.due_at for clock in ticket.clocks.running())
        next_due_at = min((due_at for due_at in running if due_at is not None), default=None)
        yield TICKET, (
            ticket.id, ticket.version, ticket.number, ticket.title, ticket.stage,
            ticket.urgency, ticket.category, ticket.grid, ticket.community, ticket.town,
            ticket.county, ticket.address, ticket.source, ticket.reopened,
            ticket.reported_at, ticket.stage_since, next_due_at,
            list(ticket.tasks),
        )  # fmt: skip
        for task in ticket.tasks.values():
            yield TASK, (
                ticket.id, task.department, state_of(task), ticket.reported_at,
                task.dispatched_at, task.due_at, task.next_due_at,
                task.handled_at, ticket.category, ticket.grid, ticket.community,
                ticket.town, ticket.county,
            )  # fmt: skip
        text = plain(
            "\n".join(filter(None, (ticket.number, ticket.title, ticket.description, ticket.address)))
        )
        yield SEARCH, (ticket.id, ticket.reported_at, text, pairs(text))


def plain(text: str) -> str:
    """The text as it is compared: full and half width, large and small letters are the same."""
    return unicodedata.normalize("NFKC", text).casefold()


class _Numbers(dict[str, str]):
    """The number of each pair of characters, within 31 bits, as text; computed once."""

    def __missing__(self, pair: str) -> str:
        if len(self) >= REMEMBERED_PAIRS:
            self.clear()
        number = self[pair] = str((ord(pair[0]) * 65_599 + ord(pair[1])) & 0x7FFF_FFFF)
        return number


_numbers = _Numbers()


def pairs(text: str) -> str:
    """The numbers of all pairs of neighbouring characters, as an array of PostgreSQL.

    Two pairs may share a number: the text itself decides. Written as text, for the driver takes ten times
    longer over a list.
    """
    found = dict.fromkeys(map(add, text, text[1:]))
    return "{" + ",".join(map(_numbers.__getitem__, found)) + "}"


# Each filter, where it is asked for; `t` is the ticket, `d` the department's task, `s` the words.
FILTERS = {
    "stage": "t.stage = %(stage)s",
    "community": "t.community = %(community)s",
    "grid": "t.grid = %(grid)s",
    "category": "t.category = %(category)s",
    "department": "d.department = %(department)s",
    "age": f"{AGE} = %(age)s",
    "q": "s.pairs @> %(pairs)s::integer[] AND strpos(s.text, %(words)s) > 0",
}
OVERDUE = {
    True: "t.next_due_at < %(now)s",
    False: "(t.next_due_at IS NULL OR t.next_due_at >= %(now)s)",
}

# Nothing is reported after the moment shown, but for what clocks differ by. So a list of then begins its
# walk along the index at then, and does not pass all that came later.
BY_THEN = "{order}.reported_at <= %(now)s::timestamptz + interval '1 hour'"

AMONG = "t.ticket IN (SELECT t.ticket FROM {source} AS t WHERE {conditions})"
"""Those with a row of another table that fits, and that the person may see there."""

LIST = """
SELECT t.ticket AS id, t.number, t.version, t.title, t.stage, t.urgency, t.category, t.grid, t.community,
       t.address, t.source, t.departments, t.reopened, t.reported_at, t.stage_since, t.next_due_at
  FROM {source}
 WHERE {conditions}
 ORDER BY {order}.reported_at DESC, {order}.ticket DESC
 LIMIT %(limit)s
"""

Cursor = tuple[datetime, UUID]


@dataclass(frozen=True)
class Wanted:
    """Which tickets somebody asks for."""

    stage: Stage | None = None
    department: str | None = None
    community: str | None = None
    grid: str | None = None
    category: str | None = None
    overdue: bool | None = None
    q: str | None = None
    task: str | None = None
    """One of `TASKS`: as what a department's task is counted there."""
    age: str | None = None
    """One of `AGES`."""
    figure: str | None = None
    """One of `Figure` or `GROUPS`, over the last so many `days` or over all."""
    days: int | None = None


async def tickets(
    reading: Rows,
    person: Person,
    wanted: Wanted,
    now: datetime,
    limit: int,
    after: Cursor | None,
) -> list[dict[str, Any]]:
    """The tickets this person may see that fit, newest first, after the one the cursor names."""
    seen = scope(person)
    asked = {name: value for name in FILTERS if (value := getattr(wanted, name)) is not None}
    if wanted.q is not None:
        words = plain(wanted.q).strip()
        if len(words) < SHORTEST_SEARCH:
            raise OutOfRange(field="q", why=f"needs {SHORTEST_SEARCH} characters at least")
        asked |= {"words": words, "pairs": pairs(words)}
    if only := seen.only_department:
        # Somebody of one department sees its tickets alone: walk along that department's own index.
        asked.setdefault("department", only)
    # What is found by words is put in order before the rest of it is read.
    order = "s" if "q" in asked else "d" if "department" in asked else "t"
    conditions = [
        seen.tickets,
        BY_THEN.format(order=order),
        *(FILTERS[name] for name in asked if name in FILTERS),
    ]
    if wanted.overdue is not None:
        conditions.append(OVERDUE[wanted.overdue])
    if wanted.task is not None:
        of_task = [seen.tasks, TASKS[wanted.task]]
        of_task += ["t.department = %(department)s"] if "department" in asked else []
        conditions.append(AMONG.format(source="views.board_task", conditions=" AND ".join(of_task)))
    if wanted.figure is not None:
        counted, facts = counted_as(person, wanted.figure, now, wanted.days, wanted.department)
        conditions.append(AMONG.format(source="views.figures_counted", conditions=counted))
        asked |= facts
    if after is not None:
        conditions.append(f"({order}.reported_at, {order}.ticket) < (%(reported_at)s, %(ticket)s)")
        asked |= {"reported_at": after[0], "ticket": after[1]}
    source = "views.board_ticket AS t"
    if "department" in asked:
        source += " JOIN views.board_task AS d USING (ticket)"
    if "q" in asked:
        source += " JOIN views.board_search AS s USING (ticket)"
    query = LIST.format(source=source, conditions=" AND ".join(conditions), order=order)
    return await reading.rows(query, {**seen.parameters, **moments(now), **asked, "limit": limit})


async def ticket_id(reading: Rows, number: str) -> UUID | None:
    """The id of the ticket with this number, from the log itself."""
    query = "SELECT originator_id FROM log.numbers WHERE number = %(number)s"
    for row in await reading.rows(query, {"number": number}):
        return UUID(str(row["originator_id"]))
    return None
