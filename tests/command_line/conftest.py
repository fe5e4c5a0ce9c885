"""A town on an embedded PostgreSQL in a folder, as `whistle serve` makes it, once a worker."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from api.projector import VIEWS
from tests.adapters.writing import wait_for
from tests.command_line.whistle import PATIENCE, Serving, commands, serving
from tests.conftest import TEMPLATE, database_named, drop, execute_as_owner


@pytest.fixture(scope="session", autouse=True)
def ended() -> Iterator[None]:
    """Whatever runs commands is ended with the tests."""
    yield
    if commands.cache_info().currsize:
        commands().close()


@pytest.fixture(scope="session")
def loaded() -> Iterator[Path]:
    """The data folder of a demonstration that was loaded and stopped again; to be copied."""
    with TemporaryDirectory(prefix="whistle-test-") as folder:
        with serving("--demo", "--data", folder) as service:
            wait_for(lambda: is_caught_up(service), PATIENCE)
        yield Path(folder)


@pytest.fixture(scope="session")
def kept(loaded: Path) -> Iterator[Path]:
    """The data folder that the tests share."""
    with copied(loaded) as folder:
        yield folder


@pytest.fixture
def own(loaded: Path) -> Iterator[Path]:
    """A data folder of the test's own."""
    with copied(loaded) as folder:
        yield folder


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A copy, with the same owners of its files."""
    with TemporaryDirectory(prefix="whistle-test-") as copy:
        subprocess.run(["/bin/cp", "-a", f"{folder}/.", copy], check=True)
        yield Path(copy)


@pytest.fixture(scope="session")
def demo(kept: Path) -> Iterator[Serving]:
    """The demonstration, running on the folder it was loaded into before."""
    with serving("--demo", "--data", kept) as service:
        wait_for(lambda: is_caught_up(service), PATIENCE)
        yield service


def is_caught_up(service: Serving) -> bool:
    """Whether all views are there and at the end of the log."""
    views = service.ask("/api/health")[1]["views"]
    return len(views) == len(VIEWS) and not any(view["lag"] for view in views.values())


@pytest.fixture
def town(server: Path) -> Iterator[str]:
    """The URL of a database of the test's own: the town with its accounts, without tickets."""
    name = f"cli_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield database_named(name, server).owner
    drop(server, name)


@pytest.fixture(scope="module")
def shared_town(server: Path) -> Iterator[str]:
    """As `town`, for the tests of a file that do not get into each other's way."""
    name = f"cli_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield database_named(name, server).owner
    drop(server, name)
