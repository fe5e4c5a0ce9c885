"""An idempotency key: the same question gets the same answer, however often and wherever it is asked."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.batch import Key, Receipt
from adapters.database import Database
from adapters.event_store import EventStore
from adapters.personal.residents import Residents
from adapters.reading import Reading
from adapters.sessions import Sessions
from adapters.settings import Settings
from adapters.turns import Turns
from domain.errors import KeyReused, WrongStage
from domain.ticket import Ticket
from tests.adapters.held import held_writer
from tests.adapters.writing import (
    DISPATCHER,
    REJECT,
    SORT,
    SORTER,
    a_report,
    entries,
    recording,
    reported,
    row,
    storing,
    until,
    writers_waiting,
)

KEY = Key("grid", "a key", b"what was asked")
OTHER_BODY = Key("grid", "a key", b"something else")
OTHER_ACCOUNT = Key("sorter", "a key", b"what was asked")


@pytest.mark.anyio
async def test_the_same_key_gives_the_same_answer(empty: Database) -> None:
    async with storing(empty) as store:
        first = await store.create(reported(), KEY)
        again = await store.create(reported(), KEY)
    async with storing(empty) as elsewhere:
        later = await elsewhere.create(reported(), KEY)
    assert first == again == later
    assert len(entries(empty)) == 1


@pytest.mark.anyio
async def test_a_change_repeated_with_its_key_is_answered_though_it_could_not_be_done_again(
    empty: Database,
) -> None:
    async with storing(empty) as store:
        id = UUID((await store.create(reported())).id)
        first = await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER, key=KEY)
        await store.change(Ticket, id, Ticket.reject, REJECT, by=DISPATCHER)
        assert await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER, key=KEY) == first
        with pytest.raises(WrongStage):
            await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER)
    assert (first.version, len(entries(empty))) == (2, 3)


@pytest.mark.anyio
async def test_a_key_used_for_another_question_is_refused(empty: Database) -> None:
    async with storing(empty) as store:
        await store.create(reported(), KEY)
        with pytest.raises(KeyReused):
            await store.create(reported(), OTHER_BODY)
    assert len(entries(empty)) == 1


@pytest.mark.anyio
async def test_everybody_has_keys_of_their_own(empty: Database) -> None:
    async with storing(empty) as store:
        mine = await store.create(reported(), KEY)
        theirs = await store.create(reported(), OTHER_ACCOUNT)
    assert mine.id != theirs.id


@pytest.mark.anyio
async def test_a_key_repeated_at_the_same_moment_is_applied_once(empty: Database) -> None:
    async with storing(empty) as one, storing(empty) as other:
        asked = [store.create(reported(), KEY) for store in (one, other) for _ in range(10)]
        answers = await asyncio.gather(*asked)
    assert len(set(answers)) == 1
    assert [str(entry.originator_id) for entry in entries(empty)] == [answers[0].id]
    assert row(empty, "SELECT count(*) FROM log.numbers") == (1,)


@pytest.mark.anyio
async def test_of_two_bodies_under_one_key_at_the_same_moment_one_is_refused(empty: Database) -> None:
    async with recording(empty) as one, recording(empty) as other:
        asked = one.record(a_report(KEY)), other.record(a_report(OTHER_BODY))
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Receipt, KeyReused}
    assert len(entries(empty)) == 1


@pytest.mark.anyio
async def test_a_change_repeated_at_the_same_moment_is_applied_once(empty: Database) -> None:
    async with storing(empty) as one, storing(empty) as other:
        id = UUID((await one.create(reported())).id)

        async def sort(store: EventStore) -> Receipt:
            return await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER, key=KEY)

        answers = await asyncio.gather(*(sort(store) for store in (one, other) for _ in range(5)))
    assert len(set(answers)) == 1
    assert [entry.version for entry in entries(empty)] == [1, 2]


@pytest.mark.anyio
async def test_a_key_and_its_events_are_one_transaction(empty: Database) -> None:
    async with storing(empty) as store:
        await store.create(reported(), KEY)
        await store.create(reported(), OTHER_ACCOUNT)
    query = """SELECT count(*) FROM log.idempotency AS i JOIN log.events AS e
                   ON e.xmin::text = i.xmin::text AND e.position = (i.receipt->>'position')::bigint
                  AND e.recorded_at = i.recorded_at"""
    assert row(empty, query) == (2,)


@pytest.mark.anyio
async def test_a_refused_command_does_not_use_up_its_key(empty: Database) -> None:
    async with storing(empty) as store:
        id = UUID((await store.create(reported())).id)
        with pytest.raises(WrongStage):
            await store.change(Ticket, id, Ticket.reject, REJECT, by=DISPATCHER, key=KEY)
        assert row(empty, "SELECT count(*) FROM log.idempotency") == (0,)
        await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER)
        receipt = await store.change(Ticket, id, Ticket.reject, REJECT, by=DISPATCHER, key=KEY)
    assert receipt.version == 3


@pytest.mark.anyio
async def test_a_key_of_a_writer_that_gave_up_is_free(empty: Database) -> None:
    async with recording(empty) as recorder:
        with held_writer(empty, a_report(KEY)) as held:
            second = asyncio.create_task(recorder.record(a_report(OTHER_BODY)))
            await until(lambda: writers_waiting(empty))
            held.rollback()
            receipt = await second
    assert receipt.position == 1


@pytest.mark.anyio
async def test_a_key_of_a_writer_that_commits_while_another_waits_is_honoured(empty: Database) -> None:
    first = a_report(KEY)
    async with recording(empty) as recorder:
        with held_writer(empty, first) as held:
            second = asyncio.create_task(recorder.record(a_report(KEY)))
            await until(lambda: writers_waiting(empty))
            held.commit()
            receipt = await second
    assert receipt.id == str(first.first.originator_id)
    assert len(entries(empty)) == 1


@pytest.mark.anyio
async def test_a_key_is_known_for_thirty_days_and_then_forgotten(empty: Database) -> None:
    reading = Reading(empty.service)
    await reading.open()
    try:
        async with storing(empty) as store:
            first = await store.create(reported(), KEY)
            turns = Turns(reading, store, Residents(Settings.read(empty.data), empty))
            now = store.now()
            for days, known in ((29, first), (31, None)):
                store.now = lambda days=days: now + timedelta(days=days)  # type: ignore[misc]
                await Sessions(reading, store, turns).tidy()
                assert await store.answered(KEY) == known
    finally:
        await reading.close()
