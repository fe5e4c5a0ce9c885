"""The history in an export, as people read it: the events in sentences, in the order of the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.adopted import versions
from api.pages import history
from api.pages.language import LANGUAGE
from api.pages.page import written
from api.pages.sealed import code_of, short
from api.service import Service
from domain.catalogue import in_force
from evidence.note import Checkpoint, Verifier
from projections.accounts import names_of as account_names
from projections.history import events_at
from projections.units import names_of


async def readable(
    serving: Service,
    what: str,
    verifier: Verifier,
    note: str,
    checkpoint: Checkpoint,
    positions: Sequence[int],
) -> str:
    """The beginning of a page, up to where the lines of the events follow.

    Masks and what was erased stand in it as in the log.
    """
    items = await events_at(serving.reading, positions)
    names = await names_of(serving.reading, history.units(items))
    people = await account_names(serving.reading, history.accounts(items))
    now = serving.store.now()
    rules = in_force(await versions(serving.store), now).categories
    categories = {code: category.name for code, category in rules.items()}
    lines = [(item, _told(item, names, people, categories)) for item in items]
    facts = {
        "what": what,
        "lines": lines,
        "made": now,
        "now": now,
        "language": LANGUAGE.get(),
        "short": short(checkpoint),
        "note": note,
        "code": code_of(note),
        "key": str(verifier),
        "fingerprint": verifier.fingerprint,
    }
    return f"{written('export.html', facts).strip()}\n"


def _told(
    item: dict[str, Any], names: dict[str, str], people: dict[str, str], categories: dict[str, str]
) -> history.Told | None:
    """The event as a sentence; None for what is no matter of a ticket or of the administration."""
    if item["event"] not in history.PATTERNS:
        return None
    # A time that an event names is told as it was read then.
    (told,) = history.told([item], names, people, categories, datetime.fromisoformat(str(item["at"])))
    return told
