"""Verify a file that `whistle export` wrote, without Whistle: Python and `cryptography` are enough.

    python verify_whistle.py FILE [--key KEY] [--checkpoint FILE]

Exit 0: intact. Exit 1: a line says what is altered, missing, inserted or reordered, and where first.
Compare the fingerprint it prints with the one that you were given on another way, or give the key: a file
made up as a whole carries a key of its own. With a checkpoint that was kept elsewhere, have the file exported
with `--checkpoint FILE`: it then proves that the log only grew since. One file on purpose, however long.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORM = "whistle-export/1"
PAGE = "<!doctype html>"
BEGIN = '<script type="application/jsonl">\n'
END = ["</script>\n", "</body>\n", "</html>\n"]
LEAF = "whistle-leaf/1"
TEXTS = "event_id", "ticket", "topic", "recorded_at", "state", "metadata"
OF_EVENT = {"position", "version", "proof", *TEXTS}
TICKET, TICKETS = "ticket ", "tickets of "
"""How exports of whole histories are called: of the one with a number, or of those of a department."""
DAYS = re.compile(r"\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d")
"""How an export is called of all that the log learned within some days."""
OF_HEAD = {"form", "key", "fingerprint", "checkpoint", "manifest"}
GREW = "grew"
"""Of a head that proves how the log grew since checkpoints that were kept: a proof for each size."""


class Damaged(Exception):
    """The file is not what was exported; the message says what is wrong."""


class Head(NamedTuple):
    """What the first line says, once its signatures are found good."""

    what: str
    key: str
    fingerprint: str
    size: int
    root: bytes
    positions: list[range]
    """Those of the events in the file, ascending."""
    told: str | None
    """The hash of the history that people read, where the file is a page."""
    grew: dict[str, Any]


def sha256(data: bytes) -> bytes:
    """The hash of all this."""
    return hashlib.sha256(data).digest()


def unbase64(said: str) -> bytes:
    """The bytes of a text in base64. Raises `ValueError` where the same bytes are written in another way."""
    data = base64.b64decode(said, validate=True)
    if base64.b64encode(data).decode() != said:
        raise ValueError
    return data


def read_line(line: str, names: set[str], perhaps: Collection[str] = ()) -> dict[str, Any]:
    """The facts of a line, each once and none but these. Raises `ValueError` or `RecursionError`."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError
        return found

    facts = json.loads(line, object_pairs_hook=once)
    if not isinstance(facts, dict) or set(facts).difference(perhaps) != names:
        raise ValueError
    return facts


def read_key(said: str) -> tuple[str, bytes, bytes]:
    """Name, id and public key of `name+hash+base64` (C2SP signed-note)."""
    try:
        name, known_by, encoded = said.strip().split("+", 2)
        raw = unbase64(encoded)
        id = sha256(name.encode() + b"\n" + raw)[:4]
        if raw[:1] != b"\x01" or len(raw) != 33 or id.hex() != known_by:
            raise ValueError
    except ValueError:
        raise Damaged("The key cannot be read: it is written as name+hash+base64.") from None
    return name, id, raw[1:]


def open_note(note: str, key: str) -> list[str]:
    """The lines of a signed note; refused where this key has not signed it."""
    name, id, public = read_key(key)
    text, parted, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines() if parted else ():
        if not line.startswith(f"\u2014 {name} "):
            continue
        try:
            signature = unbase64(line.rsplit(" ", 1)[1])
            if signature[:4] == id:
                Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], f"{text}\n".encode())
                return text.split("\n")
        except (ValueError, InvalidSignature):
            continue
    raise Damaged("A signature is not by the key: what it signs was altered, or the key is another's.")


def read_head(line: str, trusted: str | None) -> Head:
    """What the first line says. Raises `Damaged`."""
    try:
        head = read_line(line, OF_HEAD, [GREW])
        key, checkpoint, manifest = str(head["key"]), str(head["checkpoint"]), str(head["manifest"])
        grew = head.get(GREW, {})
        if head["form"] != FORM or not isinstance(grew, dict):
            raise ValueError
    except (ValueError, RecursionError):
        raise Damaged("The first line is not the head of an export: it was altered, or is missing.") from None
    name, _, public = read_key(key)
    if head["fingerprint"] != fingerprint_of(public):
        raise Damaged("The fingerprint in the first line is not that of the key beside it.")
    if trusted is not None and read_key(trusted) != read_key(key):
        raise Damaged("The file is signed by another key than the one you trust.")
    try:
        origin, size, root, *_ = open_note(checkpoint, key)
        export, sealed, count, ranges, what, *told = open_note(manifest, key)
        positions = [read_range(part) for part in ranges.split()]
        if (origin, export, sealed, sum(map(len, positions))) != (name, f"{name}/export", size, int(count)):
            raise ValueError
        found = Head(
            what, key, fingerprint_of(public), int(size), unbase64(root), positions,
            told[0] if told else None, grew,
        )  # fmt: skip
    except (ValueError, OverflowError):
        raise Damaged("Checkpoint and manifest do not belong together: one is of another export.") from None
    return found


