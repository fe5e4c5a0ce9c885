"""The catalogue as the town adopted it."""

from adapters.event_store import EventStore
from domain.catalogue import Catalogue, Versions


async def versions(store: EventStore) -> Versions:
    """All versions adopted so far; none where the example catalogue is in force."""
    found = await store.find(Catalogue, Catalogue.the_id())
    return found.versions if found else ()
