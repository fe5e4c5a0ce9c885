"""A lost connection is never reported wrongly: what was committed is answered, what was not is done once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.batch import Command, Key, Receipt
from adapters.batching import Overloaded
from adapters.database import Database
from adapters.reading import Reading
from adapters.recorder import GroupRecorder, OutcomeUnknown, Unavailable
from api.demonstration.town import units
from domain.actors import OPERATOR
from domain.errors import Conflict, KeyReused
from domain.unit import Unit
from tests.adapters.held import held_writer
from tests.adapters.proxy import Wire, wire
from tests.adapters.test_neighbours import receipts, together, transactions
from tests.adapters.test_positions import numbers
from tests.adapters.writing import (
    a_report,
    command,
    entries,
    is_contiguous,
    recording,
    reported,
    rivals,
    row,
    stands_at,
    until,
    writers_waiting,
)

KEY = Key("grid", "k", b"this")
APPENDING, COMMITTING, ANYTHING = b"log.events", b"COMMIT", b""


@asynccontextmanager
async def wired(database: Database, folder: Path) -> AsyncIterator[tuple[GroupRecorder, Wire]]:
    """A recorder on a wire that can be cut."""
    async with wire(database, folder) as found:
        recorder = GroupRecorder(found.conninfo)
        try:
            yield recorder, found
        finally:
            await recorder.finish()


def check_recorded_once(database: Database, commands: list[Command], answers: list[Any]) -> None:
    """Every answer is a receipt that tells the truth, and the log has each command once."""
    log = entries(database)
    assert is_contiguous(log)
    assert [answer for answer in answers if not isinstance(answer, Receipt)] == []
    assert all(stands_at(log, answer) for answer in answers)
    ids = [command.first.originator_id for command in commands]
    assert sorted(entry.originator_id for entry in log if entry.originator_id in ids) == sorted(ids)
    given = numbers(database)
    assert [int(number[-4:]) for number in given] == list(range(1, len(given) + 1))
    assert {answer.number for answer in answers} <= set(given)


@pytest.mark.anyio
@pytest.mark.parametrize("warm", [False, True], ids=["with the head locked", "in one statement"])
@pytest.mark.parametrize("committed", [False, True], ids=["before COMMIT", "after COMMIT"])
async def test_a_connection_lost_while_writing_is_settled_by_asking_the_log(
    empty: Database, tmp_path: Path, warm: bool, committed: bool
) -> None:
    async with wired(empty, tmp_path) as (recorder, found):
        if warm:
            await recorder.record(a_report())
        if committed:
            found.cut_after_commit()
        else:
            found.cut_before(ANYTHING if warm else COMMITTING)
        batch = [a_report() for _ in range(20)]
        answers = await together(recorder, batch)
        assert (found.cuts, found.connections) == (1, 2)
        check_recorded_once(empty, batch, answers)
        assert transactions(empty) == 1 + warm
        after = [a_report()]
        check_recorded_once(empty, after, await together(recorder, after))


@pytest.mark.anyio
async def test_a_connection_lost_before_anything_was_written_is_only_a_delay(
    empty: Database, tmp_path: Path
) -> None:
    async with wired(empty, tmp_path) as (recorder, found):
        found.cut_before(APPENDING)
        batch = [a_report()]
        check_recorded_once(empty, batch, await together(recorder, batch))
        assert found.cuts == 1


def reached(found: Wire, cuts: int) -> bool:
    """Whether the wire was cut that often."""
    return found.cuts >= cuts


@pytest.mark.anyio
async def test_several_losses_in_a_row_are_one_commit(empty: Database, tmp_path: Path) -> None:
    async with wired(empty, tmp_path) as (recorder, found):
        await recorder.record(a_report())
        found.cut_after_commit()
        batch = [a_report(KEY), a_report()]
        asking = asyncio.create_task(together(recorder, batch))
        for cut in range(1, 4):
            await until(partial(reached, found, cut))
            found.cut_before(ANYTHING)
        check_recorded_once(empty, batch, await asking)
    assert row(empty, "SELECT count(*) FROM log.idempotency") == (1,)


@pytest.mark.anyio
async def test_after_a_lost_answer_everybody_in_the_batch_gets_their_own(
    empty: Database, tmp_path: Path
) -> None:
    async with wired(empty, tmp_path) as (recorder, found):
        ticket = reported()
        await recorder.record(command(ticket))
        await recorder.record(a_report(Key("grid", "old", b"this")))
        won, lost = rivals(ticket, 2)
        batch = [
            a_report(KEY), won, lost, a_report(KEY), a_report(Key("grid", "k", b"that")),
            a_report(Key("grid", "old", b"that")), a_report(),
        ]  # fmt: skip
        found.cut_after_commit()
        answers = await together(recorder, batch)
    assert found.cuts == 1
    kinds = [Receipt, Receipt, Conflict, Receipt, KeyReused, KeyReused, Receipt]
    assert [type(answer) for answer in answers] == kinds
    assert answers[0] == answers[3]
    log = entries(empty)
    assert len(log) == 5
    assert all(stands_at(log, receipt) for receipt in receipts(answers))


@pytest.mark.anyio
async def test_a_receipt_after_a_lost_answer_is_the_one_that_its_key_gives_later(
    empty: Database, tmp_path: Path
) -> None:
    async with wired(empty, tmp_path) as (recorder, found):
        found.cut_after_commit()
        first = await recorder.record(a_report(KEY))
        again = await recorder.record(a_report(KEY))
    assert first == again
    assert len(entries(empty)) == 1


@pytest.mark.anyio
async def test_a_killed_backend_is_met_by_connecting_anew(empty: Database) -> None:
    kill = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    async with recording(empty) as recorder:
        for _ in range(3):
            batch = [a_report() for _ in range(3)]
            check_recorded_once(empty, batch, await together(recorder, batch))
            assert row(empty, kill)[0] >= 1, "The recorder's, and perhaps one of ours that is about to end."
        batch = [a_report()]
        check_recorded_once(empty, batch, await together(recorder, batch))


@pytest.mark.anyio
async def test_a_database_away_too_long_is_told_as_it_is(empty: Database, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    async with (
        wired(empty, folders[0]) as (never_sent, a),
        wired(empty, folders[1]) as (not_committed, b),
    ):
        a.refusing = True
        b.cut_before(COMMITTING, then_refuse=True)
        asked = never_sent.record(a_report()), not_committed.record(a_report())
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Unavailable, OutcomeUnknown]
        assert entries(empty) == []
        await check_goes_on_after_the_unknown(empty, not_committed, b)
        a.refusing = False
        assert isinstance(await never_sent.record(a_report()), Receipt)


async def check_goes_on_after_the_unknown(database: Database, recorder: GroupRecorder, cut: Wire) -> None:
    """What was never committed has taken no number, though somebody else took its position."""
    async with recording(database) as elsewhere:
        unit = Unit.register(units()[0], None, by=OPERATOR, at=reported().reported_at)
        await elsewhere.record(command(unit))
    cut.refusing = False
    batch = [a_report()]
    check_recorded_once(database, batch, await together(recorder, batch))


@pytest.mark.anyio
async def test_an_unknown_outcome_that_was_a_commit_is_found_by_its_key(
    empty: Database, tmp_path: Path
) -> None:
    async with wired(empty, tmp_path) as (recorder, found):
        found.cut_after_commit(then_refuse=True)
        with pytest.raises(OutcomeUnknown):
            await recorder.record(a_report(KEY))
        found.refusing = False
        receipt = await recorder.record(a_report(KEY))
    (entry,) = entries(empty)
    assert receipt.id == str(entry.originator_id)


@pytest.mark.anyio
async def test_a_reader_waits_for_a_database_that_is_away_but_not_for_ever(
    empty: Database, tmp_path: Path
) -> None:
    async with wire(empty, tmp_path) as found:
        reading = Reading(found.conninfo)
        await reading.open()
        assert await reading.rows("SELECT 1 AS one") == [{"one": 1}]
        found.refusing = True
        await found.cut_all()
        for _ in range(3):  # So long that a pause doubled each time would outlast a reader's patience.
            with pytest.raises(Unavailable):
                await reading.rows("SELECT 1 AS one")
        asking = asyncio.create_task(reading.rows("SELECT 1 AS one"))
        found.refusing = False
        assert await asking == [{"one": 1}]
        await reading.close()


@pytest.mark.anyio
async def test_more_than_can_be_done_soon_is_refused_at_once_and_the_rest_is_done(empty: Database) -> None:
    async with recording(empty) as recorder:
        with held_writer(empty, a_report()) as held:
            under_way = asyncio.create_task(recorder.record(a_report()))
            await until(lambda: writers_waiting(empty))
            waiting = [asyncio.create_task(recorder.record(a_report())) for _ in range(2_000)]
            await asyncio.sleep(0)
            for _ in range(3):
                with pytest.raises(Overloaded):
                    await recorder.record(a_report())
            held.rollback()
            answers = await asyncio.gather(under_way, *waiting)
    log = entries(empty)
    assert len(log) == 2_001
    assert is_contiguous(log)
    assert all(stands_at(log, receipt) for receipt in answers)


@pytest.mark.anyio
async def test_what_was_accepted_is_recorded_before_the_recorder_ends(empty: Database) -> None:
    recorder = GroupRecorder(empty.service)
    asked = [asyncio.create_task(recorder.record(a_report())) for _ in range(600)]
    await asyncio.sleep(0)
    await recorder.finish()
    assert all(task.done() for task in asked)
    assert len(entries(empty)) == 600
