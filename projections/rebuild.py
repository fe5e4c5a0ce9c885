"""Building views anew beside the living ones, which go on until the new ones take their place."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from projections.filling import Progress, fill
from projections.fold import Damaged, Fold
from projections.view import Table, View
from projections.writing import write_difference

log = structlog.get_logger()

BUILDING = 0x4255_494C
"""The advisory lock under which one process builds: BUIL."""
NEARLY = 500
"""Events behind the log at which the new views take over; the living ones wait for these last few."""
PATIENCE = "2s"
"""How long the living views may be kept waiting for a reader who still holds one of the tables to swap."""
SWAPS = 300
"""How often the swap is tried, each time for as long as that."""
INDEXERS = 2
"""Tables that get their indexes at the same time."""

BUILT = """
INSERT INTO views.view (name, version, position) VALUES (%(name)s, %(version)s, %(position)s)
    ON CONFLICT (name) DO UPDATE
   SET version = excluded.version, position = excluded.position, error = NULL, built_at = now()
"""


class Outdated(Exception):
    """A newer program has built these views: they are not turned back."""


def rebuild(conninfo: str, views: Sequence[View], progress: Progress = lambda done, of: None) -> int:
    """Build these views from the whole log and put them in place; gives the position they stand at.

    Raises `Damaged` where the log has a gap, `Outdated` where a newer program built one of them.
    """
    building = _in_building(conninfo)
    with psycopg.connect(building, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
        _check_versions(conn, views)
        tables = [table for view in views for table in view.tables]
        for table in tables:
            conn.execute(f"DROP TABLE IF EXISTS building.{table.name}")
            conn.execute(table.create())
        position = _head(conn)
        if (found := fill(conn, building, views, position, progress)) != position:
            raise Damaged(f"The log has {found} events up to position {position}: some are missing.")
        with ThreadPoolExecutor(INDEXERS) as threads:
            list(threads.map(lambda table: _index(building, table), tables))
        position = _take_over(conn, views, position)
    log.info("views_built", views=[view.name for view in views], position=position)
    return position


def _index(conninfo: str, table: Table) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        for statement in table.create_indexes():
            conn.execute(statement)
        conn.execute(f"ANALYZE {table.name}")


def _check_versions(conn: psycopg.Connection[Any], views: Sequence[View]) -> None:
    built = dict(conn.execute("SELECT name, version FROM views.view").fetchall())
    for view in views:
        if built.get(view.name, 0) > view.version:
            raise Outdated(f"A newer program has built the view {view.name}: update this one.")


def _take_over(conn: psycopg.Connection[Any], views: Sequence[View], position: int) -> int:
    """Catch up with the log, then, while the living views wait, with its last events; and swap.

    Where somebody reads one of the tables for long, the living views go on and the swap is tried again.
    """
    fold = Fold()
    attempts = 0
    while True:
        while _head(conn) - position > NEARLY:
            position = _catch_up(conn, fold, views, position)
        try:
            with conn.transaction():
                conn.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
                return _swap(conn, fold, views, position)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            # What the swap had added is undone, and the fold knows better than the tables: both start anew.
            log.warning("views_in_use", views=[view.name for view in views])
            fold.forget()
            attempts += 1
            if attempts == SWAPS:
                raise


def _swap(conn: psycopg.Connection[Any], fold: Fold, views: Sequence[View], position: int) -> int:
    conn.execute("LOCK TABLE views.view IN EXCLUSIVE MODE")
    while _head(conn) > position:
        position = _catch_up(conn, fold, views, position)
    for view in views:
        for table in view.tables:
            conn.execute(f"DROP TABLE IF EXISTS views.{table.name}")
            conn.execute(f"ALTER TABLE building.{table.name} SET SCHEMA views")
        conn.execute(BUILT, {"name": view.name, "version": view.version, "position": position})
    conn.execute("NOTIFY whistle_views")
    return position


def _catch_up(conn: psycopg.Connection[Any], fold: Fold, views: Sequence[View], after: int) -> int:
    with conn.transaction():
        events = fold.read(conn, after, _head(conn), NEARLY)
        for view, (before, now) in fold.advance(conn, after, events, views).items():
            write_difference(conn, view.tables, before, now)
    return events[-1].position


def _head(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute("SELECT position FROM log.head").fetchone()
    return row[0] if row else 0


def _in_building(conninfo: str) -> str:
    """The same database, where a table's plain name means the one being built."""
    given = conninfo_to_dict(conninfo).get("options") or ""
    options = f"{given} -c search_path=building -c maintenance_work_mem=96MB -c synchronous_commit=off"
    return make_conninfo(conninfo, options=options.strip())
