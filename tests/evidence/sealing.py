"""A log that is sealed, for tests to damage."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from adapters.database import Database
from adapters.recorder import GroupRecorder
from evidence.hashing import hashes_between
from evidence.note import Signer
from evidence.sealer import Sealer, notes_of
from evidence.verification import Intact, verify, verify_on
from tests.adapters.writing import a_report

ORIGIN = "whistle.invalid/test"


class Sealed:
    """A log, and whoever seals it."""

    def __init__(self, database: Database, folder: Path, signer: Signer | None = None) -> None:
        self.database = database
        self.signer = signer or Signer.new(ORIGIN)
        self.file = folder / "checkpoints"

    def report(self, tickets: int) -> None:
        """Write as many tickets, an event each."""

        async def record() -> None:
            recorder = GroupRecorder(self.database.service)
            await asyncio.gather(*(recorder.record(a_report()) for _ in range(tickets)))
            await recorder.finish()

        asyncio.run(record())

    def seal(self) -> int:
        """Seal what is there; gives how many events are newly sealed."""
        sealer = Sealer(self.database.service, self.signer, self.file)
        with psycopg.connect(self.database.service, autocommit=True) as conn:
            return sum(iter(lambda: sealer.seal(conn), 0))

    def verify(self, *notes: str) -> Intact:
        """Whether the log is what was sealed. Raises `Broken`."""
        return verify(self.database.service, self.signer.verifier, notes)

    def verify_as_seen(self, conn: psycopg.Connection[Any], *notes: str) -> Intact:
        """The same for whoever is about to alter it."""

        def hashed(ranges: list[tuple[int, int]]) -> Iterator[bytes]:
            return (hashes_between(conn, *each) for each in ranges)

        return verify_on(conn, hashed, self.signer.verifier, notes)

    @property
    def notes(self) -> list[str]:
        """The checkpoints in the file."""
        return notes_of(self.file.read_text("utf-8")) if self.file.exists() else []


@contextmanager
def unguarded(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """The database as a superuser has it who wants to alter what happened; undone at the end."""
    with psycopg.connect(database.owner, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        with conn.transaction(force_rollback=True):
            yield conn
