"""The master key: it wraps the keys of the residents and never leaves this machine; or a KMS does it."""

import base64
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.settings import BadSetting, Settings

NONCE = 12
"""Bytes: what GCM is made for."""
KEY = 32
"""Bytes: AES-256."""


class WrongMaster(Exception):
    """This master key did not wrap that key."""


class Master(Protocol):
    """Wraps keys and unwraps them: this, or a KMS that answers the same."""

    name: str
    """Which key it is, without saying anything of it."""

    def wrap(self, key: bytes, of: str) -> bytes:
        """The key, so that only this master reads it, and only as the key `of` the same."""
        ...

    def unwrap(self, wrapped: bytes, of: str) -> bytes:
        """The key again. Raises `WrongMaster`."""
        ...


class LocalMaster:
    """A master key in the memory of this process."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)
        self.name = sha256(b"whistle master " + key).hexdigest()[:16]

    @classmethod
    @lru_cache(8)
    def read(cls, secret: str) -> "LocalMaster":
        """The key that is written so. Raises `BadSetting`."""
        try:
            key = base64.b64decode(secret.strip(), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY:
            raise BadSetting(
                "The master key is none: give 32 random bytes in base64 (openssl rand -base64 32)."
            )
        return cls(key)

    def wrap(self, key: bytes, of: str) -> bytes:
        """AES-256-GCM, bound to what it is the key of."""
        return encrypt(self._key, key, of)

    def unwrap(self, wrapped: bytes, of: str) -> bytes:
        """The key again. Raises `WrongMaster`."""
        try:
            return decrypt(self._key, wrapped, of)
        except InvalidTag:
            raise WrongMaster from None


def encrypt(key: AESGCM, clear: bytes, about: str) -> bytes:
    """The nonce, then the ciphertext with its tag, bound to `about`."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + key.encrypt(nonce, clear, about.encode())


def decrypt(key: AESGCM, sealed: bytes, about: str) -> bytes:
    """What was encrypted. Raises `InvalidTag` where key, text or `about` differ."""
    return key.decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())


def masters(settings: Settings) -> list[Master]:
    """The key of `WHISTLE_MASTER_KEY`, or of the file in the data folder, made there where none is.

    While that is rotated there is a second file, with the key that may have come into force. Raises
    `BadSetting`.
    """
    if settings.master_key:
        return [LocalMaster.read(settings.master_key)]
    file, following = file_of(settings), next_file_of(settings)
    return [LocalMaster.read(_made(each)) for each in (file, following) if each == file or each.exists()]


def file_of(settings: Settings) -> Path:
    """Where the key is kept that is not given as a secret."""
    return settings.data / "keys" / "master"


def next_file_of(settings: Settings) -> Path:
    """Where the next key is kept while the first one is rotated."""
    return settings.data / "keys" / "master.next"


def new_secret() -> str:
    """Another master key, as it is written."""
    return base64.b64encode(secrets.token_bytes(KEY)).decode()


def keep(file: Path, secret: str) -> None:
    """Write the key, readable by us alone, under its name once it is whole; the first one stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, encoding="utf-8") as written:
        written.write(f"{secret}\n")
        written.flush()
        os.fsync(written.fileno())
        with suppress(FileExistsError):
            os.link(written.name, file)


def _made(file: Path) -> str:
    try:
        if not file.exists():
            keep(file, new_secret())
        return file.read_text("utf-8")
    except OSError as problem:
        raise BadSetting(f"The master key {file} cannot be read: {problem.strerror}.") from None
