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
INDEXERS = 2
"""Tables that get their indexes at the same time."""

BUILT = """
INSERT INTO views.view (name, version, position) VALUES (%(name)s, %(version)s, %(position)s)
    ON CONFLICT (name) DO UPDATE
   SET version = excluded.version, position = excluded.position, error = NULL, built_at = now()
"""


def rebuild(conninfo: str, views: Sequence[View], progress: Progress = lambda done, of: None) -> int:
    """Build these views from the whole log and put them in place; gives the position they stand at."""
    building = _in_building(conninfo)
    with psycopg.connect(building, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
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


def _take_over(conn: psycopg.Connection[Any], views: Sequence[View], position: int) -> int:
    """Catch up with the log, then, while the living views wait, with its last events; and swap."""
    fold = Fold()
    while _head(conn) - position > NEARLY:
        position = _catch_up(conn, fold, views, position)
    with conn.transaction():
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
