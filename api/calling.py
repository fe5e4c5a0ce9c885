"""Who asks for a change: a program, a page or the terminal."""

from dataclasses import dataclass

from adapters.batch import Key, Receipt
from api.service import Service
from domain.actors import Person
from domain.errors import VersionDiffers


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, of which version (`If-Match`), under which idempotency key, and the service they ask."""

    serving: Service
    person: Person
    version: int | None = None
    key: Key | None = None

    async def answered(self) -> Receipt | None:
        """The receipt of an equal request under this key before, to be given again whatever holds now."""
        return await self.serving.store.answered(self.key)

    def must_make_new(self) -> None:
        """Refuse another version than 0 for what is yet to be made."""
        if self.version:
            raise VersionDiffers(version=0, expected=self.version)
