"""Load, decide, append: whoever was too late decides again on what is now true."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters import event_store
from adapters.batch import Command, Receipt
from adapters.database import Database
from adapters.event_store import ATTEMPTS, EventStore, utc_now
from adapters.reading import Reading
from adapters.recorder import GroupRecorder
from api.demonstration.town import TOWN
from domain.actors import Assignment, Person, Role
from domain.errors import Conflict, OutOfRange, UnknownTicket, VersionDiffers, WrongStage
from domain.ticket import Ticket, commands
from tests.adapters.writing import (
    DISPATCHER,
    REJECT,
    SORT,
    SORTER,
    WATER,
    entries,
    is_contiguous,
    recording,
    reported,
    storing,
)

NOTE = commands.NoteProgress("再次到场。")
URGE = commands.Urge("请抓紧。")
LEADER = Person("leader", (Assignment(Role.SUPERVISOR, TOWN),))


async def at_work(store: EventStore) -> UUID:
    """A ticket on which the department of water is at work, which may note progress at any time."""
    id = UUID((await store.create(reported())).id)
    await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER)
    dispatch = commands.Dispatch("water")
    await store.change(Ticket, id, Ticket.dispatch, dispatch, {"water"}, by=DISPATCHER)
    await store.change(Ticket, id, Ticket.claim, commands.Claim(), by=WATER)
    return id


class Outrun:
    """A recorder that is too late so many times: somebody elsewhere changes the ticket just before."""

    def __init__(self, recorder: GroupRecorder, elsewhere: EventStore, times: int) -> None:
        self._recorder, self._elsewhere, self._times = recorder, elsewhere, times
        self.tried = 0

    async def record(self, command: Command) -> Receipt:
        """First the other one, then this command."""
        self.tried += 1
        if self.tried <= self._times:
            id = command.first.originator_id
            await self._elsewhere.change(Ticket, id, Ticket.note_progress, NOTE, by=WATER)
        return await self._recorder.record(command)

    async def finish(self) -> None:
        """Nothing of its own to finish."""


async def note_outrun(database: Database, times: int) -> tuple[list[int], int | None]:
    """Note progress while others are faster: the versions in the end, and the version it became."""
    reading = Reading(database.service)
    await reading.open()
    try:
        async with storing(database) as elsewhere, recording(database) as recorder:
            id = await at_work(elsewhere)
            store = EventStore(Outrun(recorder, elsewhere, times), reading)
            became = None
            try:
                receipt = await store.change(Ticket, id, Ticket.note_progress, NOTE, by=WATER)
                became = receipt.version
            except Conflict:
                pass
    finally:
        await reading.close()
    return [entry.version for entry in entries(database) if entry.originator_id == id], became


@pytest.mark.anyio
@pytest.mark.parametrize("times", range(ATTEMPTS))
async def test_who_was_too_late_decides_again_up_to_three_times(database: Database, times: int) -> None:
    versions, became = await note_outrun(database, times)
    assert became == 5 + times
    assert versions == list(range(1, 6 + times))


@pytest.mark.anyio
async def test_who_was_too_late_four_times_is_told_of_the_conflict(database: Database) -> None:
    versions, became = await note_outrun(database, ATTEMPTS)
    assert became is None
    assert versions == list(range(1, 5 + ATTEMPTS))


@pytest.mark.anyio
async def test_the_decision_is_made_on_what_others_did_meanwhile(database: Database) -> None:
    async with storing(database) as here, storing(database) as there:
        id = UUID((await here.create(reported())).id)
        await here.find(Ticket, id)
        await there.change(Ticket, id, Ticket.sort, SORT, by=SORTER)
        with pytest.raises(WrongStage):
            await here.change(Ticket, id, Ticket.sort, SORT, by=SORTER)
        found = await here.find(Ticket, id)
    assert found is not None
    assert (found.stage, found.version) == ("sorted", 2)


@pytest.mark.anyio
async def test_a_history_has_an_end_and_what_would_go_beyond_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_store, "LONGEST", 8)
    monkeypatch.setattr(event_store, "RESERVED", 2)
    async with storing(database) as store:
        id = await at_work(store)
        for version in (5, 6):
            receipt = await store.change(Ticket, id, Ticket.note_progress, NOTE, by=WATER)
            assert receipt.version == version
        with pytest.raises(OutOfRange, match="the most there may be: report the matter anew"):
            await store.change(Ticket, id, Ticket.note_progress, NOTE, by=WATER)
        for version in (7, 8):  # Whoever fills it up silences no supervisor.
            assert (await store.change(Ticket, id, Ticket.urge, URGE, by=LEADER)).version == version
        with pytest.raises(OutOfRange):
            await store.change(Ticket, id, Ticket.urge, URGE, by=LEADER)
        found = await store.find(Ticket, id)
    assert found is not None
    assert found.version == 8


@pytest.mark.anyio
async def test_of_many_at_once_on_one_ticket_only_one_is_true(database: Database) -> None:
    async with storing(database) as one, storing(database) as other:
        id = UUID((await one.create(reported())).id)
        asked: list[tuple[Callable[..., None], Any]] = [(Ticket.sort, SORT), (Ticket.reject, REJECT)] * 4
        answers = await asyncio.gather(
            *(
                store.change(Ticket, id, verb, command, by=SORTER)
                for store in (one, other)
                for verb, command in asked
            ),
            return_exceptions=True,
        )
        found = await one.find(Ticket, id)
        seen_elsewhere = await other.find(Ticket, id)
    assert sum(isinstance(answer, Receipt) for answer in answers) == 1
    assert {type(answer) for answer in answers} <= {Receipt, WrongStage, Conflict}
    assert [entry.version for entry in entries(database) if entry.originator_id == id] == [1, 2]
    assert found is not None
    assert found == seen_elsewhere


@pytest.mark.anyio
async def test_many_at_once_who_may_all_do_it_are_all_recorded(database: Database) -> None:
    async with storing(database) as store:
        id = await at_work(store)
        notes = [store.change(Ticket, id, Ticket.note_progress, NOTE, by=WATER) for _ in range(3)]
        receipts = await asyncio.gather(*notes)
        found = await store.find(Ticket, id)
    assert sorted(receipt.version for receipt in receipts) == [5, 6, 7]
    assert found is not None
    assert found.version == 7


@pytest.mark.anyio
async def test_another_version_than_the_one_expected_is_refused_and_nothing_is_written(
    database: Database,
) -> None:
    async with storing(database) as store:
        id = UUID((await store.create(reported())).id)
        await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER, version=1)
        before = entries(database)
        with pytest.raises(VersionDiffers):
            await store.change(Ticket, id, Ticket.reject, REJECT, by=DISPATCHER, version=1)
    assert entries(database) == before


@pytest.mark.anyio
async def test_a_refused_command_leaves_the_remembered_history_as_it_was(database: Database) -> None:
    async with storing(database) as store:
        id = UUID((await store.create(reported())).id)
        with pytest.raises(WrongStage):
            await store.change(Ticket, id, Ticket.reject, REJECT, by=DISPATCHER)
        await store.change(Ticket, id, Ticket.sort, SORT, by=SORTER)
        found = await store.find(Ticket, id)
    assert found is not None
    assert (found.version, found.stage) == (2, "sorted")


@pytest.mark.anyio
async def test_a_change_of_two_tickets_stands_in_both_or_in_none(database: Database) -> None:
    async with storing(database) as store:
        one, other = [UUID((await store.create(reported())).id) for _ in range(2)]
        with pytest.raises(UnknownTicket):
            await store.change(Ticket, one, Ticket.join, commands.Join(uuid4()), by=SORTER, others=(uuid4(),))
        join = commands.Join(other)
        receipt = await store.change(Ticket, one, Ticket.join, join, by=SORTER, others=(other,))
        joined, into = await store.find(Ticket, one), await store.find(Ticket, other)
    log = entries(database)
    assert is_contiguous(log)
    assert [(entry.originator_id, entry.topic) for entry in log[-2:]] == [
        (one, "ticket.joined"),
        (other, "ticket.gathered"),
    ]
    assert (receipt.id, receipt.version, receipt.position) == (str(one), 2, len(log) - 1)
    assert joined is not None
    assert into is not None
    assert (joined.joined_into, into.gathered) == (other, (one,))


@pytest.mark.anyio
async def test_a_history_as_it_stood_at_a_version_or_a_time(database: Database) -> None:
    async with storing(database) as store:
        id = await at_work(store)
        between = utc_now()
        await store.change(Ticket, id, Ticket.note_progress, NOTE, by=WATER)
        stages = [found.stage for v in range(1, 6) if (found := await store.find_at(Ticket, id, version=v))]
        then = await store.find_at(Ticket, id, at=between)
        before = await store.find_at(Ticket, id, at=between - timedelta(days=1))
    assert stages == ["reported", "sorted", "dispatched", "dispatched", "dispatched"]
    assert then is not None
    assert then.version == 4
    assert before is None
