"""The residents whose personal data we hold: a key each, in a database of its own; deleting it forgets."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from adapters.batching import Batching
from adapters.database import Database, give_role
from adapters.personal.marking import digits
from adapters.personal.master import KEY, Master, WrongMaster, masters
from adapters.settings import BadSetting, Settings

SUFFIX = "_keys"
"""Of the database beside the log's, where none is named."""
TURN = 2.0
"""Seconds until somebody is told that the keys cannot be reached."""
MAKING = 0x4B45_5953
"""The advisory lock under which the tables are made: KEYS."""

# Of a store that an earlier version prepared, the service could write the keys anew.
PREPARED = """
SELECT to_regclass('keys.secret') IS NOT NULL
   AND NOT EXISTS (SELECT FROM information_schema.table_privileges
                    WHERE table_schema = 'keys' AND table_name = 'resident'
                      AND privilege_type = 'UPDATE' AND grantee = 'whistle_service')
"""
KEYS = """
SELECT s.wrapped, s.master, r.resident, r.wrapped
  FROM keys.secret AS s LEFT JOIN keys.resident AS r ON r.resident = ANY (%(residents)s)
"""
# Nothing is made with a master key that is out of force: who rotates it holds the row that is shared here.
# A phone that is known leads to its resident. What others make at this moment is seen the next time.
OF_TICKETS = """
WITH in_force AS (
    SELECT master FROM keys.secret WHERE master = %(master)s FOR SHARE
), asked AS (
    SELECT *
      FROM unnest(%(tickets)s::uuid[], %(residents)s::uuid[], %(wrapped)s::bytea[], %(phones)s::bytea[])
           AS asked (ticket, resident, wrapped, phone)
     WHERE EXISTS (SELECT FROM in_force)
       AND NOT EXISTS (SELECT FROM keys.ticket AS t WHERE t.ticket = asked.ticket)
), made AS (
    INSERT INTO keys.resident (resident, wrapped, phone) SELECT resident, wrapped, phone FROM asked
        ON CONFLICT DO NOTHING
    RETURNING resident, wrapped, phone
), there AS (
    SELECT resident, wrapped, phone FROM made
     UNION ALL
    SELECT resident, wrapped, phone FROM keys.resident WHERE phone = ANY (%(phones)s)
), kept AS (
    INSERT INTO keys.ticket (ticket, resident)
    SELECT asked.ticket, there.resident
      FROM asked
      JOIN there ON there.phone = asked.phone OR (asked.phone IS NULL AND there.resident = asked.resident)
        ON CONFLICT DO NOTHING
    RETURNING ticket, resident
)
SELECT ticket, resident, wrapped FROM kept JOIN there USING (resident)
 UNION ALL
SELECT ticket, resident, wrapped FROM keys.ticket JOIN keys.resident USING (resident)
 WHERE ticket = ANY (%(tickets)s)
"""
ATTEMPTS = 5
"""How often keys are asked for anew, where others made them or the master key was rotated at that moment."""
BY_PHONE = "SELECT resident FROM keys.resident WHERE phone = %(phone)s"
ERASE = "DELETE FROM keys.resident WHERE resident = %(resident)s RETURNING resident"
INDEX_KEY = "SELECT wrapped, master FROM keys.secret"
NEW_INDEX_KEY = """
INSERT INTO keys.secret (wrapped, master) VALUES (%(wrapped)s, %(master)s) ON CONFLICT DO NOTHING
"""
INDEX = "phone index"
"""What the one secret is the key of."""


class KeysAway(Exception):
    """The keys of personal data cannot be reached now, and nothing was done: tell the administrator."""


class Key(NamedTuple):
    """The key of a resident."""

    resident: UUID
    key: bytes


