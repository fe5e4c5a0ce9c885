"""The past of the views: at every position what a rebuild stopped there says."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import uuid4

import psycopg
import pytest

from adapters.database import Database, migrate
from api import demonstration
from api.projector import VIEWS
from projections.filling import fill
from projections.recall import Recall
from projections.view import Table
from tests.adapters.writing import row
from tests.conftest import database_named, drop, execute_as_owner
from tests.projections.histories import Town
from tests.projections.writing import head, write

SEED = 20_261_123
POSITIONS = 200
TABLES = [table for view in VIEWS for table in view.tables]
Tables = dict[str, list[tuple[object, ...]]]


def recall(database: Database, batches: int = 10**6) -> None:
    """Keep the past, that many batches of it."""
    keeper = Recall(database.service, VIEWS)
    with psycopg.connect(database.service, autocommit=True) as conn:
        while batches and keeper.advance(conn):
            batches -= 1


def then(conn: psycopg.Connection, position: int) -> Tables:
    """Every table of every view as it stood at this position."""
    return {table.name: conn.execute(_then(table), {"position": position}).fetchall() for table in TABLES}


def _then(table: Table) -> bytes:
    lived = f"FROM past.{table.name} WHERE int8range(since, until) @> %(position)s::bigint"
    if not table.counts:
        return f"SELECT {', '.join(table.columns)} {lived} ORDER BY {', '.join(table.key_columns)}".encode()
    *keys, n = table.columns
    key = ", ".join(keys)
    return f"SELECT {key}, sum({n})::bigint {lived} GROUP BY {key} ORDER BY {key}".encode()


def rebuilt(conn: psycopg.Connection, conninfo: str, position: int) -> Tables:
    """Every table of every view as a rebuild makes it that is stopped at this position."""
    for table in TABLES:
        conn.execute(f"TRUNCATE building.{table.name}".encode())
    fill(conn, conninfo, VIEWS, position, lambda done, of: None)
    found = {}
    for table in TABLES:
        query = f"SELECT * FROM building.{table.name} ORDER BY {', '.join(table.key_columns)}"
        found[table.name] = conn.execute(query.encode()).fetchall()
    return found


@pytest.fixture(scope="module")
def told(server: Path) -> Iterator[Database]:
    """The log of the demonstration, and a random town at work after it, with its past."""
    name = f"told_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    made = database_named(name, server)
    migrate(made)
    asyncio.run(demonstration.load(made))
    recall(made)
    asyncio.run(write(made, Town(SEED).live(600)))
    recall(made)
    yield made
    drop(server, name)


def test_any_position_is_what_a_rebuild_stopped_there_says(told: Database) -> None:
    conninfo = f"{told.service}&options=-csearch_path%3Dbuilding"
    positions = Random(SEED).sample(range(1, head(told) + 1), POSITIONS)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        for table in TABLES:
            conn.execute(table.create().encode())
        for position in (0, *positions, head(told)):
            found, wanted = then(conn, position), rebuilt(conn, conninfo, position)
            for name, rows in wanted.items():
                assert found[name] == rows, (name, position, SEED)


def test_what_is_taken_batch_by_batch_or_after_a_kill_is_the_same(database: Database) -> None:
    asyncio.run(write(database, Town(SEED + 1).live(300)))
    recall(database)
    with psycopg.connect(database.service, autocommit=True) as conn:
        whole = {position: then(conn, position) for position in range(80, head(database), 25)}
        conn.execute("UPDATE past.standing SET versions = '{}'")
    asyncio.run(write(database, Town(SEED + 2).live(100)))
    keeper = Recall(database.service, VIEWS)
    with psycopg.connect(database.service, autocommit=True) as conn:
        while keeper.advance(conn):
            keeper = Recall(database.service, VIEWS)  # As after a kill: nothing is remembered.
        assert {position: then(conn, position) for position in whole} == whole


def test_another_version_of_a_view_begins_anew(database: Database) -> None:
    recall(database)
    with psycopg.connect(database.service, autocommit=True) as conn:
        conn.execute("""UPDATE past.standing SET versions = versions || '{"board": 1}'""")
        conn.execute("UPDATE past.units_unit SET name = 'older'")
    recall(database)
    assert row(database, "SELECT count(*) FROM past.units_unit WHERE name = 'older'") == (0,)
    assert row(database, "SELECT position FROM past.standing") == (head(database),)
