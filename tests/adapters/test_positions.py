"""No reader ever passes an event that is still being written; the library's lock-free way lets it."""

import asyncio
from contextlib import ExitStack
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from adapters.database import Database
from projections.fold import Fold
from tests.adapters.held import held_writer
from tests.adapters.writing import (
    a_report,
    entries,
    is_contiguous,
    recording,
    stands_at,
    until,
    writers_waiting,
)


class Written(Protocol):
    """A log with one writer held open, which a reader tails by position."""

    def hold(self) -> None:
        """A first writer takes its positions and goes on holding them."""

    async def write(self) -> None:
        """A second writer tries."""

    def second_is_stuck(self) -> bool:
        """Whether the second writer waits for the first."""

    def release(self) -> None:
        """The first writer commits."""

    def read(self, after: int) -> list[tuple[int, UUID]]:
        """What a reader sees after a position: positions and histories."""

    def all(self) -> list[UUID]:
        """Everything that is in the log in the end."""


class OurLog:
    """Our own recorder, and the reader of our views."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = ExitStack()

    def hold(self) -> None:
        """A writer as the recorder is one."""
        self._held = self._stack.enter_context(held_writer(self._database, a_report()))

    async def write(self) -> None:
        """The recorder itself."""
        async with recording(self._database) as recorder:
            await recorder.record(a_report())

    def second_is_stuck(self) -> bool:
        """It waits for the head."""
        return writers_waiting(self._database)

    def release(self) -> None:
        """Commit."""
        self._held.commit()
        self._stack.close()

    def read(self, after: int) -> list[tuple[int, UUID]]:
        """As the engine reads, which refuses a gap."""
        with psycopg.connect(self._database.service) as conn:
            return [(event.position, event.originator_id) for event in Fold().read(conn, after, None, 100)]

    def all(self) -> list[UUID]:
        """By position."""
        return [entry.originator_id for entry in entries(self._database)]


class LibrarysLog:
    """The library's recorder, with its insert function that takes no lock or on its default path."""

    def __init__(self, database: Database, lock_free: bool) -> None:
        self._owner = database.owner
        self._lock_free = lock_free
        self._writing, self._reading = self._connected(), self._connected()
        self._recorder = PostgresApplicationRecorder(self._writing)
        self._recorder.create_table()
        self._reader = PostgresApplicationRecorder(self._reading)

    def _connected(self) -> PostgresDatastore:
        given = conninfo_to_dict(self._owner)
        name, host, user = str(given["dbname"]), str(given["host"]), str(given["user"])
        return PostgresDatastore(name, host, "5432", user, "", enable_db_functions=self._lock_free)

    def hold(self) -> None:
        """What both paths do before they commit: take notification ids from the sequence."""
        self._conn = psycopg.connect(self._owner)
        if not self._lock_free:
            self._conn.execute("LOCK TABLE public.stored_events IN EXCLUSIVE MODE")
        self._conn.execute(
            "INSERT INTO public.stored_events (originator_id, originator_version, topic, state)"
            " VALUES (%s, 1, 'a', '')",
            [uuid4()],
        )

    async def write(self) -> None:
        """The library's own insert."""
        await asyncio.to_thread(self._recorder.insert_events, [StoredEvent(uuid4(), 1, "a", b"")])

    def second_is_stuck(self) -> bool:
        """Whether it waits for the table."""
        query = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
        with psycopg.connect(self._owner) as conn:
            row = conn.execute(query).fetchone()
        return row is not None and bool(row[0])

    def release(self) -> None:
        """Commit."""
        self._conn.commit()
        self._conn.close()

    def read(self, after: int) -> list[tuple[int, UUID]]:
        """As the library's subscriptions read."""
        found = self._reader.select_notifications(after, 100, inclusive_of_start=False)
        return [(event.id, UUID(str(event.originator_id))) for event in found]

    def all(self) -> list[UUID]:
        """By notification id, and closed."""
        found = [id for _, id in self.read(0)]
        self._writing.close()
        self._reading.close()
        return found


