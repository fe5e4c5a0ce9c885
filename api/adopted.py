"""What is decided by: catalogue, terms, calendar and hours, as they stand at this moment."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from adapters.batch import Key, Receipt
from adapters.batching import Batching
from adapters.event_store import EventStore
from domain.actors import Person
from domain.catalogue import Catalogue, Versions
from domain.errors import Conflict
from domain.event import Aggregate
from domain.ticket.adopted_terms import AdoptedTerms
from domain.ticket.timing import Timing
from domain.working_time import CHINESE, WorkingTime
from domain.working_time.entered import EnteredCalendar
from domain.working_time.entered_hours import EnteredHours

A = TypeVar("A", bound=Aggregate)


async def versions(store: EventStore) -> Versions:
    """All versions adopted so far; none where the example catalogue is in force."""
    found = await store.find(Catalogue, Catalogue.the_id())
    return found.versions if found else ()


async def enter(
    store: EventStore,
    kind: type[A],
    id: UUID,
    begin: Callable[..., A],
    verb: Callable[..., None],
    *facts: Any,
    by: Person,
    version: int | None = None,
    key: Key | None = None,
) -> Receipt:
    """Change a history of which there is one, and which begins with what is entered first."""
    if receipt := await store.answered(key):
        return receipt
    if await store.find(kind, id) is None:
        at = store.now()
        begun = begin(by=by, at=at)
        verb(begun, *facts, by=by, at=at)
        with suppress(Conflict):  # Somebody else began it at this moment: then it goes on as any other.
            return await store.create(begun, key)
    return await store.change(kind, id, verb, *facts, by=by, version=version, key=key)


class Adopted:
    """The rules for many who ask at once: they are looked up once for all of them."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._asked: Batching[None, Timing] = Batching(self._trip)
        self._known: tuple[tuple[int | None, ...], Timing] = (None,) * 4, Timing()
        """The versions of what was entered as they were last seen, and the timing by it."""

    async def timing(self) -> Timing:
        """What deadlines are computed from, as it was adopted and entered until now."""
        return await self._asked.ask(None)

    async def _trip(self, asked: Sequence[None]) -> list[Timing]:
        find = self._store.find
        catalogue, terms, calendar, hours = found = await asyncio.gather(
            find(Catalogue, Catalogue.the_id()),
            find(AdoptedTerms, AdoptedTerms.the_id()),
            find(EnteredCalendar, EnteredCalendar.id_of(CHINESE.name)),
            find(EnteredHours, EnteredHours.the_id()),
        )
        versions = tuple(each.version if each else None for each in found)
        if versions != self._known[0]:
            time = WorkingTime(calendar.calendar() if calendar else CHINESE)
            times = {unit: replace(time, hours=own) for unit, own in (hours.by_unit if hours else {}).items()}
            rules = catalogue.versions if catalogue else ()
            self._known = versions, Timing(terms.terms if terms else (), time, rules, times)
        return [self._known[1]] * len(asked)
