"""Writing histories and carrying views on, for the tests of the views."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from adapters.batch import Command
from adapters.database import Database
from adapters.reading import Reading
from api.projector import VIEWS
from projections.engine import Engine
from projections.view import View
from tests.adapters.writing import a_report, recording, row


async def write(database: Database, happened: Sequence[Command]) -> None:
    """Record it all, in order."""
    async with recording(database) as recorder:
        for begin in range(0, len(happened), 200):
            await asyncio.gather(*map(recorder.record, happened[begin : begin + 200]))


def write_reports(database: Database, number: int = 1) -> None:
    """New tickets."""
    asyncio.run(write(database, [a_report() for _ in range(number)]))


def advance(database: Database, at_most: int = 10**6, views: Sequence[View] = VIEWS) -> None:
    """Carry the views on, that many batches at most."""
    found = Engine(database.service, views)
    with found.leading() as conn:
        while at_most and found.advance(conn):
            at_most -= 1


def position(database: Database, view: str = "board") -> int:
    """Where the view stands."""
    return int(row(database, "SELECT position FROM views.view WHERE name = %s", view)[0])


def head(database: Database) -> int:
    """Where the log stands."""
    return int(row(database, "SELECT position FROM log.head")[0])


def lines(database: Database) -> int:
    """How many tickets the board has."""
    return int(row(database, "SELECT count(*) FROM views.board_ticket")[0])


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[Reading]:
    """Connections to ask the views by."""
    found = Reading(database.service)
    await found.open()
    try:
        yield found
    finally:
        await found.close()
