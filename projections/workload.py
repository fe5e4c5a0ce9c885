"""What every department has on its hands (部门工作量)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, ClassVar

from adapters.reading import Reading
from domain.calendar import CHINA
from domain.ticket import Ticket
from domain.ticket.stage import TaskStage
from domain.ticket.task import Task
from projections.view import Row, Table, View

WINDOW = timedelta(days=30)
"""What is handled is counted over today and the 29 days before."""

COUNT = Table(
    "workload_count",
    {
        "department": "text",
        "measure": "text",
        "hour": "timestamptz",
        "bucket": "integer",
        "n": "bigint",
    },
    key=4,
    counts=True,
)
# The clock of each department at work that runs out first; only those of the present hour are ever counted.
RUNNING = Table(
    "workload_running",
    {"ticket": "uuid", "department": "text", "next_due_at": "timestamptz"},
    key=2,
    indexes=("(next_due_at, department)",),
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
    version: ClassVar[int] = 1
    of = Ticket
    tables = (COUNT, RUNNING, HANDLED)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """What each task adds to the counts of its department."""
        for task in history.tasks.values():
            department = task.department
            if task.running:
                to_claim = task.stage is TaskStage.DISPATCHED
                yield COUNT, (department, "to_claim" if to_claim else "in_hand", NO_HOUR, 0, 1)
                yield COUNT, (department, "due", hour(task.due_at), 0, 1)
                yield COUNT, (department, "running_out", hour(task.next_due_at), 0, 1)
                yield RUNNING, (history.id, department, task.next_due_at)
            elif task.awaits_ruling:
                yield COUNT, (department, "sent_back", NO_HOUR, 0, 1)
            elif task.handled_at is not None:
                seconds = handling_seconds(task)
                day, bucket = midnight(task.handled_at), seconds.bit_length()
                yield COUNT, (department, "handled", day, bucket, 1)
                yield HANDLED, (history.id, department, day, bucket, seconds)


NO_HOUR = datetime(1970, 1, 1, tzinfo=CHINA)


def hour(at: datetime) -> datetime:
    """The hour in which this moment lies, by its beginning."""
    return at.replace(minute=0, second=0, microsecond=0)


def midnight(at: datetime) -> datetime:
    """The local day in which this moment lies, by its beginning."""
    return at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def handling_seconds(task: Task) -> int:
    """How long the department had it, from its dispatch until it was handled."""
    handled_at = task.handled_at or task.dispatched_at
    return max(0, int((handled_at - task.dispatched_at).total_seconds()))


COUNTS = """
SELECT u.code AS department, u.name,
       coalesce(sum(c.n) FILTER (WHERE c.measure = 'to_claim'), 0)::bigint AS to_claim,
       coalesce(sum(c.n) FILTER (WHERE c.measure = 'in_hand'), 0)::bigint AS in_hand,
       coalesce(sum(c.n) FILTER (WHERE c.measure = 'sent_back'), 0)::bigint AS sent_back,
       coalesce(sum(c.n) FILTER (WHERE c.measure = 'due' AND c.hour >= %(today)s
                                   AND c.hour < %(tomorrow)s), 0)::bigint AS due_today,
       coalesce(sum(c.n) FILTER (WHERE c.measure = 'running_out'
                                   AND c.hour < %(hour)s), 0)::bigint AS overdue,
       coalesce(sum(c.n) FILTER (WHERE c.measure = 'handled'
                                   AND c.hour >= %(since)s), 0)::bigint AS handled_30d
  FROM views.units_unit AS u
  LEFT JOIN views.workload_count AS c ON c.department = u.code
 WHERE u.kind = 'department' OR c.department IS NOT NULL
 GROUP BY u.code, u.name
 ORDER BY u.code
"""
# The clocks that ran out within the present hour, which the whole hours above leave out.
THIS_HOUR = """
SELECT department, count(*) AS overdue
  FROM views.workload_running
 WHERE next_due_at >= %(hour)s AND next_due_at < %(now)s
 GROUP BY department
"""
HANDLED_BY_BUCKET = """
SELECT department, bucket, sum(n)::bigint AS n
  FROM views.workload_count
 WHERE measure = 'handled' AND hour >= %(since)s
 GROUP BY department, bucket
 ORDER BY department, bucket
"""
# The exact values at two ranks within one bucket (times between two powers of two) of one department.
AT_RANKS = """
SELECT asked.department, asked.rank, found.seconds
  FROM unnest(%(departments)s::text[], %(buckets)s::integer[], %(ranks)s::bigint[])
    AS asked (department, bucket, rank)
 CROSS JOIN LATERAL (
       SELECT h.seconds
         FROM views.workload_handled AS h
        WHERE h.department = asked.department AND h.bucket = asked.bucket AND h.day >= %(since)s
        ORDER BY h.seconds
       OFFSET asked.rank LIMIT 1) AS found
"""


async def workload(reading: Reading, now: datetime) -> list[dict[str, Any]]:
    """One row a department, counted at `now`; times in seconds."""
    today = midnight(now)
    times = {
        "now": now, "hour": hour(now), "today": today,
        "tomorrow": today + timedelta(days=1), "since": today - WINDOW + timedelta(days=1),
    }  # fmt: skip
    this_hour = {row["department"]: row["overdue"] for row in await reading.rows(THIS_HOUR, times)}
    medians = await _medians(reading, times)
    return [
        {
            **row,
            "open": row["to_claim"] + row["in_hand"],
            "overdue": row["overdue"] + this_hour.get(row["department"], 0),
            "median_handling_seconds": medians.get(row["department"]),
        }
        for row in await reading.rows(COUNTS, times)
    ]


async def _medians(reading: Reading, times: dict[str, Any]) -> dict[str, float]:
    """The exact median handling time of each department: its bucket by the counts, then the ranks in it."""
    asked: list[tuple[str, int, int]] = []
    buckets = await reading.rows(HANDLED_BY_BUCKET, times)
    for department, rows in groupby(buckets, key=lambda row: row["department"]):
        counts = [(row["bucket"], row["n"]) for row in rows]
        total = sum(n for _, n in counts)
        for rank in (total - 1) // 2, total // 2:
            before = 0
            for bucket, n in counts:
                if rank < before + n:
                    asked.append((department, bucket, rank - before))
                    break
                before += n
    if not asked:
        return {}
    departments, wanted, ranks = map(list, zip(*asked, strict=True))
    parameters = {**times, "departments": departments, "buckets": wanted, "ranks": ranks}
    found: dict[str, list[int]] = {}
    for row in await reading.rows(AT_RANKS, parameters):
        found.setdefault(row["department"], []).append(row["seconds"])
    return {department: sum(values) / len(values) for department, values in found.items()}
