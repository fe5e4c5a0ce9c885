"""Searching: any piece of two characters and more, in every width and case, and nothing is a wildcard."""

import asyncio
from typing import Any

import psycopg
import pytest

from adapters.database import Database
from adapters.event_store import new_id, utc_now
from adapters.reading import Reading
from api.demonstration.town import TOWN
from domain.actors import OPERATOR
from domain.errors import OutOfRange
from domain.ticket import Ticket
from domain.ticket.commands import Report
from domain.unit import Place
from projections.board import Wanted, tickets
from tests.adapters.writing import GRID, WORKER, command
from tests.projections.writing import advance, reading, write

MATTERS = {
    "lamp": Report("路灯不亮", "小区北门，晚上看不清路。", GRID, address="水仙名苑3号楼"),
    "drain": Report(
        "下水堵塞", "一楼返水\u3000已经两天 \U0001f6b0\U0001f4a7", GRID, address="ＡＢＣ大厦Ｂ座"
    ),
    "sign": Report("100% 折扣广告牌", "路径 C:\\temp_x 写在牌上", GRID, address="Straße 7, Ⅳ 单元"),
    "plain": Report("100 折扣 tempax", "没有别的。", GRID),
}


async def asked(reading: Reading, **wanted: Any) -> list[str]:
    """The titles found."""
    rows = await tickets(reading, OPERATOR, Wanted(**wanted), utc_now(), 200, None)
    return sorted(row["title"] for row in rows)


def load(database: Database) -> None:
    """These matters in the board."""
    place = Place(GRID, GRID[:12], TOWN, TOWN[:6], "FS")
    at = utc_now()
    made = [Ticket.report(report, place, new_id(at), WORKER, at) for report in MATTERS.values()]
    asyncio.run(write(database, list(map(command, made))))
    advance(database)


FOUND = {
    "two characters of a title": ("路灯", ["lamp"]),
    "the middle of a title": ("灯不", ["lamp"]),
    "a description": ("看不清路", ["lamp"]),
    "an address": ("水仙名苑", ["lamp"]),
    "a mark in the middle": ("北门，晚", ["lamp"]),
    "the same mark in half width": ("北门,晚", ["lamp"]),
    "half width for full": ("abc大厦b座", ["drain"]),
    "full width for half": ("３号楼", ["lamp"]),
    "an ideographic blank": ("返水 已经", ["drain"]),
    "characters of four bytes": ("\U0001f6b0\U0001f4a7", ["drain"]),
    "another case": ("STRASSE", ["sign"]),
    "a Roman numeral as letters": ("iv 单元", ["sign"]),
    "a per cent sign": ("100%", ["sign"]),
    "a per cent sign that is no wildcard": ("1%折", []),
    "a low line that is no wildcard": ("temp_x", ["sign"]),
    "a backslash": ("c:\\temp", ["sign"]),
    "blanks around it": ("  路灯 ", ["lamp"]),
    "pairs that are there, but not in this order": ("不亮路灯", []),
    "pairs that are all there, but not in a row": ("灯不清路", []),
    "a word that is nowhere": ("电梯困人", []),
    "a quote": ("';--", []),
    "what stands in two": ("折扣", ["sign", "plain"]),
}


@pytest.fixture
def board(database: Database) -> Database:
    """The town with these matters."""
    load(database)
    return database


def test_a_search_finds_what_is_written(board: Database) -> None:
    async def ask() -> None:
        async with reading(board) as found:
            for what, (words, expected) in FOUND.items():
                titles = sorted(MATTERS[name].title for name in expected)
                assert await asked(found, q=words) == titles, what

    asyncio.run(ask())


def test_a_ticket_is_found_by_its_number_and_parts_of_it(board: Database) -> None:
    with psycopg.connect(board.owner) as conn:
        numbers = [number for (number,) in conn.execute("SELECT number FROM log.numbers")]

    async def ask() -> None:
        async with reading(board) as found:
            for number in numbers:
                assert len(await asked(found, q=number)) == 1
                assert len(await asked(found, q=number.lower())) == 1
                assert len(await asked(found, q=number[-3:])) >= 1

    asyncio.run(ask())


@pytest.mark.anyio
@pytest.mark.parametrize("words", ["", " ", "灯", " 灯 ", "\u3000"])
async def test_less_than_two_characters_are_refused(database: Database, words: str) -> None:
    async with reading(database) as found:
        with pytest.raises(OutOfRange):
            await asked(found, q=words)


@pytest.mark.anyio
async def test_a_nul_is_refused_as_what_cannot_be_looked_for(database: Database) -> None:
    async with reading(database) as found:
        for wanted in ({"q": "路\0灯"}, {"department": "a\0"}, {"community": "\0"}, {"grid": "\0\0"}):
            with pytest.raises(OutOfRange):
                await asked(found, **wanted)


@pytest.mark.anyio
async def test_half_of_a_pair_is_refused_too(database: Database) -> None:
    async with reading(database) as found:
        with pytest.raises(OutOfRange):
            await asked(found, q="路\ud83d灯")


class Explaining(Reading):
    """Reads how a query would be answered, instead of its answer."""

    async def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The plan of the query."""
        return await super().rows(f"EXPLAIN {query}", parameters)


MANY = """
INSERT INTO views.board_ticket
SELECT (jsonb_populate_record(t, jsonb_build_object('ticket', gen_random_uuid()))).*
  FROM views.board_ticket AS t, generate_series(1, 2000);
INSERT INTO views.board_search
SELECT t.ticket, t.reported_at, 'x', ARRAY(SELECT (random() * 100000)::integer
                                             FROM generate_series(1, 40) WHERE t.ticket IS NOT NULL)
  FROM views.board_ticket AS t
    ON CONFLICT DO NOTHING;
"""


def test_among_many_tickets_words_are_looked_up_in_their_index(board: Database) -> None:
    with psycopg.connect(board.owner, autocommit=True) as conn:
        conn.execute(MANY)
        conn.execute("VACUUM ANALYZE views.board_ticket, views.board_search")

    async def plan() -> str:
        explaining = Explaining(board.service)
        await explaining.open()
        try:
            rows = await tickets(explaining, OPERATOR, Wanted(q="水仙名苑"), utc_now(), 51, None)
        finally:
            await explaining.close()
        return "\n".join(row["QUERY PLAN"] for row in rows)

    found = asyncio.run(plan())
    assert "Bitmap Index Scan on board_search_pairs_idx" in found, found
    assert "Seq Scan" not in found, found
