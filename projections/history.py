"""One history, event by event, from the log itself (经过)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.mapper import EventMapper
from adapters.reading import Reading
from domain.event import Event

HISTORY = """
SELECT position, originator_version, topic, state, recorded_at
  FROM log.events
 WHERE originator_id = %(id)s AND originator_version > %(after)s
 ORDER BY originator_version
 LIMIT %(limit)s
"""
VERSION_AT = """
SELECT coalesce(max(originator_version), 0) AS version
  FROM log.events
 WHERE originator_id = %(id)s AND position <= %(position)s
"""
# Walks along the index of the few events that are of none of many tickets and residents.
JOURNAL = """
SELECT position, originator_id, originator_version, topic, state, recorded_at
  FROM log.events
 WHERE split_part(topic, '.', 1)
       IN ('account', 'calendar', 'catalogue', 'hours', 'receiver', 'terms', 'unit')
   AND position < %(before)s
 ORDER BY position DESC
 LIMIT %(limit)s
"""
AT = """
SELECT e.position, e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at, n.number
  FROM log.events AS e LEFT JOIN log.numbers AS n USING (originator_id)
 WHERE e.position = ANY (%(positions)s)
 ORDER BY e.position
"""
FRAME = {
    "originator_id",
    "originator_version",
    "originator_topic",
    "timestamp",
    "by",
}
"""What every event has, which is shown beside its own facts."""
_mapper = EventMapper()


async def history(
    reading: Reading, id: UUID, limit: int, after: int = 0, opened: Sequence[Event] = ()
) -> list[dict[str, Any]]:
    """The events of one history after a version, oldest first: who, when, when recorded, and the facts.

    Those that were `opened`, from the first one on, are told as they are then.
    """
    rows = await reading.rows(HISTORY, {"id": id, "after": after, "limit": limit})
    known = {event.originator_version: event for event in opened}
    # An event of an older class version is shown lifted.
    return [
        _item(row, known.get(row["originator_version"]) or _mapper.event(row["topic"], row["state"]))
        for row in rows
    ]


async def journal(reading: Reading, limit: int, before: int) -> list[dict[str, Any]]:
    """What was administered before a position, newest first, and whose history (`of`) each event is in."""
    rows = await reading.rows(JOURNAL, {"before": before, "limit": limit})
    return [
        {**_item(row, _mapper.event(row["topic"], row["state"])), "of": row["originator_id"]} for row in rows
    ]


async def events_at(reading: Reading, positions: Sequence[int]) -> list[dict[str, Any]]:
    """The events at these positions, each with the `number` of its ticket; None where it is of none."""
    rows = await reading.rows(AT, {"positions": list(positions)})
    return [
        {**_item(row, _mapper.event(row["topic"], row["state"])), "number": row["number"]} for row in rows
    ]


def _item(row: dict[str, Any], event: Event) -> dict[str, Any]:
    state = msgspec.to_builtins(event)
    return {
        "position": row["position"],
        "version": row["originator_version"],
        "event": type(event).__name__,
        "topic": row["topic"],
        "at": state["timestamp"],
        "recorded_at": row["recorded_at"],
        "by": state["by"],
        "data": {name: value for name, value in state.items() if name not in FRAME},
    }


async def version_at(reading: Reading, id: UUID, position: int) -> int:
    """The version of a history when the log stood at this position; 0 where it was not there yet."""
    (row,) = await reading.rows(VERSION_AT, {"id": id, "position": position})
    return int(row["version"])
