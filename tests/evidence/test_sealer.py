"""The sealer: what it signs is what the log holds, also after it was stopped anywhere."""

import stat
import threading
from pathlib import Path

import psycopg
import pytest

from adapters.database import Database
from adapters.settings import BadSetting, Settings
from evidence import keys
from evidence import sealer as sealing
from evidence.leaf import STORED, Stored
from evidence.merkle import hash_leaf
from evidence.note import Checkpoint, Signer
from evidence.sealer import Sealer, Unsealable
from tests.adapters.writing import wait_for
from tests.evidence.sealing import ORIGIN, Sealed, unguarded
from tests.evidence.test_merkle import naive


@pytest.fixture
def sealed(empty: Database, tmp_path: Path) -> Sealed:
    """An empty log."""
    return Sealed(empty, tmp_path)


def test_a_checkpoint_is_over_the_canonical_leaves(sealed: Sealed) -> None:
    sealed.report(5)
    assert sealed.seal() == 5
    with psycopg.connect(sealed.database.service) as conn:
        rows = [Stored(*row) for row in conn.execute(STORED + "ORDER BY position")]
    (note,) = sealed.notes
    checkpoint = Checkpoint.read(sealed.signer.verifier.open(note))
    assert checkpoint == (ORIGIN, 5, naive([row.leaf for row in rows]))
    first = rows[0].leaf.decode().split("\n")
    assert first[:3] == ["whistle-leaf/1", "1", rows[0].event_id]
    assert hash_leaf(rows[0].leaf) == rows[0].hash


def test_nothing_new_is_no_new_checkpoint(sealed: Sealed) -> None:
    assert sealed.seal() == 0
    sealed.report(3)
    sealed.seal()
    assert sealed.seal() == 0
    assert len(sealed.notes) == 1


def test_each_thousand_events_have_a_checkpoint_and_the_tree_outgrows_its_tiles(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 100)
    sealed.report(730)
    assert sealed.seal() == 730
    sizes = [Checkpoint.read(sealed.signer.verifier.open(note)).size for note in sealed.notes]
    assert sizes == [100, 200, 300, 400, 500, 600, 700, 730]
    assert sealed.verify(*sealed.notes) == (730, 730, 8)


def test_a_sealer_that_ended_before_its_file_writes_down_what_was_signed(sealed: Sealed) -> None:
    sealed.report(2)
    sealed.seal()
    kept = sealed.file.read_text("utf-8")
    sealed.report(2)
    sealed.seal()
    last = sealed.notes[-1]
    sealed.file.write_text(kept, "utf-8")
    sealed.seal()
    assert sealed.notes[-1] == last


