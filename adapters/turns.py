"""How often somebody may ask who has not shown who they are: counted for each address, over all processes.

An address is never kept, only its keyed hash, and that for an hour or two. The key is no part of this
database: it is derived from the secret of the residents' keys.
"""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from adapters.event_store import EventStore
from adapters.personal.residents import KeysAway, Residents
from adapters.reading import Reading
from domain.errors import TooOften

TAKE = """
INSERT INTO access.turns AS t (what, who, taken, ends_at) VALUES (%(what)s, %(who)s, 1, %(ends_at)s)
    ON CONFLICT (what, who) DO UPDATE
   SET taken = CASE WHEN t.ends_at <= %(now)s THEN 1 ELSE t.taken + 1 END,
       ends_at = CASE WHEN t.ends_at <= %(now)s THEN excluded.ends_at ELSE t.ends_at END
RETURNING taken, ends_at
"""
SPENT = """
SELECT who, ends_at FROM access.turns WHERE what = %(what)s AND taken >= %(most)s AND ends_at > %(now)s
"""
TIDY = "DELETE FROM access.turns WHERE ends_at <= %(now)s RETURNING what"
TOGETHER = b""
"""Whoever asks, from all addresses together."""


class Limit(NamedTuple):
    """How many turns one address has, and all together, until a time has passed since the first."""

    here: int
    anywhere: int | None
    """None where all together are not counted."""
    within: timedelta


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Turn(Enum):
    """What is counted. Many people may share one address: a village, or many phones of one network."""

    REPORT = Limit(10, 300, HOUR)
    """A report that a resident sent."""
    FORM = Limit(60, 2_000, HOUR)
    """A form to report that came in, whatever became of it."""
    PHOTO = Limit(40, 600, HOUR)
    """A photo that came with such a form, of up to 10 MiB, kept for days even if no report names it."""
    LINK = Limit(30, 2_000, 10 * MINUTE)
    """A secret link that is none, or works no more."""
    WALL = Limit(120, 6_000, MINUTE)
    """A look at the wall."""
    GUESS = Limit(300, None, HOUR)
    """A wrong password, for whichever account."""


class Turns:
    """The turns taken, and whether there is one left."""

    def __init__(self, reading: Reading, store: EventStore, residents: Residents) -> None:
        self._reading = reading
        self._store = store
        self._residents = residents
        self._key: bytes | None = None
        self._own_key = secrets.token_bytes(32)

    async def take(self, turn: Turn, address: str) -> None:
        """Take a turn. Raises `TooOften` where none is left."""
        for who, most in await self._asking(turn, address):
            now = self._store.now()
            asked = {"what": turn.name, "who": who, "now": now, "ends_at": now + turn.value.within}
            (row,) = await self._reading.rows(TAKE, asked)
            if row["taken"] > most:
                raise TooOften(minutes=_minutes(row["ends_at"] - now))

    async def must_be_left(self, turn: Turn, address: str) -> None:
        """Refuse an address that has no turn left, without taking one. Raises `TooOften`.

        Where nobody has used up theirs, which is nearly always, this needs no key and no hash.
        """
        now = self._store.now()
        asked = {"what": turn.name, "most": turn.value.here, "now": now}
        spent = {bytes(row["who"]): row["ends_at"] for row in await self._reading.rows(SPENT, asked)}
        if spent and (ends_at := spent.get(await self.whence(address))):
            raise TooOften(minutes=_minutes(ends_at - now))

    async def tidy(self) -> None:
        """Forget the turns whose time has passed."""
        await self._reading.rows(TIDY, {"now": self._store.now()})

    async def _asking(self, turn: Turn, address: str) -> tuple[tuple[bytes, int], ...]:
        """The address and its turns, then all together: who is refused alone uses up no other's."""
        here, anywhere, _ = turn.value
        mine = (await self.whence(address), here)
        return (mine,) if anywhere is None else (mine, (TOGETHER, anywhere))

    async def whence(self, address: str) -> bytes:
        """Where somebody asks from, as a keyed hash."""
        return hmac.digest(await self._secret(), network(address).encode(), hashlib.sha256)

    async def _secret(self) -> bytes:
        """The key of all processes; while it cannot be reached, one of our own: each counts by itself."""
        if self._key is None:
            try:
                self._key = await self._residents.secret_for("turns")
            except KeysAway:
                return self._own_key
        return self._key


def network(address: str) -> str:
    """What of an address its holder cannot choose: of IPv6 the first half."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:50]
    return str(found) if found.version == 4 else f"{int(found) >> 64:x}"


def _minutes(wait: timedelta) -> int:
    return int(wait / MINUTE) + 1
