"""The timekeeper: whatever the service does because time goes by; above all, the steps of the ladder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from adapters.batching import Overloaded
from adapters.event_store import EventStore
from adapters.photos.album import UNNAMED
from adapters.reading import Reading
from adapters.recorder import OutcomeUnknown, Unavailable
from adapters.tasks import end
from api import photographs
from api.adopted import Adopted
from api.service import NotYet, Service, Standing
from domain.actors import CLOCK
from domain.errors import Conflict, NothingDue
from domain.ticket import Ticket
from projections.overdue import steps_due

log = structlog.get_logger()

POLL = 1.0
"""Seconds between two looks: so much later a step is taken at most, where the views are up to date."""
TIDY = 3600.0
"""Seconds between two times of tidying up."""
BATCH = 200
"""Tickets looked at together; after a week of being switched off there are more."""
BEHIND = timedelta(seconds=5)
"""How long a ticket is left alone for which the view said more than there was."""
AFTER_A_FAULT = timedelta(minutes=10)
"""How long a ticket is left alone that cannot be read or takes no more events."""
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
        self._resting: dict[UUID, datetime] = {}
        """Tickets that refused or failed, and until when they are left alone, so as not to hold up others."""

    async def look(self) -> int:
        """Take what is due now, one batch at most; gives the position of the last step, 0 where none was."""
        timing, now = await self._adopted.timing(), self._store.now()
        self._resting = {id: until for id, until in self._resting.items() if until > now}
        due = await steps_due(self._reading, timing.terms, now, BATCH + len(self._resting))
        climb = partial(Ticket.climb, timing=timing)
        awake = [id for id in due if id not in self._resting]
        return max(await asyncio.gather(*(self._climb(id, climb) for id in awake)), default=0)

    async def _climb(self, id: UUID, climb: "partial[None]") -> int:
        async with self._slots:
            try:
                return (await self._store.change(Ticket, id, climb, by=CLOCK)).position
            except (Unavailable, OutcomeUnknown, Overloaded):
                pass  # The log is away or busy: the next look tells what became of it.
            except (NothingDue, Conflict):
                self._rest(id, BEHIND)  # The view is behind, or somebody is faster.
            except Exception as fault:  # Whatever is wrong with one ticket stays with it.
                self._rest(id, AFTER_A_FAULT)
                log.error("step_failed", ticket=str(id), problem=type(fault).__name__)
            return 0

    def _rest(self, id: UUID, length: timedelta) -> None:
        self._resting[id] = self._store.now() + length

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


async def tidy(service: Service) -> None:
    """Throw away every hour what nobody asks for any more; runs until cancelled."""
    while True:
        for work in (service.sessions.tidy, service.turns.tidy, partial(_tidy_photos, service)):
            try:
                await work()
            except Exception as fault:  # Next hour, perhaps; nothing waits for it.
                log.error("tidying_failed", problem=type(fault).__name__)
        await asyncio.sleep(TIDY)


async def _tidy_photos(service: Service) -> None:
    with suppress(NotYet):  # A view that is behind says too little of which photos tickets name.
        await photographs.tidy(service, service.store.now() - UNNAMED)


@asynccontextmanager
async def keeping_time(service: Service) -> AsyncIterator[None]:
    """Keep time beside what the service does."""
    keeper = Timekeeper(service.store, service.reading, service.adopted)
    tasks = [asyncio.create_task(each) for each in (keeper.keep(service.standing), tidy(service))]
    try:
        yield
    finally:
        await end(*tasks)
