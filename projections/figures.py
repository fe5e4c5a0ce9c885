"""The rates (三率) and what else a town is led by, counted by day: docs/rates.md says what counts as what.

Every ticket and task that is counted has a row with the day it counts for, and the counts are of those rows:
a number costs the same however many tickets there are, and the list behind it is the rows themselves.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from adapters.reading import Rows
from domain.actors import Person, Role
from domain.datum import Location
from domain.ticket import Ticket
from domain.ticket.clocks import ClockName
from domain.ticket.stage import Satisfied, Solved, Stage, TaskStage
from projections.scope import Scope, scope
from projections.view import Row, Table, View
from projections.workload import NO_HOUR, handling_seconds, midnight

COUNTED = Table(
    "figures_counted",
    {
        "ticket": "uuid",
        "figure": "text",
        "unit": "text",
        "day": "timestamptz",
        "town": "text",
        "county": "text",
    },
    key=3,
    indexes=("(figure, day, town)", "(figure, unit, day)"),
    fleeting="figure = 'open'",
)
COUNT = Table(
    "figures_count",
    {"figure": "text", "day": "timestamptz", "county": "text", "town": "text", "unit": "text", "n": "bigint"},
    key=5,
    counts=True,
)
# What is open is of no day, and counted apart: much is counted at any moment of the past, and little is open.
OPEN = Table(
    "figures_open",
    {"county": "text", "town": "text", "unit": "text", "n": "bigint"},
    key=3,
    counts=True,
    fleeting="true",
)

SECONDS = "seconds"
"""Beside the figures: how long a department had the tasks that it handled on a day, added up."""
PLACED, EAST, NORTH = "placed", "east", "north"
"""Beside them as well: how many tickets of a grid have a place, and all of these added up, in millionths."""
MILLION = 1_000_000


class Figure(StrEnum):
    """As what a ticket is counted, each on one day; those of one rate are parts of a whole."""

    REPORTED = "reported"
    OPEN = "open"  # of no day: as it stands now
    RESPONDED = "responded"  # every department called has reported for duty, each in time
    RESPONDED_LATE = "responded_late"
    SOLVED = "solved"  # the resident's last word
    PARTLY = "partly"
    NOT_SOLVED = "not_solved"
    UNANSWERED = "unanswered"  # closed, and the resident has said nothing of it
    SATISFIED = "satisfied"
    BASICALLY = "basically"
    NOT_SATISFIED = "not_satisfied"
    UNRATED = "unrated"  # answered, without a word on being satisfied
    CLOSED_IN_TIME = "closed_in_time"
    CLOSED_LATE = "closed_late"
    DONE_ONCE = "done_once"
    REWORKED = "reworked"
    TASK_IN_TIME = "task_in_time"  # a department's part, as the next one; all others are of the whole ticket
    TASK_LATE = "task_late"


OF_TASKS = Figure.TASK_IN_TIME, Figure.TASK_LATE
ANSWERS = {
    Solved.SOLVED: Figure.SOLVED,
    Solved.PARTLY: Figure.PARTLY,
    Solved.NOT_SOLVED: Figure.NOT_SOLVED,
}
RATINGS = {
    Satisfied.SATISFIED: Figure.SATISFIED,
    Satisfied.BASICALLY: Figure.BASICALLY,
    Satisfied.NOT_SATISFIED: Figure.NOT_SATISFIED,
    None: Figure.UNRATED,
}
GROUPS: dict[str, tuple[Figure, ...]] = {
    "closed": (Figure.CLOSED_IN_TIME, Figure.CLOSED_LATE),
    "answered": (Figure.SOLVED, Figure.PARTLY, Figure.NOT_SOLVED),
    "task_handled": OF_TASKS,
}
"""Figures that are parts of one whole, by its name."""
LEADERS = Role.SUPERVISOR, Role.DISPATCHER, Role.AUDITOR
"""Who sees these numbers, each for their town or county."""


class Figures(View):
    """What each ticket counts as, and how many do, by day, town, and grid or department."""

    name: ClassVar[str] = "figures"
    version: ClassVar[int] = 3
    of = Ticket
    tables = (COUNTED, COUNT, OPEN)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """A row and a count for each figure; a task counts for its department, a ticket for its grid."""
        town, county = history.town, history.county
        for figure, unit, at in (*_of_ticket(history), *_of_tasks(history)):
            day = NO_HOUR if figure is Figure.OPEN else midnight(at)
            yield COUNTED, (history.id, figure, unit, day, town, county)
            if figure is Figure.OPEN:
                yield OPEN, (county, town, unit, 1)
            else:
                yield COUNT, (figure, day, county, town, unit, 1)
        if (where := history.location) is not None:
            east, north = round(where.longitude * MILLION), round(where.latitude * MILLION)
            for name, n in ((PLACED, 1), (EAST, east), (NORTH, north)):
                yield COUNT, (name, NO_HOUR, county, town, history.grid, n)
        for task in history.tasks.values():
            if task.handled_at is not None:
                day = midnight(task.handled_at)
                yield COUNT, (SECONDS, day, county, town, task.department, handling_seconds(task))


Counted = Iterator[tuple[Figure, str, datetime]]


def _of_ticket(ticket: Ticket) -> Counted:
    grid = ticket.grid
    yield Figure.REPORTED, grid, ticket.reported_at
    if ticket.stage in (Stage.REPORTED, Stage.SORTED, Stage.DISPATCHED):
        yield Figure.OPEN, grid, ticket.reported_at
    called = [task for task in ticket.tasks.values() if task.stage is not TaskStage.RETURNED]
    claims = [task.claimed_at for task in called if task.claimed_at is not None]
    if claims and len(claims) == len(called):
        late = any(_late(ticket, ClockName.CLAIM, task.department) for task in called)
        yield Figure.RESPONDED_LATE if late else Figure.RESPONDED, grid, max(claims)
    if said := ticket.last_answer:
        yield ANSWERS[said.solved], grid, said.at
        yield RATINGS[said.satisfied], grid, said.at
    if (closed_at := ticket.handled_at) is not None:
        late = any(figure is Figure.TASK_LATE for figure, _, _ in _of_tasks(ticket))
        yield Figure.CLOSED_LATE if late else Figure.CLOSED_IN_TIME, grid, closed_at
        if ticket.answer is None:
            yield Figure.UNANSWERED, grid, closed_at
    if ticket.reopened_at is not None:
        yield Figure.REWORKED, grid, closed_at or ticket.reopened_at
    elif closed_at is not None:
        yield Figure.DONE_ONCE, grid, closed_at


def _of_tasks(ticket: Ticket) -> Counted:
    for task in ticket.tasks.values():
        if task.handled_at is not None:
            late = _late(ticket, ClockName.HANDLE, task.department)
            yield Figure.TASK_LATE if late else Figure.TASK_IN_TIME, task.department, task.handled_at


def _late(ticket: Ticket, name: ClockName, department: str) -> bool:
    """Whether what is done now was done late, as far as that counts: an appeal that was upheld says no."""
    clock = ticket.clocks.find(name, department)
    return clock is not None and clock.stopped_at is not None and clock.counts(clock.stopped_at)


def _seen(person: Person) -> Scope:
    """What somebody leads: roles for less than a town give no numbers of it."""
    return scope(Person(person.account, tuple(held for held in person.roles if held.role in LEADERS)))


def first_day(now: datetime, days: int) -> datetime:
    """The first of so many local days, of which the last is today."""
    return midnight(now) - timedelta(days=days - 1)


def _days(now: datetime, days: int) -> dict[str, datetime]:
    """Between which days is counted."""
    return {"first_day": first_day(now, days), "tomorrow": midnight(now) + timedelta(days=1)}


def counted_as(
    person: Person, figure: str, now: datetime, days: int | None, department: str | None
) -> tuple[str, dict[str, Any]]:
    """The condition on rows `t` and its parameters: what this person leads that is counted so."""
    seen = _seen(person)
    conditions = [seen.tickets, "t.figure = ANY (%(figures)s)"]
    if days is not None:
        conditions.append("t.day >= %(first_day)s AND t.day < %(tomorrow)s")
    figures = GROUPS.get(figure) or (Figure(figure),)
    if department is not None and set(figures) <= set(OF_TASKS):
        conditions.append("t.unit = %(department)s")
    facts = {"figures": list(figures), **_days(now, days or 1)}
    return " AND ".join(conditions), {**seen.parameters, **facts}


ASKED = """
(SELECT c.figure, c.day, c.county, c.town, c.unit, c.n
   FROM views.figures_count AS c
  WHERE c.figure = ANY (%(figures)s) AND c.day >= %(first_day)s AND c.day < %(tomorrow)s
  UNION ALL
 SELECT 'open', NULL, o.county, o.town, o.unit, o.n
   FROM views.figures_open AS o
  WHERE 'open' = ANY (%(figures)s)) AS t
