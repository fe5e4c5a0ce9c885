"""What is exported proves itself to a program that knows nothing of ours; what is done to it shows."""

import json
import random
import re
import string
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import verify_whistle
from adapters.database import Database
from evidence import export as exporting
from evidence.note import Signer
from evidence.verification import Broken
from tests.evidence.sealing import ORIGIN, Sealed, unguarded

Lines = list[str]
CHOSEN = [3, 4, 5, 90, 91, 200, 257]


@pytest.fixture
def sealed(empty: Database, tmp_path: Path) -> Sealed:
    """A log of some hundred events; the last are not sealed."""
    made = Sealed(empty, tmp_path)
    made.report(300)
    made.seal()
    made.report(2)
    return made


@pytest.fixture
def lines(sealed: Sealed) -> Lines:
    """An export of a few events."""
    with psycopg.connect(sealed.database.service) as conn:
        return list(exporting.export(conn, sealed.signer, "a few", [*CHOSEN, 301]))


def check(lines: Lines, kept: str | None, key: str | None) -> None:
    """Verify an export, and a file of checkpoints against it."""
    head, _ = verify_whistle.verify(iter(lines), key)
    if kept is not None:
        verify_whistle.agreeing(kept, head)


def damaged(lines: Lines, kept: str | None = None, key: str | None = None) -> str:
    """What is said of an export that is not intact."""
    with pytest.raises(verify_whistle.Damaged) as problem:
        check(lines, kept, key)
    return str(problem.value)


def test_an_export_is_intact_and_leaves_out_what_is_not_sealed(sealed: Sealed, lines: Lines) -> None:
    head, count = verify_whistle.verify(iter(lines), str(sealed.signer.verifier))
    assert verify_whistle.agreeing(sealed.file.read_text("utf-8"), head) == (1, 1)
    assert (head.what, count, head.size) == ("a few", len(CHOSEN), 300)
    assert head.fingerprint == sealed.signer.verifier.fingerprint
    event = json.loads(lines[1])
    assert json.loads(event["state"])["title"] == "路灯不亮"


def test_no_letter_of_an_export_can_be_altered(lines: Lines) -> None:
    seed = random.randrange(10**9)
    drawn = random.Random(seed)
    for nth, line in enumerate(lines):
        for at in drawn.sample(range(len(line) - 1), 150):
            altered = line[:at] + ("0" if line[at] != "0" else "1") + line[at + 1 :]
            said = damaged([*lines[:nth], altered, *lines[nth + 1 :]])
            assert nth == 0 or f"{CHOSEN[nth - 1]} " in said, (seed, nth, at, said)


def test_the_same_bytes_written_in_another_way_are_altered(lines: Lines) -> None:
    letters = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}+/"
    found = 0
    for nth, line in enumerate(lines[:3]):
        # The last letter before one `=` has two bits that say nothing.
        for match in re.finditer(r"[A-Za-z0-9+/]{20}=(?=[^=])", line):
            at = match.end() - 2
            other = letters[letters.index(line[at]) ^ 1]
            damaged([*lines[:nth], line[:at] + other + line[at + 1 :], *lines[nth + 1 :]])
            found += 1
    assert found > 10


@pytest.mark.parametrize("nth", [0, 2])
@pytest.mark.parametrize("added", ['"said": "more"', '"": "more"', '"key": "x"', '"state": "{}"'])
def test_nothing_can_be_added_to_a_line(lines: Lines, nth: int, added: str) -> None:
    altered = "{" + added + ", " + lines[nth][1:]
    assert json.loads(altered)
    damaged([*lines[:nth], altered, *lines[nth + 1 :]])


