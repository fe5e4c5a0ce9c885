"""Signing in: passwords as argon2id, tokens as hashes, failures slowed down; rights come from the log."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from adapters.batching import Batching
from adapters.event_store import EventStore
from adapters.line import Line
from adapters.reading import Reading
from adapters.turns import Turn, Turns, network
from domain.account import Account
from domain.actors import Assignment, Person, Role
from domain.errors import NotSignedIn, OutOfRange, TooManyAttempts, WrongPassword
from domain.text import NO_TEXT, check_text
from domain.ticket import Ticket

log = structlog.get_logger()

SESSION = timedelta(hours=12)
"""How long a sign-in lasts: a shift."""
LINK = timedelta(days=400)
"""How long a resident's secret link lasts."""
FREE_FAILURES = 5
"""Wrong passwords from one address before it has to wait; then 1, 2, 4 … seconds, at most `LONGEST_WAIT`."""
FREE_FAILURES_ANYWHERE = 100
"""Wrong passwords for one account from all addresses together before everybody has to wait for it."""
LONGEST_WAIT = timedelta(minutes=15)
MOST_IN_LINE, MOST_IN_LINE_HERE = 50, 20
"""Sign-ins that may wait, of all and of one address; a password takes some 50 ms to check."""
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200

SIGNED_IN = """
SELECT asked.nth::integer, s.account, s.ticket, s.link,
       (SELECT max(e.originator_version) FROM log.events AS e
         WHERE e.originator_id = coalesce(s.account, s.ticket)) AS version
  FROM unnest(%(tokens)s::bytea[]) WITH ORDINALITY AS asked (token, nth)
  JOIN access.sessions AS s USING (token)
 WHERE s.expires_at > %(now)s
"""
BEGIN = """
WITH expired AS (DELETE FROM access.sessions WHERE expires_at < %(now)s)
INSERT INTO access.sessions (token, account, ticket, link, expires_at)
SELECT %(token)s::bytea, %(account)s::uuid, %(ticket)s::uuid, %(link)s::uuid, %(expires_at)s::timestamptz
 WHERE %(account)s::uuid IS NULL
    OR EXISTS (SELECT FROM access.passwords WHERE account = %(account)s AND hash = %(hash)s FOR SHARE)
RETURNING token
"""
END = "DELETE FROM access.sessions WHERE token = %(token)s RETURNING token"
END_ALL = "DELETE FROM access.sessions WHERE account = %(account)s RETURNING token"
HASH = "SELECT hash FROM access.passwords WHERE account = %(account)s"
SET_HASH = """
INSERT INTO access.passwords (account, hash) VALUES (%(account)s, %(hash)s)
    ON CONFLICT (account) DO UPDATE SET hash = excluded.hash
RETURNING account
"""
EVER_FAILED = "SELECT who FROM access.failures WHERE who = %(who)s"
LOCKED = """
SELECT max(locked_until) AS until FROM access.failures WHERE who = ANY (%(who)s) AND locked_until > %(now)s
"""
FAILED = """
INSERT INTO access.failures (who, failures, locked_until) VALUES (%(who)s, 1, %(now)s)
    ON CONFLICT (who) DO UPDATE
   SET failures = CASE WHEN failures.locked_until < %(now)s - %(longest)s THEN 1
                       ELSE failures.failures + 1 END,
       locked_until = %(now)s + CASE
           WHEN failures.failures < %(free)s THEN interval '0'
           WHEN failures.locked_until < %(now)s - %(longest)s THEN interval '0'
           ELSE least(%(longest)s, interval '1 second' * 2 ^ least(failures.failures - %(free)s, 20)) END
RETURNING failures
"""
SUCCEEDED = "DELETE FROM access.failures WHERE who = %(who)s RETURNING who"
# Some of what nobody asks for any more: old failures, and keys whose requests nobody repeats.
TIDY = """
WITH failures AS (
    DELETE FROM access.failures
     WHERE who IN (SELECT who FROM access.failures
                    WHERE locked_until < %(now)s - %(failures)s::interval LIMIT 10000))
DELETE FROM log.idempotency
 WHERE (account, key) IN (SELECT account, key FROM log.idempotency
                           WHERE recorded_at < %(now)s - %(keys)s::interval LIMIT 10000)
RETURNING key
"""
KEEP = {"failures": timedelta(days=1), "keys": timedelta(days=30)}
"""How long failed sign-ins and idempotency keys are kept."""


