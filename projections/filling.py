"""Filling new tables from the whole log: history by history, each folded and written once, on all cores."""

import gc
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context, parent_process
from typing import Any
from uuid import UUID

import psycopg

from adapters.mapper import EventMapper
from domain.event import Aggregate
from projections.view import Row, Table, View
from projections.writing import copy_rows

FLUSH = 20_000
"""Rows of a table that are written in one go."""
FETCH = 5_000
"""Events that are read in one go."""
WORTH_SHARING = 50_000
"""Events from which on it is worth starting a process for each core."""
SHARES = 16
"""Parts of the log that are handed out one after the other."""

Progress = Callable[[int, int], None]
"""Told how many events of how many are done."""
Part = tuple[UUID, UUID]
"""Histories with ids from the first up to, but not including, the second."""

WHOLE: Part = UUID(int=0), UUID(int=2**128 - 1)

HISTORIES = """
SELECT originator_version, topic, state
  FROM log.events
 WHERE position <= %(until)s AND originator_id >= %(first)s AND originator_id < %(end)s
 ORDER BY originator_id, originator_version
"""
SAMPLES = "SELECT originator_id FROM log.events WHERE position = ANY (%(positions)s) ORDER BY originator_id"


def fill(
    conn: psycopg.Connection[Any], conninfo: str, views: Sequence[View], until: int, progress: Progress
) -> int:
    """Fill the tables of these views from the log up to `until`; `conninfo` leads to the same tables.

    Gives the number of events found.
    """
    work = partial(_fill_part, conninfo, views, until)
    counts: dict[str, Counter[Row]] = {}
    done = 0
    for events, counted in _share_out(work, _parts(conn, until)):
        for table, sums in counted.items():
            counts.setdefault(table, Counter()).update(sums)
        done += events
        progress(done, until)
    for counted_in in (table for view in views for table in view.tables if table.counts):
        sums = counts.get(counted_in.name, Counter())
        copy_rows(conn, counted_in, ((*key, n) for key, n in sums.items() if n))
    return done


def _share_out(
    work: Callable[[Part], tuple[int, dict[str, Counter[Row]]]], parts: list[Part]
) -> Iterator[tuple[int, dict[str, Counter[Row]]]]:
    if len(parts) == 1:
        yield from map(work, parts)
        return
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _begin) as pool:
        yield from pool.map(work, parts)


def _begin() -> None:
    """Begin a worker, which must not go on filling the tables of the next build once its parent is killed.

    What it makes has no cycles: looking for some took a third of its time.
    """
    gc.disable()

    def end() -> None:
        if parent := parent_process():
            parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def _parts(conn: psycopg.Connection[Any], until: int) -> list[Part]:
    """The log cut by ids into about equal parts, or whole where it is small."""
    if until < WORTH_SHARING:
        return [WHOLE]
    positions = [until * share // SHARES for share in range(1, SHARES)]
    cuts = [id for (id,) in conn.execute(SAMPLES, {"positions": positions})]
    first, end = WHOLE
    return list(pairwise([first, *dict.fromkeys(cuts), end]))


def _fill_part(
    conninfo: str, views: Sequence[View], until: int, part: Part
) -> tuple[int, dict[str, Counter[Row]]]:
    """Write what the views say of some histories; gives the number of events, and the counts by table."""
    waiting: dict[Table, list[Row]] = {}
    counts: dict[str, Counter[Row]] = {}
    done = 0
    with psycopg.connect(conninfo, autocommit=True) as conn, psycopg.connect(conninfo) as reader:
        for history in _histories(reader, until, part):
            done += history.version
            for view in views:
                if not isinstance(history, view.of):
                    continue
                for table, row in view.rows(history):
                    if table.counts:
                        counts.setdefault(table.name, Counter())[row[:-1]] += row[-1]
                        continue
                    rows = waiting.setdefault(table, [])
                    rows.append(row)
                    if len(rows) >= FLUSH:
                        copy_rows(conn, table, rows)
                        rows.clear()
        for table, rows in waiting.items():
            copy_rows(conn, table, rows)
    return done, counts


def _histories(reader: psycopg.Connection[Any], until: int, part: Part) -> Iterator[Aggregate]:
    """Each history as it stands at `until`."""
    event_of = EventMapper().event
    first, end = part
    history: Aggregate | None = None
    with reader.cursor("histories", binary=True) as cursor:
        cursor.itersize = FETCH
        cursor.execute(HISTORIES, {"until": until, "first": first, "end": end})
        for version, topic, state in cursor:
            if version == 1 and history is not None:
                yield history
                history = None
            history = event_of(topic, state).mutate(history)
    if history is not None:
        yield history
