"""Where a grid lies, with all that it lies in as it stands at this moment."""

import asyncio

from adapters.event_store import EventStore
from domain.errors import UnknownGrid
from domain.unit import Place, Unit


async def place_of(store: EventStore, grid: str) -> Place:
    """The place of the grid with this code. Raises `UnknownGrid`, and `PlaceClosed` for one not in use."""
    found = await store.find(Unit, Unit.id_of(grid))
    if found is None:
        raise UnknownGrid(grid=grid[:50])
    around = await asyncio.gather(*(store.find(Unit, Unit.id_of(code)) for code in found.within.values()))
    return found.place(unit for unit in around if unit is not None)
