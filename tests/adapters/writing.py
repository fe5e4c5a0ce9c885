"""What the tests write into the log, and what then stands in it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from adapters.batch import Command, Key, Receipt
from adapters.database import Database
from adapters.event_store import EventStore, new_id, utc_now
from adapters.reading import Reading
from adapters.recorder import GroupRecorder
from api.demonstration import lives
from api.demonstration.town import TOWN, grid_worker, sorter
from domain.event import Aggregate
from domain.ticket import Ticket, commands
from domain.ticket.stage import Urgency
from domain.unit import Place

COMMUNITY = f"{TOWN}001"
GRID = f"{COMMUNITY}-01"
WORKER = grid_worker(GRID)
SORTER = sorter(COMMUNITY)
DISPATCHER, WATER = lives.DISPATCHER, lives.HANDLERS["water"]
SORT = commands.Sort("drain", Urgency.ORDINARY)
REJECT = commands.Reject("不属于受理范围。")
PATIENCE = 30.0
"""Seconds for a condition to come true."""


class Entry(NamedTuple):
    """One event as it stands in the log."""

    position: int
    originator_id: UUID
    version: int
    topic: str


def reported(title: str = "路灯不亮", series: str = "FS") -> Ticket:
    """A ticket that was just reported."""
    place = Place(GRID, COMMUNITY, TOWN, TOWN[:6], series)
    at = utc_now()
    return Ticket.report(commands.Report(title, "三天了。", GRID), place, new_id(at), WORKER, at)


def command(history: Aggregate, key: Key | None = None) -> Command:
    """What newly happened in the history, to be recorded."""
    events: list[Any] = list(history.collect_events())
    return Command(events, history.number if isinstance(history, Ticket) else None, key)


def a_report(key: Key | None = None, series: str = "FS") -> Command:
    """A new ticket, to be recorded."""
    return command(reported(series=series), key)


def rivals(ticket: Ticket, number: int) -> list[Command]:
    """That many commands, each to sort the same version of the ticket."""
    found = []
    for _ in range(number):
        rival = deepcopy(ticket)
        rival.sort(SORT, SORTER, utc_now())
        found.append(command(rival))
    return found


def entries(database: Database, after: int = 0) -> list[Entry]:
    """The log in the order of positions."""
    query = """SELECT position, originator_id, originator_version, topic
                 FROM log.events WHERE position > %s ORDER BY position"""
    with psycopg.connect(database.owner) as conn:
        return [Entry(*row) for row in conn.execute(query, [after])]


def is_contiguous(log: list[Entry]) -> bool:
    """Whether the positions run from 1 without a gap."""
    return [entry.position for entry in log] == list(range(1, len(log) + 1))


def stands_at(log: list[Entry], receipt: Receipt) -> bool:
    """Whether the log has what this receipt says: that version of that ticket, there."""
    entry = log[receipt.position - 1]
    return (entry.position, str(entry.originator_id), entry.version) == (
        receipt.position, receipt.id, receipt.version,
    )  # fmt: skip


def row(database: Database, query: str, *parameters: Any) -> tuple[Any, ...]:
    """The one row of a query, asked as the owner."""
    with psycopg.connect(database.owner) as conn:
        found: tuple[Any, ...] | None = conn.execute(query.encode(), parameters).fetchone()
        assert found is not None, query
        return found


@asynccontextmanager
async def recording(database: Database) -> AsyncIterator[GroupRecorder]:
    """A recorder at work."""
    recorder = GroupRecorder(database.service)
    try:
        yield recorder
    finally:
        await recorder.finish()


@asynccontextmanager
async def storing(database: Database) -> AsyncIterator[EventStore]:
    """An event store with a recorder and memory of its own, as one process has it."""
    reading = Reading(database.service)
    await reading.open()
    try:
        async with recording(database) as recorder:
            yield EventStore(recorder, reading)
    finally:
        await reading.close()


def writers_waiting(database: Database, wanted: int = 1) -> bool:
    """Whether that many connections wait for a lock in this database."""
    query = """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    return bool(row(database, query)[0] >= wanted)


async def until(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Look again and again until the condition holds, while others go on."""
    await asyncio.to_thread(wait_for, condition, patience)


def wait_for(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Look again and again until the condition holds."""
    give_up = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up, "It did not come true in time."
        time.sleep(0.01)  # Between two looks: other processes do not say when it is so.
