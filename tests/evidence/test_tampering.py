"""Whoever alters the log with a superuser's rights is found out, and where."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.database import Database
from evidence import hashing, verification
from evidence.leaf import STORED, Stored
from evidence.note import BadNote, Signer
from evidence.tiles import Growing
from evidence.verification import Broken, Intact
from tests.evidence.sealing import ORIGIN, Sealed, unguarded

EVENTS = 300
SHORT = 1
ROUNDS = 60

Conn = psycopg.Connection[Any]


@pytest.fixture
def sealed(empty: Database, tmp_path: Path) -> Sealed:
    """Some hundred events under several checkpoints, and five that are not sealed yet."""
    made = Sealed(empty, tmp_path)
    for part in (1, 120, EVENTS - 121):
        made.report(part)
        made.seal()
    made.report(5)
    return made


def found(sealed: Sealed, conn: Conn, *notes: str) -> tuple[int, str]:
    """The first position that is found damaged, and what was said of it."""
    with pytest.raises(Broken) as broken:
        sealed.verify_as_seen(conn, *notes)
    return broken.value.position, str(broken.value)


def test_a_log_that_nobody_altered_is_intact(sealed: Sealed) -> None:
    assert sealed.verify(*sealed.notes) == Intact(EVENTS + 5, EVENTS, 3)


STATE = "state = set_bit(state, %s, 1 - get_bit(state, %s))"
TREE = (
    "UPDATE seal.tile SET hashes = set_bit(hashes, %s, 1 - get_bit(hashes, %s)) WHERE (level, nth) = (0, 0)"
)
UUID = "{0} = substr(set_bit(uuid_send({0}), %s, 1 - get_bit(uuid_send({0}), %s))::text, 3)::uuid"
TIME = """
recorded_at = 'epoch'::timestamptz
    + ((extract(epoch FROM recorded_at) * 1000000)::bigint # (1::bigint << %s)) * interval '1 microsecond'
"""


def flips(row: Stored) -> Iterator[tuple[str, list[Any]]]:
    """Every way to turn over one bit of an event: what is set, with its parameters."""
    for bit in range(len(row.state) * 8):
        yield STATE, [bit, bit]
    for column in ("event_id", "originator_id"):
        for bit in range(128):
            yield UUID.format(column), [bit, bit]
    for bit in range(31):
        yield "originator_version = originator_version # (1 << %s)", [bit]
    for bit in range(50):
        yield TIME, [bit]
    for column, text in (("topic", row.topic), ("metadata", row.metadata)):
        for altered in flipped(text):
            if column == "topic" or is_another(altered, text):
                yield f"{column} = %s", [altered]


def flipped(text: str) -> Iterator[str]:
    """The text with each of its bits turned over, where that is text which a database keeps."""
    raw = text.encode()
    for bit in range(len(raw) * 8):
        altered = bytearray(raw)
        altered[bit // 8] ^= 1 << bit % 8
        try:
            said = altered.decode()
        except UnicodeDecodeError:
            continue
        if "\0" not in said:
            yield said


def is_another(altered: str, text: str) -> bool:
    """Whether this is JSON that says something else."""
    try:
        return bool(json.loads(altered) != json.loads(text))
    except ValueError:
        return False


def test_every_bit_of_a_short_log_counts(empty: Database, tmp_path: Path) -> None:
    sealed = Sealed(empty, tmp_path)
    sealed.report(SHORT)
    sealed.seal()
    with psycopg.connect(empty.service) as conn:
        rows = [Stored(*row) for row in conn.execute(STORED + "ORDER BY position")]
    tried = 0
    with unguarded(empty) as conn:
        for row in rows:
            for change, parameters in flips(row):
                with conn.transaction(force_rollback=True):
                    conn.execute(
                        f"UPDATE log.events SET {change} WHERE position = %s", [*parameters, row.position]
                    )
                    assert found(sealed, conn) == (
                        row.position,
                        f"Position {row.position} was altered after it was sealed.",
                    ), change
                tried += 1
    assert tried > 2000 * SHORT


def move(conn: Conn, start: int, end: int, by: int) -> None:
    """Give the events from `start` to `end` other positions, so many further."""
    conn.execute("UPDATE log.events SET position = -position WHERE position BETWEEN %s AND %s", [start, end])
    conn.execute("UPDATE log.events SET position = -position + %s WHERE position < 0", [by])


def delete(conn: Conn, at: int) -> None:
    conn.execute("DELETE FROM log.events WHERE position = %s", [at])


def delete_and_close(conn: Conn, at: int) -> None:
    delete(conn, at)
    move(conn, at + 1, EVENTS + 5, -1)
    conn.execute("UPDATE log.head SET position = position - 1")


def insert(conn: Conn, at: int) -> None:
    move(conn, at, EVENTS + 5, 1)
    conn.execute(
        """INSERT INTO log.events
           SELECT %s, gen_random_uuid(), gen_random_uuid(), 1, topic, state, metadata, recorded_at
             FROM log.events WHERE position = %s""",
        [at, at + 1],
    )
    conn.execute("UPDATE log.head SET position = position + 1")


def swap(conn: Conn, at: int) -> None:
    other = at + 1 + at % 7
    conn.execute("UPDATE log.events SET position = -1 WHERE position = %s", [at])
    conn.execute("UPDATE log.events SET position = %s WHERE position = %s", [at, other])
    conn.execute("UPDATE log.events SET position = %s WHERE position = -1", [other])


def rotate(conn: Conn, at: int) -> None:
    """What stood there comes three later."""
    conn.execute("UPDATE log.events SET position = -1 WHERE position = %s", [at])
    for each in range(at, at + 3):
        conn.execute("UPDATE log.events SET position = %s WHERE position = %s", [each, each + 1])
    conn.execute("UPDATE log.events SET position = %s WHERE position = -1", [at + 3])


def truncate(conn: Conn, at: int) -> None:
    conn.execute("DELETE FROM log.events WHERE position >= %s", [at])
    conn.execute("UPDATE log.head SET position = %s", [at - 1])


def alter(conn: Conn, at: int) -> None:
    conn.execute(
        "UPDATE log.events SET state = set_bit(state, 17, 1 - get_bit(state, 17)) WHERE position = %s", [at]
    )


WAYS: dict[str, list[Callable[[Conn, int], None]]] = {
    "altered": [alter],
    "missing": [delete, delete_and_close, truncate],
    "inserted": [insert],
    "reordered": [swap, rotate],
}


@pytest.mark.parametrize("kind", WAYS)
def test_what_was_done_is_named_with_its_first_position(sealed: Sealed, kind: str) -> None:
    seed = random.randrange(10**9)
    drawn = random.Random(seed)
    with unguarded(sealed.database) as conn:
        for way in WAYS[kind]:
            for at in (1, 2, 120, 121, 122, EVENTS - 9, *drawn.sample(range(1, EVENTS - 9), ROUNDS)):
                with conn.transaction(force_rollback=True):
                    way(conn, at)
                    position, said = found(sealed, conn)
                    assert (position, kind in said) == (at, True), (seed, way.__name__, at, position, said)


def test_what_is_not_sealed_yet_cannot_just_vanish(sealed: Sealed) -> None:
    with unguarded(sealed.database) as conn:
        delete(conn, EVENTS + 5)
        assert found(sealed, conn)[0] == EVENTS + 5


@pytest.mark.parametrize("stray", [-7, 0, EVENTS + 6, 10**12])
def test_an_event_beside_the_log_is_found(sealed: Sealed, stray: int) -> None:
    with unguarded(sealed.database) as conn:
        conn.execute("UPDATE log.events SET position = %s WHERE position = %s", [stray, EVENTS + 5])
        assert found(sealed, conn) == (
            stray,
            f"Position {stray} was inserted: it was not there when the log was sealed.",
        )


def rewrite(conn: Conn, sealed: Sealed) -> None:
    """Make the stored tree anew from what the log says now."""
    tree = Growing()
    conn.execute("DELETE FROM seal.tile")
    for row in conn.execute(STORED + "WHERE position <= %s ORDER BY position", [EVENTS]).fetchall():
        tree.add(Stored(*row).hash)
    tree.write(conn)


def test_a_rewritten_tree_is_caught_by_any_one_checkpoint_from_before(sealed: Sealed) -> None:
    with unguarded(sealed.database) as conn:
        alter(conn, 57)
        rewrite(conn, sealed)
        position, said = found(sealed, conn)
        assert position == 2
        assert "up to 121" in said
        # Who has the key as well signs it anew; only what was kept elsewhere then tells.
        conn.execute("DELETE FROM seal.checkpoint")
        assert sealed.verify_as_seen(conn) == Intact(EVENTS + 5, 0, 0)
        for note, caught in zip(sealed.notes, (False, True, True), strict=True):
            if caught:
                assert found(sealed, conn, note)[0] == 1
            else:
                sealed.verify_as_seen(conn, note)


def test_a_damaged_tree_is_no_damage_of_the_log(sealed: Sealed) -> None:
    with unguarded(sealed.database) as conn:
        conn.execute(TREE, [40 * 256, 40 * 256])
        position, said = found(sealed, conn)
        assert position == 41
        assert "the event itself is as it was sealed" in said


@pytest.mark.parametrize("lost", ["hashes = substr(hashes, 1, 32)", None])
def test_a_tree_of_which_a_part_is_lost_is_damage_too(sealed: Sealed, lost: str | None) -> None:
    with unguarded(sealed.database) as conn:
        changed = f"UPDATE seal.tile SET {lost}" if lost else "DELETE FROM seal.tile"
        conn.execute(f"{changed} WHERE (level, nth) = (0, 1)".encode())
        position, said = found(sealed, conn)
        assert position == 256 + (2 if lost else 1)
        assert "stored tree" in said


@pytest.mark.parametrize(
    "change",
    ["UPDATE seal.tile SET hashes = set_bit(hashes, 3, 1 - get_bit(hashes, 3))", "DELETE FROM seal.tile"],
)
def test_damage_above_the_leaves_is_found_where_its_leaves_begin(sealed: Sealed, change: str) -> None:
    with unguarded(sealed.database) as conn:
        conn.execute(f"{change} WHERE level = 1".encode())
        position, said = found(sealed, conn)
        assert position == 1
        assert "the event itself is as it was sealed" in said


def test_an_altered_checkpoint_is_not_believed(sealed: Sealed) -> None:
    with unguarded(sealed.database) as conn:
        conn.execute("UPDATE seal.checkpoint SET note = replace(note, '121', '122') WHERE size = 121")
        assert found(sealed, conn)[0] == 121
    with pytest.raises(BadNote):
        sealed.verify(Signer.new(ORIGIN).sign("whistle.invalid/test\n1\nAA==\n"))


def test_a_long_log_is_hashed_by_several_processes_at_one_moment(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "LONG", 100)
    monkeypatch.setattr(verification, "CHUNK", 256)
    assert sealed.verify(*sealed.notes) == Intact(EVENTS + 5, EVENTS, 3)
    with psycopg.connect(sealed.database.owner, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        alter(conn, 260)
    with pytest.raises(Broken, match="Position 260 was altered"):
        sealed.verify()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log.numbers SET originator_id = gen_random_uuid() WHERE number = {one}",
        "UPDATE log.numbers SET number = 'X-1' WHERE number = {one}",
        "DELETE FROM log.numbers WHERE number = {one}",
        "INSERT INTO log.numbers VALUES ('X-1', gen_random_uuid())",
        """UPDATE log.numbers AS n SET originator_id = o.originator_id FROM log.numbers AS o
            WHERE (n.number, o.number) IN (({one}, {other}), ({other}, {one}))""",
    ],
)
def test_who_alters_under_which_number_a_ticket_is_found_is_found_out(sealed: Sealed, change: str) -> None:
    with unguarded(sealed.database) as conn:
        rows = conn.execute("SELECT number FROM log.numbers ORDER BY number LIMIT 2").fetchall()
        one, other = (f"'{number}'" for (number,) in rows)
        conn.execute(change.format(one=one, other=other).encode())
        assert "table of numbers was altered" in found(sealed, conn)[1]
