"""From the log to what is told: each message is written exactly once, in the transaction of its position.

No view: a view is thrown away and built anew, but what was told stays told.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from adapters.mapper import EventMapper
from adapters.telling.message import Told
from domain.catalogue import Catalogue, in_force
from domain.event import Aggregate, Event
from domain.receiver import Receiver, topics
from domain.ticket import Ticket
from domain.ticket.ladder import Step
from domain.unit import Unit
from domain.way import Way
from projections.fold import Fold, Stored

BATCH = 500
"""Events in one transaction."""
REMEMBERED = 5_000
"""Histories that are kept folded: a long one is not read again for each of its events."""

FEED = "SELECT f.position, h.position FROM outbox.feed AS f, log.head AS h FOR UPDATE OF f"
FED = "UPDATE outbox.feed SET position = %(position)s"
KNOWN = "SELECT receiver FROM outbox.receiver ORDER BY receiver"
HISTORY = """
SELECT topic, state
  FROM log.events
 WHERE originator_id = %(id)s AND position <= %(until)s AND originator_version > %(version)s
 ORDER BY originator_version
"""
TAKE_IN = "INSERT INTO outbox.receiver (receiver) VALUES (%(receiver)s)"
GIVE_UP = """
UPDATE outbox.message SET dead_at = now(), problem = 'the receiver was closed'
 WHERE receiver = %(receiver)s AND sent_at IS NULL AND dead_at IS NULL
"""
# What goes into an inbox is there at once.
WRITE = """
INSERT INTO outbox.message (receiver, position, told, written_at, sent_at)
SELECT receiver, %(position)s, %(told)s::jsonb, now(), CASE WHEN inbox THEN now() END
  FROM unnest(%(receivers)s::uuid[], %(inboxes)s::boolean[]) AS told (receiver, inbox)
"""


CARDS: dict[str, str] = {Step.YELLOW_CARD: "督办黄牌", Step.RED_CARD: "督办红牌", Step.LEADER: "督办报领导"}


class Feed:
    """Carries the outbox behind the log, batch by batch."""

    def __init__(self) -> None:
        self._mapper = EventMapper()
        self._words = topics()
        self._position = -1
        """What is remembered stands at this position; nothing is, where it is none."""
        self._receivers: dict[UUID, Receiver] = {}
        self._folded: OrderedDict[UUID, Aggregate] = OrderedDict()
        """Histories as they stood when they were last looked at, the latest at the end."""
        self._catalogue: Aggregate | None = None
        self.written: set[UUID] = set()
        """The receivers that the last batch had messages for, or that it changed."""

    @property
    def receivers(self) -> Sequence[Receiver]:
        """Everybody who was ever registered, as of the position that was reached."""
        return list(self._receivers.values())

    def advance(self, conn: psycopg.Connection[Any]) -> bool:
        """Write what the next batch of events tells, and its position; False where there is none.

        Raises `Damaged` where the log has a gap: nobody is told anything beyond it.
        """
        stood, self._position = self._position, -1
        self.written = set()
        with conn.transaction():
            after, head = conn.execute(FEED).fetchone() or (0, 0)
            if after != stood:
                self._remember(conn, after)
            events = Fold().read(conn, after, head, BATCH) if head > after else []
            for event in events:
                self._take(conn, event)
            if events:
                after = events[-1].position
                conn.execute(FED, {"position": after})
        self._position = after
        return bool(events)

    def _remember(self, conn: psycopg.Connection[Any], until: int) -> None:
        self._folded.clear()
        self._catalogue = self._history(conn, Catalogue.the_id(), until)
        self._receivers = {}
        for (id,) in conn.execute(KNOWN).fetchall():
            if isinstance(receiver := self._history(conn, id, until), Receiver):
                self._receivers[id] = receiver

    def _take(self, conn: psycopg.Connection[Any], stored: Stored) -> None:
        """Take one event: who is registered by it is told of those behind it."""
        kind, _, _ = stored.topic.partition(".")
        if kind == "receiver":
            self._change(conn, stored)
        elif kind == "catalogue":
            event = self._mapper.event(stored.topic, stored.state)
            self._catalogue = event.mutate(self._catalogue)
        elif kind == "ticket" and any(receiver.wants(stored.topic) for receiver in self._receivers.values()):
            self._tell(conn, stored)

    def _change(self, conn: psycopg.Connection[Any], stored: Stored) -> None:
        id, event = stored.originator_id, self._mapper.event(stored.topic, stored.state)
        if id not in self._receivers:
            conn.execute(TAKE_IN, {"receiver": id})
        if receiver := event.mutate(self._receivers.get(id)):
            self._receivers[id] = receiver
            self.written.add(id)
            if receiver.closed:
                conn.execute(GIVE_UP, {"receiver": id})

    def _tell(self, conn: psycopg.Connection[Any], stored: Stored) -> None:
        event = self._mapper.event(stored.topic, stored.state)
        ticket = self._history(conn, stored.originator_id, stored.position)
        if not isinstance(ticket, Ticket):
            return
        to = [receiver for receiver in self._receivers.values() if receiver.is_told(event, ticket)]
        if to:
            told = self._told(conn, stored, event, ticket)
            row = {
                "position": stored.position,
                "told": msgspec.json.encode(told).decode(),
                "receivers": [receiver.id for receiver in to],
                "inboxes": [receiver.way is Way.INBOX for receiver in to],
            }
            conn.execute(WRITE, row)
            self.written |= {receiver.id for receiver in to}

    def _told(self, conn: psycopg.Connection[Any], stored: Stored, event: Event, ticket: Ticket) -> Told:
        """What is told of the event: names of ours, and nothing that anybody wrote about the matter."""

        def name(code: str) -> str:
            unit = self._history(conn, Unit.id_of(code), stored.position)
            return unit.name if isinstance(unit, Unit) else code

        versions = self._catalogue.versions if isinstance(self._catalogue, Catalogue) else ()
        categories = in_force(versions, event.at).categories
        category = categories.get(ticket.category or "")
        community, grid = name(ticket.community), name(ticket.grid)
        card = getattr(event, "card", "")
        called = [call.department for call in getattr(event, "calls", ())]
        return Told(
            topic=stored.topic,
            what=CARDS.get(card, self._words.get(stored.topic, stored.topic)),
            ticket=ticket.id,
            number=ticket.number,
            category=category.name if category else ticket.category or "",
            place=grid if grid.startswith(community) else f"{community} {grid}",
            departments=tuple(name(code) for code in called or [getattr(event, "department", "")] if code),
            at=event.at,
            card=card,
            clock=getattr(event, "clock", None) or "",
            due_at=getattr(event, "due_at", None) if card else None,
        )

    def _history(self, conn: psycopg.Connection[Any], id: UUID, until: int) -> Aggregate | None:
        """A history as it stood at a position, from where it was last looked at."""
        history = self._folded.pop(id, None)
        asked = {"id": id, "until": until, "version": history.version if history else 0}
        for topic, state in conn.execute(HISTORY, asked, binary=True):
            history = self._mapper.event(topic, state).mutate(history)
        if history is not None:
            self._folded[id] = history
        while len(self._folded) > REMEMBERED:
            self._folded.popitem(last=False)
        return history
