"""The sealer as a process of its own: commands do not wait for it, and only it needs the key."""

import os

from adapters.database import Database
from adapters.settings import Settings
from api.projector import stop_when_told
from evidence import keys
from evidence.sealer import Sealer

YIELDING = 10
"""How nice it is: commands and views come first."""


def seal(database: Database, settings: Settings, with_parent: bool) -> None:
    """Seal until told to stop, or, with `with_parent`, until whoever started it is gone."""
    os.nice(YIELDING)
    sealer = Sealer(database.service, keys.signer(settings, make=True), keys.checkpoints(settings))
    stop_when_told(sealer.stop, with_parent)
    sealer.run()
