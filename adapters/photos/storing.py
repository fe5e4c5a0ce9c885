"""Where the files of photos are: a folder, or a bucket that speaks S3; nothing else knows which."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from adapters.settings import Bucket, Settings

if TYPE_CHECKING:
    from obstore.store import S3Config

NAME = re.compile(r"[0-9a-f]{64}\.(original|view|thumbnail)")
"""Every name there is; nothing that anybody wrote becomes part of a path."""
PATIENCE = timedelta(seconds=20)
"""How long a bucket is tried before whoever waits is told."""


class NotKept(Exception):
    """Photos cannot be kept or fetched at the moment: nothing was done, send it again in a while."""


class NoFile(Exception):
    """There is no file of this name."""


class Store(Protocol):
    """Where files are kept by name; what stands under a name is always whole."""

    async def put(self, name: str, file: Path) -> None:
        """Keep the file, which may be moved away; it survives a power cut once this returns."""
        ...

    async def read(self, name: str) -> bytes:
        """The file. Raises `NoFile`."""
        ...

    async def remove(self, names: Iterable[str]) -> None:
        """Keep these no longer; those that are not there are no trouble."""
        ...


class Folder:
    """Keeps files in a folder, spread over 256 folders within; all methods raise `NotKept`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, file: Path) -> None:
        """See `Store`."""
        await _told(self._put, name, file)

    async def read(self, name: str) -> bytes:
        """See `Store`."""
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError:
            raise NoFile from None
        except OSError as problem:
            raise NotKept from problem

    async def remove(self, names: Iterable[str]) -> None:
        """See `Store`."""
        await _told(self._remove, [self._path(name) for name in names])

    def _put(self, name: str, file: Path) -> None:
        path = self._path(name)
        made = not path.parent.exists()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(file)
        # Renamed within one file system, so that under its name there is all of it or nothing.
        file.rename(path)
        for changed in (path.parent, self._folder) if made else (path.parent,):
            _sync(changed)

    def _remove(self, paths: list[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / _checked(name)[:2] / name


class S3:
    """Keeps files in a bucket; all methods raise `NotKept`."""

    def __init__(self, bucket: Bucket) -> None:
        config: S3Config = {
            "region": bucket.region,
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
        }
        if bucket.endpoint:
            config["endpoint"] = bucket.endpoint
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={"allow_http": True, "timeout": PATIENCE},
            retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
        )

    async def put(self, name: str, file: Path) -> None:
        """See `Store`."""
        try:
            await self._store.put_async(_checked(name), file)
        except (BaseError, OSError) as problem:
            raise NotKept from problem

    async def read(self, name: str) -> bytes:
        """See `Store`."""
        try:
            found = await self._store.get_async(_checked(name))
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise NoFile from None
        except (BaseError, OSError) as problem:
            raise NotKept from problem

    async def remove(self, names: Iterable[str]) -> None:
        """See `Store`."""
        try:
            await self._store.delete_async([_checked(name) for name in names])
        except (BaseError, OSError) as problem:
            raise NotKept from problem


def store(settings: Settings) -> Store:
    """Where these settings say that photos are."""
    return S3(settings.bucket) if settings.bucket else Folder(settings.data / "photos")


def forget_incoming(folder: Path, before: float) -> None:
    """Remove what was being received before this time (seconds since 1970) by a process that was killed."""
    for left in folder.glob("*") if folder.exists() else ():
        if left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)


async def _told(work: Callable[..., object], *given: object) -> None:
    """Do this in a thread; what the disk says against it is told as `NotKept`."""
    try:
        await asyncio.to_thread(work, *given)
    except OSError as problem:
        raise NotKept from problem


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("no name of a photo's file")
    return name


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
