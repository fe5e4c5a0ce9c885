"""Where a grid lies, with all that it lies in as it stands at this moment."""

import asyncio
from collections.abc import Sequence

from adapters.batching import Batching
from adapters.event_store import EventStore
from domain.errors import UnknownGrid
from domain.refusal import Refusal
from domain.unit import Place, Unit


async def place_of(store: EventStore, grid: str) -> Place:
    """The place of the grid with this code. Raises `UnknownGrid`, and `PlaceClosed` for one not in use."""
    found = await store.find(Unit, Unit.id_of(grid))
    if found is None:
        raise UnknownGrid(grid=grid[:50])
    around = await asyncio.gather(*(store.find(Unit, Unit.id_of(code)) for code in found.within.values()))
    return found.place(unit for unit in around if unit is not None)


class Places:
    """Places for many who ask at once: each grid is looked up once for all of them."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._asked: Batching[str, Place] = Batching(self._trip)

    async def of(self, grid: str) -> Place:
        """The place of the grid with this code, refused as `place_of` does."""
        return await self._asked.ask(grid)

    async def _trip(self, grids: Sequence[str]) -> list[Place | BaseException]:
        different = list(dict.fromkeys(grids))
        found = await asyncio.gather(*(self._place(grid) for grid in different))
        places = dict(zip(different, found, strict=True))
        return [places[grid] for grid in grids]

    async def _place(self, grid: str) -> Place | Refusal:
        try:
            return await place_of(self._store, grid)
        except Refusal as refused:
            return refused
