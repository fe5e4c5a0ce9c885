"""Taking photos in, finding them again, and removing those that no ticket ever named."""

import asyncio
import hashlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import structlog

from adapters.batching import Overloaded
from adapters.photos.picture import Picture, Size, develop
from adapters.photos.storing import NoFile, NotKept, Store, forget_incoming
from adapters.reading import Reading
from domain.errors import NoPhoto
from domain.ticket.events import Location

log = structlog.get_logger()

ID = re.compile("[0-9a-f]{64}")
LARGEST = 10 * 1024 * 1024
"""Bytes of one photo."""
AT_ONCE = 16
"""Photos that are being received at the same time; they wait in line to be decoded, one by one."""
RECEIVING = 300.0
"""Seconds a photo may take on its way."""
UNNAMED = timedelta(days=7)
"""How long a photo is kept that no ticket names: a report may wait that long for a signal."""

WANTED = """
INSERT INTO photo.photo AS p (photo, type, bytes, width, height, taken_at, longitude, latitude, wanted_at)
VALUES (%(photo)s, %(type)s, %(bytes)s, %(width)s, %(height)s, %(taken_at)s, %(longitude)s, %(latitude)s,
        %(now)s)
    ON CONFLICT (photo) DO UPDATE SET wanted_at = greatest(p.wanted_at, excluded.wanted_at)
RETURNING photo
"""
STORED = """
WITH stored AS (UPDATE photo.photo SET stored = true WHERE photo = %(photo)s RETURNING photo)
INSERT INTO photo.upload AS u (photo, account, uploaded_at) SELECT photo, %(account)s, %(now)s FROM stored
    ON CONFLICT (photo, account) DO UPDATE SET uploaded_at = excluded.uploaded_at
RETURNING photo
"""
# Who is about to name a photo keeps it from being removed in the same moment.
NAMED = """
UPDATE photo.photo AS p SET wanted_at = greatest(wanted_at, %(now)s)
 WHERE photo = ANY (%(photos)s) AND stored
   AND (photo = ANY (%(seen)s)
        OR EXISTS (SELECT FROM photo.upload AS u WHERE u.photo = p.photo AND u.account = %(account)s))
RETURNING photo
"""
KNOWN = """
SELECT type, bytes, width, height, taken_at, longitude, latitude
  FROM photo.photo
 WHERE photo = %(photo)s AND stored
"""
PLACES = """
SELECT photo, longitude, latitude FROM photo.photo
 WHERE photo = ANY (%(photos)s) AND stored AND longitude IS NOT NULL
"""
REMOVING = """
SELECT photo FROM photo.photo
 WHERE photo = ANY (%(photos)s) AND wanted_at < %(before)s
   FOR UPDATE SKIP LOCKED
"""
FORGOTTEN = """
UPDATE photo.photo SET longitude = NULL, latitude = NULL, taken_at = NULL
 WHERE photo = ANY (%(photos)s)
RETURNING photo
"""
REMOVED = "DELETE FROM photo.photo WHERE photo = ANY (%(photos)s)"


class TooSlow(Exception):
    """The photo took longer than five minutes: send it smaller, or where the signal is better."""


@dataclass(frozen=True)
class Photo:
    """A photo that is kept: `id` is the SHA-256 of its original, so nobody can change it unseen."""

    id: str
    bytes: int
    picture: Picture


