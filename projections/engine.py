"""Keeps the views close behind the log: batches, each in one transaction with its position."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
import structlog

from adapters.database import leads
from projections.fold import Fold
from projections.rebuild import rebuild
from projections.view import View
from projections.writing import write_difference

log = structlog.get_logger()

LEADING = 0x4C45_4144
"""The advisory lock of the one process that projects: LEAD."""
BATCH = 500
"""Events in one transaction."""
POLL = 0.5
"""Seconds until it looks by itself, should a wake-up call be lost."""
LONGEST_REST = 0.005
"""Seconds between two batches while there is more to do."""
RETRY = 0.5
"""Seconds between attempts to reach the database or to lead."""
PASSING = ("08", "25", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, transaction, conflict, resources, locks, shutdown, disk."""

STANDING = "SELECT name, version, position, error FROM views.view ORDER BY name FOR UPDATE"
MOVED = "UPDATE views.view SET position = %(position)s WHERE name = ANY (%(names)s)"
STOPPED = """
INSERT INTO views.view (name, version, position, error) VALUES (%(name)s, 0, 0, %(error)s)
    ON CONFLICT (name) DO UPDATE SET error = excluded.error
"""
HEAD = "SELECT position FROM log.head"


class Step(NamedTuple):
    """Some views that stand at the same position, and how far they go together."""

    views: list[View]
    after: int
    until: int


class Engine:
    """Runs the views; of several engines on one log only one leads, and the others stand by."""

    def __init__(self, conninfo: str, views: Sequence[View]) -> None:
        self._conninfo = conninfo
        self._views = {view.name: view for view in views}
        self._fold = Fold()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let the batch under way be the last one."""
        self._stopping.set()

    def run(self) -> None:
        """Lead as long as the database is there; come back when it is."""
        while not self._stopping.is_set():
            try:
                with self.leading() as conn:
                    self._follow(conn)
            except psycopg.OperationalError as problem:
                log.warning("database_lost", problem=type(problem).__name__)
                self._fold.forget()
                self._stopping.wait(RETRY)

    @contextmanager
    def leading(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that leads, with every view built; waits while another engine leads."""
        options = _options(self._conninfo)
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5, options=options) as conn:
            while not leads(conn, LEADING):
                if self._stopping.wait(RETRY):
                    break
            else:
                log.info("projector_started")
                self._retry_stopped(conn)
                self._build_missing(conn)
            yield conn

    def _follow(self, conn: psycopg.Connection[Any]) -> None:
        conn.execute("LISTEN whistle_log")
        while not self._stopping.is_set():
            begun = time.monotonic()
            if self.advance(conn):
                # Rest as long as that took: commands come first, and a larger batch costs less.
                self._stopping.wait(min(time.monotonic() - begun, LONGEST_REST))
            else:
                for _ in conn.notifies(timeout=POLL, stop_after=1):
                    pass

    def _retry_stopped(self, conn: psycopg.Connection[Any]) -> None:
        """A restart may bring code that can do what the last one could not."""
        conn.execute("UPDATE views.view SET error = NULL WHERE error IS NOT NULL")

    def _build_missing(self, conn: psycopg.Connection[Any]) -> None:
        """Build what is not there or of an older version; what a newer program built is left to that one."""
        built = {name: version for name, version, *_ in conn.execute(STANDING)}
        missing = [view for view in self._views.values() if built.get(view.name, 0) < view.version]
        try:
            if missing:
                rebuild(self._conninfo, missing)
        except Exception as problem:  # Whose fault it is, building them one by one tells.
            if passes(problem):
                raise
            log.warning("views_not_built_together", views=[view.name for view in missing])
            for view in missing:
                with self._answering_for(conn, view, f"while version {view.version} was built"):
                    rebuild(self._conninfo, [view])

    @contextmanager
    def _answering_for(self, conn: psycopg.Connection[Any], view: View, when: str) -> Iterator[None]:
        """Stop this view, as it stands, by whatever fails meanwhile and does not pass by itself."""
        try:
            yield
        except Exception as problem:  # A view is code of any kind: its fault is its own, and is told.
            if passes(problem):
                raise
            name = type(problem).__name__
            conn.execute(STOPPED, {"error": f"{name} {when}", "name": view.name})
            log.error("view_stopped", view=view.name, problem=name, when=when)

    def advance(self, conn: psycopg.Connection[Any]) -> bool:
        """Carry the views that are furthest behind one batch further; False where none is behind."""
        step: Step | None = None
        try:
            with conn.transaction():
                step = self._next_step(conn)
                if step is not None:
                    self._take(conn, step)
                return step is not None
        except Exception as problem:  # Whose fault it is, taking the step view by view tells.
            self._fold.forget()
            if step is None or passes(problem):
                raise
            self._stop_the_failing(conn, step)
            return True

    def _next_step(self, conn: psycopg.Connection[Any]) -> Step | None:
        standing = self._standing(conn)
        row = conn.execute(HEAD).fetchone()
        head = row[0] if row else 0
        after = min((position for _, position in standing), default=head)
        if after >= head:
            return None
        until = min((position for _, position in standing if position > after), default=head)
        return Step([view for view, position in standing if position == after], after, until)

    def _standing(self, conn: psycopg.Connection[Any]) -> list[tuple[View, int]]:
        """The views that run, and where they stand; locked until the transaction ends."""
        return [
            (self._views[name], position)
            for name, version, position, error in conn.execute(STANDING)
            if name in self._views and self._views[name].version == version and error is None
        ]

    def _take(self, conn: psycopg.Connection[Any], step: Step) -> None:
        events = self._fold.read(conn, step.after, step.until, BATCH)
        said = self._fold.advance(conn, step.after, events, step.views)
        for view, (before, after) in said.items():
            write_difference(conn, view.tables, before, after)
        names = [view.name for view in step.views]
        conn.execute(MOVED, {"position": events[-1].position, "names": names})
        conn.execute("NOTIFY whistle_views")

    def _stop_the_failing(self, conn: psycopg.Connection[Any], step: Step) -> None:
        """Find which views cannot take this batch, and stop those where they stand; nothing is skipped."""
        for view in step.views:
            with self._answering_for(conn, view, f"after position {step.after}"), conn.transaction():
                if (view, step.after) in self._standing(conn):
                    self._take(conn, Step([view], step.after, step.until))
            self._fold.forget()


def passes(problem: Exception) -> bool:
    """Whether it is the server's trouble of the moment, and trying again may do; not that of what is said.

    The driver calls more than that operational: a row too large for an index would be tried for ever.
    """
    if not isinstance(problem, psycopg.OperationalError):
        return False
    return problem.sqlstate is None or problem.sqlstate[:2] in PASSING


def _options(conninfo: str) -> str:
    given = psycopg.conninfo.conninfo_to_dict(conninfo).get("options") or ""
    # A crash may take the last batches with their positions: the log still has them, so no wait for the disk.
    return f"{given} -c search_path=views -c synchronous_commit=off".strip()
