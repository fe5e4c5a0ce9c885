"""What telling people needs of the machine: addresses, networks, secrets."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from adapters.settings import BadSetting

Network = IPv4Network | IPv6Network
LONGEST_SECRET = 10_000
UNIT = re.compile(r"[A-Za-z0-9-]{0,50}")
"""Codes of units that may name a folder."""
PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Codes and names that stand in the name of a variable, so that no two of them are the same there."""


class NotTaken(Exception):
    """A message was not taken; the sentence says why and holds nothing secret.

    `refused` says that it was the message itself that was refused, so that others may pass.
    """

    def __init__(self, why: str, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


@dataclass(frozen=True)
class Mail:
    """The server that takes our e-mail."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    tls: bool = False
    """Whether it speaks TLS from the first word on (smtps)."""


@dataclass(frozen=True)
class Means:
    """All of it, read once when a process starts; only secrets of receivers are read at each use."""

    public_url: str | None = None
    mail: Mail | None = None
    networks: tuple[Network, ...] = ()
    """Networks that are not public, and may be told all the same."""
    secrets: Path | None = None
    """The folder that holds a file for each secret."""

    @classmethod
    def read(cls) -> Self:
        """What the environment says: see docs/telling.md."""
        public = os.environ.get("WHISTLE_PUBLIC_URL", "").rstrip("/") or None
        if public and (urlsplit(public).scheme not in ("http", "https") or not public.isascii()):
            raise BadSetting("WHISTLE_PUBLIC_URL is no web address: write https://whistle.example.org.")
        folder = os.environ.get("WHISTLE_SECRETS")
        return cls(public, _mail(), _networks(), Path(folder) if folder else None)

    def secret(self, name: str, around: Sequence[str] = ()) -> str:
        """The secret of this name for who looks after these units, read at each use. Raises `NotTaken`.

        A receiver of one unit has the secrets of its unit, and of what that lies in, and no others: so no
        administrator sends in the name of another town.
        """
        kept = self.kept(name, around)
        if isinstance(kept, str):
            return os.environ[kept].strip()
        if kept is None:
            folder = f"{around[0]} in the folder" if around else "the folder"
            raise NotTaken(f"the secret {name} is not there: put it into {folder} WHISTLE_SECRETS")
        try:
            with kept.open(encoding="utf-8") as opened:
                return opened.read(LONGEST_SECRET).strip()
        except (OSError, UnicodeError):
            raise NotTaken(f"the secret {name} cannot be read") from None

    def kept(self, name: str, around: Sequence[str] = ()) -> Path | str | None:
        """Where this secret is kept: its file, or the name of its variable; None where it is nowhere."""
        for prefix in around or ("",):
            if not UNIT.fullmatch(prefix):
                continue
            if self.secrets and os.path.isfile(file := self.secrets / prefix / name):
                return file
            parts = [part for part in (prefix, name) if part]
            variable = f"WHISTLE_SECRET_{'__'.join(parts)}".upper().replace("-", "_")
            if all(map(PLAIN.fullmatch, parts)) and os.environ.get(variable):
                return variable
        return None

    def keep(self, name: str, around: Sequence[str], secret: str) -> bool:
        """Keep a new secret where `secret` finds it; False where there is one, or no folder to write into."""
        unit = around[0] if around else ""
        if self.secrets is None or not UNIT.fullmatch(unit) or self.kept(name, around) is not None:
            return False
        try:
            (self.secrets / unit).mkdir(mode=0o700, exist_ok=True)
            file = os.open(self.secrets / unit / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as opened:
                opened.write(secret)
        except OSError:
            return False
        return True

    def link(self, ticket: object) -> str | None:
        """Where a ticket is seen."""
        return f"{self.public_url}/tickets/{ticket}" if self.public_url else None


def _mail() -> Mail | None:
    given = os.environ.get("WHISTLE_SMTP")
    if not given:
        return None
    try:
        url = urlsplit(given)
        tls = {"smtp": False, "smtps": True}[url.scheme]
        host, port = str(url.hostname), url.port or (465 if tls else 25)
    except (ValueError, KeyError):
        raise BadSetting("WHISTLE_SMTP is no mail server: write smtp://user@mail.example.org:587.") from None
    sender = os.environ.get("WHISTLE_SMTP_FROM", "")
    if not re.fullmatch(r"[!-~]+@[!-~]+", sender):
        raise BadSetting("WHISTLE_SMTP needs WHISTLE_SMTP_FROM, the address that e-mail comes from.")
    password = os.environ.get("WHISTLE_SMTP_PASSWORD")
    if file := os.environ.get("WHISTLE_SMTP_PASSWORD_FILE"):
        try:
            password = Path(file).read_text("utf-8").strip()
        except OSError as problem:
            raise BadSetting(
                f"WHISTLE_SMTP_PASSWORD_FILE names {file}, which cannot be read: {problem.strerror}."
            ) from None
    return Mail(host, port, sender, url.username, password, tls)


def _networks() -> tuple[Network, ...]:
    given = os.environ.get("WHISTLE_TELL_NETWORKS", "").split()
    try:
        return tuple(ip_network(each) for each in given)
    except ValueError:
        raise BadSetting("WHISTLE_TELL_NETWORKS must hold networks such as 10.20.0.0/16.") from None