class Album:
    """All photos of the service."""

    def __init__(
        self, reading: Reading, conninfo: str, store: Store, incoming: Path, now: Callable[[], datetime]
    ) -> None:
        self._reading = reading
        self._conninfo = conninfo
        self._store = store
        self._incoming = incoming
        self._now = now
        self._receiving = 0
        self._decoding = asyncio.Lock()

    async def receive(self, chunks: AsyncIterator[bytes], account: str) -> Photo:
        """Take in a photo that this account sends; the same again is the same.

        Raises `NoPhoto`, `NotKept` where there is no room, `TooSlow`, and `Overloaded` where many come in.
        """
        if self._receiving >= AT_ONCE:
            raise Overloaded
        self._receiving += 1
        try:
            with self._spool() as folder:
                photo = await self._received(chunks, folder)
                await self._keep(photo, folder, account)
        finally:
            self._receiving -= 1
        log.info("photo_received", photo=photo.id, bytes=photo.bytes, account=account)
        return photo

    @contextmanager
    def _spool(self) -> Iterator[Path]:
        """A folder for what is not yet a photo; gone at the end, whatever the end is."""
        try:
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._incoming))
        except OSError as problem:
            raise NotKept from problem
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _received(self, chunks: AsyncIterator[bytes], folder: Path) -> Photo:
        original = folder / Size.ORIGINAL
        hashed = hashlib.sha256()
        length = 0
        try:
            with await asyncio.to_thread(original.open, "wb") as file:
                async with asyncio.timeout(RECEIVING):
                    async for chunk in chunks:
                        length += len(chunk)
                        if length > LARGEST:
                            raise NoPhoto(why="it is larger than 10 MiB: send it smaller")
                        hashed.update(chunk)
                        await asyncio.to_thread(file.write, chunk)
            async with self._decoding:
                picture, _ = await asyncio.to_thread(develop, original, folder)
        except TimeoutError:
            raise TooSlow from None
        except OSError as problem:
            raise NotKept from problem
        return Photo(hashed.hexdigest(), length, picture)

    async def _keep(self, photo: Photo, folder: Path, account: str) -> None:
        """Keep all its files: first it is said that they are wanted, last that they are there."""
        row = {"photo": photo.id, "bytes": photo.bytes, "account": account, "now": self._now()}
        row |= {name: getattr(photo.picture, name) for name in ("type", "width", "height", "taken_at")}
        at = photo.picture.location
        row |= {"longitude": at and at.longitude, "latitude": at and at.latitude}
        await self._reading.rows(WANTED, row)
        for size in Size:
            await self._store.put(f"{photo.id}.{size}", folder / size)
        await self._reading.rows(STORED, row)

    async def find(self, id: str) -> Photo | None:
        """The photo with this id, once all of it is kept."""
        for row in await self._reading.rows(KNOWN, {"photo": id}):
            longitude, latitude, bytes = (row.pop(name) for name in ("longitude", "latitude", "bytes"))
            location = None if longitude is None else Location(longitude, latitude)
            return Photo(id, bytes, Picture(**row, location=location))
        return None

    async def places(self, photos: Sequence[str]) -> dict[str, Location]:
        """Where those of the photos were taken that say so, by WGS-84."""
        if not photos:
            return {}
        rows = await self._reading.rows(PLACES, {"photos": list(photos)})
        return {row["photo"]: Location(row["longitude"], row["latitude"]) for row in rows}

    async def read(self, id: str, size: Size) -> bytes:
        """One of its files. Raises `NoFile` and `NotKept`."""
        return await self._store.read(f"{id}.{size}")

    async def may_be_named(self, photos: Sequence[str], account: str, seen: Sequence[str]) -> set[str]:
        """Those of the photos that this account uploaded, or sees in a ticket (`seen`); kept from now on."""
        asked = {"photos": list(photos), "account": account, "seen": list(seen), "now": self._now()}
        return {row["photo"] for row in await self._reading.rows(NAMED, asked)}

    async def remove(self, photos: Sequence[str], before: datetime) -> int:
        """Remove those of the photos that nobody uploaded or named since; gives how many they were.

        Whoever uploads one at this moment waits until it is gone, and then puts it there anew.
        """
        async with await psycopg.AsyncConnection.connect(self._conninfo) as conn:
            rows = await conn.execute(REMOVING, {"photos": list(photos), "before": before})
            removed = [photo for (photo,) in await rows.fetchall()]
            await self._store.remove(f"{photo}.{size}" for photo in removed for size in Size)
            await conn.execute(REMOVED, {"photos": removed})
        log.info("photos_removed", photos=len(removed))
        return len(removed)

    async def forget_originals(self, photos: Sequence[str]) -> None:
        """Remove the originals with all that is hidden in them, and where and when they were taken."""
        await self._store.remove(f"{photo}.{Size.ORIGINAL}" for photo in photos if ID.fullmatch(photo))
        await self._reading.rows(FORGOTTEN, {"photos": list(photos)})

    async def tidy(self) -> None:
        """Remove what was being received when a process was killed."""
        before = (self._now() - timedelta(seconds=10 * RECEIVING)).timestamp()
        await asyncio.to_thread(forget_incoming, self._incoming, before)


__all__ = ["Album", "NoFile", "Photo", "TooSlow"]
