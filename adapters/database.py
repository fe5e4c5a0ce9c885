"""Where the log is kept: the embedded PostgreSQL or a given one, migrated, entered with least rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.embedded import embedded_postgres
from adapters.settings import BadSetting, Settings

log = structlog.get_logger()

SERVICE_ROLE = "whistle_service"
OLDEST_SERVER = 150000
MIGRATING = 0x5748_4953
"""The advisory lock under which one process migrates: WHIS."""


@dataclass(frozen=True)
class Database:
    """How to reach the database, as its owner and as the service."""

    owner: str
    service: str
    data: Path | None = None
    """The folder of what belongs to it and is kept in files: keys, photos."""

    @classmethod
    def at(cls, url: str) -> "Database":
        """The database of this URL; the service acts as `whistle_service` in it."""
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            raise BadSetting("The database URL cannot be read: postgresql://user@host/name.") from None
        options = f"{given.get('options') or ''} -c role={SERVICE_ROLE}".strip()
        if given.get("user") == SERVICE_ROLE:
            return cls(owner=url, service=url)
        return cls(owner=url, service=make_conninfo(url, options=options))


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database of these settings, running and migrated."""
    if settings.database_url:
        given = replace(Database.at(settings.database_url), data=settings.data)
        migrate(given)
        yield given
        return
    with embedded_postgres(settings.data) as socket:
        host = quote(str(socket), safe="")
        with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as conn:
            known = conn.execute("SELECT FROM pg_database WHERE datname = 'whistle'").fetchone()
            if known is None:
                conn.execute("CREATE DATABASE whistle TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        embedded = Database(
            owner=f"postgresql://postgres@/whistle?host={host}",
            service=f"postgresql://{SERVICE_ROLE}@/whistle?host={host}",
            data=settings.data,
        )
        migrate(embedded)
        yield embedded


def leads(conn: psycopg.Connection[Any], lock: int) -> bool:
    """Whether this connection leads: it takes the lock by which one process does, where that is free."""
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", [lock]).fetchone()
    return row is not None and bool(row[0])


def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction; refuse a server away, too old or too new."""
    try:
        with psycopg.connect(database.owner, connect_timeout=10) as conn:
            _migrate(conn)
    except psycopg.OperationalError as problem:
        reason = str(problem).strip().splitlines()[-1][:200]
        raise BadSetting(f"The database cannot be reached: {reason}") from None


def _migrate(conn: psycopg.Connection) -> None:
    if conn.info.server_version < OLDEST_SERVER:
        raise BadSetting("The database server is older than PostgreSQL 15: use a newer one.")
    scripts = sorted(
        (path for path in files("adapters").joinpath("migrations").iterdir() if path.name.endswith(".sql")),
        key=lambda path: path.name,
    )
    done = _done(conn)
    missing = [script for script in scripts if script.name not in done]
    if unknown := done - {script.name for script in scripts}:
        raise BadSetting(f"The database is newer than this program ({max(unknown)}): update the program.")
    if not missing:
        return
    try:
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATING])
        conn.execute("CREATE TABLE IF NOT EXISTS public.whistle_migration (name text PRIMARY KEY)")
        give_role(conn)
        conn.execute(f"GRANT SELECT ON public.whistle_migration TO {SERVICE_ROLE}")
        done = _done(conn)
        for script in missing:
            if script.name not in done:
                conn.execute(script.read_text("utf-8").encode())
                conn.execute("INSERT INTO public.whistle_migration VALUES (%s)", [script.name])
                log.info("schema_migrated", script=script.name)
    except psycopg.errors.InsufficientPrivilege as problem:
        raise BadSetting(
            f"The database user may not set up the schema ({problem.diag.message_primary}): "
            "run `whistle migrate` once with the owner's URL."
        ) from None


def give_role(conn: psycopg.Connection) -> None:
    """Let there be the role of the service, and let the owner act as it."""
    if conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]).fetchone() is None:
        conn.execute(f"CREATE ROLE {SERVICE_ROLE} LOGIN")
    conn.execute(f"GRANT {SERVICE_ROLE} TO CURRENT_USER")


def _done(conn: psycopg.Connection) -> set[str]:
    known = conn.execute("SELECT to_regclass('public.whistle_migration')").fetchone()
    if known is None or known[0] is None:
        return set()
    return {name for (name,) in conn.execute("SELECT name FROM public.whistle_migration")}
