"""A file proves that the log only grew since any checkpoint kept elsewhere, or tells that it did not."""

import json
from pathlib import Path

import psycopg
import pytest

import verify_whistle
from adapters.database import Database
from evidence.export import export
from evidence.leaf import STORED, Stored
from evidence.note import Checkpoint
from evidence.tiles import Growing
from evidence.verification import Broken
from tests.evidence.sealing import ORIGIN, Sealed, unguarded

GROWING = (1, 1, 1, 4, 1, 56, 64, 1, 128, 30)
"""Checkpoints over one event, and just below, at and above powers of two."""
SIZE = sum(GROWING)


@pytest.fixture
def sealed(empty: Database, tmp_path: Path) -> Sealed:
    """A log that was sealed as it grew."""
    made = Sealed(empty, tmp_path)
    for more in GROWING:
        made.report(more)
        made.seal()
    return made


def exported(sealed: Sealed, conn: psycopg.Connection[tuple[object, ...]], *kept: str) -> list[str]:
    """An export of two events, for whoever has kept these checkpoints."""
    before = [Checkpoint.read(sealed.signer.verifier.open(note)) for note in kept]
    return list(export(conn, sealed.signer, "two", [1, 60], kept=before))


def agreeing(lines: list[str], note: str) -> tuple[int, int]:
    """What the verifier of a single file says of a checkpoint."""
    head, _ = verify_whistle.verify(iter(lines))
    return verify_whistle.agreeing(note, head)


def test_every_checkpoint_that_was_ever_made_is_led_on_from(sealed: Sealed) -> None:
    with psycopg.connect(sealed.database.service) as conn:
        lines, plain = exported(sealed, conn, *sealed.notes), exported(sealed, conn)
    assert agreeing(lines, "\n".join(sealed.notes)) == (len(GROWING), len(GROWING))
    for note in sealed.notes:
        assert agreeing(lines, note) == (1, 1)
        assert agreeing(plain, note) == (int(note.split("\n")[1] == str(SIZE)), 1)


def test_another_log_of_the_same_size_is_not_led_on_from(sealed: Sealed) -> None:
    with psycopg.connect(sealed.database.service) as conn:
        lines = exported(sealed, conn, *sealed.notes)
    for note in sealed.notes:
        size = note.split("\n")[1]
        other = sealed.signer.sign(f"{ORIGIN}\n{size}\n{'A' * 43}=\n")
        with pytest.raises(verify_whistle.Damaged, match="rewritten"):
            agreeing(lines, other)


def test_no_proof_can_be_altered_cut_or_left_empty(sealed: Sealed) -> None:
    with psycopg.connect(sealed.database.service) as conn:
        lines = exported(sealed, conn, *sealed.notes[:-1])
    head = json.loads(lines[0])
    sizes = dict(zip(head["grew"], sealed.notes, strict=False))
    assert len(sizes) == len(GROWING) - 1
    for size, proof in head["grew"].items():
        damages = [
            proof[:-1],
            proof[1:],
            [*proof, proof[0]],
            [],
            {},
            None,
            [1],
            "x",
            [proof[0][::-1], *proof[1:]],
        ]
        damages += [[*proof[:nth], "A" * 43 + "=", *proof[nth + 1 :]] for nth in range(len(proof))]
        for damage in damages:
            forged = json.dumps(head | {"grew": {size: damage}}) + "\n"
            with pytest.raises(verify_whistle.Damaged, match="rewritten"):
                agreeing([forged, *lines[1:]], sizes[size])


def test_who_holds_the_key_and_rewrites_the_log_is_caught_by_any_one_checkpoint(sealed: Sealed) -> None:
    notes = sealed.notes
    with unguarded(sealed.database) as conn:
        honest = json.loads(exported(sealed, conn, *notes[:-1])[0])["grew"]
        conn.execute("UPDATE log.events SET topic = topic || 'x' WHERE position = 1")
        conn.execute("DELETE FROM seal.tile")
        tree = Growing()
        for row in conn.execute(STORED + "ORDER BY position").fetchall():
            tree.add(Stored(*row).hash)
        tree.write(conn)
        note = sealed.signer.sign(Checkpoint(ORIGIN, SIZE, tree.root).text)
        conn.execute("UPDATE seal.checkpoint SET note = %s WHERE size = %s", [note, SIZE])
        forged = exported(sealed, conn)
        assert verify_whistle.verify(iter(forged))[1] == 2
        for kept in notes:
            with pytest.raises(Broken, match="rewritten"):
                exported(sealed, conn, kept)
        # Nor do the proofs help that were once true.
        head = json.dumps(json.loads(forged[0]) | {"grew": honest}) + "\n"
        for kept in notes:
            with pytest.raises(verify_whistle.Damaged, match="rewritten"):
                agreeing([head, *forged[1:]], kept)
