"""Hashing the events of the log anew; for a long log in several processes that see the same moment of it."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import psycopg

from evidence.leaf import BETWEEN, leaf_of
from evidence.merkle import hash_leaf

Hashing = Callable[[list[tuple[int, int]]], Iterator[bytes]]
"""Gives for each pair of positions, the first excluded, the hashes of the events between, in one piece."""

LONG = 50_000
"""Events from which on more processes are worth their start."""
PROCESSES = min(4, os.cpu_count() or 1)


def hashes_between(conn: psycopg.Connection[Any], after: int, until: int) -> bytes:
    """The hashes of these events, as far as each stands on the position that follows."""
    found, expected = [], after
    for row in conn.execute(BETWEEN, {"after": after, "until": until}, binary=True):
        expected += 1
        if row[0] != expected:
            break
        found.append(hash_leaf(leaf_of(row)))
    return b"".join(found)


@contextmanager
def hashing(conninfo: str, conn: psycopg.Connection[Any], events: int) -> Iterator[Hashing]:
    """How events are hashed as `conn` sees them in its transaction."""
    if events < LONG:
        yield lambda ranges: (hashes_between(conn, *each) for each in ranges)
        return
    ((snapshot,),) = conn.execute("SELECT pg_export_snapshot()")
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), _begin, (conninfo, snapshot)) as pool:
        yield lambda ranges: pool.map(_hashes, *zip(*ranges, strict=True))


_seen: psycopg.Connection[Any]


def _begin(conninfo: str, snapshot: str) -> None:
    """In a process of its own: see what whoever started it sees."""
    global _seen  # noqa: PLW0603 - a process has one
    _seen = psycopg.connect(conninfo)
    _seen.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    _seen.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())


def _hashes(after: int, until: int) -> bytes:
    return hashes_between(_seen, after, until)
