"""Live, rebuilt and recomputed in SQL: the views say the same of any history."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

import psycopg
import pytest

from adapters.database import Database
from projections import engine
from tests.projections.agreement import check_agreement, contents
from tests.projections.histories import Town
from tests.projections.writing import advance, write


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_live_rebuilt_and_recomputed_agree_for_any_history(database: Database, seed: int) -> None:
    town = Town(seed)
    for steps in (300, 40, 700):
        asyncio.run(write(database, town.live(steps)))
        advance(database)
        check_agreement(database, town.now)
        check_agreement(database, town.now + timedelta(hours=Random(seed).uniform(1, 400)))
    check_every_event_occurred(database)


def check_every_event_occurred(database: Database) -> None:
    """A random town that never did some things would prove nothing of them."""
    with psycopg.connect(database.owner) as conn:
        query = "SELECT topic FROM log.events WHERE topic LIKE 'ticket.%'"
        topics = Counter(topic for (topic,) in conn.execute(query))
    assert len(topics) >= 16, topics
    assert min(topics[name] for name in ("ticket.reopened", "ticket.return_refused", "ticket.handled")) >= 3


@pytest.mark.parametrize("batch", [1, 7])
def test_what_the_views_say_does_not_depend_on_where_batches_end(
    database: Database, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(write(database, Town(4).live(250)))
    monkeypatch.setattr(engine, "BATCH", batch)
    advance(database)
    check_agreement(database)


def test_an_engine_that_begins_anew_after_each_batch_says_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(write(database, Town(5).live(300)))
    monkeypatch.setattr(engine, "BATCH", 50)
    before = contents(database)
    while True:
        advance(database, 1)
        now = contents(database)
        if now == before:
            break
        before = now
    check_agreement(database)
