"""Real PostgreSQL for every test: one server a worker, a template of the town, a copy of it a test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import settings
from starlette.testclient import TestClient

from adapters.database import SERVICE_ROLE, Database, migrate
from adapters.embedded import embedded_postgres
from adapters.personal.residents import SUFFIX
from adapters.settings import Settings
from api.app import application
from api.demonstration.loading import load_town
from api.demonstration.town import PASSWORD
from api.projector import VIEWS
from projections.engine import Engine

TEMPLATE = "template_town"

# No test asserts a time: the machine may be busy with anything.
settings.register_profile("whistle", deadline=None)
settings.load_profile("whistle")

# Plain lines: drawing a traceback with all that a service holds takes half a minute.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.LogfmtRenderer(key_order=["level", "event"]),
    ]
)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


def database_named(name: str, socket: Path) -> Database:
    """A database of an embedded server."""
    host = quote(str(socket), safe="")
    return Database(
        owner=f"postgresql://postgres@/{name}?host={host}",
        service=f"postgresql://{SERVICE_ROLE}@/{name}?host={host}",
    )


def execute_as_owner(socket: Path, statement: str) -> None:
    """Run a statement on the server itself."""
    with psycopg.connect(database_named("postgres", socket).owner, autocommit=True) as conn:
        conn.execute(statement.encode())


def drop(socket: Path, name: str) -> None:
    """Remove a database, and that of its keys of personal data where it has one."""
    for each in (name, f"{name}{SUFFIX}"):
        execute_as_owner(socket, f"DROP DATABASE IF EXISTS {each} WITH (FORCE)")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server's data.

    Not pytest's own: any other run takes the right to enter that from the server's user, and its name may be
    too long for a socket, which then is elsewhere.
    """
    with TemporaryDirectory(prefix="whistle-test-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """The folder of the socket of a running server, with the template of the town on it.

    Not in pytest's own folder, see `folder`.
    """
    with TemporaryDirectory(prefix="whistle-test-") as folder, embedded_postgres(Path(folder)) as socket:
        # What is written here need not outlive the machine; tests of faults have servers of their own.
        execute_as_owner(socket, "ALTER SYSTEM SET fsync = off")
        execute_as_owner(socket, "SELECT pg_reload_conf()")
        execute_as_owner(socket, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        town = database_named(TEMPLATE, socket)
        migrate(town)
        asyncio.run(load_town(town))
        hash_quickly(town)
        catch_up(town)
        yield socket


def hash_quickly(town: Database) -> None:
    """Let everybody sign in within a millisecond: what a hash costs stands in the hash itself."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with psycopg.connect(town.owner) as conn:
        conn.execute("UPDATE access.passwords SET hash = %s", [cheap])


@pytest.fixture
def database(server: Path) -> Iterator[Database]:
    """A database of one's own: the town with its units and accounts, without tickets, views up to date."""
    name = f"test_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield database_named(name, server)
    drop(server, name)


@pytest.fixture
def empty(server: Path) -> Iterator[Database]:
    """A migrated database with an empty log."""
    name = f"empty_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    made = database_named(name, server)
    migrate(made)
    yield made
    drop(server, name)


def catch_up(database: Database) -> None:
    """Carry all views to the end of the log."""
    engine = Engine(database.service, VIEWS)
    with engine.leading() as conn:
        while engine.advance(conn):
            pass


class People:
    """The accounts of the town, signed in over HTTP as they are needed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._stack = ExitStack()
        self.data = Path(self._stack.enter_context(TemporaryDirectory(prefix="whistle-data-")))
        """The folder of the photos."""
        self._app = application(database, replace(Settings.read(), data=self.data))
        self.nobody = self._stack.enter_context(TestClient(self._app, raise_server_exceptions=False))
        self._clients: dict[str, TestClient] = {}

    def close(self) -> None:
        """Stop the application."""
        self._stack.close()

    def __getitem__(self, account: str) -> TestClient:
        """A client that is signed in with this account."""
        if account not in self._clients:
            answer = self.nobody.post("/api/session", json={"account": account, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            self.nobody.cookies.clear()
            client = TestClient(self._app, raise_server_exceptions=False)
            client.portal = self.nobody.portal
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            self._clients[account] = client
        return self._clients[account]

    def catch_up(self) -> None:
        """Carry all views to the end of the log."""
        catch_up(self.database)


@pytest.fixture
def people(database: Database) -> Iterator[People]:
    """The service on a town of its own, and everybody who can sign in."""
    found = People(database)
    yield found
    found.close()


@contextmanager
def projecting(database: Database) -> Iterator[Engine]:
    """A projector at work in a thread."""
    engine = Engine(database.service, VIEWS)
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield engine
    finally:
        engine.stop()
        thread.join()
