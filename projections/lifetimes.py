"""The rows of views with their lifetimes: from the event that brought each, to the one that ended it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from projections.view import Row, Table, View

FOREVER = 2**63 - 1
"""The end of a row that still stands."""
LIFETIME = {"history": "uuid", "since": "bigint", "until": "bigint"}
"""Behind the columns of the table: whose row it is, the position that brought it, the one that ended it."""

Said = Mapping[tuple[Table, Row], Row]
"""What views say of one history, by table and key."""


def say(views: Iterable[View], history: Any) -> Said:
    """What the views say of a history; a count is a row of the history that adds to it."""
    rows: dict[tuple[Table, Row], Row] = {}
    counts: Counter[tuple[Table, Row]] = Counter()
    for view in views:
        if isinstance(history, view.of):
            for table, row in view.rows(history):
                if table.counts:
                    counts[table, row[:-1]] += row[-1]
                else:
                    rows[table, row[: table.key]] = row
    return rows | {(table, key): (*key, n) for (table, key), n in counts.items() if n}


class Lifetimes:
    """The lifetimes that some events begin and end."""

    def __init__(self) -> None:
        self._begun: dict[tuple[UUID, Table, Row], tuple[Row, int]] = {}
        self._lived: dict[Table, list[Row]] = {}
        self._ended: dict[Table, list[tuple[UUID, Row, int]]] = {}

    def move(self, history: UUID, position: int, before: Said, after: Said) -> None:
        """An event at this position made of what was said `before` what is said `after`."""
        for (table, key), row in before.items():
            if after.get((table, key)) != row:
                self._end(history, table, key, position)
        for (table, key), row in after.items():
            if before.get((table, key)) != row:
                self._begun[history, table, key] = row, position

    def _end(self, history: UUID, table: Table, key: Row, position: int) -> None:
        begun = self._begun.pop((history, table, key), None)
        if begun is None:
            self._ended.setdefault(table, []).append((history, key, position))
        else:
            row, since = begun
            self._lived.setdefault(table, []).append((*row, history, since, position))

    def write(self, conn: psycopg.Connection[Any]) -> None:
        """End what was begun earlier, then add what was begun here."""
        for table, ended in self._ended.items():
            _end(conn, table, ended)
        for (history, table, _), (row, since) in self._begun.items():
            self._lived.setdefault(table, []).append((*row, history, since, FOREVER))
        for table, rows in self._lived.items():
            columns = ", ".join((*table.columns, *LIFETIME))
            with conn.cursor().copy(f"COPY past.{table.name} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def create(table: Table) -> list[str]:
    """The table of lifetimes and its indexes.

    Rows that stay have the indexes of the living table and of its key. Of fleeting ones, the few that stood
    at a position are found by their lifetimes alone: any other index would lead past all that ever were.
    """
    columns = ", ".join(f"{name} {type}" for name, type in {**table.columns, **LIFETIME}.items())
    keys = ", ".join(table.key_columns)
    standing = f"(history, {keys}) WHERE until = {FOREVER}"
    by_lifetime = "USING gist (int8range(since, until))"
    fleeting = f"WHERE {table.fleeting}"
    if table.fleeting == "true":
        indexes = [by_lifetime, standing]
    else:
        living = [index for index in table.indexes if not index.endswith(fleeting)]
        indexes = [*living, f"({keys})", by_lifetime]
        if table.counts:
            indexes.append(standing)  # The same key counts for many histories.
        if table.fleeting != "false":
            indexes.append(f"{by_lifetime} {fleeting}")
    name = f"past.{table.name}"
    return [
        f"DROP TABLE IF EXISTS {name}",
        f"CREATE TABLE {name} ({columns})",
        *(f"CREATE INDEX ON {name} {index}" for index in indexes),
    ]


def _end(conn: psycopg.Connection[Any], table: Table, ended: list[tuple[UUID, Row, int]]) -> None:
    keys = table.key_columns
    rows = [{"history": id, **dict(zip(keys, key, strict=True)), "until": end} for id, key, end in ended]
    same = " AND ".join(f"p.{name} = ended.{name}" for name in ("history", *keys))
    given = f"jsonb_populate_recordset(NULL::past.{table.name}, convert_from(%(rows)s, 'UTF8')::jsonb)"
    conn.execute(
        f"UPDATE past.{table.name} AS p SET until = ended.until"
        f"  FROM {given} AS ended WHERE {same} AND p.until = {FOREVER}",
        {"rows": msgspec.json.encode(rows)},
    )
