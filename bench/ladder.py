"""A look at 10,000 open clocks for steps of the ladder: where nothing is due, and where much is."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from adapters.database import Database, database
from adapters.event_store import EventStore, new_id
from adapters.reading import Reading
from adapters.recorder import GroupRecorder
from adapters.settings import Settings
from api.adopted import Adopted
from api.demonstration.lives import DISPATCHER, matters, reported
from api.demonstration.town import DEPARTMENTS, sorter, units
from api.projector import VIEWS
from api.timekeeper import Timekeeper
from bench.results import Figure, Result, milliseconds
from domain.ticket import Ticket, commands
from domain.ticket.stage import Urgency
from domain.unit import Kind
from projections.engine import Engine

CLOCKS = 10_000
A_TICKET = 8
"""Clocks of a ticket that two departments were called to."""
LOOKS = 200
GRIDS = [unit.code for unit in units() if unit.kind is Kind.GRID]


def measure(quick: bool) -> Result:
    """Looks at a town whose tickets wait for their departments, just called."""
    with TemporaryDirectory(prefix="whistle-bench-") as folder:
        settings = Settings.read(data=Path(folder))
        with database(settings) as found:
            return asyncio.run(_measure(found, CLOCKS // (10 if quick else 1)))


async def _measure(found: Database, clocks: int) -> Result:
    now = datetime.now(UTC)
    reading, recorder = Reading(found.service), GroupRecorder(found.service)
    await reading.open()
    store = EventStore(recorder, reading, lambda: now)
    random = Random(1)
    tickets = [_called(random, now) for _ in range(clocks // A_TICKET)]
    await asyncio.gather(*(store.create(ticket) for ticket in tickets))
    with Engine(found.service, VIEWS).leading() as conn:
        engine = Engine(found.service, VIEWS)
        while engine.advance(conn):
            pass
    (counted,) = await reading.rows("SELECT count(*) AS clocks FROM views.overdue_clock")
    keeper = Timekeeper(store, reading, Adopted(store))
    idle = [await _timed(keeper) for _ in range(LOOKS)]
    now += timedelta(days=1)
    busy = [await _timed(keeper)]
    await recorder.finish()
    await reading.close()
    spent = milliseconds(idle)
    figures = [
        Figure("a look, nothing due, p99", spent["p99"], "ms", at_most=50.0),
        Figure("a look, nothing due, p50", spent["p50"], "ms"),
        Figure("a look that takes steps in 200 tickets", busy[0] * 1000, "ms"),
        Figure("open clocks", counted["clocks"], ""),
    ]
    return Result(figures, {**counted, "looks": LOOKS, "idle_ms": spent, "busy_s": busy})


def _called(random: Random, now: datetime) -> Ticket:
    at = now - timedelta(seconds=random.random())
    matter, grid = random.choice(matters()), random.choice(GRIDS)
    made = reported(random, matter._replace(urgency=Urgency.ORDINARY), grid, new_id(at), at)
    if made.result is None:
        made.sort(commands.Sort(matter.category, Urgency.ORDINARY), sorter(made.community), at)
        lead, other = random.sample(list(DEPARTMENTS), 2)
        made.dispatch(commands.Dispatch(lead, (other,)), DEPARTMENTS, DISPATCHER, at)
    return made


async def _timed(keeper: Timekeeper) -> Any:
    begun = time.perf_counter()
    await keeper.look()
    return time.perf_counter() - begun
