"""A stretch of wire between a recorder and PostgreSQL that can be cut at a chosen message."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from psycopg.conninfo import conninfo_to_dict

from adapters.database import SERVICE_ROLE, Database

SOCKET = ".s.PGSQL.5432"
Cut = Callable[[bytes], bool]


class Wire:
    """Forwards both ways until told where to cut; after a cut it may stay cut."""

    def __init__(self, real: Path, folder: Path, database: str) -> None:
        self._real, self._folder = real, folder
        self.conninfo = f"postgresql://{SERVICE_ROLE}@/{database}?host={quote(str(folder), safe='')}"
        self.connections = 0
        self.cuts = 0
        self.refusing = False
        """Whether nobody gets through any more."""
        self._cut_asking: Cut | None = None
        self._cut_answer: Cut | None = None
        self._then_refuse = False
        self._open: set[asyncio.StreamWriter] = set()

    def cut_before(self, asked: bytes, then_refuse: bool = False) -> None:
        """Cut instead of forwarding the next message to the server that holds these bytes."""
        self._cut_asking, self._then_refuse = (lambda sent: asked in sent), then_refuse

    def cut_after_commit(self, then_refuse: bool = False) -> None:
        """Cut instead of forwarding the answer that says what was written is committed."""
        wrote = False

        def committed(answer: bytes) -> bool:
            nonlocal wrote
            for kind, body in messages(answer):
                wrote = wrote or (kind == b"C" and body.startswith(b"INSERT 0 "))
                if wrote and kind == b"Z" and body == b"I":  # Idle: outside of any transaction.
                    return True
            return False

        self._cut_answer, self._then_refuse = committed, then_refuse

    async def handle(self, asking: asyncio.StreamReader, answering: asyncio.StreamWriter) -> None:
        """One connection."""
        if self.refusing:
            answering.close()
            return
        self.connections += 1
        answers, questions = await asyncio.open_unix_connection(str(self._real / SOCKET))
        self._open |= {answering, questions}
        there = asyncio.create_task(self._forward(asking, questions, lambda: self._cut_asking))
        back = asyncio.create_task(self._forward(answers, answering, lambda: self._cut_answer))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for writer in (answering, questions):
            await self._close(writer)

    async def _forward(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, rule: Callable[[], Cut | None]
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(1 << 20):
                cut = rule()
                if cut is not None and cut(data):
                    self._cut_asking = self._cut_answer = None
                    self.cuts += 1
                    self.refusing = self._then_refuse
                    return
                target.write(data)
                await target.drain()

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def cut_all(self) -> None:
        """Cut every connection there is."""
        for writer in list(self._open):
            await self._close(writer)


def messages(answer: bytes) -> list[tuple[bytes, bytes]]:
    """The messages of the server in these bytes: kind and body. Answers of a recorder come in whole."""
    found, at = [], 0
    while at + 5 <= len(answer):
        length = int.from_bytes(answer[at + 1 : at + 5])
        found.append((answer[at : at + 1], answer[at + 5 : at + 1 + length]))
        at += 1 + length
    return found


@asynccontextmanager
async def wire(database: Database, folder: Path) -> AsyncIterator[Wire]:
    """A wire to this database, with its own socket in `folder`."""
    given = conninfo_to_dict(database.service)
    found = Wire(Path(unquote(str(given["host"]))), folder, str(given["dbname"]))
    server = await asyncio.start_unix_server(found.handle, str(folder / SOCKET))
    try:
        yield found
    finally:
        server.close()
        await found.cut_all()
        await server.wait_closed()
