"""The messenger: a process of its own, so that whoever is told slowly holds up nobody."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any
from uuid import UUID

import psycopg
import structlog

from adapters.database import Database
from adapters.event_store import utc_now
from adapters.reading import Reading
from adapters.recorder import Unavailable
from adapters.tasks import end
from adapters.telling.delivery import Delivery
from adapters.telling.means import Means
from adapters.telling.pace import MOST_A_MINUTE, WINDOW, Pace
from adapters.telling.waiting import Outbox
from api.projector import stop_with_parent
from domain.receiver import Receiver
from domain.way import Way
from projections.outbox import Feed

log = structlog.get_logger()

LEADING = 0x4D45_5353
"""The advisory lock of the one process that tells people: MESS."""
YIELDING = 10
"""How nice it is: commands and views come first."""
POLL = 0.5
"""Seconds until it looks by itself, should a wake-up call be lost."""
REST = 0.05
"""Seconds between two batches: a message may come so much later, and the log is read less often."""
RETRY = 0.5
"""Seconds between attempts to reach the database or to lead."""
AFTER_A_FAULT = 60.0
"""Seconds before a receiver is looked at again whose messages we cannot handle."""
AT_ONCE = 100
"""Exchanges under way at a time; each ends within seconds, and a receiver has one at most."""
LAST_WORDS = 3.0
"""Seconds for exchanges under way when it is told to stop; what is cut short is sent again."""
TIDY = 3600.0
"""Seconds between two times of tidying up."""


def tell(database: Database, with_parent: bool) -> None:
    """Tell people until told to stop, or, with `with_parent`, until whoever started it is gone."""
    os.nice(YIELDING)
    asyncio.run(_tell(Messenger(database.service, Means.read()), with_parent))


async def _tell(messenger: "Messenger", with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    # Looking up a name may hang: it then must not be the last thread that does so.
    loop.set_default_executor(ThreadPoolExecutor(AT_ONCE, "lookup"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, messenger.stop)
    if with_parent:
        stop = partial(loop.call_soon_threadsafe, messenger.stop)
        threading.Thread(target=stop_with_parent, args=[stop], daemon=True).start()
    await messenger.run()


class Messenger:
    """Feeds the outbox and empties it; of several on one log only one leads, and the others stand by."""

    def __init__(self, conninfo: str, means: Means, now: Callable[[], datetime] = utc_now) -> None:
        self._conninfo, self._means, self._now = conninfo, means, now
        self._stopping = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._deliveries: dict[UUID, Delivery] = {}
        self._wake: dict[UUID, asyncio.Event] = {}
        self._paces: dict[str, Pace] = {}

    def stop(self) -> None:
        """Let what is under way be the last."""
        self._stopping.set()
        self._wake_up(self._wake)

    async def run(self) -> None:
        """Lead as long as the database is there; come back when it is."""
        while not self._stopping.is_set():
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, connect_timeout=5
                ) as conn:
                    led = await conn.execute("SELECT pg_try_advisory_lock(%s)", [LEADING])
                    if (await led.fetchone() or [False])[0]:
                        await self._lead(conn)
            except (psycopg.OperationalError, Unavailable) as problem:
                log.warning("database_lost", problem=type(problem).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RETRY)

    async def _lead(self, conn: psycopg.AsyncConnection[Any]) -> None:
        """Feed, and keep one task a receiver, until stopped or until the connection with the lock is lost."""
        log.info("messenger_started")
        reading = Reading(self._conninfo)
        tasks: dict[UUID, asyncio.Task[None]] = {}
        tidying: asyncio.Task[None] | None = None
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as feeding:
            try:
                await reading.open()
                feed, outbox = Feed(), Outbox(reading)
                tidying = asyncio.create_task(self._tidy(feed, outbox))
                await self._follow(conn, feeding, outbox, feed, tasks)
                await asyncio.wait(tasks.values(), timeout=LAST_WORDS) if tasks else None
            finally:
                await end(*tasks.values(), *([tidying] if tidying else []))
                self._deliveries.clear()
                self._wake.clear()
                await reading.close()

    async def _follow(
        self,
        conn: psycopg.AsyncConnection[Any],
        feeding: psycopg.Connection[Any],
        outbox: Outbox,
        feed: Feed,
        tasks: dict[UUID, asyncio.Task[None]],
    ) -> None:
        await conn.execute("LISTEN whistle_log")
        await conn.execute("LISTEN whistle_outbox")
        while not self._stopping.is_set():
            moved = await asyncio.to_thread(feed.advance, feeding)
            await self._assign(feed, outbox, tasks)
            self._wake_up(feed.written)
            if not moved:
                async for woken in conn.notifies(timeout=POLL, stop_after=1):
                    if woken.channel == "whistle_outbox":  # An administrator lets something be sent again.
                        self._wake_up(self._wake)
            await asyncio.sleep(REST)

    async def _tidy(self, feed: Feed, outbox: Outbox) -> None:
        """Every hour, throw away what was told long ago; nothing waits for it."""
        while True:
            await asyncio.sleep(TIDY)
            try:
                for receiver in feed.receivers:
                    await outbox.forget(receiver.id, receiver.way is Way.INBOX, self._now())
            except Exception as fault:  # Next hour, perhaps; whoever is told waits for none of it.
                log.error("tidying_failed", problem=type(fault).__name__)

    def _wake_up(self, receivers: Iterable[UUID]) -> None:
        for id in receivers:
            if id in self._wake:
                self._wake[id].set()

    async def _assign(self, feed: Feed, outbox: Outbox, tasks: dict[UUID, asyncio.Task[None]]) -> None:
        """One task for each receiver in use; one that was closed ends with the message under way."""
        for receiver in feed.receivers:
            if receiver.way is Way.INBOX:
                continue
            if receiver.id in self._deliveries:
                self._deliveries[receiver.id].receiver = receiver
            elif not receiver.closed:
                pace = await self._pace(receiver, feed, outbox)
                made = Delivery(receiver, outbox, self._means, pace, self._now, SystemRandom())
                self._deliveries[receiver.id], self._wake[receiver.id] = made, asyncio.Event()
                tasks[receiver.id] = asyncio.create_task(self._deliver(made, self._wake[receiver.id]))

    async def _pace(self, receiver: Receiver, feed: Feed, outbox: Outbox) -> Pace:
        """Receivers that share a robot share its limit, also with what was sent before we started."""
        shared = self._robot(receiver)
        key = f"{receiver.way} {shared or receiver.id}"
        if key not in self._paces:
            same = [each.id for each in feed.receivers if shared and self._robot(each) == shared]
            same = same or [receiver.id]
            earlier = await outbox.earlier(same, self._now() - WINDOW)
            self._paces[key] = Pace(MOST_A_MINUTE[receiver.way], earlier)
        return self._paces[key]

    def _robot(self, receiver: Receiver) -> Path | str | None:
        """Where a robot's secret is kept: that tells robots apart, as units may name theirs alike."""
        return self._means.kept(receiver.secret or "", receiver.around) if receiver.way.is_robot else None

    async def _deliver(self, delivery: Delivery, wake: asyncio.Event) -> None:
        """Step by step; whatever happens to one receiver stays with it."""
        while not self._stopping.is_set():
            wake.clear()
            wait: float | None
            try:
                async with self._slots:
                    delay = await delivery.step()
                wait = None if delay is None else delay.total_seconds()
            except Unavailable:
                wait = RETRY
            except Exception as fault:  # What trips our code for one receiver must not stop the others.
                log.error("delivery_failed", receiver=delivery.receiver.code, problem=type(fault).__name__)
                wait = AFTER_A_FAULT
            if wait is None or wait > 0:
                if wait is None and delivery.receiver.closed:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), wait)
