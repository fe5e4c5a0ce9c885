"""Maps: points of tickets and grids, on the town's own tiles where it has some; docs/decisions/0012-map.md.

Whatever a map shows stands on its page in words, too; without scripts or signal nothing is missed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from adapters.settings import Tiles
from api.pages.language import N_, say
from api.service import Service
from domain.datum import Datum, Location, metres, to_gcj02
from domain.ticket import Ticket
from projections.figures import centres

APART = 50
"""Metres between a ticket and a photo of it from where on they are shown as two places."""
NAMES: Mapping[Datum, str] = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02"}


class Kind(StrEnum):
    """What a mark stands for, and how it looks."""

    TICKET = "ticket"
    PHOTO = "photo"
    GRID = "grid"  # A name to find one's way by.
    HOT = "hot"  # A circle as large as the number in it, which opens the list of what it counts.


@dataclass(frozen=True)
class Mark:
    """Something on a map, by WGS-84."""

    kind: Kind
    at: Location
    name: str
    many: int = 0
    link: str = ""


@dataclass(frozen=True)
class Map:
    """Marks, and the ground they stand on."""

    tiles: Tiles | None
    marks: list[Mark]

    @property
    def datum(self) -> Datum:
        """What its points are shown by: the datum of the tiles."""
        return self.tiles.datum if self.tiles else Datum.WGS84

    @property
    def datum_name(self) -> str:
        """As people call it."""
        return NAMES[self.datum]

    @property
    def facts(self) -> str:
        """What `map.js` draws, as JSON."""
        shown = to_gcj02 if self.datum is Datum.GCJ02 else lambda at: at
        marks = [
            {
                "kind": mark.kind,
                "at": [(at := shown(mark.at)).latitude, at.longitude],
                "name": mark.name,
                "many": mark.many,
                "link": mark.link,
            }
            for mark in self.marks
        ]
        words = {"nearer": say(N_("放大")), "farther": say(N_("缩小"))}
        tiles = self.tiles.template if self.tiles else None
        return msgspec.json.encode(
            {"tiles": tiles, "datum": self.datum, "marks": marks, "words": words}
        ).decode()


async def of_ticket(serving: Service, ticket: Ticket, grid: str) -> Map | None:
    """Where a ticket is, and its photos where they were taken elsewhere; None where nobody said."""
    marks = []
    if ticket.location is not None:
        marks.append(Mark(Kind.TICKET, ticket.location, ticket.number))
    photos = [*ticket.photos, *ticket.later_photos]
    taken = await serving.album.places(photos)
    for nth, photo in enumerate(photos, 1):
        at = taken.get(photo)
        if at is not None and all(metres(at, mark.at) > APART for mark in marks):
            marks.append(Mark(Kind.PHOTO, at, say(N_("第 {n} 张照片"), n=nth)))
    if not marks:
        return None
    return Map(serving.tiles, marks + await of_grids(serving, {ticket.grid: grid}))


async def of_grids(serving: Service, grids: Mapping[str, str]) -> list[Mark]:
    """The names of grids, each where most of its tickets are."""
    where = await centres(serving.reading, grids)
    return [Mark(Kind.GRID, at, grids[code]) for code, at in where.items()]


def hot(
    tiles: Tiles | None, where: Mapping[str, Location], grids: Iterable[tuple[str, str, int, str]]
) -> Map | None:
    """Grids as circles, each given as its code, name, number and list; None where no place is known."""
    marks = [
        Mark(Kind.HOT, where[code], name, many, link) for code, name, many, link in grids if code in where
    ]
    return Map(tiles, marks) if marks else None
