"""Another master key: every key is wrapped anew, in one transaction; what they encrypted stays as it is."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from adapters.database import Database
from adapters.personal.master import (
    KEY,
    LocalMaster,
    Master,
    WrongMaster,
    file_of,
    keep,
    new_secret,
    next_file_of,
)
from adapters.personal.residents import INDEX, INDEX_KEY, NEW_INDEX_KEY, in_force, prepare
from adapters.settings import BadSetting, Settings

AT_ONCE = 10_000
"""Keys that are wrapped anew by one statement."""

ALL = "SELECT resident, wrapped FROM keys.resident"
REWRAPPED = """
UPDATE keys.resident AS r SET wrapped = new.wrapped
  FROM unnest(%(residents)s::uuid[], %(wrapped)s::bytea[]) AS new (resident, wrapped)
 WHERE r.resident = new.resident
"""
IN_FORCE = "UPDATE keys.secret SET wrapped = %(wrapped)s, master = %(master)s"


def rotate(settings: Settings, database: Database, given: str | None) -> Master:
    """Put another master key in force, the `given` one or a new one, and take the old one out of force.

    With the key in a file, whoever is cut short repeats it: a rotation that was begun is ended first. Raises
    `BadSetting`.
    """
    if settings.master_key and not given:
        raise BadSetting("The master key is given by WHISTLE_MASTER_KEY: name a file with the next one.")
    following = next_file_of(settings)
    if not settings.master_key:
        keep(following, given or new_secret())
        given = following.read_text("utf-8")
    after = LocalMaster.read(given or "")
    with _as_owner(prepare(settings, database)) as conn:
        # The first key of all is made by this master; whoever makes keys meanwhile waits, and looks again.
        first = {"wrapped": after.wrap(secrets.token_bytes(KEY), INDEX), "master": after.name}
        conn.execute(NEW_INDEX_KEY, first)
        row = conn.execute(f"{INDEX_KEY} FOR UPDATE").fetchone()
        if row is not None and row[1] != after.name:
            _rewrap(conn, _before(settings, row[1]), after, row[0])
    if not settings.master_key:
        following.replace(file_of(settings))
    return after


@contextmanager
def _as_owner(store: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may write keys anew, which the service may not. Raises `BadSetting`."""
    try:
        with psycopg.connect(store.owner, connect_timeout=5) as conn:
            yield conn
    except psycopg.errors.InsufficientPrivilege:
        raise BadSetting(
            "The database user may not wrap the keys anew: rotate with the owner's URL of the key database."
        ) from None


def _before(settings: Settings, name: str) -> Master:
    try:
        return in_force(settings, name)
    except WrongMaster:
        raise BadSetting(
            "The master key is not the one that the keys were wrapped with: give that one."
        ) from None


def _rewrap(conn: psycopg.Connection[Any], before: Master, after: Master, index: bytes) -> None:
    def anew(wrapped: bytes, of: str) -> bytes:
        return after.wrap(before.unwrap(wrapped, of), of)

    with conn.cursor(name="keys") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(ALL)
        while rows := cursor.fetchmany(AT_ONCE):
            _write(conn, {id: anew(wrapped, str(id)) for id, wrapped in rows})
    conn.execute(IN_FORCE, {"wrapped": anew(index, INDEX), "master": after.name})


def _write(conn: psycopg.Connection[Any], keys: dict[UUID, bytes]) -> None:
    conn.execute(REWRAPPED, {"residents": list(keys), "wrapped": list(keys.values())})
