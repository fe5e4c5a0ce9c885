"""Reading from the database: a few connections, shared, and renewed when the server was away."""

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from adapters.batch import Receipt
from adapters.batching import Batching
from adapters.recorder import Unavailable
from domain.errors import OutOfRange

PATIENCE = 3.0
"""Seconds without a database before a reader is told so."""
RETRY_AFTER = 0.1
TURN = 1.0
"""Seconds of one attempt to connect; whoever still asks then begins another one.

The pool doubles its pauses within an attempt: a long one would stay away as long again as the server was.
"""

# A lateral query for each history asked for, so that every one is a walk along its index. The limit tells the
# planner so; no history comes near it, for the store adds nothing after its `LONGEST`.
EVENTS_AFTER = """
SELECT asked.nth::integer, found.topic, found.state
  FROM unnest(%(originators)s::uuid[], %(versions)s::integer[])
       WITH ORDINALITY AS asked (originator_id, version, nth)
 CROSS JOIN LATERAL (
       SELECT e.originator_version, e.topic, e.state
         FROM log.events AS e
        WHERE e.originator_id = asked.originator_id
          AND e.originator_version > asked.version
        ORDER BY e.originator_version
        LIMIT 100000) AS found
 ORDER BY asked.nth, found.originator_version
"""

ANSWERED = """
SELECT fingerprint, receipt FROM log.idempotency WHERE account = %(account)s AND key = %(key)s
"""

Asked = tuple[UUID, int]
Stored = tuple[str, bytes]


class Rows(Protocol):
    """Where rows of views are read: as they stand, or as they stood."""

    async def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, by column name. Raises `Unavailable` where the database stays away."""
        ...


class Reading:
    """Answers queries; those for the events of single histories are asked together."""

    def __init__(self, conninfo: str, most: int = 6) -> None:
        self._pool = AsyncConnectionPool(
            conninfo,
            min_size=1,
            max_size=most,
            open=False,
            kwargs={"autocommit": True},
            timeout=TURN,
            reconnect_timeout=TURN,
        )
        self._histories = Batching(self._events_after)

    async def open(self) -> None:
        """Connect; a database that is away is waited for by those who ask."""
        await self._pool.open()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._pool.close()

    async def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, by column name. Raises `Unavailable` where the database stays away."""
        return await self._ask(query, parameters, dict_row)

    async def rows_of_then(self, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """The same for a query over the past: planned each time anew, as every position has its own plan."""
        return await self._ask(query, parameters, dict_row, prepare=False)

    def as_of(self, position: int) -> "Past":
        """The same views, as they stood at this position of the log."""
        return Past(self, position)

    async def events_after(self, id: UUID, version: int) -> list[Stored]:
        """Topic and state of all events of one history after `version`, in order."""
        return await self._histories.ask((id, version))

    async def answered(self, account: str, key: str) -> tuple[bytes, Receipt] | None:
        """The fingerprint and answer of a request with this idempotency key."""
        for row in await self.rows(ANSWERED, {"account": account, "key": key}):
            return row["fingerprint"], Receipt(**row["receipt"])
        return None

    async def _events_after(self, asked: Sequence[Asked]) -> Sequence[list[Stored]]:
        found: dict[Asked, list[Stored]] = {each: [] for each in asked}
        different = list(found)
        parameters = {"originators": [id for id, _ in different], "versions": [v for _, v in different]}
        for nth, topic, state in await self._ask(EVENTS_AFTER, parameters):
            found[different[nth - 1]].append((topic, state))
        return [found[each] for each in asked]

    async def _ask(
        self, query: str, parameters: Any, row_factory: Any = None, prepare: bool = True
    ) -> list[Any]:
        clock = asyncio.get_running_loop().time
        give_up = clock() + PATIENCE
        while True:
            try:
                async with (
                    asyncio.timeout_at(give_up + PATIENCE),
                    self._pool.connection() as conn,
                    conn.cursor(row_factory=row_factory) as cursor,
                ):
                    await cursor.execute(query, parameters, prepare=prepare)
                    return await cursor.fetchall()
            except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as problem:
                raise Unavailable from problem  # The view is being built, for the first time or anew.
            except (psycopg.DataError, UnicodeEncodeError) as problem:
                if getattr(problem, "sqlstate", None) is not None:
                    raise  # The server could not compute: not for what was asked, but for what we wrote.
                raise OutOfRange(field="a value", why="is none that can be looked for: change it") from None
            except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, TimeoutError) as problem:
                if clock() >= give_up:
                    raise Unavailable from problem
                await asyncio.sleep(RETRY_AFTER)


class Past:
    """The views as they stood at one position: the same queries, over the rows that lived then."""

    def __init__(self, reading: Reading, position: int) -> None:
        self._reading = reading
        self._position = position

    async def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, by column name. Raises `Unavailable` where the database stays away."""
        asked = {**(parameters or {}), "as_of": self._position}
        return await self._reading.rows_of_then(_of_then(query), asked)


VIEW = re.compile(r"\bviews\.(\w+)( AS \w+)?")
THEN = "(SELECT * FROM past.{table} WHERE int8range(since, until) @> %(as_of)s::bigint){name}"


@cache
def _of_then(query: str) -> str:
    """The query, over the rows of the views that lived at the position `as_of`."""
    return VIEW.sub(lambda found: THEN.format(table=found[1], name=found[2] or f" AS {found[1]}"), query)
