"""Reads docs/clocks.md, and says of a history what every event did to every clock."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from domain.event import Event
from domain.ticket import Ticket
from domain.ticket.clocks import Clock, Note
from tests.domain.permission_tables import Table, tables

PAGE = Path(__file__).parents[2] / "docs" / "clocks.md"
CLOCKS: Table
LIMITS: Table
LADDER: Table
CLOCKS, LIMITS, LADDER = tables(PAGE.read_text(encoding="utf-8"))
RULING = "ruling"
"""The dispatch clock of the town that runs while it has to decide about one department."""


class Change(NamedTuple):
    """What an event did to a clock, in the words of the table."""

    clock: str
    what: str
    event: str


def changes(history: Iterable[Event]) -> Iterator[Change]:
    """What the events of one history did to the clocks of its ticket."""
    ticket: Ticket | None = None
    for event in history:
        before = {key: replace(clock) for key, clock in ticket.clocks.by_key.items()} if ticket else {}
        ticket = cast(Ticket, event.mutate(ticket))
        for key, clock in ticket.clocks.by_key.items():
            if what := _change(before.get(key), clock, event.at):
                name = RULING if clock.setting.about else clock.setting.name.value
                yield Change(name, what, type(event).__name__)


def _change(before: Clock | None, after: Clock, at: datetime) -> str | None:
    if before is None:
        return "starts"
    if after.setting is not before.setting:
        if after.setting.resumed_at == at:
            return "resumes"
        extended = after.setting.notes.count(Note.EXTENDED) > before.setting.notes.count(Note.EXTENDED)
        return "extends" if extended else "restarts"
    if after.stopped_at is not None and before.stopped_at is None:
        return "stops"
    return "pauses" if after.paused_at is not None and before.paused_at is None else None


def said() -> set[Change]:
    """Everything that the table says."""
    return {
        Change(clock, what, event.strip())
        for clock, cells in CLOCKS.items()
        for what, cell in cells.items()
        if what != "whose"
        for event in cell.split(",")
        if event.strip()
    }


def unsaid(history: Iterable[Event]) -> list[Change]:
    """What the clocks of this history did although the table does not say it."""
    allowed = said()
    afresh = {change._replace(what="restarts") for change in allowed if change.what == "starts"}
    return [change for change in changes(history) if change not in allowed | afresh]
