"""The keys of residents: where they lie, who reaches them, and what is said where nobody does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from adapters.database import SERVICE_ROLE, Database
from adapters.personal.residents import SUFFIX, Key, KeysAway, Residents, prepare
from adapters.personal.rotation import rotate
from adapters.settings import BadSetting, Settings
from tests.conftest import drop, execute_as_owner

pytestmark = pytest.mark.anyio
PHONE = "13987654321"


@pytest.fixture
def settings(folder: Path) -> Settings:
    """A data folder of the test's own."""
    return replace(Settings.read(), data=folder)


@pytest.fixture
async def residents(settings: Settings, database: Database) -> AsyncIterator[Residents]:
    """The keys beside a town."""
    found = Residents(settings, database)
    yield found
    await found.close()


async def test_a_ticket_keeps_its_key_and_a_phone_its_resident(residents: Residents) -> None:
    one, other = uuid4(), uuid4()
    first = await residents.of_ticket(one, PHONE)
    assert await residents.of_ticket(one) == first
    assert await residents.of_ticket(other, f"+86 {PHONE}") == first
    assert await residents.of_ticket(uuid4()) != first


async def test_many_who_come_at_once_with_one_phone_are_one_resident(residents: Residents) -> None:
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(residents.of_ticket(uuid4(), PHONE)) for _ in range(40)]
    assert len({task.result() for task in asked}) == 1


async def test_keys_made_while_the_master_key_is_rotated_are_all_readable(
    residents: Residents, settings: Settings, database: Database
) -> None:
    rotated = asyncio.Event()

    async def make(nth: int) -> list[Key]:
        made: list[Key] = []
        while not rotated.is_set():
            phone = f"138{nth:04}{len(made):04}" if nth % 2 else None
            made.append(await residents.of_ticket(uuid4(), phone))
        return made

    making = [asyncio.create_task(make(nth)) for nth in range(8)]
    for _ in range(12):
        await asyncio.to_thread(rotate, settings, database, None)
    rotated.set()
    made = [key for keys in await asyncio.gather(*making) for key in keys]
    assert len(made) > 100
    for key in made:
        assert await residents.known([key.resident]) == {key.resident: key.key}


async def test_nothing_in_the_store_is_the_key_or_the_phone(residents: Residents, database: Database) -> None:
    key = await residents.of_ticket(uuid4(), PHONE)
    with psycopg.connect(database.owner, dbname=f"{_name(database)}{SUFFIX}") as conn:
        (row,) = conn.execute("SELECT t::text FROM keys.resident AS t").fetchall()
    assert key.key.hex() not in row[0]
    assert PHONE not in row[0]


async def test_another_master_key_reads_nothing(
    residents: Residents, settings: Settings, database: Database
) -> None:
    key = await residents.of_ticket(uuid4(), PHONE)
    (settings.data / "keys" / "master").unlink()
    with pytest.raises(KeysAway):
        await residents.known([key.resident])


async def test_the_service_alone_uses_what_the_owner_prepared(settings: Settings, database: Database) -> None:
    prepare(settings, database)
    alone = Residents(settings, Database(owner=database.service, service=database.service))
    key = await alone.of_ticket(uuid4(), PHONE)
    assert await alone.known([key.resident]) == {key.resident: key.key}
    await alone.close()


async def test_who_may_not_make_the_database_is_told_what_to_do(
    settings: Settings, database: Database
) -> None:
    with pytest.raises(BadSetting, match="whistle migrate"):
        prepare(settings, Database(owner=database.service, service=database.service))


async def test_the_keys_lie_where_the_setting_says(
    settings: Settings, database: Database, server: Path
) -> None:
    name = f"elsewhere_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name}")
    url = f"postgresql://postgres@/{name}?host={quote(str(server), safe='')}"
    found = Residents(replace(settings, keys_url=url), database)
    await found.of_ticket(uuid4(), PHONE)
    await found.close()
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT count(*) FROM keys.resident").fetchone() == (1,)
        assert conn.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]).fetchone()
    drop(server, name)


def _name(database: Database) -> str:
    return psycopg.conninfo.conninfo_to_dict(database.owner)["dbname"]  # type: ignore[return-value]
