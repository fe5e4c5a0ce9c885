"""Building views anew beside the living ones, which go on meanwhile; the new take their place when caught up.

The log is read history by history, so that each is folded once and written once, in constant memory.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
import structlog

from adapters.mapper import EventMapper
from domain.event import Aggregate
from projections.fold import Fold
from projections.view import Row, Table, View
from projections.writing import copy_rows, write_difference

log = structlog.get_logger()

BUILDING = 0x4255_494C
"""The advisory lock under which one process builds: BUIL."""
FLUSH = 20_000
"""Rows of a table that are written in one go."""
FETCH = 5_000
"""Events that are read in one go."""
NEARLY = 500
"""Events behind the log at which the new views take over; the living ones wait for these last few."""

Progress = Callable[[int, int], None]
"""Told how many events of how many are done."""

HISTORIES = """
SELECT originator_id, topic, state
  FROM log.events
 WHERE position <= %(until)s
 ORDER BY originator_id, originator_version
"""
BUILT = """
INSERT INTO views.view (name, version, position) VALUES (%(name)s, %(version)s, %(position)s)
    ON CONFLICT (name) DO UPDATE
   SET version = excluded.version, position = excluded.position, error = NULL, built_at = now()
"""


def rebuild(conninfo: str, views: Sequence[View], progress: Progress = lambda done, of: None) -> int:
    """Build these views from the whole log and put them in place; gives the position they stand at."""
    with (
        psycopg.connect(conninfo, autocommit=True, options=_building(conninfo)) as conn,
        psycopg.connect(conninfo, autocommit=False) as reader,
    ):
        conn.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
        conn.execute("SET maintenance_work_mem = '128MB'")
        tables = [table for view in views for table in view.tables]
        for table in tables:
            conn.execute(f"DROP TABLE IF EXISTS building.{table.name}")
            conn.execute(table.create())
        position = _head(conn)
        _fill(conn, reader, views, position, progress)
        for table in tables:
            for statement in table.create_indexes():
                conn.execute(statement)
            conn.execute(f"ANALYZE {table.name}")
        position = _take_over(conn, views, position)
    log.info("views_built", views=[view.name for view in views], position=position)
    return position


def _fill(
    conn: psycopg.Connection[Any],
    reader: psycopg.Connection[Any],
    views: Sequence[View],
    until: int,
    progress: Progress,
) -> None:
    waiting: dict[Table, list[Row]] = {}
    counts: dict[Table, Counter[Row]] = {}
    for done, history in _histories(reader, until):
        for view in views:
            if not isinstance(history, view.of):
                continue
            for table, row in view.rows(history):
                if table.counts:
                    counts.setdefault(table, Counter())[row[:-1]] += row[-1]
                    continue
                rows = waiting.setdefault(table, [])
                rows.append(row)
                if len(rows) >= FLUSH:
                    copy_rows(conn, table, rows)
                    rows.clear()
                    progress(done, until)
    for table, rows in waiting.items():
        copy_rows(conn, table, rows)
    for table, sums in counts.items():
        copy_rows(conn, table, ((*key, n) for key, n in sums.items() if n))
    progress(until, until)


def _histories(reader: psycopg.Connection[Any], until: int) -> Iterator[tuple[int, Aggregate]]:
    """Each history as it stands at `until`, with the number of events read so far."""
    event_of = EventMapper().event
    done = 0
    with reader.cursor("histories", binary=True) as cursor:
        cursor.itersize = FETCH
        cursor.execute(HISTORIES, {"until": until})
        for _, events in groupby(cursor, key=itemgetter(0)):
            history: Aggregate | None = None
            for _, topic, state in events:
                history = event_of(topic, state).mutate(history)
                done += 1
            if history is not None:
                yield done, history


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


def _building(conninfo: str) -> str:
    given = psycopg.conninfo.conninfo_to_dict(conninfo).get("options") or ""
    return f"{given} -c search_path=building".strip()
