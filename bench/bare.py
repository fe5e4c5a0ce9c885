"""The control: what a good small service without events would do, a FastAPI route with one INSERT.

Same web server with the same settings, same body, same PostgreSQL, answers in the same form; no sign-in, no
log, no views. Run as `python -m bench.bare CONNINFO POOL_SIZE`.
"""

import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
import uvicorn
from fastapi import FastAPI, Request
from psycopg_pool import AsyncConnectionPool
from starlette.responses import Response

from adapters.embedded import embedded_postgres
from adapters.event_store import new_id
from api.web.problems import Json
from domain.ticket.commands import Report

TABLE = """
CREATE TABLE report (
    id          uuid        NOT NULL PRIMARY KEY,
    number      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    title       text        NOT NULL,
    description text        NOT NULL,
    grid        text        NOT NULL,
    category    text,
    address     text,
    urgency     text        NOT NULL,
    source      text        NOT NULL,
    reported_at timestamptz NOT NULL
)
"""
INSERT = """
INSERT INTO report (id, title, description, grid, category, address, urgency, source, reported_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING number
"""


def application(conninfo: str, size: int) -> FastAPI:
    """The control on this database, with so many connections."""
    pool = AsyncConnectionPool(
        conninfo, min_size=size, max_size=size, open=False, kwargs={"autocommit": True}
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with pool:
            await pool.wait()
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.get("/api/health")
    async def health() -> Response:
        return Json({})

    @app.post("/api/tickets", status_code=201)
    async def report(command: Report, request: Request) -> Response:
        at = datetime.now(UTC)
        id = new_id(at)
        row = (
            id, command.title, command.description, command.grid, command.category, command.address,
            command.urgency, command.source, at,
        )  # fmt: skip
        async with pool.connection() as conn:
            cursor = await conn.execute(INSERT, row, prepare=True)
            (number,) = await cursor.fetchone() or (0,)
        return Json({"id": id, "number": number}, 201, headers={"Location": f"/api/tickets/{id}"})

    return app


@contextmanager
def bare_database() -> Iterator[tuple[Path, str]]:
    """A folder with a PostgreSQL of the same kind as the service's, and in it the control's table."""
    with (
        tempfile.TemporaryDirectory(prefix="whistle-bench-") as folder,
        embedded_postgres(Path(folder)) as socket_folder,
    ):
        at = quote(str(socket_folder), safe="")
        with psycopg.connect(f"postgresql://postgres@/postgres?host={at}", autocommit=True) as conn:
            conn.execute("CREATE DATABASE bare TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        conninfo = f"postgresql://postgres@/bare?host={at}"
        with psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute(TABLE)
        yield Path(folder), conninfo


def main() -> None:
    """Serve on a free port, and say which."""
    _, conninfo, size = sys.argv
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    print(f"answers on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        application(conninfo, int(size)), log_config=None, access_log=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
