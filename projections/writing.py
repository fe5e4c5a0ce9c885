"""Writing what views say: the difference into living tables, everything into new ones."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg

from projections.view import Row, Said, Table

Connection = psycopg.Connection[Any]


def write_difference(conn: Connection, tables: Iterable[Table], before: Said, after: Said) -> None:
    """Bring the tables from what was said before to what is said after."""
    for table in tables:
        if table.counts:
            change = Counter(after.counts.get(table, {}))
            change.subtract(before.counts.get(table, {}))
            _add(conn, table, [(*key, n) for key, n in change.items() if n])
        else:
            old, new = before.rows.get(table, {}), after.rows.get(table, {})
            _delete(conn, table, [row for key, row in old.items() if key not in new])
            _upsert(conn, table, [row for key, row in new.items() if old.get(key) != row])


def copy_rows(conn: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Fill a new table."""
    with conn.cursor().copy(f"COPY {table.name} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _records(table: Table, rows: list[Row]) -> dict[str, bytes]:
    names = tuple(table.columns)
    return {"rows": msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])}


def _given(table: Table) -> str:
    return f"jsonb_populate_recordset(NULL::{table.name}, convert_from(%(rows)s, 'UTF8')::jsonb)"


def _upsert(conn: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        others = list(table.columns)[table.key :]
        update = ", ".join(f"{name} = excluded.{name}" for name in others)
        change = f"UPDATE SET {update}" if others else "NOTHING"
        conn.execute(
            f"INSERT INTO {table.name} SELECT * FROM {_given(table)} "
            f"ON CONFLICT ({', '.join(table.key_columns)}) DO {change}",
            _records(table, rows),
        )


def _delete(conn: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        same = " AND ".join(f"t.{name} = gone.{name}" for name in table.key_columns)
        conn.execute(
            f"DELETE FROM {table.name} AS t USING {_given(table)} AS gone WHERE {same}",
            _records(table, rows),
        )


def _add(conn: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        n = tuple(table.columns)[-1]
        conn.execute(
            f"INSERT INTO {table.name} AS t SELECT * FROM {_given(table)} "
            f"ON CONFLICT ({', '.join(table.key_columns)}) DO UPDATE SET {n} = t.{n} + excluded.{n}",
            _records(table, rows),
        )
        same = " AND ".join(f"t.{name} = touched.{name}" for name in table.key_columns)
        conn.execute(
            f"DELETE FROM {table.name} AS t USING {_given(table)} AS touched WHERE t.{n} = 0 AND {same}",
            _records(table, rows),
        )
