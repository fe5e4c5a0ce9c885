"""What is sealed of an event: all its columns, in one form that anybody can write again."""

from hashlib import sha256
from typing import NamedTuple

from evidence.merkle import hash_leaf

FORM = "whistle-leaf/1"


class Stored(NamedTuple):
    """An event as it stands in the log; the columns of `STORED`."""

    position: int
    event_id: str
    ticket: str
    """Its history: a ticket, a unit, an account, a calendar ..."""
    version: int
    topic: str
    recorded_at: str
    """UTC, to the microsecond: 2026-11-22T01:30:00.000000Z."""
    state: bytes
    metadata: str
    """What was noted beside the event, such as the request, as PostgreSQL writes the JSON."""

    @property
    def leaf(self) -> bytes:
        """What is sealed."""
        return leaf_of(self)

    @property
    def hash(self) -> bytes:
        """The hash of the leaf, which is what the tree holds."""
        return hash_leaf(leaf_of(self))


def leaf_of(row: tuple[int, str, str, int, str, str, bytes, str]) -> bytes:
    """The canonical leaf of a `Stored`: nine lines of text, of a fixed shape but for the topic."""
    position, event_id, ticket, version, topic, recorded_at, state, metadata = row
    return (
        f"{FORM}\n{position}\n{event_id}\n{ticket}\n{version}\n{topic}\n{recorded_at}\n"
        f"{sha256(state).hexdigest()}\n{sha256(metadata.encode()).hexdigest()}\n"
    ).encode()


STORED = """
SELECT position, event_id::text, originator_id::text, originator_version, topic,
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), state, metadata::text
  FROM log.events
"""
"""The columns of a `Stored`; a condition and an order follow."""
BETWEEN = STORED + "WHERE position > %(after)s AND position <= %(until)s ORDER BY position"
