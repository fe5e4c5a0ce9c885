"""The sealer: a process of its own that reads the log behind the commits, and signs what it has read."""

import os
import re
import threading
from pathlib import Path
from typing import Any

import psycopg
import structlog

from adapters.database import leads
from evidence.leaf import BETWEEN, Stored
from evidence.note import BadNote, Checkpoint, Signer
from evidence.tiles import NEWEST, Growing

log = structlog.get_logger()

LEADING = 0x5345_414C
"""The advisory lock of the one process that seals: SEAL."""
BATCH = 1_000
"""Events under one checkpoint at most."""
POLL = 1.0
"""Seconds between two checkpoints at most, where there is something to seal."""
RETRY = 0.5
"""Seconds between attempts to reach the database or to lead."""
AFTER_A_FAULT = 30.0
"""Seconds before what cannot be sealed is tried again: somebody has to do something first."""

NOTE = re.compile("(?:[^\n]+\n){3,}\n(?:\u2014 [^\n]+\n)+")
"""A checkpoint as a signed note: three lines or more, an empty one, and those that are signed."""

SIGNED = "INSERT INTO seal.checkpoint (size, note) VALUES (%s, %s)"
KNOWN = "INSERT INTO seal.key (key) VALUES (%s) ON CONFLICT DO NOTHING"


class Unsealable(Exception):
    """The log cannot be sealed: what is sealed already is not what is there, or the log has a gap."""


class Sealer:
    """Seals the log; of several on one log only one leads, and the others stand by."""

    def __init__(self, conninfo: str, signer: Signer, file: Path) -> None:
        self._conninfo, self._signer, self._file = conninfo, signer, file
        self._tree: Growing | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let the checkpoint under way be the last one."""
        self._stopping.set()

    def run(self) -> None:
        """Seal as long as the database is there; come back when it is."""
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as conn:
                    while not leads(conn, LEADING) and not self._stopping.wait(RETRY):
                        pass
                    while not self._stopping.is_set():
                        if not self.seal(conn):
                            self._stopping.wait(POLL)
            except psycopg.OperationalError as problem:
                log.warning("database_lost", problem=type(problem).__name__)
            except (Unsealable, OSError) as problem:
                log.error("sealing_stopped", problem=str(problem))
                self._stopping.wait(AFTER_A_FAULT)
            self._tree = None
            self._stopping.wait(POLL)

    def seal(self, conn: psycopg.Connection[Any]) -> int:
        """Put the next events under a checkpoint; gives how many, 0 where all are sealed.

        Raises `Unsealable`. The checkpoint is in the database first: the file takes up from there.
        """
        # Whatever goes wrong here, the tree may say more than the database: it then is read anew.
        tree, self._tree = self._tree or self._begin(conn), None
        wanted = {"after": tree.size, "until": tree.size + BATCH}
        found = [Stored(*row) for row in conn.execute(BETWEEN, wanted, binary=True)]
        for event in found:
            if event.position != tree.size + 1:
                raise Unsealable(f"Position {tree.size + 1} is missing in the log: run `whistle verify`.")
            tree.add(event.hash)
        if found:
            note = self._signer.sign(Checkpoint(self._signer.name, tree.size, tree.root).text)
            with conn.transaction():
                tree.write(conn)
                conn.execute(SIGNED, [tree.size, note])
            self._append(note)
        self._tree = tree
        return len(found)

    def _begin(self, conn: psycopg.Connection[Any]) -> Growing:
        """The tree as it was last signed; it must still have that root. Raises `Unsealable`."""
        verifier = self._signer.verifier
        conn.execute(KNOWN, [str(verifier)])
        newest = conn.execute(NEWEST).fetchone()
        last = next(reversed(_mended(self._file)), None)
        try:
            signed = Checkpoint.read(verifier.open(newest[0])) if newest else None
            written = Checkpoint.read(verifier.open(last)) if last else None
        except BadNote as problem:
            raise Unsealable(f"{problem} Is the signing key the one the log was sealed with?") from None
        if written is not None and (signed is None or written.size > signed.size):
            raise Unsealable(
                f"The file of checkpoints knows of {written.size} events, and the database does not: was an "
                "older backup put in place? Run `whistle verify`, then move the file away to begin a new one."
            )
        if signed is None:
            return Growing()
        tree = Growing.at(conn, signed.size)
        if not _has_root(tree, signed.root):
            raise Unsealable("The stored tree is not the one that was signed: run `whistle verify`.")
        if newest and last != newest[0]:
            self._append(newest[0])  # Where we ended between the database and the file.
        return tree

    def _append(self, note: str) -> None:
        """Write down a checkpoint where it outlives the database."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{note}\n")
            file.flush()
            os.fsync(file.fileno())


def _has_root(tree: Growing, root: bytes) -> bool:
    try:
        return tree.root == root
    except KeyError:
        return False  # A tile is missing.


def notes_of(text: str) -> list[str]:
    """The notes in a file of checkpoints, in its order; what is no whole note is passed over."""
    return NOTE.findall(text)


def _mended(file: Path) -> list[str]:
    """The notes in the file, which afterwards ends with the last whole one: a power cut may have torn it."""
    if not file.exists():
        return []
    text = file.read_text("utf-8", "replace")
    whole = "".join(f"{note}\n" for note in notes_of(text))
    if text != whole and text.startswith(whole):
        with file.open("rb+") as opened:
            opened.truncate(len(whole.encode()))
    return notes_of(whole)
