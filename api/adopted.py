"""What is decided by: the catalogue and the calendar, as they stand at this moment."""

import asyncio
from collections.abc import Sequence

from adapters.batching import Batching
from adapters.event_store import EventStore
from domain.catalogue import Catalogue, Versions
from domain.ticket.timing import CHINESE_OFFICE, Timing
from domain.working_time import CHINESE, WorkingTime
from domain.working_time.entered import EnteredCalendar


async def versions(store: EventStore) -> Versions:
    """All versions adopted so far; none where the example catalogue is in force."""
    found = await store.find(Catalogue, Catalogue.the_id())
    return found.versions if found else ()


class Adopted:
    """The rules for many who ask at once: they are looked up once for all of them."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._asked: Batching[None, Timing] = Batching(self._trip)
        self._time = 0, CHINESE_OFFICE
        """The version of the calendar as it was last seen, and the working time by it."""

    async def timing(self) -> Timing:
        """What deadlines are computed from, with the catalogue and the calendar as they were entered."""
        return await self._asked.ask(None)

    async def _trip(self, asked: Sequence[None]) -> list[Timing]:
        catalogue, entered = await asyncio.gather(
            versions(self._store),
            self._store.find(EnteredCalendar, EnteredCalendar.id_of(CHINESE.name)),
        )
        if entered is not None and entered.version != self._time[0]:
            self._time = entered.version, WorkingTime(entered.calendar())
        return [Timing(time=self._time[1], catalogue=catalogue)] * len(asked)
