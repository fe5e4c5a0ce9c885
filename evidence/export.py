"""One file that proves what it tells: events as they are stored, with proofs, checkpoint and key."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import psycopg

from evidence.leaf import STORED, Stored
from evidence.merkle import consistency, inclusion, is_consistent, is_included, range_hash
from evidence.note import Checkpoint, Signer
from evidence.tiles import NEWEST, hash_in, places_of, read
from evidence.verification import ALTERED, LEFT_OUT, MISSING, REWRITTEN, Broken

FORM = "whistle-export/1"
BEGIN = '<script type="application/jsonl">\n'
"""Between the readable history and the lines of events."""
END = "</script>\n</body>\n</html>\n"
NEWER = "The checkpoint over {position} events is newer than the sealed log: some of it is missing."
AT_ONCE = 1_000
"""Events whose proofs are made together."""

OF_HISTORIES = "SELECT position FROM log.events WHERE originator_id = ANY (%s) ORDER BY position"
RECORDED = """
SELECT generate_series(min(position), max(position))
  FROM log.events
 WHERE recorded_at >= %s AND recorded_at < %s
"""
CHOSEN = STORED + "WHERE position = ANY (%s) ORDER BY position"


Telling = Callable[[str, Checkpoint, Sequence[int]], str]
"""The history in sentences, as the beginning of an HTML page: of a checkpoint, read too, and positions."""


class NothingToExport(Exception):
    """There is nothing sealed to be exported: choose otherwise, or try again a second later."""


def export(
    conn: psycopg.Connection[Any],
    signer: Signer,
    what: str,
    positions: Sequence[int],
    tell: Telling | None = None,
    kept: Iterable[Checkpoint] = (),
) -> Iterator[str]:
    """The lines of the file: a head, then an event each, in the order of the log.

    The head holds a manifest, signed as checkpoints are: nobody takes an event out of the file unnoticed.
    With `tell`, all this stands within a page for people, and the manifest has the hash of what they read.
    For checkpoints that were `kept` elsewhere, the head proves that the log only grew since.
    What is not sealed yet is left out. Raises `NothingToExport`, `Broken` where an event is not as it was
    sealed, `BadNote` where the checkpoint is not signed by this key.
    """
    newest = conn.execute(NEWEST).fetchone()
    if newest is None:
        raise NothingToExport
    checkpoint = Checkpoint.read(signer.verifier.open(newest[0]))
    chosen = [position for position in positions if position <= checkpoint.size]
    if not chosen:
        raise NothingToExport
    manifest = f"{signer.name}/export\n{checkpoint.size}\n{len(chosen)}\n{ranges_of(chosen)}\n{what}\n"
    if tell:
        told = tell(newest[0], checkpoint, chosen)
        manifest += f"{hashlib.sha256(told.encode()).hexdigest()}\n"
        yield from (told, BEGIN)
    yield _line(
        form=FORM,
        key=str(signer.verifier),
        fingerprint=signer.verifier.fingerprint,
        checkpoint=newest[0],
        manifest=signer.sign(manifest),
        **_grew(conn, kept, checkpoint),
    )
    last: dict[Any, int] = {}
    for start in range(0, len(chosen), AT_ONCE):
        for event, proof in _events(conn, chosen[start : start + AT_ONCE], checkpoint):
            if event.version != last.get(event.ticket, event.version - 1) + 1:
                raise Broken(event.position, LEFT_OUT)
            last[event.ticket] = event.version
            yield _line(**event._asdict() | {"state": event.state.decode()}, proof=proof)
    if tell:
        yield END


def _events(
    conn: psycopg.Connection[Any], positions: Sequence[int], checkpoint: Checkpoint
) -> Iterator[tuple[Stored, list[str]]]:
    rows = {row[0]: Stored(*row) for row in conn.execute(CHOSEN, [list(positions)], binary=True)}
    paths = {position: inclusion(position - 1, checkpoint.size) for position in positions}
    node = hash_in(read(conn, places_of(leaves for path in paths.values() for leaves in path)))
    for position in positions:
        event = rows.get(position)
        if event is None:
            raise Broken(position, MISSING)
        proof = [range_hash(leaves, node) for leaves in paths[position]]
        if not is_included(event.hash, position - 1, checkpoint.size, proof, checkpoint.root):
            raise Broken(position, ALTERED)
        yield event, [b64encode(each).decode() for each in proof]


def _grew(
    conn: psycopg.Connection[Any], kept: Iterable[Checkpoint], checkpoint: Checkpoint
) -> dict[str, dict[str, list[str]]]:
    """The proofs from each of these to the checkpoint. Raises `Broken` where one does not lead there."""
    found = {}
    for before in kept:
        if not 0 < before.size <= checkpoint.size:
            raise Broken(before.size, NEWER)
        paths = consistency(before.size, checkpoint.size)
        node = hash_in(read(conn, places_of(paths)))
        proof = [range_hash(leaves, node) for leaves in paths]
        if not is_consistent(before.size, checkpoint.size, proof, before.root, checkpoint.root):
            raise Broken(1, REWRITTEN, last=before.size)
        found[str(before.size)] = [b64encode(each).decode() for each in proof]
    return {"grew": found} if found else {}


def of_histories(conn: psycopg.Connection[Any], ids: Iterable[Any]) -> list[int]:
    """The positions of all events of these histories."""
    return [position for (position,) in conn.execute(OF_HISTORIES, [list(ids)])]


def recorded_between(conn: psycopg.Connection[Any], start: Any, end: Any) -> list[int]:
    """All positions from the first to the last event that the log learned from `start` until before `end`."""
    return [position for (position,) in conn.execute(RECORDED, [start, end])]


def ranges_of(positions: Sequence[int]) -> str:
    """Ascending positions in short: 1-5 9 12-13."""
    found: list[list[int]] = []
    for position in positions:
        if found and found[-1][1] == position - 1:
            found[-1][1] = position
        else:
            found.append([position, position])
    return " ".join(str(start) if start == end else f"{start}-{end}" for start, end in found)


def _line(**facts: Any) -> str:
    # Nothing in a line can end the element that the lines stand in.
    return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c") + "\n"
