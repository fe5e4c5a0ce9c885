"""The outbox follows the log: each event is told once to each who is to be told, and nothing personal."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest

from adapters.batch import Command
from adapters.database import Database
from adapters.event_store import utc_now
from adapters.mapper import EventMapper
from api.demonstration.town import TOWN
from domain.receiver import AmendReceiver, Receiver, RegisterReceiver
from domain.ticket import Ticket
from domain.unit import Kind, Register, Unit
from domain.way import Way
from projections import outbox
from projections.fold import Damaged
from projections.outbox import Feed
from tests.adapters.test_telling_ways import ADMIN
from tests.adapters.writing import COMMUNITY, GRID, entries, row
from tests.projections.histories import Town
from tests.projections.writing import head, write

ALL = ("ticket.*",)
Row = dict[str, Any]


def unit(code: str) -> Unit:
    """A unit as it is registered in the log, with all that it lies in."""
    places = {"county": TOWN[:6], "town": TOWN, "community": COMMUNITY, "grid": GRID}
    above: Unit | None = None
    for kind, each in places.items():
        if len(each) >= len(code) and each != code:
            break
        above = Unit.register(
            Register(each, each, Kind(kind), above.code if above else None), above, ADMIN, utc_now()
        )
        if each == code:
            return above
    return Unit.register(Register(code, code, Kind.DEPARTMENT, TOWN[:6]), None, ADMIN, utc_now())


def registered(code: str, told_of: str = "", topics: Sequence[str] = ALL, way: Way = Way.WEBHOOK) -> Receiver:
    """Somebody who is told from now on."""
    address = {Way.WEBHOOK: "https://example.org/told", Way.INBOX: "wang"}[way]
    secret = "the-secret" if way is Way.WEBHOOK else None
    command = RegisterReceiver(code, code, way, tuple(topics), told_of, address, secret)
    return Receiver.register(command, unit(told_of) if told_of else None, ADMIN, utc_now())


def record(database: Database, *changed: Receiver) -> None:
    """Record what happened to receivers."""
    commands = [Command(list(each.collect_events()), None) for each in changed]  # type: ignore[arg-type]
    asyncio.run(write(database, commands))


def feed(database: Database, found: Feed | None = None) -> Feed:
    """Carry the outbox to the end of the log."""
    found = found or Feed()
    with psycopg.connect(database.service, autocommit=True) as conn:
        while found.advance(conn):
            pass
    return found


def messages(database: Database) -> list[Row]:
    """All that was written, in order."""
    query = """SELECT receiver, position, told, sent_at, dead_at FROM outbox.message
                ORDER BY position, receiver"""
    with psycopg.connect(database.owner, row_factory=psycopg.rows.dict_row) as conn:
        return conn.execute(query.encode()).fetchall()


def expected(database: Database, receivers: Sequence[Receiver], after: int) -> set[tuple[Any, int]]:
    """Who should be told of which event: by what the ticket was at that position, computed once more."""
    found: set[tuple[Any, int]] = set()
    tickets: dict[Any, Any] = {}
    mapper = EventMapper()
    with psycopg.connect(database.owner) as conn:
        query = "SELECT position, originator_id, topic, state FROM log.events ORDER BY position"
        for position, id, topic, state in conn.execute(query).fetchall():
            if not topic.startswith("ticket."):
                continue
            event = mapper.event(topic, state)
            ticket = tickets[id] = event.mutate(tickets.get(id))
            assert isinstance(ticket, Ticket)
            facts = msgspec.json.decode(state)
            for receiver in receivers:
                told_of = receiver.unit
                place = told_of in ("", ticket.grid, ticket.community, ticket.town, ticket.county)
                task = ticket.tasks.get(told_of)
                its_own = facts.get("department", told_of) == told_of
                called = task is not None and (its_own or task.lead)
                wanted = receiver.topics == ALL or topic in receiver.topics
                if position > after and wanted and (place or called):
                    found.add((receiver.id, position))
    return found


def test_who_is_told_of_what_follows_from_unit_and_topic(database: Database) -> None:
    receivers = [
        registered("everything"), registered("town", TOWN), registered("community", COMMUNITY),
        registered("grid", GRID), registered("water", "water"),
        registered("dispatches", TOWN, ["ticket.dispatched", "ticket.reopened"]),
        registered("own", "housing", ["ticket.claimed"]),
        registered("inbox", COMMUNITY, way=Way.INBOX),
    ]  # fmt: skip
    record(database, *receivers)
    after = head(database)
    asyncio.run(write(database, Town(5, grids=[GRID, f"{COMMUNITY}-02", f"{TOWN}002-01"]).live(400)))
    feed(database)
    found = messages(database)
    told = [(row["receiver"], row["position"]) for row in found]
    assert len(told) == len(set(told))
    assert set(told) == expected(database, receivers, after)
    counts = Counter(row["receiver"] for row in found)
    assert all(counts[receiver.id] > 3 for receiver in receivers), counts
    inbox = receivers[-1].id
    assert all((row["sent_at"] is not None) == (row["receiver"] == inbox) for row in found)
    assert row(database, "SELECT position FROM outbox.feed") == (head(database),)


def test_a_new_receiver_is_told_from_now_on_an_amended_one_otherwise_a_closed_one_nothing(
    database: Database,
) -> None:
    town, receiver, spans = Town(6), registered("everything"), []

    def live() -> None:
        first = head(database) + 1
        asyncio.run(write(database, town.live(60)))
        spans.append(range(first, head(database) + 1))

    live()
    found = feed(database)
    record(database, receiver)
    live()
    receiver.amend(AmendReceiver("e", ("ticket.claimed",), "https://a.example.org/", "s"), ADMIN, utc_now())
    record(database, receiver)
    live()
    receiver.close(ADMIN, utc_now())
    record(database, receiver)
    live()
    feed(database, found)
    log = {entry.position: entry.topic for entry in entries(database)}
    told = {row["position"] for row in messages(database)}
    claimed = {position for position in spans[2] if log[position] == "ticket.claimed"}
    assert told == set(spans[1]) | claimed
    assert claimed
    assert all(row["dead_at"] is not None for row in messages(database)), "What waited is given up."


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_a_feed_that_is_cut_short_anywhere_writes_each_message_once(
    database: Database, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", batch)
    receivers = [registered("everything"), registered("community", COMMUNITY)]
    record(database, *receivers)
    after = head(database)
    random, same, town, late = Random(batch), Feed(), Town(7), registered("late")
    asyncio.run(write(database, town.live(60)))
    record(database, late)
    since = head(database)
    asyncio.run(write(database, town.live(60)))
    with psycopg.connect(database.service, autocommit=True) as conn:
        behind = True
        while behind:
            found = random.choice([same, Feed()])
            if random.random() < 0.3:  # As if its connection were lost after all was written.
                with conn.transaction(force_rollback=True):
                    found.advance(conn)
            else:
                behind = found.advance(conn)
    told = [(row["receiver"], row["position"]) for row in messages(database)]
    assert len(told) == len(set(told))
    assert set(told) == expected(database, receivers, after) | expected(database, [late], since)


def test_two_feeds_at_once_write_each_message_once(database: Database) -> None:
    record(database, registered("everything"))
    after = head(database)
    asyncio.run(write(database, Town(8).live(200)))

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(feed, database) for _ in range(3)))

    asyncio.run(both())
    assert [row["position"] for row in messages(database)] == list(range(after + 1, head(database) + 1))


def test_nothing_that_anybody_wrote_is_told(database: Database) -> None:
    record(database, registered("everything"))
    asyncio.run(write(database, Town(9).live(300)))
    feed(database)
    told = [row["told"] for row in messages(database)]
    with psycopg.connect(database.owner) as conn:
        states = [
            json.loads(bytes(state))
            for (state,) in conn.execute("SELECT state FROM log.events WHERE topic LIKE 'ticket.%'")
        ]
    written = {
        state.get(name)
        for state in states
        for name in ("title", "description", "address", "note", "reason", "result", "text")
    }
    accounts = {state["by"]["account"] for state in states}
    said = {
        value for each in told for value in (*each.values(), *each["departments"]) if isinstance(value, str)
    }
    assert not said & (written | accounts)
    assert {key for each in told for key in each} == {
        "topic", "what", "ticket", "number", "category", "place", "departments", "at",
        "card", "clock", "due_at",
    }  # fmt: skip
    (sorted_once, *_) = [each for each in told if each["topic"] == "ticket.sorted"]
    assert sorted_once["category"] == "下水堵塞"
    assert "社区第" in sorted_once["place"]
    assert any("水务" in each["departments"] for each in told if each["topic"] == "ticket.dispatched")


def test_nobody_is_told_beyond_a_gap(database: Database) -> None:
    record(database, registered("everything"))
    found = feed(database)
    with psycopg.connect(database.owner) as conn:
        conn.execute("UPDATE log.head SET position = position + 1")
    with pytest.raises(Damaged):
        feed(database, found)
    assert messages(database) == []
