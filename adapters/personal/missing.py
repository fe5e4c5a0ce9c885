"""Keys that are gone although nobody was erased: lost, or destroyed without an order."""

from typing import NamedTuple

import psycopg

from adapters.database import Database
from adapters.personal.residents import prepare
from adapters.settings import Settings

NAMED = """
SELECT DISTINCT (metadata #>> '{personal,resident}')::uuid FROM log.events WHERE metadata ? 'personal'
"""
KNOWN = "SELECT resident FROM keys.resident"
ERASED = "SELECT originator_id FROM log.events WHERE topic = 'resident.erased'"


class Custody(NamedTuple):
    """How many residents the log holds personal data of, in each state."""

    readable: int
    erased: int
    missing: int
    """Of these the key is gone, and the log names nobody who ordered it."""


def custody(settings: Settings, database: Database) -> Custody:
    """Compare the log with the keys. Raises `BadSetting` where the keys cannot be reached.

    The erasures are read last: one that is under way has its event before its key goes.
    """
    with psycopg.connect(database.service) as conn:
        named = {resident for (resident,) in conn.execute(NAMED)}
        if not named:
            return Custody(0, 0, 0)
        with psycopg.connect(prepare(settings, database), connect_timeout=5) as keys:
            gone = named - {resident for (resident,) in keys.execute(KNOWN)}
        conn.rollback()
        erased = gone & {resident for (resident,) in conn.execute(ERASED)}
    return Custody(len(named) - len(gone), len(erased), len(gone) - len(erased))
