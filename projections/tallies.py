"""Tasks counted by department, community, category or age (工作量), and the list behind every number.

Each number is counted by the very condition that its list is found by, so the two cannot differ. What counts
as one is a ticket: where two departments of a community are at the same one, the community has one.
"""

from datetime import datetime, timedelta
from typing import Any

from adapters.reading import Rows
from domain.actors import Person
from projections.scope import scope
from projections.workload import midnight, times

OPEN = "t.state IN ('to_claim', 'in_hand')"
TASKS = {
    "open": OPEN,
    "to_claim": "t.state = 'to_claim'",
    "in_hand": "t.state = 'in_hand'",
    "due_today": f"{OPEN} AND t.due_at >= %(today)s AND t.due_at < %(tomorrow)s",
    "overdue": f"{OPEN} AND t.next_due_at < %(now)s",
    "on_hold": "t.state = 'on_hold'",
    "sent_back": "t.state = 'sent_back'",
    "handled_30d": "t.state = 'handled' AND t.handled_at >= %(since)s AND t.handled_at < %(tomorrow)s",
    "unclaimed": "t.state = 'to_claim' AND t.next_due_at < %(now)s",
}
"""What a task can be counted as; `t` is the task. The last one is for the leader's page alone."""
NUMBERS = tuple(TASKS)[:-1]
AT_HAND = NUMBERS[:-1]
"""Those of what is still to be done."""

AGES = "30", "15", "7", "3", "1", "0"
"""How many local days ago something was reported, at least, and less than the one before."""
AGE = f"('{{{','.join(AGES)}}}'::text[])[1 + width_bucket(t.reported_at, %(ages)s::timestamptz[])]"
BY = {
    "department": "t.department",
    "community": "t.community",
    "category": "t.category",
    "age": AGE,
}
"""By what is counted."""

# What is at hand and what was handled lie in an index each: only these rows are read, not those of all years.
COUNTED = """
SELECT t.key, grouping(t.key) = 1 AS total, {numbers},
       percentile_cont(0.5) WITHIN GROUP (ORDER BY trunc(extract(epoch FROM t.handled_at - t.called_at)))
           FILTER (WHERE {handled}) AS median_handling_seconds
  FROM (SELECT t.*, {by} AS key FROM views.board_task AS t WHERE {at_hand}
        UNION ALL
        SELECT t.*, {by} AS key FROM views.board_task AS t WHERE {handled}) AS t
 WHERE {seen}
 GROUP BY GROUPING SETS ((t.key), ())
"""


def moments(now: datetime) -> dict[str, Any]:
    """The moments that the conditions name."""
    ages = [midnight(now) - timedelta(days=int(days) - 1) for days in AGES[:-1]]
    return {**times(now), "ages": ages}


async def tally(reading: Rows, person: Person, now: datetime, by: str) -> list[dict[str, Any]]:
    """The numbers of what this person may see, one row each and one of all (`total`), at `now`."""
    seen = scope(person)
    counted = (f"count(DISTINCT t.ticket) FILTER (WHERE {TASKS[name]}) AS {name}" for name in NUMBERS)
    query = COUNTED.format(
        by=BY[by],
        numbers=", ".join(counted),
        handled=TASKS["handled_30d"],
        seen=seen.tasks,
        at_hand="t.state IN ('to_claim', 'in_hand', 'on_hold', 'sent_back')",
    )
    return await reading.rows(query, {**seen.parameters, **moments(now)})
