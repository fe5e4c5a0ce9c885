"""Where the tree is kept: tiles of 256 hashes, of which only the last one of each level still grows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import psycopg

from evidence.merkle import HASH, Node, Range, complete_root, nodes, range_hash

HEIGHT = 8
"""Levels of the tree in a tile."""
WIDTH = 1 << HEIGHT
"""Hashes in a full tile."""

NEWEST = "SELECT note, size FROM seal.checkpoint ORDER BY size DESC LIMIT 1"
"""The newest signed checkpoint of the tree."""
READ = """
SELECT level, nth, hashes
  FROM seal.tile
  JOIN unnest(%(levels)s::smallint[], %(nths)s::bigint[]) AS asked (level, nth) USING (level, nth)
"""
WRITE = """
INSERT INTO seal.tile (level, nth, hashes) VALUES (%s, %s, %s)
    ON CONFLICT (level, nth) DO UPDATE SET hashes = excluded.hashes
"""


class Place(NamedTuple):
    """Which tile: on level 0 are hashes of leaves, above those of the full tiles below."""

    level: int
    nth: int


Tiles = Mapping[Place, bytes]


def place_of(node: Node) -> Place:
    """The tile in which a complete subtree is found."""
    level, height = divmod(node.height, HEIGHT)
    return Place(level, node.nth >> HEIGHT - height)


def hash_in(tiles: Tiles) -> Callable[[Node], bytes]:
    """How the hash of a complete subtree is found in these tiles."""

    def find(node: Node) -> bytes:
        height = node.height % HEIGHT
        start = (node.nth << height) % WIDTH
        return complete_root(_hashes(tiles[place_of(node)], start, start + (1 << height)))

    return find


def places_of(ranges: Iterable[Range]) -> list[Place]:
    """The tiles that these ranges need."""
    return sorted({place_of(node) for leaves in ranges for node in nodes(leaves)})


def read(conn: psycopg.Connection[Any], places: Iterable[Place]) -> dict[Place, bytes]:
    """These tiles, as far as they are there."""
    rows = conn.execute(READ, asking(places), binary=True)
    return {Place(level, nth): hashes for level, nth, hashes in rows}


def asking(places: Iterable[Place]) -> dict[str, list[int]]:
    """The parameters by which these tiles are read."""
    wanted = list(places)
    return {"levels": [place.level for place in wanted], "nths": [place.nth for place in wanted]}


class Growing:
    """The right edge of the tree, in memory: all that is needed to add to it."""

    def __init__(self, size: int = 0, tiles: Tiles | None = None) -> None:
        self.size = size
        self._edge = {place: bytearray(hashes) for place, hashes in (tiles or {}).items()}
        self._changed: set[Place] = set()

    @classmethod
    def at(cls, conn: psycopg.Connection[Any], size: int) -> "Growing":
        """The tree of this size, as the database has it."""
        found = read(conn, edge_of(size))
        return cls(size, {place: hashes[: _count(size, place) * HASH] for place, hashes in found.items()})

    def add(self, hashes: bytes) -> None:
        """Add the hashes of further leaves, one after the other."""
        rest = memoryview(hashes)
        while rest:
            place = Place(0, self.size >> HEIGHT)
            tile = self._edge.setdefault(place, bytearray())
            part = rest[: WIDTH * HASH - len(tile)]
            tile += part
            rest = rest[len(part) :]
            self.size += len(part) // HASH
            self._changed.add(place)
            if len(tile) == WIDTH * HASH:
                self._carry(place)

    def _carry(self, full: Place) -> None:
        """Put the root of a tile that is full into the one above."""
        place = Place(full.level + 1, full.nth >> HEIGHT)
        tile = self._edge.setdefault(place, bytearray())
        tile += complete_root(_hashes(bytes(self._edge[full]), 0, WIDTH))
        self._changed.add(place)
        if len(tile) == WIDTH * HASH:
            self._carry(place)

    @property
    def root(self) -> bytes:
        """The root of the tree as it stands."""
        edge = {place: bytes(hashes) for place, hashes in self._edge.items()}
        return range_hash(Range(0, self.size), hash_in(edge))

    def above(self, size: int) -> dict[Place, bytes]:
        """What has changed in the tiles above the leaves, as far as a tree of this size has it."""
        upper = [place for place in sorted(self._changed) if place.level]
        return {place: bytes(self._edge[place][: max(0, _count(size, place)) * HASH]) for place in upper}

    def write(self, conn: psycopg.Connection[Any]) -> None:
        """Store what has changed since it was last written, and let go of what is full."""
        with conn.cursor() as cursor:
            cursor.executemany(WRITE, [(*place, bytes(self._edge[place])) for place in sorted(self._changed)])
        self.written()

    def written(self) -> None:
        """Let go of the tiles that are full, which nothing is added to any more."""
        self._changed.clear()
        needed = set(edge_of(self.size))
        self._edge = {place: hashes for place, hashes in self._edge.items() if place in needed}


def edge_of(size: int) -> list[Place]:
    """The tiles of a tree of this size that are not full."""
    places, level = [], 0
    while size >> HEIGHT * level:
        if (count := size >> HEIGHT * level) % WIDTH:
            places.append(Place(level, count >> HEIGHT))
        level += 1
    return places


def _count(size: int, place: Place) -> int:
    """How many hashes a tree of this size has in this tile."""
    return min(WIDTH, (size >> HEIGHT * place.level) - place.nth * WIDTH)


def _hashes(tile: bytes, start: int, end: int) -> list[bytes]:
    return [tile[at * HASH : (at + 1) * HASH] for at in range(start, end)]
