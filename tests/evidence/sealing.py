"""A log that is sealed, for tests to damage."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from adapters.database import Database
from adapters.recorder import GroupRecorder
from evidence.note import Signer
from evidence.sealer import Sealer, notes_of
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