Change = Callable[[Lines], Lines]
DAMAGES: dict[str, tuple[Change, str]] = {
    "first missing": (lambda lines: [lines[0], *lines[2:]], "Position 3 is missing"),
    "one missing": (lambda lines: [*lines[:4], *lines[5:]], "Position 90 is missing"),
    "last missing": (lambda lines: lines[:-1], "Position 257 is missing"),
    "torn": (lambda lines: [*lines[:-1], lines[-1][:99]], "Position 257 was altered"),
    "two exchanged": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "Position 4 was reordered"),
    "one twice": (lambda lines: [*lines[:3], lines[2], *lines[3:]], "position 4 was inserted"),
    "last twice": (lambda lines: [*lines, lines[-1]], "Position 257 was inserted"),
    "no head": (lambda lines: lines[1:], "first line"),
    "nothing": (lambda lines: [], "first line"),
    "no events": (lambda lines: lines[:1], "Position 3 is missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_done_to_an_export_is_named(lines: Lines, damage: str) -> None:
    change, said = DAMAGES[damage]
    assert said in damaged(change(lines))


@pytest.mark.parametrize(
    "head",
    [
        '{"form": "whistle-export/1"}',
        "[" * 100_000,
        "null",
        '{"form": "whistle-export/1", "key": 1}',
        "\ud800",
    ],
)
def test_a_head_that_is_none_is_damage_and_nothing_worse(lines: Lines, head: str) -> None:
    damaged([head, *lines[1:]])


def test_a_manifest_that_somebody_made_up_is_damage_and_nothing_worse(sealed: Sealed, lines: Lines) -> None:
    for text in (
        "x\n",
        f"{ORIGIN}/export\n300\nmany\n1-2\nall\n",
        f"{ORIGIN}/export\n300\n2\none-2\nall\n",
        f"{ORIGIN}/export\n300\n2\n1-{10**20}\nall\n",
    ):
        forged = json.loads(lines[0]) | {"manifest": sealed.signer.sign(text)}
        assert "do not belong together" in damaged([json.dumps(forged), *lines[1:]])


def test_an_event_with_a_good_proof_that_was_not_exported_is_inserted(sealed: Sealed, lines: Lines) -> None:
    with psycopg.connect(sealed.database.service) as conn:
        other = list(exporting.export(conn, sealed.signer, "another", [50]))
    assert "position 50 was inserted" in damaged([*lines[:4], other[1], *lines[4:]])
    forged = json.loads(lines[0]) | {"manifest": json.loads(other[0])["manifest"]}
    assert "Position 50" in damaged([json.dumps(forged), *lines[1:]])


def test_a_file_made_up_as_a_whole_needs_another_key(sealed: Sealed, lines: Lines) -> None:
    assert "another key" in damaged(lines, key=str(Signer.new(ORIGIN).verifier))


def test_a_checkpoint_kept_elsewhere_tells_of_a_rewritten_log(sealed: Sealed, lines: Lines) -> None:
    kept = sealed.file.read_text("utf-8")
    other = sealed.signer.sign(f"{ORIGIN}\n300\n{'A' * 43}=\n")
    assert "rewritten" in damaged(lines, f"{kept}{other}\n")
    forged = Signer.new(ORIGIN).sign(f"{ORIGIN}\n300\n{'A' * 43}=\n")
    assert "not by the key" in damaged(lines, forged)
    for unreadable in ("", "a checkpoint", kept + "and more"):
        assert "cannot be read" in damaged(lines, unreadable)


def test_what_is_not_as_it_was_sealed_is_not_exported(sealed: Sealed) -> None:
    with unguarded(sealed.database) as conn:
        conn.execute("UPDATE log.events SET topic = topic || 'x' WHERE position = 90")
        with pytest.raises(Broken, match="Position 90 was altered"):
            list(exporting.export(conn, sealed.signer, "a few", CHOSEN))


def test_where_nothing_is_sealed_nothing_is_exported(empty: Database, sealed: Sealed) -> None:
    with psycopg.connect(empty.service) as conn:
        for positions in ([], [301, 302]):
            with pytest.raises(exporting.NothingToExport):
                list(exporting.export(conn, sealed.signer, "nothing", positions))


@pytest.mark.parametrize(
    ("positions", "said"), [([], ""), ([7], "7"), ([1, 2, 3], "1-3"), ([1, 3, 4, 9], "1 3-4 9")]
)
def test_positions_are_said_in_short(positions: list[int], said: str) -> None:
    assert exporting.ranges_of(positions) == said


def test_an_event_left_out_is_missed_by_whoever_exports_and_by_whoever_verifies(sealed: Sealed) -> None:
    with psycopg.connect(sealed.database.owner) as conn:
        ((number,),) = conn.execute(
            "SELECT number FROM log.events JOIN log.numbers USING (originator_id) WHERE position = 301"
        ).fetchall()
        conn.execute(
            "INSERT INTO log.events SELECT 301 + n, gen_random_uuid(), originator_id, n, 'ticket.sorted',"
            " state, metadata, recorded_at FROM log.events, generate_series(2, 4) AS n WHERE position = 301"
        )
        conn.execute("UPDATE log.head SET position = 305")
    sealed.seal()

    def exported(what: str, positions: list[int]) -> Lines:
        with psycopg.connect(sealed.database.service) as conn:
            return list(exporting.export(conn, sealed.signer, what, positions))

    whole, days = [301, 303, 304, 305], "2026-11-01 to 2026-11-30"
    for what, positions in (
        (f"ticket {number}", whole), ("tickets of water", whole), (days, [*range(299, 306)])
    ):  # fmt: skip
        check(exported(what, positions), None, None)
    with pytest.raises(Broken, match="Position 305 is not what follows"):
        exported(f"ticket {number}", [301, 303, 305])
    with pytest.raises(verify_whistle.Damaged, match="Position 9 is not what follows: version 2"):
        verify_whistle.check_history({"position": 9, "version": 3, "ticket": "x"}, "a few", {"x": 1})
    for state in ("[1]", "{", "[" * 100_000, "{}"):
        odd = {"position": 9, "version": 1, "ticket": "x", "state": state}
        with pytest.raises(verify_whistle.Damaged, match="Position 9 is of another ticket"):
            verify_whistle.check_history(odd, "ticket X-1", {})
    for what, positions, said in (
        (f"ticket {number}", whole[1:], "Position 303 is not what follows: version 1"),
        ("tickets of water", whole[1:], "Position 303 is not what follows: version 1"),
        ("ticket X-1", whole, "Position 301 is of another ticket"),
        (f"ticket {number}", [300, *whole], "Position 300 is of another ticket"),
        (days, [299, 300, 303, 304], "Position 301 is missing: it was left out"),
    ):
        assert said in damaged(exported(what, positions)), what