def read_range(said: str) -> range:
    """The positions of `7` or `7-9`."""
    start, _, end = said.partition("-")
    return range(int(start), int(end or start) + 1)


def fingerprint_of(public: bytes) -> str:
    """SHA-256 of the key as it is encoded, to be compared by eye or read out."""
    digest = hashlib.sha256(b"\x01" + public).hexdigest()
    return " ".join(digest[at : at + 8] for at in range(0, 64, 8))


def read_event(line: str) -> dict[str, Any] | None:
    """The event of a line, or None where it is none."""
    try:
        event = read_line(line, OF_EVENT)
        sound = all(isinstance(event[name], str) for name in TEXTS) and isinstance(event["proof"], list)
        return event if sound and type(event["position"]) is type(event["version"]) is int else None
    except (ValueError, RecursionError):
        return None


def leaf_of(event: dict[str, Any]) -> bytes:
    """What is sealed of an event."""
    state, metadata = (hashlib.sha256(event[name].encode()).hexdigest() for name in ("state", "metadata"))
    fields = [LEAF, *(event[name] for name in ("position", "event_id", "ticket", "version", "topic"))]
    return "".join(f"{field}\n" for field in [*fields, event["recorded_at"], state, metadata]).encode()


def is_sealed(event: dict[str, Any], size: int, root: bytes) -> bool:
    """Whether the proof leads from the event to the root (RFC 9162, 2.1.3.2)."""
    try:
        proof = [unbase64(each) for each in event["proof"]]
        found = sha256(b"\x00" + leaf_of(event))
    except (ValueError, TypeError, AttributeError):
        return False
    fn, sn = event["position"] - 1, size - 1
    if not 0 <= fn <= sn:
        return False
    for each in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = sha256(b"\x01" + each + found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = sha256(b"\x01" + found + each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def verify(lines: Iterator[str], trusted: str | None = None) -> tuple[Head, int]:
    """The head and the number of events of an intact file. Raises `Damaged`."""
    lines, told = unwrapped(lines)
    head = read_head(next(lines, ""), trusted)
    if DAYS.fullmatch(head.what) and len(head.positions) > 1:
        raise Damaged(f"Position {head.positions[0].stop} is missing: it was left out of the export.")
    expected = (position for positions in head.positions for position in positions)
    count = 0
    last: dict[str, int] = {}
    for line in lines:
        wanted = next(expected, None)
        event = read_event(line)
        if wanted is None:
            position = event["position"] if event else "the end"
            raise Damaged(f"Position {position} was inserted: the export ends before it.")
        if event is None:
            raise Damaged(f"Position {wanted} was altered: its line cannot be read.")
        sealed = is_sealed(event, head.size, head.root)
        if event["position"] != wanted:
            raise Damaged(_misplaced(event, sealed, wanted, head, lines))
        if not sealed:
            raise Damaged(f"Position {wanted} was altered after it was sealed.")
        check_history(event, head.what, last)
        count += 1
    if (wanted := next(expected, None)) is not None:
        raise Damaged(f"Position {wanted} is missing: the file ends before it.")
    if told != head.told:
        raise Damaged(
            "What people read in the file was altered, or is missing; its events are as they were sealed."
        )
    return head, count


def check_history(event: dict[str, Any], what: str, last: dict[str, int]) -> None:
    """Refuse an event before which another one of its history was left out, or one of another ticket.

    `last` has the last version of each history until now.
    """
    position, version, history = event["position"], event["version"], event["ticket"]
    before = last.get(history, 0 if what.startswith((TICKET, TICKETS)) else version - 1)
    if version != before + 1:
        raise Damaged(f"Position {position} is not what follows: version {before + 1} of it was left out.")
    last[history] = version
    if what.startswith(TICKET) and (
        len(last) > 1 or (version == 1 and number_of(event) != what[len(TICKET) :])
    ):
        raise Damaged(f"Position {position} is of another ticket than the export says.")


def number_of(report: dict[str, Any]) -> Any:
    """The number that a report got, or None where it says none."""
    try:
        state = json.loads(report["state"])
    except (ValueError, RecursionError):
        return None
    return state.get("number") if isinstance(state, dict) else None


def unwrapped(lines: Iterator[str]) -> tuple[Iterator[str], str | None]:
    """The lines of head and events, and the hash of what people read before them. Raises `Damaged`."""
    first = next(lines, "")
    if not first.startswith(PAGE):
        return chain([first], lines), None
    told = hashlib.sha256(first.encode())
    for line in lines:
        if line == BEGIN:
            return _within(lines), told.hexdigest()
        told.update(line.encode())
    raise Damaged("The page holds no events: it was altered, or is no export.")


def _within(lines: Iterator[str]) -> Iterator[str]:
    """The lines until the page ends. Raises `Damaged` where it does not end there."""
    for line in lines:
        if line == END[0]:
            if list(lines) != END[1:]:
                raise Damaged("Something was added after the events, where people may read it.")
            return
        if "<" in line:
            raise Damaged("Something was added to the events, where people may read it.")
        yield line
    raise Damaged("The page ends before its end: it was cut off, or altered.")


def _misplaced(event: dict[str, Any], sealed: bool, wanted: int, head: Head, rest: Iterator[str]) -> str:
    """What is wrong where an event stands that belongs elsewhere, or nowhere."""
    if (
        not sealed
        or event["position"] < wanted
        or not any(event["position"] in each for each in head.positions)
    ):
        return f"Position {wanted} is not what follows: a line for position {event['position']} was inserted."
    if any(later is not None and later["position"] == wanted for later in map(read_event, rest)):
        return f"Position {wanted} was reordered: it stands further down."
    return f"Position {wanted} is missing."


def agreeing(text: str, head: Head) -> tuple[int, int]:
    """How many of the checkpoints in a text the file agrees with, of how many. Raises `Damaged`."""
    notes = re.findall("(?:[^\n]+\n){3,}\n(?:\u2014 [^\n]+\n)+", f"{text}\n")
    if not notes or "".join(notes).split() != text.split():
        raise Damaged("The checkpoint cannot be read: give the file as it was written.")
    agree = 0
    for _, size, root, *_ in (open_note(note, head.key) for note in notes):
        if size != str(head.size) and size not in head.grew:
            continue
        if not leads_on(int(size), unbase64(root), head):
            raise Damaged(f"The log was rewritten: what a checkpoint over {size} events sealed is not in it.")
        agree += 1
    return agree, len(notes)


def leads_on(size: int, root: bytes, head: Head) -> bool:
    """Whether the log of this size and root is where that of the file began (RFC 9162, 2.1.4.2)."""
    if size == head.size:
        return root == head.root
    try:
        proof = [unbase64(each) for each in head.grew.get(str(size), ())]
    except (ValueError, TypeError):
        return False
    fn, sn = size - 1, head.size - 1
    if not 0 <= fn < sn:
        return False
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    path = proof if fn else [root, *proof]
    if not path:
        return False
    before = after = path[0]
    for each in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            before, after = sha256(b"\x01" + each + before), sha256(b"\x01" + each + after)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            after = sha256(b"\x01" + after + each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (before, after) == (root, head.root)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the file that is named on the command line."""
    parser = argparse.ArgumentParser(description="Verify a file that `whistle export` wrote.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the key you trust, as /api/log/key shows it: name+hash+base64")
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="a checkpoint kept elsewhere"
    )
    given = parser.parse_args(arguments)
    try:
        kept = [path.read_text("utf-8") for path in given.checkpoint]
        with given.file.open(encoding="utf-8", newline="\n") as lines:
            head, count = verify(lines, given.key)
        agree, of = (sum(each) for each in zip((0, 0), *(agreeing(text, head) for text in kept), strict=True))
    except OSError as problem:
        print(f"{problem.filename} cannot be read: {problem.strerror}.", file=sys.stderr)
        return 1
    except (Damaged, UnicodeDecodeError) as problem:
        print(f"NOT INTACT: {problem}")
        return 1
    print(f"intact: {count} events of {head.what}, under a checkpoint over {head.size} events")
    if kept:
        print(f"checkpoints kept elsewhere: {agree} of {of} compared, and the log only grew since")
    print(f"key: {head.fingerprint}" + ("" if given.key else "  (compare it with the one you were given)"))
    if kept and not agree:
        print("NOT COMPARED: the file has no proof from that checkpoint: export it with --checkpoint FILE.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