async def missed_by_a_reader(log: Written) -> set[UUID]:
    """A reader tails the log while one writer is held and another tries; what does it never see?"""
    seen: list[UUID] = []
    position = 0

    def tail() -> None:
        nonlocal position
        found = log.read(position)
        seen.extend(id for _, id in found)
        position = max([position, *(at for at, _ in found)])

    log.hold()
    second = asyncio.create_task(log.write())
    await until(lambda: second.done() or log.second_is_stuck())
    tail()
    log.release()
    await second
    tail()
    return set(log.all()) - set(seen)


@pytest.mark.anyio
async def test_a_reader_never_passes_a_writer_that_has_not_committed(empty: Database) -> None:
    assert await missed_by_a_reader(OurLog(empty)) == set()


@pytest.mark.anyio
async def test_the_librarys_default_path_is_not_passed_either(empty: Database) -> None:
    assert await missed_by_a_reader(LibrarysLog(empty, lock_free=False)) == set()


@pytest.mark.anyio
async def test_the_librarys_lock_free_function_makes_the_same_reader_miss_an_event(empty: Database) -> None:
    missed = await missed_by_a_reader(LibrarysLog(empty, lock_free=True))
    assert len(missed) == 1, "This test has lost its teeth: the reader should have passed the held writer."


@pytest.mark.anyio
async def test_a_writer_that_knows_the_head_waits_for_the_one_that_holds_it(empty: Database) -> None:
    async with recording(empty) as recorder:
        await recorder.record(a_report())  # From now on it appends in one statement, without asking.
        with held_writer(empty, a_report()) as held:
            second = asyncio.create_task(recorder.record(a_report()))
            await until(lambda: writers_waiting(empty))
            assert [entry.position for entry in entries(empty)] == [1]
            assert not second.done()
            held.commit()
            assert (await second).position == 3
    assert is_contiguous(entries(empty))


@pytest.mark.anyio
async def test_positions_of_a_writer_that_gave_up_are_taken_by_the_next(empty: Database) -> None:
    async with recording(empty) as recorder:
        with held_writer(empty, a_report()) as held:
            second = asyncio.create_task(recorder.record(a_report()))
            await until(lambda: writers_waiting(empty))
            held.rollback()
            receipt = await second
    assert receipt.position == 1
    assert receipt.number is not None
    assert receipt.number.endswith("-0001"), "The number of the one that gave up is free again."
    assert stands_at(entries(empty), receipt)


@pytest.mark.anyio
async def test_several_recorders_take_turns_without_a_gap(empty: Database) -> None:
    async with recording(empty) as one, recording(empty) as other:
        receipts = [await recorder.record(a_report()) for recorder in (one, other) * 10]
    log = entries(empty)
    assert [receipt.position for receipt in receipts] == list(range(1, 21))
    assert is_contiguous(log)
    assert all(stands_at(log, receipt) for receipt in receipts)


def numbers(database: Database) -> list[Any]:
    """All numbers that were given, in order."""
    with psycopg.connect(database.owner) as conn:
        return [number for (number,) in conn.execute("SELECT number FROM log.numbers ORDER BY number")]


@pytest.mark.anyio
async def test_two_series_of_numbers_each_run_without_a_gap(empty: Database) -> None:
    async with recording(empty) as one, recording(empty) as other:
        made = [a_report(series=series) for series in ("FS", "XG") * 15]
        halves = zip(made[::2], made[1::2], strict=True)
        for a, b in halves:
            await asyncio.gather(one.record(a), other.record(b))
    found = numbers(empty)
    serials = {series: [int(n[-4:]) for n in found if n.startswith(series)] for series in ("FS", "XG")}
    assert serials == {"FS": list(range(1, 16)), "XG": list(range(1, 16))}
