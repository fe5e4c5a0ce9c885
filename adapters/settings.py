"""Settings: from the command line or the environment, secrets from files."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from domain.datum import Datum


class BadSetting(Exception):
    """A setting that cannot be used; the message says which and what to do."""


@dataclass(frozen=True)
class Bucket:
    """A bucket of an S3-compatible server, for photos."""

    name: str
    prefix: str
    endpoint: str | None
    region: str
    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def read(cls) -> "Bucket | None":
        """The bucket that `WHISTLE_PHOTOS` names as `s3://bucket/prefix`; None where photos are on disk."""
        named = os.environ.get("WHISTLE_PHOTOS", "")
        if not named:
            return None
        scheme, _, rest = named.partition("://")
        name, _, prefix = rest.partition("/")
        if scheme != "s3" or not name:
            raise BadSetting(f"WHISTLE_PHOTOS is {named[:50]}: write s3://bucket/prefix, or leave it out.")
        keys = [_secret(f"WHISTLE_PHOTOS_{which}_KEY") or "" for which in ("ACCESS", "SECRET")]
        if not all(keys):
            raise BadSetting(
                "WHISTLE_PHOTOS needs WHISTLE_PHOTOS_ACCESS_KEY and WHISTLE_PHOTOS_SECRET_KEY too."
            )
        return cls(
            name=name,
            prefix=prefix.strip("/"),
            endpoint=os.environ.get("WHISTLE_PHOTOS_ENDPOINT") or None,
            region=os.environ.get("WHISTLE_PHOTOS_REGION") or "us-east-1",
            access_key=keys[0],
            secret_key=keys[1],
        )


TILES = re.compile(r"(https?://[\w.:-]+)?/[\w./{}?&=%~+-]*")


@dataclass(frozen=True)
class Tiles:
    """The town's own tile server: what maps show beneath their points."""

    template: str
    """The address of a tile, with {z}, {x} and {y} in it."""
    datum: Datum
    """What its tiles are drawn by."""
    attribution: str
    """Whose they are, as it is said beneath the map."""

    @classmethod
    def read(cls) -> "Tiles | None":
        """The tiles that `WHISTLE_TILES` names; None where maps have only points."""
        template = os.environ.get("WHISTLE_TILES", "")
        if not template:
            return None
        if not TILES.fullmatch(template) or not {"{z}", "{x}", "{y}"} <= set(re.findall("{.*?}", template)):
            example = "https://tiles.example.org/{z}/{x}/{y}.png"
            raise BadSetting(f"WHISTLE_TILES is {template[:100]}: write an address such as {example}.")
        named = os.environ.get("WHISTLE_TILES_DATUM") or Datum.WGS84
        if named not in list(Datum):
            raise BadSetting(f"WHISTLE_TILES_DATUM is {named[:50]}: write wgs84 or gcj02.")
        return cls(template, Datum(named), os.environ.get("WHISTLE_TILES_ATTRIBUTION", ""))

    @property
    def origin(self) -> str:
        """Where the browser may load them from; empty where that is our own address."""
        found = TILES.fullmatch(self.template)
        return (found and found[1]) or ""


@dataclass(frozen=True)
class Settings:
    """Where the data is and how the service answers."""

    data: Path
    """The folder of the embedded PostgreSQL."""
    database_url: str | None = None
    """A PostgreSQL server to use instead of the embedded one."""
    stock_recorder: bool = False
    """Write with the library's own recorder: only to measure ours against."""

    hosts: frozenset[str] = frozenset()
    """Names the service answers to beside those of loopback; where there are none, it answers to any."""
    bucket: Bucket | None = None
    """Where photos are kept instead of in the folder."""
    seal_key: str | None = field(default=None, repr=False)
    """The key that signs checkpoints of the log, instead of the one in the folder."""
    keys_url: str | None = field(default=None, repr=False)
    """The database of the residents' keys, instead of the one beside the log's."""
    master_key: str | None = field(default=None, repr=False)
    """The key that wraps these keys, instead of the one in the folder."""
    resident_form: bool = True
    """Whether residents may report themselves, without an account."""
    checkpoints: Path | None = None
    """The file that checkpoints are appended to, instead of the one in the folder."""
    tiles: Tiles | None = None
    """What maps show beneath their points."""

    @classmethod
    def read(cls, data: Path | None = None, database_url: str | None = None) -> "Settings":
        """What was given, else what the environment says: see docs/operation.md."""
        return cls(
            data=(data or Path(os.environ.get("WHISTLE_DATA", ".whistle"))).absolute(),
            database_url=database_url or _secret("WHISTLE_DATABASE_URL"),
            stock_recorder=os.environ.get("WHISTLE_RECORDER", "") == "stock",
            hosts=frozenset(os.environ.get("WHISTLE_PUBLIC_HOST", "").lower().split()),
            bucket=Bucket.read(),
            seal_key=_secret("WHISTLE_SEAL_KEY"),
            keys_url=_secret("WHISTLE_KEYS_URL"),
            master_key=_secret("WHISTLE_MASTER_KEY"),
            resident_form=_switch("WHISTLE_RESIDENT_FORM"),
            checkpoints=Path(file) if (file := os.environ.get("WHISTLE_CHECKPOINTS")) else None,
            tiles=Tiles.read(),
        )


def _switch(name: str) -> bool:
    """Whether something is on; it is, unless it is switched off."""
    said = os.environ.get(name, "on").strip().lower() or "on"
    if said not in ("on", "off"):
        raise BadSetting(f"{name} is {said[:50]}: write on or off.")
    return said == "on"


def _secret(name: str) -> str | None:
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as problem:
            raise BadSetting(f"{name}_FILE names {path}, which cannot be read: {problem.strerror}.") from None
    return None
