"""From events to what the views say: the state of each history before and after, and the difference."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from adapters.mapper import EventMapper
from domain.event import Aggregate
from projections.view import Said, View

NO_END = 2**62
REMEMBERED = 20_000
"""How many histories are kept folded, so that their next events need no reading."""


class Stored(NamedTuple):
    """An event as it stands in the log."""

    position: int
    originator_id: UUID
    topic: str
    state: bytes


class Damaged(Exception):
    """The log has a gap: an event is missing, and no view can be trusted beyond it."""


EVENTS = """
SELECT position, originator_id, topic, state
  FROM log.events
 WHERE position > %(after)s AND position <= %(until)s
 ORDER BY position
 LIMIT %(limit)s
"""
HISTORIES = """
SELECT position, originator_id, topic, state
  FROM log.events
 WHERE originator_id = ANY (%(ids)s) AND position <= %(until)s
 ORDER BY originator_id, originator_version
"""


class Fold:
    """The histories as they stood at one position, moved forward by events."""

    def __init__(self) -> None:
        self._mapper = EventMapper()
        self._histories: OrderedDict[UUID, Aggregate] = OrderedDict()
        self._position = 0

    def read(self, conn: psycopg.Connection[Any], after: int, until: int | None, limit: int) -> list[Stored]:
        """The next events, up to `until` where they are known to go so far.

        A gap in their positions, also at the end, is damage and stops everything.
        """
        asked = {"after": after, "until": NO_END if until is None else until, "limit": limit}
        events = [Stored(*row) for row in conn.execute(EVENTS, asked, binary=True)]
        last = after + len(events) if until is None else min(after + limit, until)
        for expected, event in zip_longest(range(after + 1, last + 1), events):
            if event is None or event.position != expected:
                raise Damaged(f"The log has a gap: position {expected} is missing.")
        return events

    def advance(
        self,
        conn: psycopg.Connection[Any],
        after: int,
        events: Sequence[Stored],
        views: Iterable[View],
    ) -> dict[View, tuple[Said, Said]]:
        """What each view said of the histories touched before these events, and what it says after."""
        ids = self._begin(conn, after, events)
        said = {view: (Said(), Said()) for view in views}
        for id in ids:
            self._say(self._histories.get(id), {view: before for view, (before, _) in said.items()})
        for event in events:
            self.apply(event)
        for id in ids:
            self._say(self._histories[id], {view: now for view, (_, now) in said.items()})
        self._end(ids, events)
        return said

    def follow(
        self, conn: psycopg.Connection[Any], after: int, events: Sequence[Stored]
    ) -> Iterator[tuple[Stored, Aggregate | None]]:
        """Each event with its history as it stood before; whoever follows has to `apply` it in between."""
        ids = self._begin(conn, after, events)
        for event in events:
            yield event, self._histories.get(event.originator_id)
        self._end(ids, events)

    def apply(self, stored: Stored) -> Aggregate | None:
        """The history as it stands after this event."""
        event = self._mapper.event(stored.topic, stored.state)
        history = event.mutate(self._histories.get(stored.originator_id))
        if history is not None:
            self._histories[stored.originator_id] = history
        return history

    def _begin(self, conn: psycopg.Connection[Any], after: int, events: Sequence[Stored]) -> list[UUID]:
        """The ids of the histories touched, each as it stood at `after`."""
        if after != self._position:
            self._histories.clear()
        ids = list(dict.fromkeys(event.originator_id for event in events))
        self._load(conn, [id for id in ids if id not in self._histories], after)
        return ids

    def _end(self, ids: Sequence[UUID], events: Sequence[Stored]) -> None:
        for id in ids:
            self._histories.move_to_end(id)
        while len(self._histories) > REMEMBERED:
            self._histories.popitem(last=False)
        self._position = events[-1].position

    def forget(self) -> None:
        """Trust nothing that was folded so far."""
        self._histories.clear()

    def _load(self, conn: psycopg.Connection[Any], ids: list[UUID], until: int) -> None:
        if ids:
            for row in conn.execute(HISTORIES, {"ids": ids, "until": until}, binary=True):
                self.apply(Stored(*row))

    @staticmethod
    def _say(history: Aggregate | None, said: dict[View, Said]) -> None:
        if history is not None:
            for view, to in said.items():
                if isinstance(history, view.of):
                    to.add(view.rows(history))
