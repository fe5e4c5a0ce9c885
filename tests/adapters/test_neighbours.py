"""Commands that are recorded together have nothing to do with each other: a bad one fails alone."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from adapters.batch import Command, Key, Receipt
from adapters.database import Database
from adapters.recorder import GroupRecorder
from domain.errors import Conflict, KeyReused
from domain.ticket import Ticket
from tests.adapters.test_positions import numbers
from tests.adapters.writing import (
    DISPATCHER,
    REJECT,
    SORT,
    SORTER,
    a_report,
    command,
    entries,
    is_contiguous,
    recording,
    reported,
    rivals,
    row,
    stands_at,
)

Answers = list[Receipt | BaseException]


async def together(recorder: GroupRecorder, commands: Sequence[Command]) -> Answers:
    """Ask for all at the same moment, so that they go in one batch."""
    return await asyncio.gather(*map(recorder.record, commands), return_exceptions=True)


def receipts(answers: Answers) -> list[Receipt]:
    """Those that were recorded."""
    return [answer for answer in answers if isinstance(answer, Receipt)]


def transactions(database: Database) -> int:
    """How many transactions wrote the events."""
    return int(row(database, "SELECT count(DISTINCT xmin::text) FROM log.events")[0])


async def recorded(recorder: GroupRecorder) -> Ticket:
    """A ticket that is in the log."""
    ticket = reported()
    await recorder.record(command(ticket))
    return ticket


def check_all_but(answers: Answers, bad: int, refused: type[BaseException], database: Database) -> None:
    """Only that one was refused, and the others stand where their receipts say, under numbers in a row."""
    assert isinstance(answers[bad], refused), answers[bad]
    good = receipts(answers)
    assert len(good) == len(answers) - 1
    log = entries(database)
    assert is_contiguous(log)
    assert all(stands_at(log, receipt) for receipt in good)
    given = numbers(database)
    assert [int(number[-4:]) for number in given] == list(range(1, len(given) + 1)), "A number is lost."
    assert {receipt.number for receipt in good if receipt.version == 1} <= set(given)


@pytest.mark.anyio
async def test_many_who_wait_are_recorded_in_one_transaction(empty: Database) -> None:
    async with recording(empty) as recorder:
        answers = await together(recorder, [a_report() for _ in range(50)])
    assert [receipt.position for receipt in receipts(answers)] == list(range(1, 51))
    assert transactions(empty) == 1


@pytest.mark.anyio
async def test_of_two_commands_of_one_batch_on_one_ticket_one_wins(empty: Database) -> None:
    async with recording(empty) as recorder:
        one, other = rivals(await recorded(recorder), 2)
        answers = await together(recorder, [a_report(), one, a_report(), other, a_report()])
    check_all_but(answers, 3, Conflict, empty)
    assert transactions(empty) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("warm", [False, True], ids=["first batch", "later batch"])
async def test_steps_of_one_ticket_that_follow_each_other_go_in_one_batch(
    empty: Database, warm: bool
) -> None:
    async with recording(empty) as recorder:
        if warm:
            await recorder.record(a_report())
        ticket = reported()
        steps = [command(ticket)]
        ticket.sort(SORT, SORTER, ticket.modified_on)
        steps.append(command(ticket))
        ticket.reject(REJECT, DISPATCHER, ticket.modified_on)
        steps.append(command(ticket))
        answers = await together(recorder, [a_report(), *steps])
        assert [answer.version for answer in receipts(answers)] == [1, 1, 2, 3]
    assert is_contiguous(entries(empty))
    assert transactions(empty) == 1 + warm


@pytest.mark.anyio
async def test_a_stale_version_fails_alone(empty: Database) -> None:
    async with recording(empty) as recorder, recording(empty) as elsewhere:
        here, there = rivals(await recorded(recorder), 2)
        await elsewhere.record(there)
        answers = await together(recorder, [a_report(), here, a_report()])
    check_all_but(answers, 1, Conflict, empty)


@pytest.mark.anyio
async def test_a_stale_version_fails_alone_where_the_head_was_taken_for_granted(empty: Database) -> None:
    async with recording(empty) as recorder:
        first, late = rivals(await recorded(recorder), 2)
        await recorder.record(first)
        answers = await together(recorder, [a_report(), late, a_report()])
    check_all_but(answers, 1, Conflict, empty)


@pytest.mark.anyio
async def test_a_version_ahead_of_its_history_is_a_conflict_and_leaves_no_hole(empty: Database) -> None:
    async with recording(empty) as recorder:
        ticket = await recorded(recorder)
        (lost,) = rivals(ticket, 1)
        ahead = lost.first.mutate(ticket)
        assert isinstance(ahead, Ticket)
        ahead.reject(REJECT, DISPATCHER, ahead.modified_on)
        answers = await together(recorder, [a_report(), command(ahead), a_report()])
    check_all_but(answers, 1, Conflict, empty)


@pytest.mark.anyio
async def test_a_reused_key_fails_alone(empty: Database) -> None:
    async with recording(empty) as recorder:
        await recorder.record(a_report(Key("grid", "k", b"this")))
        bad = a_report(Key("grid", "k", b"that"))
        answers = await together(recorder, [a_report(), a_report(), bad, a_report()])
    check_all_but(answers, 2, KeyReused, empty)


@pytest.mark.anyio
async def test_a_key_reused_within_one_batch_fails_alone(empty: Database) -> None:
    one, other = a_report(Key("grid", "k", b"this")), a_report(Key("grid", "k", b"that"))
    async with recording(empty) as recorder:
        answers = await together(recorder, [a_report(), one, other, a_report()])
    check_all_but(answers, 2, KeyReused, empty)


def unwritable(how: str) -> Command:
    """A report that cannot be stored, though it looks like any other."""
    match how:
        case "half of a surrogate pair":
            return a_titled("\ud83d")
        case "a value that is no JSON":
            return a_titled(cast(Any, object()))
        case "a key with NUL":
            return a_report(Key("grid", "a\0b", b""))
        case "a key with half of a surrogate pair":
            return a_report(Key("grid", "\ud83d", b""))
        case _:
            found = a_report()
            found.metadata = {"request": "\0"}
            return found


def a_titled(title: str) -> Command:
    """A report whose title the domain never saw."""
    found = a_report()
    vars(found.first)["title"] = title
    return found


@pytest.mark.anyio
@pytest.mark.parametrize("warm", [False, True], ids=["first batch", "later batch"])
@pytest.mark.parametrize(
    "how",
    [
        "half of a surrogate pair",
        "a value that is no JSON",
        "a key with NUL",
        "a key with half of a surrogate pair",
        "metadata with NUL",
    ],
)
async def test_what_cannot_be_stored_fails_alone_and_takes_no_number(
    empty: Database, how: str, warm: bool
) -> None:
    async with recording(empty) as recorder:
        if warm:
            await recorder.record(a_report())
        answers = await together(recorder, [a_report(), unwritable(how), a_report()])
        after = await recorder.record(a_report())
    check_all_but(answers, 1, Exception, empty)
    assert after.position == 3 + warm


@pytest.mark.anyio
async def test_a_caller_who_leaves_takes_nobody_along(empty: Database) -> None:
    async with recording(empty) as recorder:
        tasks = [asyncio.create_task(recorder.record(a_report())) for _ in range(5)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[2], asyncio.CancelledError)
    good = receipts(list(answers))
    log = entries(empty)
    assert len(good) == 4
    assert is_contiguous(log)
    assert all(stands_at(log, receipt) for receipt in good)
