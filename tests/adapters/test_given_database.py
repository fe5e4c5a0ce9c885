"""A given PostgreSQL, 15 as Debian has it: migrated by its owner, used with least rights."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from adapters.database import Database, database, migrate
from adapters.settings import BadSetting, Settings
from tests.adapters.test_neighbours import receipts, together
from tests.adapters.writing import a_report, entries, is_contiguous, recording, row
from tests.projections.writing import advance, head, lines, position

BIN = Path("/usr/lib/postgresql/15/bin")
OS_USER = "postgres"
SCRIPTS = len(list(Path("adapters/migrations").glob("*.sql")))

pytestmark = [
    pytest.mark.skipif(
        not BIN.exists(), reason="PostgreSQL 15 is not installed: apt-get install postgresql-15"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="Only root can run a server as another user."),
]


def run(*command: str) -> None:
    """Run one of the server's programs as its own user."""
    user = pwd.getpwnam(OS_USER)
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], user=user.pw_uid, group=user.pw_gid, extra_groups=[],
        cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def debian() -> Iterator[str]:
    """A server of version 15 with passwords, and the URL of a plain owner of a database in it."""
    with tempfile.TemporaryDirectory(prefix="pg15-") as folder:
        user = pwd.getpwnam(OS_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
        data, host = f"{folder}/data", quote(folder, safe="")
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        run("pg_ctl", "start", "-w", "-D", data, "-l", f"{folder}/log", "-o", options)
        try:
            with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as conn:
                conn.execute("CREATE ROLE town LOGIN CREATEROLE")
                conn.execute("CREATE DATABASE town OWNER town")
            yield f"postgresql://town@/town?host={host}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate", "-D", data)


def service_url(owner: str) -> str:
    """The URL of a service that has no other rights."""
    return owner.replace("://town@", "://whistle_service@")


@pytest.fixture
def fresh(debian: str) -> Iterator[str]:
    """The owner's URL of a database that was never migrated."""
    with psycopg.connect(debian.replace("://town@/town", "://postgres@/postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE fresh OWNER town")
        yield debian.replace("@/town", "@/fresh")
        conn.execute("DROP DATABASE fresh WITH (FORCE)")


def test_the_service_cannot_set_up_what_only_the_owner_may(fresh: str, debian: str) -> None:
    migrate(Database.at(debian))  # So that the role is there.
    with pytest.raises(BadSetting, match="whistle migrate"):
        migrate(Database.at(service_url(fresh)))
    migrate(Database.at(fresh))
    migrate(Database.at(service_url(fresh)))


def test_a_program_older_than_its_database_says_so(fresh: str) -> None:
    migrate(Database.at(fresh))
    with psycopg.connect(fresh) as conn:
        conn.execute("INSERT INTO public.whistle_migration VALUES ('999_later.sql')")
    with pytest.raises(BadSetting, match="999_later"):
        migrate(Database.at(fresh))


def test_many_who_migrate_at_once_do_it_once(fresh: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: migrate(Database.at(fresh)), range(4)))
    assert row(Database.at(fresh), "SELECT count(*) FROM public.whistle_migration") == (SCRIPTS,)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://town@/town?host=/nowhere",
        "postgresql://town@/none?host={host}",
        "nonsense",
        "mysql://a/b",
    ],
)
def test_a_database_out_of_reach_is_told_in_a_sentence_without_its_password(debian: str, url: str) -> None:
    there = url.replace("{host}", debian.rpartition("host=")[2]).replace("://town@", "://town:secret@")
    with pytest.raises(BadSetting) as refused, database(Settings(Path("/nowhere"), there)):
        pass
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.anyio
async def test_the_owners_url_alone_is_enough_and_the_service_still_has_least_rights(fresh: str) -> None:
    with database(Settings(Path("/nowhere"), fresh)) as found:
        async with recording(found) as recorder:
            await recorder.record(a_report())
        advance(found)
        assert lines(found) == 1
        with psycopg.connect(found.service) as conn, pytest.raises(InsufficientPrivilege):
            conn.execute("DELETE FROM log.events")


@pytest.mark.anyio
async def test_the_service_works_with_least_rights_in_a_given_database(debian: str) -> None:
    migrate(Database.at(debian))
    with database(Settings(Path("/nowhere"), service_url(debian))) as found:
        assert found.owner == found.service == service_url(debian)
        async with recording(found) as recorder:
            answers = await together(recorder, [a_report() for _ in range(5)])
        assert len(receipts(list(answers))) == 5
        advance(found)
        assert (position(found), lines(found)) == (head(found), 5)
        with psycopg.connect(found.service) as conn, pytest.raises(InsufficientPrivilege):
            conn.execute("DELETE FROM log.events")
    assert is_contiguous(entries(Database.at(debian)))
