"""What a request works with: the log, the views, who is who."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg

from adapters.batching import Batching
from adapters.database import Database
from adapters.event_store import EventStore
from adapters.personal.keeping import Keeping
from adapters.personal.residents import Residents
from adapters.photos.album import Album
from adapters.photos.storing import store as photo_store
from adapters.reading import Reading
from adapters.recorder import GroupRecorder
from adapters.sessions import Sessions
from adapters.settings import Settings, Tiles
from adapters.stock import StockRecorder
from adapters.tasks import end
from adapters.turns import Turns
from api.adopted import Adopted
from api.places import Places
from projections.view import STANDING

WAIT = 5.0
"""Seconds a reader waits for a view to pass the position it asked for."""
POLL = 0.5
"""Seconds until the positions are looked at again, should a wake-up call be lost."""

Positions = tuple[int, dict[str, tuple[int, str | None]]]


class NotYet(Exception):
    """The view has not caught up with that position: ask again in a second."""


class Standing:
    """Where the views stand, and waiting for them."""

    def __init__(self, conninfo: str, reading: Reading) -> None:
        self._conninfo = conninfo
        self._reading = reading
        self._moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done as soon as views have moved; then there is another one."""
        self._standing: Batching[None, Positions] = Batching(self._positions)
        self.ended = False
        """Nothing more is told: the service is about to stop."""

    async def positions(self) -> "Positions":
        """The position of the log, and of each view with its error if it has stopped."""
        return await self._standing.ask(None)

    async def _positions(self, asked: Sequence[None]) -> "Sequence[Positions]":
        rows = await self._reading.rows(STANDING)
        views = {row["name"]: (row["position"], row["error"]) for row in rows if row["name"]}
        return [(rows[0]["head"], views)] * len(asked)

    async def passed(self, view: str, position: int) -> int:
        """The position of the view, once it is at `position` or further. Raises `NotYet` after 5 s."""
        clock = asyncio.get_running_loop().time
        give_up = clock() + WAIT
        while True:
            moved = self._moved  # Before looking, so that no move is missed.
            _, views = await self._standing.ask(None)
            stands, _ = views.get(view, (0, None))
            if stands >= position:
                return stands
            if clock() >= give_up:
                raise NotYet
            await asyncio.wait([moved], timeout=min(POLL, give_up - clock()))

    def end(self) -> None:
        """Let go of those who wait for news without an end."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        self._moved.set_result(None)
        self._moved = asyncio.get_running_loop().create_future()

    @property
    def moved(self) -> asyncio.Future[None]:
        """Done as soon as views move from now on; look at the positions after asking for it."""
        return self._moved

    async def listen(self) -> None:
        """Wake those who wait whenever views have moved; runs until cancelled."""
        while True:
            with suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as conn:
                    await conn.execute("LISTEN whistle_views")
                    async for _ in conn.notifies():
                        self._wake()
            await asyncio.sleep(POLL)


@dataclass(frozen=True)
class Service:
    """Everything a request needs."""

    store: EventStore
    reading: Reading
    sessions: Sessions
    standing: Standing
    places: Places
    adopted: Adopted
    album: Album
    keeping: Keeping
    turns: Turns
    resident_form: bool
    """Whether residents may report themselves, without an account."""
    tiles: Tiles | None


@asynccontextmanager
async def running(database: Database, settings: Settings) -> AsyncIterator[Service]:
    """The service, connected; at the end it records what it accepted."""
    async with AsyncExitStack() as stack:
        reading = Reading(database.service)
        await reading.open()
        stack.push_async_callback(reading.close)
        stock = StockRecorder(database.owner) if settings.stock_recorder else None
        recorder = stock or GroupRecorder(database.service)
        stack.push_async_callback(recorder.finish)
        residents = Residents(settings, database)
        stack.push_async_callback(residents.close)
        keeping = Keeping(residents, reading)
        store = EventStore(recorder, stock or reading, keeping=keeping)
        standing = Standing(database.service, reading)
        listening = asyncio.create_task(standing.listen())
        stack.push_async_callback(end, listening)
        turns = Turns(reading, store, residents)
        sessions = Sessions(reading, store, turns)
        incoming = settings.data / "photos" / "incoming"
        album = Album(reading, database.service, photo_store(settings), incoming, store.now)
        yield Service(
            store,
            reading,
            sessions,
            standing,
            Places(store),
            Adopted(store),
            album,
            keeping,
            turns,
            settings.resident_form,
            settings.tiles,
        )
