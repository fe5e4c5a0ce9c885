"""A writer that is held between taking its positions and committing them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from adapters.batch import Batch, Command, Head
from adapters.database import Database
from adapters.mapper import EventMapper
from adapters.recorder import APPEND, LOCK_HEAD
from domain.ticket.events import Reported


@contextmanager
def held_writer(database: Database, command: Command) -> Iterator[psycopg.Connection[Any]]:
    """The command is appended as the recorder does it, and nothing is committed before the caller says so."""
    first = command.first
    asked = {
        "originators": [first.originator_id],
        "accounts": [],
        "keys": [],
        "series": [first.number] if isinstance(first, Reported) else [],
    }
    with psycopg.connect(database.service) as conn:
        position, versions, _, serials = conn.execute(LOCK_HEAD, asked).fetchone() or ()
        known = {UUID(id): version for id, version in (versions or {}).items()}
        batch = Batch(Head(position, known, {}, serials or {}), EventMapper())
        admitted = batch.admit(command)
        assert not isinstance(admitted, BaseException), admitted
        assert conn.execute(APPEND, batch.parameters()).rowcount == len(command.events)
        yield conn
        conn.rollback()
