"""Keeps the past of the views behind the log, so that any of them can be asked as of any position."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.types.json import Jsonb

from adapters.database import leads
from projections.fold import Fold
from projections.lifetimes import Lifetimes, Said, create, say
from projections.view import View

log = structlog.get_logger()

LEADING = 0x5041_5354
"""The advisory lock of the one process that keeps the past: PAST."""
BATCH = 2_000
"""Events in one transaction."""
POLL = 1.0
"""Seconds between two looks at the log: more of it is cheaper in one go, and no command waits for this."""
RETRY = 0.5
REMEMBERED = 20_000
"""Histories of which it is known without folding what was said last."""

HEAD = "SELECT position FROM log.head"
STANDING = "SELECT position, versions FROM past.standing"
BEGUN = """
INSERT INTO past.standing (position, versions) VALUES (0, %(versions)s)
    ON CONFLICT (only_one) DO UPDATE SET position = 0, versions = excluded.versions
"""
MOVED = "UPDATE past.standing SET position = %(position)s"


class Recall:
    """Follows the log event by event; of several on one log only one leads, and the others stand by."""

    def __init__(self, conninfo: str, views: Sequence[View]) -> None:
        self._conninfo = conninfo
        self._views = views
        self._fold = Fold()
        self._said: OrderedDict[UUID, Said] = OrderedDict()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let the batch under way be the last one."""
        self._stopping.set()

    def run(self) -> None:
        """Lead as long as the database is there; come back when it is."""
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as conn:
                    while not self._stopping.is_set() and not leads(conn, LEADING):
                        self._stopping.wait(RETRY)
                    self._follow(conn)
            except psycopg.OperationalError as problem:
                log.warning("database_lost", problem=type(problem).__name__)
                self._forget()
                self._stopping.wait(RETRY)

    def _follow(self, conn: psycopg.Connection[Any]) -> None:
        while not self._stopping.is_set():
            if not self.advance(conn):
                self._stopping.wait(POLL)

    def advance(self, conn: psycopg.Connection[Any]) -> bool:
        """Take one batch further; False where there is nothing new. Where a view is new, begin anew."""
        try:
            with conn.transaction():
                after = self._standing(conn)
                row = conn.execute(HEAD).fetchone()
                until = min(row[0] if row else 0, after + BATCH)
                if until > after:
                    self._take(conn, after, until)
                return until > after
        except BaseException:
            self._forget()
            raise

    def _take(self, conn: psycopg.Connection[Any], after: int, until: int) -> None:
        events = self._fold.read(conn, after, until, BATCH)
        lifetimes = Lifetimes()
        for event, history in self._fold.follow(conn, after, events):
            before = self._said.get(event.originator_id)
            if before is None:
                before = {} if history is None else say(self._views, history)
            now = say(self._views, self._fold.apply(event))
            lifetimes.move(event.originator_id, event.position, before, now)
            self._said[event.originator_id] = now
            self._said.move_to_end(event.originator_id)
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        lifetimes.write(conn)
        conn.execute(MOVED, {"position": until})

    def _standing(self, conn: psycopg.Connection[Any]) -> int:
        versions = {view.name: view.version for view in self._views}
        row = conn.execute(STANDING).fetchone()
        if row is not None and row[1] == versions:
            return int(row[0])
        for view in self._views:
            for table in view.tables:
                for statement in create(table):
                    conn.execute(statement)
        conn.execute(BEGUN, {"versions": Jsonb(versions)})
        self._forget()
        log.info("past_begun", views=list(versions))
        return 0

    def _forget(self) -> None:
        self._fold.forget()
        self._said.clear()
