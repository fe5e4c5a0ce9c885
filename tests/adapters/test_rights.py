"""An event is never altered or removed, by nobody; and the log's clock never runs backwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from adapters.database import Database, migrate
from tests.adapters.writing import a_report, entries, recording, row
from tests.conftest import database_named, execute_as_owner

CHANGES = {
    "altered": "UPDATE log.events SET topic = 'other'",
    "removed": "DELETE FROM log.events",
    "removed where none fits": "DELETE FROM log.events WHERE false",
    "emptied": "TRUNCATE log.events",
    "merged": "MERGE INTO log.events AS e USING log.events AS f ON e.position = f.position"
    " WHEN MATCHED THEN DELETE",
    "replaced": "INSERT INTO log.events SELECT * FROM log.events"
    " ON CONFLICT (position) DO UPDATE SET topic = 'other'",
}
NEVER = {
    "ALTER TABLE log.events DISABLE TRIGGER events_are_kept",
    "DROP TRIGGER events_are_kept ON log.events",
    "DROP TABLE log.events",
    "SET session_replication_role = replica",
    "DELETE FROM log.head",
    "TRUNCATE log.idempotency",
    "UPDATE log.idempotency SET receipt = '{}'",
    "UPDATE log.numbers SET number = 'other'",
    "DELETE FROM log.numbers",
    "DELETE FROM log.series",
    "INSERT INTO log.head SELECT * FROM log.head",
    "CREATE TABLE log.other (a integer)",
    "CREATE TABLE public.other (a integer)",
    "CREATE ROLE other",
    "COPY log.events TO PROGRAM 'cat'",
    "SELECT * FROM pg_authid",
    "INSERT INTO public.whistle_migration VALUES ('999_other.sql')",
}


@pytest.fixture(scope="module")
def log(server: Path) -> Iterator[Database]:
    """A log of this module's own: nothing that is tried here changes it."""
    execute_as_owner(server, "CREATE DATABASE rights TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    made = database_named("rights", server)
    migrate(made)
    yield made
    execute_as_owner(server, "DROP DATABASE rights WITH (FORCE)")


@contextmanager
def written(conninfo: str, database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a log that has an event, which is the same afterwards."""
    insert = """INSERT INTO log.events VALUES
                (1, gen_random_uuid(), gen_random_uuid(), 1, 'a', '', '{}', now()) ON CONFLICT DO NOTHING"""
    with psycopg.connect(database.owner) as conn:
        conn.execute(insert)
    before = row(database, "SELECT e::text FROM log.events AS e")
    with psycopg.connect(conninfo) as conn:
        yield conn
    assert row(database, "SELECT e::text FROM log.events AS e") == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_service_cannot_change_what_is_in_the_log(log: Database, change: str) -> None:
    with (
        written(log.service, log) as conn,
        pytest.raises(InsufficientPrivilege, match="permission denied"),
    ):
        conn.execute(change.encode())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_not_even_the_owner_changes_what_is_in_the_log(log: Database, change: str) -> None:
    with written(log.owner, log) as conn, pytest.raises(InsufficientPrivilege, match="never altered"):
        conn.execute(change.encode())


@pytest.mark.parametrize("statement", sorted(NEVER))
def test_the_service_has_the_least_rights(log: Database, statement: str) -> None:
    with psycopg.connect(log.service) as conn, pytest.raises(psycopg.errors.Error) as refused:
        conn.execute(statement.encode())
    assert isinstance(refused.value, InsufficientPrivilege), refused.value


def test_the_service_is_no_owner_of_anything_in_the_log(log: Database) -> None:
    query = """SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname IN ('log', 'access', 'public')
                  AND pg_get_userbyid(c.relowner) = 'whistle_service'"""
    assert row(log, query) == (0,)


def test_migrating_again_changes_nothing(log: Database) -> None:
    before = row(log, "SELECT count(*) FROM public.whistle_migration")
    migrate(log)
    migrate(Database(owner=log.service, service=log.service))
    assert row(log, "SELECT count(*) FROM public.whistle_migration") == before


@pytest.mark.anyio
async def test_recorded_at_never_runs_backwards_even_if_the_servers_clock_did(empty: Database) -> None:
    async with recording(empty) as recorder:
        await recorder.record(a_report())
        with psycopg.connect(empty.owner) as conn:  # As if the clock had been an hour ahead until now.
            conn.execute("UPDATE log.head SET recorded_at = recorded_at + interval '1 hour'")
        for _ in range(3):
            await recorder.record(a_report())
    async with recording(empty) as recorder:
        await recorder.record(a_report())
    with psycopg.connect(empty.owner) as conn:
        times = [at for (at,) in conn.execute("SELECT recorded_at FROM log.events ORDER BY position")]
    assert times == sorted(times)
    assert timedelta(minutes=59) < times[1] - times[0] < timedelta(minutes=61)
    assert len(set(times[1:])) == 1


@pytest.mark.anyio
async def test_a_receipt_says_where_the_event_stands(empty: Database) -> None:
    async with recording(empty) as recorder:
        receipts = [await recorder.record(a_report()) for _ in range(3)]
    stored = entries(empty)
    assert [(r.id, r.version, r.position) for r in receipts] == [
        (str(entry.originator_id), entry.version, entry.position) for entry in stored
    ]
    query = "SELECT position, originator_id::text FROM log.numbers JOIN log.events USING (originator_id)"
    with psycopg.connect(empty.owner) as conn:
        numbered: dict[int, str] = dict(conn.execute(query).fetchall())
    assert numbered == {r.position: r.id for r in receipts}
    assert row(empty, "SELECT position, recorded_at FROM log.head") == row(
        empty, "SELECT position, recorded_at FROM log.events ORDER BY position DESC LIMIT 1"
    )


@pytest.mark.anyio
async def test_every_event_has_an_id_and_metadata_of_its_own(empty: Database) -> None:
    async with recording(empty) as recorder:
        marked = a_report()
        marked.metadata = {"request": "a-1"}
        await recorder.record(marked)
        await recorder.record(a_report())
    query = "SELECT count(DISTINCT event_id), array_agg(metadata::text ORDER BY position) FROM log.events"
    assert row(empty, query) == (2, ['{"request": "a-1"}', "{}"])
