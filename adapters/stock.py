"""The library's own recorder behind our interface: only for `make bench`, to measure ours against.

It knows neither idempotency keys nor serials of numbers, and its positions may have gaps.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from adapters.batch import Command, Receipt
from adapters.mapper import EventMapper
from domain.errors import Conflict
from domain.ticket.events import Reported

THREADS = 16


class StockRecorder:
    """Commands through `PostgresApplicationRecorder`, one transaction each, in threads."""

    def __init__(self, conninfo: str) -> None:
        given = conninfo_to_dict(conninfo)
        self._datastore = PostgresDatastore(
            dbname=str(given["dbname"]),
            host=str(given.get("host", "")),
            port=str(given.get("port", "5432")),
            user=str(given["user"]),
            password=str(given.get("password", "")),
            pool_size=THREADS,
            max_overflow=0,
        )
        self._recorder = PostgresApplicationRecorder(self._datastore)
        self._recorder.create_table()
        self._mapper = EventMapper()
        self._threads = ThreadPoolExecutor(THREADS)
        self._serial = 0

    async def record(self, command: Command) -> Receipt:
        """Record durably, alone."""
        number = None
        events = list(command.events)
        if isinstance(first := events[0], Reported):
            self._serial += 1
            events[0] = numbered = first.numbered(self._serial)
            number = numbered.number
        stored = [self._mapper.to_stored_event(event) for event in events]
        loop = asyncio.get_running_loop()
        try:
            positions = await loop.run_in_executor(self._threads, self._recorder.insert_events, stored)
        except IntegrityError as problem:
            raise Conflict() from problem
        return command.receipt(number, (positions or [0])[0])

    async def events_after(self, id: UUID, version: int) -> list[tuple[str, bytes]]:
        """Topic and state of the events of one history after `version`, in order."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._select, id, version)
        return [(stored.topic, stored.state) for stored in found]

    def _select(self, id: UUID, version: int) -> list[StoredEvent]:
        return list(self._recorder.select_events(id, gt=version))

    async def answered(self, account: str, key: str) -> tuple[bytes, Receipt] | None:
        """Nothing: keys are not kept here."""
        return None

    async def finish(self) -> None:
        """Let go of the database."""
        self._threads.shutdown()
        self._datastore.close()
