"""A town for each module of tests, and one for each test that counts or changes what others rely on."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api.steps import Steps
from tests.conftest import TEMPLATE, People, database_named, drop, execute_as_owner


@pytest.fixture(scope="module")
def steps(server: Path) -> Iterator[Steps]:
    """One town for all tests of a module: each brings tickets of its own and leaves accounts as they are."""
    name = f"module_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    people = People(database_named(name, server))
    yield Steps(people)
    people.close()
    drop(server, name)


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)
