"""The log's one way in: waiting commands are committed together, on contiguous positions.

Positions are taken from the head row, which stays locked until the commit. So the order of positions is the
order of commits, however many processes write, and a reader that sees a position has seen all before it.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import psycopg
import structlog

from adapters.batch import Batch, Command, Head, Receipt
from adapters.batching import Batching
from adapters.mapper import EventMapper
from domain.ticket.events import Reported

log = structlog.get_logger()

GIVE_UP_AFTER = 10.0
"""Seconds without a database before those who wait are told so."""
RETRY_AFTER = 0.1
"""Seconds between two attempts to reach it."""

AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""What the driver raises where the server is gone, going, or a standby that takes no writes."""
UNDONE = ("25", "40", "53", "54")
"""Classes of SQLSTATE by which the server says that a statement was rolled back: no space, no memory."""

LOCK_HEAD = """
SELECT head, versions, used, serials
  FROM log.lock_head(%(originators)s::uuid[], %(accounts)s::text[], %(keys)s::text[], %(series)s::text[])
"""

# All or nothing, and nothing where the head is no longer at `before`, or a history that goes on here does not
# stand at the version before. Who waits on the channel is woken by the commit.
APPEND = """
WITH head AS (
    UPDATE log.head
       SET position = %(head)s, recorded_at = greatest(clock_timestamp(), recorded_at)
     WHERE position = %(before)s
       AND NOT EXISTS (
           SELECT
             FROM unnest(%(followed)s::uuid[], %(followed_versions)s::integer[]) AS followed (id, version)
            WHERE NOT EXISTS (
                  SELECT FROM log.events AS e
                   WHERE e.originator_id = followed.id AND e.originator_version = followed.version))
 RETURNING recorded_at, pg_notify('whistle_log', '')
), numbered AS (
    INSERT INTO log.numbers (number, originator_id)
    SELECT number, originator_id
      FROM head, unnest(%(numbers)s::text[], %(numbered)s::uuid[]) AS numbered (number, originator_id)
), series AS (
    INSERT INTO log.series (series, serial)
    SELECT series, serial
      FROM head, unnest(%(series)s::text[], %(serials)s::integer[]) AS series (series, serial)
        ON CONFLICT (series) DO UPDATE SET serial = excluded.serial
), answered AS (
    INSERT INTO log.idempotency (account, key, fingerprint, receipt, recorded_at)
    SELECT account, key, fingerprint, receipt::jsonb, recorded_at
      FROM head,
           unnest(%(accounts)s::text[], %(keys)s::text[], %(fingerprints)s::bytea[], %(receipts)s::text[])
        AS answered (account, key, fingerprint, receipt)
)
INSERT INTO log.events
       (position, event_id, originator_id, originator_version, topic, state, metadata, recorded_at)
SELECT position, event_id, originator_id, originator_version, topic, state, metadata::jsonb, recorded_at
  FROM head,
       unnest(%(positions)s::bigint[], %(event_ids)s::uuid[], %(originators)s::uuid[],
              %(versions)s::integer[], %(topics)s::text[], %(states)b::bytea[], %(metadata)s::text[])
    AS appended (position, event_id, originator_id, originator_version, topic, state, metadata)
"""

RECORDED_BEFORE = """
SELECT event_id, position, topic, state
  FROM unnest(%(originators)s::uuid[], %(versions)s::integer[]) AS asked (originator_id, originator_version)
  JOIN log.events USING (originator_id, originator_version)
"""


class Unavailable(Exception):
    """The database cannot do this now, and nothing was done: try again in a few seconds."""


class OutcomeUnknown(Exception):
    """The database went away in mid-write: repeat with the same Idempotency-Key to learn the outcome."""


class Recorder(Protocol):
    """Where commands are recorded."""

    async def record(self, command: Command) -> Receipt:
        """Record durably. Raises `Conflict`, `KeyReused`, `Overloaded`, `Unavailable` or `OutcomeUnknown`."""
        ...

    async def finish(self) -> None:
        """Record what was accepted, then let go of the database."""
        ...