"""
BY_DAY = """
SELECT t.figure, t.day, sum(t.n)::bigint AS n
  FROM {asked}
 WHERE {seen}
 GROUP BY t.figure, t.day
"""
BY_UNIT = """
SELECT t.unit, {sums}
  FROM {asked}
 WHERE {seen}
 GROUP BY t.unit
HAVING sum(t.n) > 0
"""


async def by_day(reading: Rows, person: Person, now: datetime, days: int) -> list[dict[str, Any]]:
    """How many tickets count as each figure, day by day; what is open has no day."""
    seen = _seen(person)
    figures = [figure for figure in Figure if figure not in OF_TASKS]
    facts = {**seen.parameters, "figures": figures, **_days(now, days)}
    return await reading.rows(BY_DAY.format(seen=seen.tickets, asked=ASKED), facts)


async def by_unit(
    reading: Rows, person: Person, now: datetime, days: int, figures: Iterable[str]
) -> list[dict[str, Any]]:
    """One row a grid, or a department, with how many count as each of these figures."""
    seen, wanted = _seen(person), list(figures)
    sums = (f"coalesce(sum(t.n) FILTER (WHERE t.figure = '{each}'), 0)::bigint AS {each}" for each in wanted)
    facts = {**seen.parameters, "figures": wanted, **_days(now, days)}
    return await reading.rows(BY_UNIT.format(seen=seen.tickets, asked=ASKED, sums=", ".join(sums)), facts)


CENTRES = f"""
SELECT unit, sum(n) FILTER (WHERE figure = '{PLACED}') * {MILLION} AS scale,
       sum(n) FILTER (WHERE figure = '{EAST}') AS east, sum(n) FILTER (WHERE figure = '{NORTH}') AS north
  FROM views.figures_count
 WHERE figure IN ('{PLACED}', '{EAST}', '{NORTH}') AND day = %(no_hour)s AND unit = ANY (%(grids)s)
 GROUP BY unit
HAVING sum(n) FILTER (WHERE figure = '{PLACED}') > 0
"""


async def centres(reading: Rows, grids: Collection[str]) -> dict[str, Location]:
    """Where these grids are: the middle of all their tickets with coordinates, by WGS-84."""
    rows = await reading.rows(CENTRES, {"grids": list(grids), "no_hour": NO_HOUR})
    return {
        row["unit"]: Location(float(row["east"] / row["scale"]), float(row["north"] / row["scale"]))
        for row in rows
    }


LATE_NOW = """
SELECT (SELECT count(*) FROM views.board_ticket AS t WHERE {tickets} AND t.next_due_at < %(now)s) AS overdue,
       (SELECT count(DISTINCT t.ticket) FROM views.board_task AS t
         WHERE {tasks} AND t.state = 'to_claim' AND t.next_due_at < %(now)s) AS unclaimed
"""


async def late_now(reading: Rows, person: Person, now: datetime) -> dict[str, int]:
    """The tickets with a clock that has run out, and those that a department has not claimed in time."""
    seen = scope(person)
    query = LATE_NOW.format(tickets=seen.tickets, tasks=seen.tasks)
    (row,) = await reading.rows(query, {**seen.parameters, "now": now})
    return row