@pytest.mark.parametrize("damage", ["torn", "away"])
def test_a_file_of_checkpoints_that_was_torn_or_taken_away_goes_on(sealed: Sealed, damage: str) -> None:
    sealed.report(2)
    sealed.seal()
    whole = sealed.file.read_text("utf-8")
    if damage == "torn":
        sealed.file.write_text(whole + whole[: len(whole) // 2], "utf-8")
    else:
        sealed.file.unlink()
    sealed.report(1)
    sealed.seal()
    for note in sealed.notes[-2:]:
        sealed.signer.verifier.open(note)
    assert Checkpoint.read(sealed.signer.verifier.open(sealed.notes[-1])).size == 3


def test_a_log_from_before_is_not_sealed_on(sealed: Sealed) -> None:
    sealed.report(2)
    sealed.seal()
    with unguarded(sealed.database) as conn:
        conn.execute("DELETE FROM seal.checkpoint")
        conn.execute("DELETE FROM seal.tile")
        sealer = Sealer(sealed.database.service, sealed.signer, sealed.file)
        with pytest.raises(Unsealable, match="older backup"):
            sealer.seal(conn)


def test_another_key_is_not_taken_for_the_first(sealed: Sealed, tmp_path: Path) -> None:
    sealed.report(1)
    sealed.seal()
    with pytest.raises(Unsealable, match="signing key"):
        Sealed(sealed.database, tmp_path, Signer.new(ORIGIN)).seal()


@pytest.mark.parametrize(
    "damage",
    ["UPDATE seal.tile SET hashes = set_bit(hashes, 5, 1 - get_bit(hashes, 5))", "DELETE FROM seal.tile"],
)
def test_a_damaged_tree_is_not_grown(sealed: Sealed, damage: str) -> None:
    sealed.report(3)
    sealed.seal()
    with unguarded(sealed.database) as conn:
        conn.execute(damage.encode())
        with pytest.raises(Unsealable, match="stored tree"):
            Sealer(sealed.database.service, sealed.signer, sealed.file).seal(conn)


def test_a_gap_is_not_sealed(sealed: Sealed) -> None:
    sealed.report(3)
    with unguarded(sealed.database) as conn:
        conn.execute("DELETE FROM log.events WHERE position = 2")
        with pytest.raises(Unsealable, match="Position 2 is missing"):
            Sealer(sealed.database.service, sealed.signer, sealed.file).seal(conn)


def test_the_service_cannot_take_back_what_was_signed(sealed: Sealed) -> None:
    sealed.report(1)
    sealed.seal()
    for statement in (
        "DELETE FROM seal.checkpoint",
        "UPDATE seal.checkpoint SET size = 9",
        "DELETE FROM seal.tile",
    ):
        with (
            psycopg.connect(sealed.database.service) as conn,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            conn.execute(statement.encode())


def test_of_two_sealers_one_works_and_the_other_takes_over(sealed: Sealed) -> None:
    sealers = [Sealer(sealed.database.service, sealed.signer, sealed.file) for _ in range(2)]
    threads = [threading.Thread(target=sealer.run) for sealer in sealers]
    for thread in threads:
        thread.start()
    try:
        sealed.report(4)
        wait_for(lambda: len(sealed.notes) == 1)
        sealers[0].stop()
        threads[0].join()
        sealed.report(4)
        wait_for(lambda: len(sealed.notes) == 2)
    finally:
        for sealer in sealers:
            sealer.stop()
        for thread in threads:
            thread.join()
    assert sealed.verify(*sealed.notes).sealed == 8


DOCS = Path(__file__).parents[2] / "docs" / "evidence.md"
LATER = """
INSERT INTO log.events
SELECT 4, gen_random_uuid(), gen_random_uuid(), 1, topic, state, metadata, recorded_at
  FROM log.events WHERE position = 1
"""


def test_with_the_key_lost_the_log_is_sealed_anew_as_the_docs_say(sealed: Sealed, tmp_path: Path) -> None:
    sealed.report(3)
    sealed.seal()
    said = DOCS.read_text("utf-8").split("```sql\n")[1].split("```")[0]
    with psycopg.connect(sealed.database.owner) as conn:
        conn.execute(said.encode())
    (tmp_path / "new").mkdir()
    anew = Sealed(sealed.database, tmp_path / "new", Signer.new(ORIGIN))
    assert anew.seal() == 3
    assert anew.verify(*anew.notes) == (3, 3, 1)


def test_what_could_not_be_sealed_leaves_nothing_behind(sealed: Sealed) -> None:
    sealed.report(3)
    sealer = Sealer(sealed.database.service, sealed.signer, sealed.file)
    with unguarded(sealed.database) as conn:
        with conn.transaction(force_rollback=True):
            conn.execute("DELETE FROM log.events WHERE position = 3")
            conn.execute(LATER)
            with pytest.raises(Unsealable, match="Position 3 is missing"):
                sealer.seal(conn)
        assert sealer.seal(conn) == 3
        assert sealed.verify_as_seen(conn).sealed == 3


def test_a_key_is_whole_or_not_there_and_of_two_the_first_stays(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    with pytest.raises(BadSetting, match="no signing key"):
        keys.signer(settings)
    made = keys.signer(settings, make=True)
    assert keys.signer(settings).secret == keys.signer(settings, make=True).secret == made.secret
    assert [file.name for file in (tmp_path / "seal").iterdir()] == ["key"]
    assert stat.S_IMODE((tmp_path / "seal" / "key").stat().st_mode) == 0o600
