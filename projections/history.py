"""One ticket's history, from the log itself (经过)."""

from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.utils import resolve_topic

from adapters.reading import Reading

HISTORY = """
SELECT position, originator_version, topic, state, recorded_at
  FROM log.events
 WHERE originator_id = %(id)s AND originator_version > %(after)s
 ORDER BY originator_version
 LIMIT %(limit)s
"""
FRAME = {
    "originator_id",
    "originator_version",
    "originator_topic",
    "timestamp",
    "by",
    "class_version",
}
"""What every event has, which is shown beside its own facts."""


async def history(reading: Reading, id: UUID, limit: int, after: int = 0) -> list[dict[str, Any]]:
    """The events of one history after a version, oldest first: who, when, when recorded, and the facts."""
    rows = await reading.rows(HISTORY, {"id": id, "after": after, "limit": limit})
    return [_item(row) for row in rows]


def _item(row: dict[str, Any]) -> dict[str, Any]:
    state = msgspec.json.decode(row["state"])
    return {
        "position": row["position"],
        "version": row["originator_version"],
        "event": resolve_topic(row["topic"]).__name__,
        "topic": row["topic"],
        "at": state["timestamp"],
        "recorded_at": row["recorded_at"],
        "by": state["by"],
        "data": {name: value for name, value in state.items() if name not in FRAME},
    }
