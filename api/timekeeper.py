"""The timekeeper: whatever the service does because time goes by; above all, the steps of the ladder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import structlog

from adapters.event_store import EventStore
from adapters.reading import Reading
from adapters.recorder import Unavailable
from adapters.sessions import Sessions
from api.adopted import Adopted
from api.service import NotYet, Service, Standing
from domain.actors import CLOCK
from domain.errors import Refusal
from domain.ticket import Ticket
from projections.overdue import steps_due

log = structlog.get_logger()

POLL = 1.0
"""Seconds between two looks: no step is taken later than that, while the service runs."""
TIDY = 3600.0
"""Seconds between two times of tidying up."""
BATCH = 200
"""Tickets looked at together; after a week of being switched off there are more."""
AT_ONCE = 8
"""Tickets changed at a time."""


class Timekeeper:
    """Takes every step that is due, exactly once.

    What is due is found in a view, which may be behind; the ticket itself decides, and knows what was taken.
    So several timekeepers on one log may work at once, and one that was killed left nothing half done.
    """

    def __init__(self, store: EventStore, reading: Reading, adopted: Adopted) -> None:
        self._store, self._reading, self._adopted = store, reading, adopted
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._failed: set[UUID] = set()
        """Tickets that could not be read: said once, then left to whoever mends them."""

    async def look(self) -> int:
        """Take what is due now, one batch at most; gives the position of the last step, 0 where none was."""
        timing = await self._adopted.timing()
        due = await steps_due(self._reading, timing.terms, self._store.now(), BATCH + len(self._failed))
        climb = partial(Ticket.climb, timing=timing)
        return max(await asyncio.gather(*(self._climb(id, climb) for id in due)), default=0)

    async def _climb(self, id: UUID, climb: "partial[None]") -> int:
        async with self._slots:
            if id in self._failed:
                return 0
            try:
                return (await self._store.change(Ticket, id, climb, by=CLOCK)).position
            except (Refusal, Unavailable):
                return 0  # It was taken already, or somebody is faster: the next look tells.
            except Exception as fault:  # Whatever is wrong with one ticket stays with it.
                self._failed.add(id)
                log.error("step_failed", ticket=str(id), problem=type(fault).__name__)
                return 0

    async def keep(self, standing: Standing) -> None:
        """Look every second, and at once again where much was due; runs until cancelled."""
        while True:
            position = 0
            try:
                position = await self.look()
                if position:
                    await standing.passed("overdue", position)
            except (Unavailable, NotYet):
                position = 0
            except Exception as fault:  # It is told, and tried again: whoever is late is told of it in time.
                log.error("timekeeper_failed", problem=type(fault).__name__)
            if not position:
                await asyncio.sleep(POLL)


async def tidy(sessions: Sessions) -> None:
    """Throw away every hour what nobody asks for any more; runs until cancelled."""
    while True:
        try:
            await sessions.tidy()
        except Exception as fault:  # Next hour, perhaps; nothing waits for it.
            log.error("tidying_failed", problem=type(fault).__name__)
        await asyncio.sleep(TIDY)


@asynccontextmanager
async def keeping_time(service: Service) -> AsyncIterator[None]:
    """Keep time beside what the service does."""
    keeper = Timekeeper(service.store, service.reading, service.adopted)
    tasks = [asyncio.create_task(each) for each in (keeper.keep(service.standing), tidy(service.sessions))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