class Residents:
    """Their keys; made where they are first needed, gone where they are erased."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._pool: AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()
        self._keys: Batching[tuple[UUID, str | None], Key] = Batching(self._of_tickets)
        self._secret: tuple[bytes, str] | None = None
        """The secret of the index as it was last read, wrapped, and the master key that was in force then."""
        self._known: Batching[UUID, bytes | None] = Batching(self._of_residents)

    async def close(self) -> None:
        """Let go of the database."""
        if self._pool is not None:
            await self._pool.close()

    async def of_ticket(self, ticket: UUID, phone: str | None = None) -> Key:
        """The key of the resident of this ticket; a new one where it has none, or that of the phone."""
        return await self._keys.ask((ticket, phone))

    async def known(self, residents: Sequence[UUID]) -> dict[UUID, bytes]:
        """The keys of those residents who have one still."""
        keys = await asyncio.gather(*map(self._known.ask, residents))
        return {id: key for id, key in zip(residents, keys, strict=True) if key is not None}

    async def _of_residents(self, asked: Sequence[UUID]) -> Sequence[bytes | None]:
        async with self._connection() as conn:
            rows = await (await conn.execute(KEYS, {"residents": list(asked)})).fetchall()
            if not rows:
                return [None] * len(asked)
            master_key, _ = self._fitting(*rows[0][:2])
            keys = {id: unwrap(master_key, wrapped, id) for _, _, id, wrapped in rows if id}
            return [keys.get(id) for id in asked]

    async def secret_for(self, purpose: str) -> bytes:
        """A secret that all processes share, and that is nowhere in the log's database. Raises `KeysAway`."""
        async with self._connection() as conn:
            _, index = await self._secrets(conn)
            return hmac.digest(index, f"whistle {purpose}".encode(), hashlib.sha256)

    async def find(self, phone: str) -> UUID | None:
        """The resident with this phone number."""
        async with self._connection() as conn:
            _, index = await self._secrets(conn)
            row = await (await conn.execute(BY_PHONE, {"phone": _index(index, phone)})).fetchone()
            return row[0] if row else None

    async def erase(self, resident: UUID) -> bool:
        """Delete the key: nobody reads any more what was encrypted with it. False where there is none."""
        async with self._connection() as conn:
            return await (await conn.execute(ERASE, {"resident": resident})).fetchone() is not None

    async def _of_tickets(self, asked: Sequence[tuple[UUID, str | None]]) -> Sequence[Key]:
        phones = dict(asked)
        async with self._connection() as conn:
            for _ in range(ATTEMPTS):
                try:
                    keys = await self._kept(conn, phones)
                except WrongMaster:
                    keys = {}
                if keys.keys() == phones.keys():
                    return [keys[ticket] for ticket, _ in asked]
                self._secret = None
        raise KeysAway

    async def _kept(
        self, conn: psycopg.AsyncConnection[Any], phones: Mapping[UUID, str | None]
    ) -> dict[UUID, Key]:
        """The keys of these tickets, made where they have none. Raises `WrongMaster`."""
        master_key, index = self._fitting(*self._secret) if self._secret else await self._secrets(conn)
        new = {uuid4(): secrets.token_bytes(KEY) for _ in phones}
        numbers = [_index(index, phone) if phone and digits(phone) else None for phone in phones.values()]
        asked = {
            "master": master_key.name,
            "tickets": list(phones),
            "residents": list(new),
            "wrapped": [master_key.wrap(key, str(id)) for id, key in new.items()],
            "phones": numbers,
        }
        rows = await (await conn.execute(OF_TICKETS, asked)).fetchall()
        return {ticket: Key(id, unwrap(master_key, wrapped, id)) for ticket, id, wrapped in rows}

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection to the keys. Raises `KeysAway`."""
        try:
            pool = await self._opened()
            async with pool.connection() as conn:
                yield conn
        except (psycopg.Error, PoolTimeout, TimeoutError, BadSetting, WrongMaster) as problem:
            raise KeysAway from problem

    async def _opened(self) -> AsyncConnectionPool:
        async with self._opening:
            if self._pool is None:
                store = await asyncio.to_thread(prepare, self._settings, self._database)
                pool = AsyncConnectionPool(
                    store.service,
                    min_size=1,
                    max_size=4,
                    open=False,
                    timeout=TURN,
                    reconnect_timeout=TURN,
                    kwargs={"autocommit": True},
                )
                await pool.open()
                self._pool = pool
            return self._pool

    async def _secrets(self, conn: psycopg.AsyncConnection[Any]) -> tuple[Master, bytes]:
        """The master key that is in force now, and that of the index."""
        row = await (await conn.execute(INDEX_KEY)).fetchone()
        if row is None:
            first = masters(self._settings)[0]
            wrapped = first.wrap(secrets.token_bytes(KEY), INDEX)
            await conn.execute(NEW_INDEX_KEY, {"wrapped": wrapped, "master": first.name})
            row = await (await conn.execute(INDEX_KEY)).fetchone() or (wrapped, first.name)
        self._secret = row
        return self._fitting(*row)

    def _fitting(self, wrapped: bytes, name: str) -> tuple[Master, bytes]:
        master_key = in_force(self._settings, name)
        return master_key, master_key.unwrap(wrapped, INDEX)


def in_force(settings: Settings, name: str) -> Master:
    """The master key of this name, of those we have. Raises `WrongMaster`."""
    for each in masters(settings):
        if each.name == name:
            return each
    raise WrongMaster


def unwrap(master_key: Master, wrapped: bytes, resident: UUID) -> bytes:
    """The key of a resident. Raises `WrongMaster`."""
    return master_key.unwrap(wrapped, str(resident))


def prepare(settings: Settings, database: Database) -> Database:
    """The key store, made where there is none. Raises `BadSetting`."""
    given = Database.at(settings.keys_url) if settings.keys_url else _beside(database)
    try:
        with psycopg.connect(given.owner, connect_timeout=5) as conn:
            conn.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
            if conn.execute(PREPARED).fetchone() == (False,):
                give_role(conn)
                conn.execute(files("adapters").joinpath("personal/keys.sql").read_bytes())
    except psycopg.errors.InsufficientPrivilege:
        raise BadSetting(
            "The database user may not set up the keys of personal data: run `whistle migrate` once with the "
            "owner's URL."
        ) from None
    except psycopg.Error as problem:
        raise BadSetting(
            f"The keys of personal data cannot be reached ({type(problem).__name__}): see WHISTLE_KEYS_URL."
        ) from None
    return given


def _beside(database: Database) -> Database:
    """The database beside the log's, with the same name and `SUFFIX`; made where there is none."""
    name = f"{conninfo_to_dict(database.owner)['dbname']}{SUFFIX}"
    beside = Database(
        owner=make_conninfo(database.owner, dbname=name), service=make_conninfo(database.service, dbname=name)
    )
    try:
        with psycopg.connect(database.owner, autocommit=True, connect_timeout=5) as conn:
            if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                conn.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                        sql.Identifier(name)
                    )
                )
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        pass  # Somebody else made it at the same moment.
    except psycopg.errors.InsufficientPrivilege:
        raise BadSetting(
            f"The database user may not create the database {name} for the keys of personal data: "
            "run `whistle migrate` once with the owner's URL, or name another one by WHISTLE_KEYS_URL."
        ) from None
    except psycopg.OperationalError:
        raise BadSetting("The database cannot be reached, so there are no keys of personal data.") from None
    return beside


def _index(index: bytes, phone: str) -> bytes:
    """The blind index of a phone number: the same for the same number, and of no use without the key."""
    return hmac.digest(index, digits(phone).encode(), hashlib.sha256)
