"""Keeping the past of the views, as a process of its own: commands and views do not wait for it."""

import gc
import os

from adapters.database import Database
from api.projector import COLLECT_SELDOM, VIEWS, stop_when_told
from projections.recall import Recall

YIELDING = 15
"""How nice it is: everything else comes first."""


def recall(database: Database, with_parent: bool) -> None:
    """Keep the past until told to stop, or, with `with_parent`, until whoever started it is gone."""
    os.nice(YIELDING)
    keeper = Recall(database.service, VIEWS)
    stop_when_told(keeper.stop, with_parent)
    gc.freeze()
    gc.set_threshold(*COLLECT_SELDOM)
    keeper.run()
