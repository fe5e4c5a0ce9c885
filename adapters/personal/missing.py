"""Keys that are gone although nobody was erased: lost, exchanged, or destroyed without an order."""

from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import namedtuple_row

from adapters.database import Database
from adapters.personal.master import WrongMaster
from adapters.personal.parts import opens
from adapters.personal.residents import KEYS, in_force, prepare, unwrap
from adapters.settings import Settings

AT_ONCE = 10_000
"""Residents whose keys are compared by one statement."""
# With the key that each resident's personal data were encrypted with at first.
NAMED = """
SELECT DISTINCT ON (metadata #>> '{personal,resident}')
       (metadata #>> '{personal,resident}')::uuid AS resident, originator_id, originator_version, topic,
       metadata #> '{personal,parts}' AS parts
  FROM log.events
 WHERE metadata ? 'personal'
 ORDER BY metadata #>> '{personal,resident}', position
"""
ERASED = "SELECT originator_id FROM log.events WHERE topic = 'resident.erased'"


class Custody(NamedTuple):
    """How many residents the log holds personal data of, in each state."""

    readable: int
    erased: int
    missing: int
    """Of these the key is gone or opens nothing, and the log names nobody who ordered it."""


def custody(settings: Settings, database: Database) -> Custody:
    """Compare the log with the keys. Raises `BadSetting` where the keys cannot be reached.

    The erasures are read last: one that is under way has its event before its key goes.
    """
    named, gone = 0, set()
    with psycopg.connect(database.service) as conn:
        with conn.cursor(name="named", row_factory=namedtuple_row) as cursor:
            cursor.execute(NAMED)
            while rows := cursor.fetchmany(AT_ONCE):
                named += len(rows)
                with psycopg.connect(prepare(settings, database).service, connect_timeout=5) as keys:
                    gone |= _unreadable(settings, keys, rows)
        conn.rollback()
        erased = gone & {resident for (resident,) in conn.execute(ERASED)}
    return Custody(named - len(gone), len(erased), len(gone) - len(erased))


def _unreadable(settings: Settings, conn: psycopg.Connection[Any], rows: list[Any]) -> set[Any]:
    """The residents of these rows whose key is gone, or is not the one that it was."""
    left = {row.resident: row for row in rows}
    for _, master, resident, wrapped in conn.execute(KEYS, {"residents": list(left)}).fetchall():
        with suppress(WrongMaster):
            if resident and opens(unwrap(in_force(settings, master), wrapped, resident), left[resident]):
                del left[resident]
    return set(left)
