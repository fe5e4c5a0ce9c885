"""What is sealed of an event: all its columns, in one form that anybody can write again."""

import hashlib
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
    """Who, in which role and why, as PostgreSQL writes the JSON."""

    @property
    def leaf(self) -> bytes:
        """The canonical leaf: nine lines of text, of a fixed shape but for the topic."""
        return (
            f"{FORM}\n{self.position}\n{self.event_id}\n{self.ticket}\n{self.version}\n{self.topic}\n"
            f"{self.recorded_at}\n{hashlib.sha256(self.state).hexdigest()}\n"
            f"{hashlib.sha256(self.metadata.encode()).hexdigest()}\n"
        ).encode()

    @property
    def hash(self) -> bytes:
        """The hash of the leaf, which is what the tree holds."""
        return hash_leaf(self.leaf)


STORED = """
SELECT position, event_id::text, originator_id::text, originator_version, topic,
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), state, metadata::text
  FROM log.events
"""
"""The columns of a `Stored`; a condition and an order follow."""
