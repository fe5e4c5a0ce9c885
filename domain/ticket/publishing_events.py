"""What the community shows everybody on the echo wall, in the past tense; `apply` decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from domain.event import Event

if TYPE_CHECKING:
    from domain.ticket.ticket import Ticket


@dataclass(frozen=True)
class Publication:
    """What stands on the wall: a text written for everybody, and the photos released with it."""

    text: str
    photos: tuple[str, ...]
    at: datetime


class Published(Event):
    """公开: what was done, in words for everybody; what was published before is replaced."""

    TOPIC: ClassVar[str] = "ticket.published"
    text: str
    photos: tuple[str, ...]

    def apply(self, ticket: "Ticket") -> None:
        ticket.publication = Publication(self.text, self.photos, self.at)


class Withdrawn(Event):
    """撤下: it stands on the wall no more."""

    TOPIC: ClassVar[str] = "ticket.withdrawn"

    def apply(self, ticket: "Ticket") -> None:
        ticket.publication = None
