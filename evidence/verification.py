"""Is the log what was sealed? Every event is read and hashed anew."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NamedTuple, NoReturn

import psycopg

from evidence.hashing import Hashing, hashing
from evidence.leaf import BETWEEN, Stored
from evidence.merkle import HASH
from evidence.note import BadNote, Checkpoint, Verifier
from evidence.tiles import HEIGHT, WIDTH, Growing, Place, read

CHUNK = 40 * WIDTH
"""Events read at a time: whole tiles."""

STRAYS = """
SELECT position FROM log.events WHERE position < 1 OR position > %(head)s ORDER BY position LIMIT 1
"""
# Numbers are looked up in a table beside the log; each is in the report that got it, too.
NUMBERS = """
SELECT coalesce(r.position, 0), number
  FROM (SELECT position, originator_id, convert_from(state, 'UTF8')::json ->> 'number' AS number
          FROM log.events
         WHERE topic = 'ticket.reported') AS r
  FULL JOIN log.numbers AS n USING (originator_id, number)
 WHERE r.position IS NULL OR n.number IS NULL
 ORDER BY r.position
 LIMIT 1
"""
CHECKPOINTS = "SELECT size, note FROM seal.checkpoint ORDER BY size"
HEAD = "SELECT position FROM log.head"

ALTERED = "Position {position} was altered after it was sealed."
MISSING = "Position {position} is missing: it was removed after it was sealed."
INSERTED = "Position {position} was inserted: it was not there when the log was sealed."
LEFT_OUT = "Position {position} is not what follows in its history: something before it is not where it was."
REORDERED = "Position {position} was reordered: what stood there stands elsewhere now."
REWRITTEN = (
    "Position {position}, or one of those up to {last}, was altered, missing, inserted or reordered after "
    "it was sealed, and the stored tree was rewritten to fit."
)
TREE = "The stored tree is damaged at position {position}; the event itself is as it was sealed."
MISNUMBERED = (
    "The table of numbers was altered: what it says of {number} no report says, or the other way round."
)
UNREADABLE = (
    "From position {position} on, which nothing has sealed yet, a report cannot be read: it was altered."
)
UNSIGNED = "The checkpoint over {position} events is not signed by this key: altered, or by another key."


class Broken(Exception):
    """The log is not what was sealed."""

    def __init__(self, position: int, sentence: str, **facts: int | str) -> None:
        self.position = position
        """The first position concerned."""
        super().__init__(sentence.format(position=position, **facts))


class Intact(NamedTuple):
    """The log is what was sealed."""

    events: int
    sealed: int
    """Of these; the others are newer than the newest checkpoint."""
    checkpoints: int
    """That the log agrees with."""


Progress = Callable[[int, int], None]


@contextmanager
def one_moment(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    """The database as it is now, however long one looks at it."""
    with psycopg.connect(conninfo) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield conn


def verify(
    conninfo: str, verifier: Verifier, notes: Iterable[str] = (), progress: Progress = lambda done, of: None
) -> Intact:
    """Compare the log with the stored tree and with every checkpoint, those in `notes` too.

    Raises `Broken` with the first position that is altered, missing, inserted or reordered; `BadNote` for one
    of the `notes` that this key has not signed.
    """
    with one_moment(conninfo) as conn:
        (head,) = conn.execute(HEAD).fetchone() or (0,)
        with hashing(conninfo, conn, head) as hashed:
            return verify_on(conn, hashed, verifier, notes, progress)


def verify_on(
    conn: psycopg.Connection[Any],
    hashed: Hashing,
    verifier: Verifier,
    notes: Iterable[str] = (),
    progress: Progress = lambda done, of: None,
) -> Intact:
    """As `verify`, on what this connection sees."""
    checkpoints = _opened(conn, verifier, notes)
    (head,) = conn.execute(HEAD).fetchone() or (0,)
    intact = _Walk(conn, checkpoints, head).verify(hashed, progress)
    try:
        for position, number in conn.execute(NUMBERS):
            raise Broken(position, MISNUMBERED, number=number)
    except psycopg.DataError:  # What is sealed was read already.
        raise Broken(intact.sealed + 1, UNREADABLE) from None
    return intact


def _opened(conn: psycopg.Connection[Any], verifier: Verifier, notes: Iterable[str]) -> list[Checkpoint]:
    """All checkpoints by size. Raises `Broken` for a stored one that is unsigned, or says another size."""
    found = {Checkpoint.read(verifier.open(note)) for note in notes}
    for size, note in conn.execute(CHECKPOINTS):
        try:
            checkpoint = Checkpoint.read(verifier.open(note))
        except BadNote:
            raise Broken(size, UNSIGNED) from None
        if checkpoint.size != size:
            raise Broken(size, UNSIGNED)
        found.add(checkpoint)
    return sorted(found, key=lambda checkpoint: checkpoint.size)


class _Walk:
    """One reading of the log, from its first event to its last."""

    def __init__(self, conn: psycopg.Connection[Any], checkpoints: list[Checkpoint], head: int) -> None:
        self._conn, self._checkpoints, self._head = conn, checkpoints, head
        self._sealed = checkpoints[-1].size if checkpoints else 0
        self._tree = Growing()
        self._agreed = 0
        """How many checkpoints the log agrees with."""

    def verify(self, hashed: Hashing, progress: Progress) -> Intact:
        """Read it all. Raises `Broken`."""
        for (stray,) in self._conn.execute(STRAYS, {"head": self._head}):
            raise Broken(stray, INSERTED)
        size = max(self._head, self._sealed)
        chunks = [(after, min(after + CHUNK, size)) for after in range(0, size, CHUNK)]
        for (after, until), found in zip(chunks, hashed(chunks) if chunks else (), strict=True):
            self._check(after, until, found)
            progress(until, size)
        return Intact(self._tree.size, self._sealed, len(self._checkpoints))

    def _check(self, after: int, until: int, found: bytes) -> None:
        """Compare the next events with what was sealed, and the tree with each checkpoint on the way."""
        sealed = self._sealed_hashes(after, min(until, self._sealed))
        right = _common(found, sealed)
        if right == max(0, min(until, self._sealed) - after) * HASH:
            right = len(found)  # The others are not sealed yet.
        for checkpoint in self._checkpoints[self._agreed :]:
            if checkpoint.size > after + right // HASH:
                break
            self._add(found, after, checkpoint.size)
            self._compare(checkpoint)
        self._add(found, after, after + right // HASH)
        if self._tree.size < until:
            self._differs(self._tree.size + 1)
        self._compare_above()
        self._tree.written()

    def _compare_above(self) -> None:
        """Compare the tiles above the leaves, of which proofs are made, with those of the log."""
        tiles = self._tree.above(self._sealed)
        stored = read(self._conn, tiles)
        for place, hashes in tiles.items():
            right = _common(hashes, stored.get(place, b"")[: len(hashes)]) // HASH
            if right < len(hashes) // HASH:
                raise Broken((place.nth * WIDTH + right << HEIGHT * place.level) + 1, TREE)

    def _add(self, found: bytes, after: int, until: int) -> None:
        self._tree.add(found[(self._tree.size - after) * HASH : (until - after) * HASH])

    def _compare(self, checkpoint: Checkpoint) -> None:
        if self._tree.root != checkpoint.root:
            raise self._rewritten(checkpoint.size)
        self._agreed += 1

    def _differs(self, position: int) -> NoReturn:
        """Say what is wrong with the first position that is not as the stored tree has it.

        The tree is believed where it leads to the next signed root.
        """
        if position > self._sealed:
            raise Broken(position, MISSING)
        checkpoint = self._checkpoints[self._agreed]
        after, until = position - 1, checkpoint.size
        rows = self._rows(after, until)
        if self._leads_to(checkpoint, _hashes(self._sealed_hashes(after, until))):
            raise Broken(position, self._kind(position))
        contiguous = [row.position for row in rows] == list(range(position, until + 1))
        if contiguous and self._leads_to(checkpoint, [row.hash for row in rows]):
            raise Broken(position, TREE)
        raise self._rewritten(until)

    def _rewritten(self, last: int) -> Broken:
        """Something after the last checkpoint that the log agrees with is not as it was."""
        before = self._checkpoints[self._agreed - 1].size if self._agreed else 0
        return Broken(before + 1, REWRITTEN, last=last)

    def _leads_to(self, checkpoint: Checkpoint, hashes: Iterable[bytes]) -> bool:
        """Whether the tree as far as it was right, and then these leaves, have the root that was signed."""
        tree = deepcopy(self._tree)
        tree.add(b"".join(hashes))
        return (tree.size, tree.root) == (checkpoint.size, checkpoint.root)

    def _kind(self, position: int) -> str:
        """What happened to an event: looked for everywhere, for it may only have moved."""
        sealed = self._sealed_hashes(position - 1, position)
        here = next(iter(self._rows(position - 1, position)), None)
        moved = any(
            row.position != position and row._replace(position=position).hash == sealed
            for row in self._all_rows()
        )
        if here is not None and not moved:
            return MISSING if self._belongs_elsewhere(here) else ALTERED
        if here is not None and not self._belongs_elsewhere(here):
            return INSERTED
        return REORDERED if moved else MISSING

    def _belongs_elsewhere(self, row: Stored) -> bool:
        for after in range(0, self._sealed, CHUNK):
            hashes = _hashes(self._sealed_hashes(after, min(after + CHUNK, self._sealed)))
            for position, sealed in enumerate(hashes, after + 1):
                if position != row.position and row._replace(position=position).hash == sealed:
                    return True
        return False

    def _all_rows(self) -> Iterator[Stored]:
        for after in range(0, self._head, CHUNK):
            yield from self._rows(after, after + CHUNK)

    def _rows(self, after: int, until: int) -> list[Stored]:
        rows = self._conn.execute(BETWEEN, {"after": after, "until": until}, binary=True)
        return [Stored(*row) for row in rows]

    def _sealed_hashes(self, after: int, until: int) -> bytes:
        """The hashes of these leaves as the stored tree has them; shorter where it lacks some."""
        first = after // WIDTH
        places = [Place(0, nth) for nth in range(first, -(-until // WIDTH))]
        tiles = read(self._conn, places)
        found = b"".join(tiles.get(place, b"") for place in places)
        return found[(after - first * WIDTH) * HASH : (until - first * WIDTH) * HASH]


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two rows of hashes have in common from their start, in whole hashes."""
    if one.startswith(other):
        return len(other)
    pairs = zip(_hashes(one), _hashes(other), strict=False)
    return HASH * next((nth for nth, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)) // HASH)


def _hashes(joined: bytes) -> Iterator[bytes]:
    for at in range(0, len(joined), HASH):
        yield joined[at : at + HASH]