@dataclass(frozen=True)
class Session:
    """Somebody signed in, until a time."""

    token: str
    expires_at: datetime
    account: str
    roles: tuple[Assignment, ...]


class SignedIn(NamedTuple):
    """Whose token it is: an account's, or a ticket's by its resident's link; and the newest version of it."""

    account: UUID
    ticket: UUID | None
    link: UUID | None
    version: int


@cache
def _nobodys() -> str:
    """What a password is compared with where there is no account: it takes as long, and never fits."""
    return PasswordHasher().hash(secrets.token_hex())


class Sessions:
    """Who is who."""

    def __init__(self, reading: Reading, store: EventStore, turns: Turns) -> None:
        self._reading = reading
        self._store = store
        self._turns = turns
        self._hasher = PasswordHasher()
        self._hashing = asyncio.Semaphore(2)
        self._line = Line(MOST_IN_LINE, MOST_IN_LINE_HERE)
        self._tokens: Batching[bytes, SignedIn] = Batching(self._signed_in)

    async def sign_in(self, account: str, password: str, address: str = "") -> Session:
        """Begin a session. Raises `WrongPassword`, and `TooManyAttempts` after some of those.

        Failures are counted for the account and the address they come from, so that no stranger locks
        somebody out; only very many lock an account for all. Those of one address over all accounts are
        counted as well (`TooOften`). Two turns are taken at a time, so guessing in parallel gains one guess
        at most in each process.
        """
        async with self._turn(address):
            opened, hashed = await self._checked(account, password, address)
        now = self._store.now()
        token, expires_at = await self._begin(now, SESSION, account=opened.id, hashed=hashed)
        log.info("signed_in", account=opened.account)
        return Session(token, expires_at, opened.account, opened.person().roles)

    @asynccontextmanager
    async def _turn(self, address: str) -> AsyncIterator[None]:
        """A turn at hashing, which is slow on purpose; with too many in line, nobody more joins it."""
        with self._line.place(network(address)):
            async with self._hashing:
                yield

    async def tidy(self) -> None:
        """Remove failed sign-ins and idempotency keys that are too old to matter."""
        while await self._reading.rows(TIDY, {"now": self._store.now(), **KEEP}):
            pass

    async def _checked(self, account: str, password: str, address: str) -> tuple[Account, str]:
        """The account with this password, and the hash it was checked against."""
        await self._turns.must_be_left(Turn.GUESS, address)
        id = Account.id_of(account[:50])
        anywhere, here = id.hex, ""
        if await self._reading.rows(EVER_FAILED, {"who": anywhere}):
            here = await self._here(id, address)
            await self._must_not_wait(anywhere, here)
        known = await self._reading.rows(HASH, {"account": id})
        hashed = known[0]["hash"] if known else await asyncio.to_thread(_nobodys)
        right = await self._verify(hashed, password)
        opened = await self._store.find(Account, id) if right and known else None
        if opened is None or opened.closed:
            here = here or await self._here(id, address)
            for who, free in ((here, FREE_FAILURES), (anywhere, FREE_FAILURES_ANYWHERE)):
                failure = {"who": who, "now": self._store.now(), "free": free, "longest": LONGEST_WAIT}
                await self._reading.rows(FAILED, failure)
            log.info("sign_in_refused", account=id.hex)
            await self._turns.take(Turn.GUESS, address)
            raise WrongPassword()
        if here:
            await self._reading.rows(SUCCEEDED, {"who": here})
        return opened, hashed

    async def _here(self, account: UUID, address: str) -> str:
        """The account and where somebody signs in from, which is kept as a keyed hash alone."""
        return f"{account.hex} {(await self._turns.whence(address)).hex()}"

    async def _must_not_wait(self, *who: str) -> None:
        (lock,) = await self._reading.rows(LOCKED, {"who": list(who), "now": self._store.now()})
        if lock["until"] is not None:
            wait = lock["until"] - self._store.now()
            raise TooManyAttempts(seconds=int(wait.total_seconds()) + 1)

    async def second(self, account: str, password: str, address: str = "") -> Person:
        """Whoever signs for what another one asks, with account and password, as `sign_in` checks them."""
        async with self._turn(address):
            opened, _ = await self._checked(account, password, address)
        return opened.person()

    async def has_password(self, account: str, password: str) -> bool:
        """Whether this account has this password."""
        known = await self._reading.rows(HASH, {"account": Account.id_of(account)})
        return bool(known) and await self._verify(known[0]["hash"], password)

    async def link(self, ticket: UUID, link: UUID) -> tuple[str, datetime]:
        """The secret of this link to the ticket, and until when it works at most; the ticket can end it."""
        return await self._begin(self._store.now(), LINK, ticket=ticket, link=link)

    async def person(self, token: str) -> Person:
        """Who holds this token, with the roles held now. Raises `NotSignedIn`."""
        signed_in = await self._tokens.ask(_hash(token))
        if signed_in.ticket is not None:
            ticket = await self._store.find(Ticket, signed_in.ticket, signed_in.version)
            if ticket is None or ticket.link != signed_in.link:
                raise NotSignedIn()
            return Person(f"resident:{signed_in.ticket}", (Assignment(Role.RESIDENT, str(signed_in.ticket)),))
        account = await self._store.find(Account, signed_in.account, signed_in.version)
        if account is None or account.closed:
            raise NotSignedIn()
        return account.person()

    async def sign_out(self, token: str) -> None:
        """End the session of this token."""
        await self._reading.rows(END, {"token": _hash(token)})

    async def sign_out_everywhere(self, account: str) -> None:
        """End all sessions of this account."""
        await self._reading.rows(END_ALL, {"account": Account.id_of(account)})

    async def hashed(self, password: str) -> str:
        """A new password as it is kept. Raises `OutOfRange` for one too short or too long."""
        check_text("password", password)
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise OutOfRange(
                field="password",
                why=f"must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            )
        async with self._hashing:  # Only who is signed in comes here, so there is no line to be kept free.
            return await asyncio.to_thread(self._hasher.hash, password)

    async def set_password(self, account: str, hashed: str) -> None:
        """Keep another password for this account, and end its sessions."""
        await self._reading.rows(SET_HASH, {"account": Account.id_of(account), "hash": hashed})
        await self.sign_out_everywhere(account)

    async def _verify(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD or NO_TEXT.search(password):
            password = ""
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password)
        except VerificationError:
            return False

    async def _begin(
        self,
        now: datetime,
        lasting: timedelta,
        account: UUID | None = None,
        ticket: UUID | None = None,
        link: UUID | None = None,
        hashed: str | None = None,
    ) -> tuple[str, datetime]:
        """A new session; for an account only while its password is the one that was checked."""
        token = secrets.token_urlsafe(32)
        begun = {
            "token": _hash(token), "account": account, "ticket": ticket, "link": link,
            "now": now, "expires_at": now + lasting, "hash": hashed,
        }  # fmt: skip
        if not await self._reading.rows(BEGIN, begun):
            raise WrongPassword()
        return token, now + lasting

    async def _signed_in(self, tokens: Sequence[bytes]) -> Sequence["SignedIn | BaseException"]:
        rows = await self._reading.rows(SIGNED_IN, {"tokens": list(tokens), "now": self._store.now()})
        found = {row.pop("nth"): SignedIn(**row) for row in rows}
        return [found.get(nth) or NotSignedIn() for nth in range(1, len(tokens) + 1)]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