class GroupRecorder:
    """Records many commands in one transaction; a bad one never fails its neighbours."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._mapper = EventMapper()
        self._conn: psycopg.AsyncConnection | None = None
        self._batching = Batching(self._record_all)
        self._in_doubt = False
        """Whether an attempt under way may have been committed without our hearing of it."""
        self._head: Head | None = None
        """The head as our last commit left it, if we know."""

    async def record(self, command: Command) -> Receipt:
        """Record durably, together with whoever else waits.

        A key that no database can keep raises `UnicodeEncodeError` here, before it can fail its neighbours.
        """
        if command.key is not None:
            f"{command.key.account}{command.key.key}".encode()
        return await self._batching.ask(command)

    async def finish(self) -> None:
        """Record what was accepted, then close the connection."""
        await self._batching.finish()
        await self._drop_connection()

    async def _record_all(self, commands: Sequence[Command]) -> Sequence[Receipt | BaseException]:
        """Try until it is known what became of the commands, or no database was there for too long."""
        clock = asyncio.get_running_loop().time
        give_up = clock() + GIVE_UP_AFTER
        self._in_doubt = False
        while True:
            doubted = self._in_doubt
            try:
                async with asyncio.timeout_at(give_up):
                    return await self._attempt(await self._connection(), commands)
            except (*AWAY, TimeoutError) as problem:
                await self._drop_connection()
                log.warning("database_lost", problem=type(problem).__name__)
                if isinstance(problem, psycopg.Error) and (problem.sqlstate or "")[:2] in UNDONE:
                    self._in_doubt = doubted  # This attempt is undone; of an earlier one that says nothing.
                if clock() >= give_up:
                    return [OutcomeUnknown() if self._in_doubt else Unavailable()] * len(commands)
                await asyncio.sleep(RETRY_AFTER)
            except psycopg.DatabaseError as problem:
                await self._drop_connection()
                if doubted:
                    return [OutcomeUnknown()] * len(commands)
                if len(commands) == 1:
                    log.error("command_failed", problem=type(problem).__name__)
                    return [problem]
                return [(await self._record_all([command]))[0] for command in commands]

    async def _attempt(
        self, conn: psycopg.AsyncConnection, commands: Sequence[Command]
    ) -> Sequence[Receipt | BaseException]:
        """Record what fits: in one statement where nobody else wrote since, else with the head locked.

        An earlier attempt whose answer was lost has ended once the head is locked, so the log itself says
        which commands it recorded.
        """
        head, self._head = self._head, None
        if head is not None and not self._in_doubt and head.expect(commands):
            try:
                answers = await self._append(conn, commands, head)
            except psycopg.errors.UniqueViolation:
                answers = None  # Some version or key is taken: the locked head has to say which.
            if answers is not None:
                self._head = head
                return answers
            self._in_doubt = False
        async with conn.transaction():
            head = await _lock_head(conn, commands)
            recorded = await self._recorded_before(conn, commands) if self._in_doubt else {}
            new = [command for command in commands if command.event_ids[0] not in recorded]
            answers = await self._append(conn, new, head) or []
        self._head = head
        answered = iter(answers)
        return [recorded.get(command.event_ids[0]) or next(answered) for command in commands]

    async def _append(
        self, conn: psycopg.AsyncConnection, commands: Sequence[Command], head: Head
    ) -> Sequence[Receipt | BaseException] | None:
        """Append those commands that fit this head; None, and nothing done, where the log does not fit it."""
        batch = Batch(head, self._mapper)
        answers = [batch.admit(command) for command in commands]
        if batch.positions:
            self._in_doubt = True
            cursor = await conn.execute(APPEND, batch.parameters(), prepare=True)
            if cursor.rowcount != len(batch.positions):
                return None
        return answers

    async def _recorded_before(
        self, conn: psycopg.AsyncConnection, commands: Sequence[Command]
    ) -> dict[UUID, Receipt]:
        """The receipts of those commands that are in the log, under the id of their first event."""
        cursor = await conn.execute(
            RECORDED_BEFORE,
            {
                "originators": [command.first.originator_id for command in commands],
                "versions": [command.first.originator_version for command in commands],
            },
        )
        recorded = {}
        by_event_id = {command.event_ids[0]: command for command in commands}
        for event_id, position, topic, state in await cursor.fetchall():
            if command := by_event_id.get(event_id):
                first = self._mapper.event(topic, state)
                number = first.number if isinstance(first, Reported) else None
                recorded[event_id] = command.receipt(number, position)
        return recorded

    async def _connection(self) -> psycopg.AsyncConnection:
        if self._conn is None or self._conn.closed:
            self._conn = await psycopg.AsyncConnection.connect(
                self._conninfo, connect_timeout=5, autocommit=True
            )
        return self._conn

    async def _drop_connection(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()


async def _lock_head(conn: psycopg.AsyncConnection, commands: Sequence[Command]) -> Head:
    keys = [command.key for command in commands if command.key]
    cursor = await conn.execute(
        LOCK_HEAD,
        {
            "originators": list({e.originator_id for command in commands for e in command.events}),
            "accounts": [key.account for key in keys],
            "keys": [key.key for key in keys],
            "series": list({e.number for c in commands if isinstance(e := c.first, Reported)}),
        },
        prepare=True,
    )
    position, versions, used, serials = await cursor.fetchone() or ()
    return Head(
        position,
        {UUID(id): version for id, version in (versions or {}).items()},
        {(account, key): (bytes.fromhex(f), Receipt(**r)) for account, key, f, r in used or ()},
        serials or {},
    )
