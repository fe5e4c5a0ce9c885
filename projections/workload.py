"""What every department has on its hands (部门工作量)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from adapters.reading import Rows
from domain.calendar import CHINA
from domain.ticket import Ticket
from domain.ticket.stage import TaskStage
from domain.ticket.task import Task
from projections.view import Row, Table, View

WINDOW = timedelta(days=30)
"""What is handled is counted over today and the 29 days before."""

COUNT = Table(
    "workload_count",
    {"measure": "text", "hour": "timestamptz", "department": "text", "n": "bigint"},
    key=3,
    counts=True,
    fleeting="true",
)
# What was handled is counted apart: at any moment of the past it is much, and what was at hand then little.
DONE = Table(
    "workload_done",
    {"day": "timestamptz", "department": "text", "bucket": "integer", "n": "bigint"},
    key=3,
    counts=True,
)
# The clock of each department at work that runs out first; only those of the present hour are ever counted.
RUNNING = Table(
    "workload_running",
    {"ticket": "uuid", "department": "text", "next_due_at": "timestamptz"},
    key=2,
    indexes=("(next_due_at, department)",),
    fleeting="true",
)
HANDLED = Table(
    "workload_handled",
    {
        "ticket": "uuid",
        "department": "text",
        "day": "timestamptz",
        "bucket": "integer",
        "seconds": "integer",
    },
    key=2,
    indexes=("(department, bucket, day, seconds)",),
)


class Workload(View):
    """Counts by department and hour, so that a count costs the same however many tickets there are."""

    name: ClassVar[str] = "workload"
    version: ClassVar[int] = 4
    of = Ticket
    tables = (COUNT, DONE, RUNNING, HANDLED)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """What each task adds to the counts of its department."""
        for task in history.tasks.values():
            department, state = task.department, state_of(task)
            if task.running:
                yield COUNT, (state, NO_HOUR, department, 1)
                yield COUNT, ("due", hour(task.due_at), department, 1)
                yield COUNT, ("running_out", hour(task.next_due_at), department, 1)
                yield RUNNING, (history.id, department, task.next_due_at)
            elif state in ("on_hold", "sent_back"):
                yield COUNT, (state, NO_HOUR, department, 1)
            elif task.handled_at is not None:
                seconds = handling_seconds(task)
                day, bucket = midnight(task.handled_at), bucket_of(seconds)
                yield DONE, (day, department, bucket, 1)
                yield HANDLED, (history.id, department, day, bucket, seconds)


def state_of(task: Task) -> str:
    """How the task stands with its department, as the numbers of its work call it."""
    if task.running:
        return "to_claim" if task.stage is TaskStage.DISPATCHED else "in_hand"
    if task.held_at is not None:
        return "on_hold"
    if task.awaits_ruling:
        return "sent_back"
    return "returned" if task.handled_at is None else "handled"


NO_HOUR = datetime(1970, 1, 1, tzinfo=CHINA)


def hour(at: datetime) -> datetime:
    """The hour in which this moment lies, by its beginning."""
    return at.astimezone(CHINA).replace(minute=0, second=0, microsecond=0)


def midnight(at: datetime) -> datetime:
    """The local day in which this moment lies, by its beginning."""
    return at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def handling_seconds(task: Task) -> int:
    """How long the department had it, from its dispatch until it was handled."""
    handled_at = task.handled_at or task.dispatched_at
    return max(0, int((handled_at - task.dispatched_at).total_seconds()))


def bucket_of(seconds: int) -> int:
    """Which eighth between two powers of two a time lies in; a later one holds longer times."""
    shift = max(0, seconds.bit_length() - 4)
    return (shift << 3) + (seconds >> shift)


# One statement, so that all numbers are of the same moment. The median is exact: the counts find its bucket
# (an eighth between two powers of two), the index the values at its ranks in that bucket; two ranks if even.
WORKLOAD = """
WITH counted AS (
    SELECT department,
           sum(n) FILTER (WHERE measure = 'to_claim') AS to_claim,
           sum(n) FILTER (WHERE measure = 'in_hand') AS in_hand,
           sum(n) FILTER (WHERE measure = 'sent_back') AS sent_back,
           sum(n) FILTER (WHERE measure = 'on_hold') AS on_hold,
           sum(n) FILTER (WHERE measure = 'due' AND hour >= %(today)s AND hour < %(tomorrow)s) AS due_today,
           sum(n) FILTER (WHERE measure = 'running_out' AND hour < %(hour)s) AS overdue
      FROM views.workload_count
     GROUP BY department
), this_hour AS (
    SELECT department, count(*) AS overdue
      FROM views.workload_running
     WHERE next_due_at >= %(hour)s AND next_due_at < %(now)s
     GROUP BY department
), handled AS (
    SELECT department, bucket, sum(n)::bigint AS n
      FROM views.workload_done
     WHERE day >= %(since)s AND day < %(tomorrow)s
     GROUP BY department, bucket
), handled_in_all AS (
    SELECT department, sum(n)::bigint AS n FROM handled GROUP BY department
), buckets AS (
    SELECT department, bucket, n,
           sum(n) OVER (PARTITION BY department ORDER BY bucket)::bigint AS until,
           sum(n) OVER (PARTITION BY department)::bigint AS total
      FROM handled
), middle AS (
    SELECT department, bucket, rank - (until - n) AS rank
      FROM buckets
     CROSS JOIN LATERAL (VALUES ((total - 1) / 2), (total / 2)) AS ranks (rank)
     WHERE rank >= until - n AND rank < until
), medians AS (
    SELECT middle.department, avg(found.seconds)::double precision AS seconds
      FROM middle
     CROSS JOIN LATERAL (
           SELECT h.seconds
             FROM views.workload_handled AS h
            WHERE h.department = middle.department AND h.bucket = middle.bucket
              AND h.day >= %(since)s AND h.day < %(tomorrow)s
            ORDER BY h.seconds
           OFFSET middle.rank LIMIT 1) AS found
     GROUP BY middle.department
)
SELECT u.code AS department, u.name,
       (coalesce(c.to_claim, 0) + coalesce(c.in_hand, 0))::bigint AS open,
       coalesce(c.to_claim, 0)::bigint AS to_claim,
       coalesce(c.in_hand, 0)::bigint AS in_hand,
       coalesce(c.sent_back, 0)::bigint AS sent_back,
       coalesce(c.on_hold, 0)::bigint AS on_hold,
       coalesce(c.due_today, 0)::bigint AS due_today,
       (coalesce(c.overdue, 0) + coalesce(t.overdue, 0))::bigint AS overdue,
       coalesce(h.n, 0)::bigint AS handled_30d,
       m.seconds AS median_handling_seconds
  FROM views.units_unit AS u
  LEFT JOIN counted AS c ON c.department = u.code
  LEFT JOIN handled_in_all AS h ON h.department = u.code
  LEFT JOIN this_hour AS t ON t.department = u.code
  LEFT JOIN medians AS m ON m.department = u.code
 WHERE u.kind = 'department' OR c.department IS NOT NULL OR h.department IS NOT NULL
 ORDER BY u.code
"""


def times(now: datetime) -> dict[str, datetime]:
    """The moments between which is counted."""
    today = midnight(now)
    return {
        "now": now,
        "hour": hour(now),
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "since": today - WINDOW + timedelta(days=1),
    }


async def workload(reading: Rows, now: datetime) -> list[dict[str, Any]]:
    """One row a department, counted at `now`; times in seconds."""
    return await reading.rows(WORKLOAD, times(now))
