"""A disk without room: who writes is told that nothing was done, and with room it goes on by itself."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from adapters.database import Database, database
from adapters.event_store import EventStore, utc_now
from adapters.reading import Reading
from adapters.recorder import GroupRecorder, Unavailable
from adapters.settings import Settings
from domain.actors import OPERATOR
from domain.unit import Kind, Register, Unit


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 200 MB in memory."""
    folder.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs the right to mount a small disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", str(folder)], check=True)


async def register(store: EventStore, code: str) -> None:
    """Something to write, with a long text."""
    extra = {f"{code}{n}": "水" * 2_000 for n in range(40)}
    await store.create(
        Unit.register(Register(code, "某区", Kind.COUNTY, extra=extra), None, OPERATOR, utc_now())
    )


def fill(filler: Path) -> None:
    """Leave no room."""
    with filler.open("wb", buffering=0) as filling, suppress(OSError):
        while filling.write(bytes(65_536)):
            pass


async def write_on(store: EventStore, code: str, acknowledged: list[str]) -> None:
    """Write far more than fits into what room the server still had."""
    for number in range(2_000):
        await register(store, f"{code}-{number}")
        acknowledged.append(f"{code}-{number}")


async def fill_and_free(found: Database, filler: Path) -> list[str]:
    """Write until the disk is full, make room, write on; gives the codes that were acknowledged."""
    recorder, reading = GroupRecorder(found.service), Reading(found.service)
    await reading.open()
    store = EventStore(recorder, reading)
    acknowledged: list[str] = []
    try:
        await asyncio.to_thread(fill, filler)
        with pytest.raises(Unavailable):
            await write_on(store, "full", acknowledged)
        await asyncio.to_thread(filler.unlink)
        await register(store, "again")
        acknowledged.append("again")
    finally:
        await recorder.finish()
        await reading.close()
    return acknowledged


def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, database(Settings(disk / "data")) as found:
        acknowledged = asyncio.run(fill_and_free(found, disk / "filler"))
        with psycopg.connect(found.service) as conn:
            rows = conn.execute("SELECT position, originator_id FROM log.events ORDER BY position").fetchall()
    assert [position for position, _ in rows] == list(range(1, len(rows) + 1))
    assert [UUID(str(id)) for _, id in rows] == [Unit.id_of(code) for code in acknowledged]
