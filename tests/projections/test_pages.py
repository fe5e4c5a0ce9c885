"""Lists are cut into pages without losing or repeating a line, however many stand at the same moment."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from adapters.database import Database
from adapters.reading import Reading
from domain.actors import OPERATOR
from projections.board import Cursor, Wanted, tickets
from projections.overdue import PLACE, overdue
from projections.overdue import Cursor as OverdueCursor
from tests.projections.test_workload import AN_HOUR, NOON, claimed, dispatched, load
from tests.projections.writing import reading

LATE = NOON + timedelta(days=30)


async def board_pages(found: Reading, wanted: Wanted, size: int) -> list[Any]:
    """The ids of all lines, page by page."""
    ids: list[Any] = []
    place: Cursor | None = None
    while rows := await tickets(found, OPERATOR, wanted, LATE, size, place):
        ids += [row["id"] for row in rows]
        place = rows[-1]["reported_at"], rows[-1]["id"]
    return ids


async def clock_pages(found: Reading, size: int, **wanted: str) -> list[Any]:
    """All clocks, page by page."""
    seen: list[Any] = []
    place: OverdueCursor | None = None
    while rows := await overdue(found, OPERATOR, LATE, size, place, **wanted):
        places = [tuple(row[name] for name in PLACE) for row in rows]
        seen += places
        place = cast(OverdueCursor, places[-1])
    return seen


@pytest.mark.parametrize(
    "wanted", [Wanted(), Wanted(department="water"), Wanted(stage=None, overdue=True), Wanted(q="下水")],
    ids=["all", "a department's", "overdue", "found"],
)  # fmt: skip
def test_pages_of_tickets_of_the_same_moment_are_the_whole_list(database: Database, wanted: Wanted) -> None:
    load(database, *(claimed(at) for at in [NOON] * 12 + [NOON + AN_HOUR] * 5))

    async def ask() -> None:
        async with reading(database) as found:
            whole = [row["id"] for row in await tickets(found, OPERATOR, wanted, LATE, 100, None)]
            assert len(set(whole)) == 17
            for size in (1, 3, 5, 16, 17, 18):
                assert await board_pages(found, wanted, size) == whole

    asyncio.run(ask())


def test_pages_of_clocks_of_the_same_moment_are_the_whole_list(database: Database) -> None:
    due = NOON + AN_HOUR  # To claim and to handle at the same moment, several times over.
    load(database, *(dispatched(NOON, due) for _ in range(7)), *(claimed(NOON, due) for _ in range(4)))

    async def ask() -> None:
        async with reading(database) as found:
            for wanted in ({}, {"department": "water"}, {"community": "220621100001"}):
                whole = await clock_pages(found, 100, **wanted)
                assert len(set(whole)) == 32
                assert whole == sorted(whole)
                for size in (1, 4, 31, 32, 33):
                    assert await clock_pages(found, size, **wanted) == whole

    asyncio.run(ask())


def test_a_page_that_was_read_stays_the_same_when_newer_tickets_come(database: Database) -> None:
    load(database, *(claimed(NOON) for _ in range(6)))

    async def pages() -> list[Any]:
        async with reading(database) as found:
            rows = await tickets(found, OPERATOR, Wanted(), LATE, 3, None)
            place = rows[-1]["reported_at"], rows[-1]["id"]
            following = await tickets(found, OPERATOR, Wanted(), LATE, 3, place)
            return [row["id"] for row in (*rows, *following)]

    before = asyncio.run(pages())
    load(database, *(claimed(NOON - AN_HOUR) for _ in range(2)))
    assert asyncio.run(pages()) == before
