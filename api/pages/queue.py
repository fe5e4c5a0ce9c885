"""The queue (待办队列): what waits for the visitor, as lines beside the ticket they are at."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query

from api.pages.language import N_, say
from api.pages.page import Visitor
from domain.actors import Role
from domain.ticket import Ticket
from domain.ticket.asking import may
from projections import waiting
from projections.units import names_of

LINES = 50
"""Lines of one page of the queue."""
FURTHEST = 10_000
WHAT: Mapping[str, str] = {
    "appeal": N_("申诉待定"),
    "sort": N_("待分拣"),
    "dispatch": N_("待派单"),
    "rule": N_("待裁定"),
    "verify": N_("待核查"),
    "claim": N_("待报到"),
    "reply": N_("待回复"),
    "handle": N_("在办"),
}
"""What a line waits for."""


@dataclass(frozen=True)
class Asked:
    """Which part of the queue the visitor looks at, as the address says it."""

    what: Literal["appeal", "sort", "dispatch", "rule", "verify", "claim", "reply", "handle"] | None = None
    late: bool | None = None
    skip: int = 0

    def query(self, **changed: object) -> str:
        """The query of the address, with these changes; empty where nothing is asked."""
        facts = {"what": self.what, "late": self.late, "skip": self.skip, **changed}
        said = {name: str(value).lower() for name, value in facts.items() if value not in (None, 0, "")}
        return f"?{urlencode(said)}" if said else ""


def asked(
    what: Literal["appeal", "sort", "dispatch", "rule", "verify", "claim", "reply", "handle"] | None = None,
    late: bool | None = None,
    skip: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
) -> Asked:
    """What the address asks for."""
    return Asked(what, late, skip)


Asking = Annotated[Asked, Depends(asked)]


@dataclass(frozen=True)
class Line:
    """One ticket in the queue."""

    ticket: Ticket
    due_at: datetime | None
    what: str
    waits_for: Sequence[str]
    """The units it waits for, where the visitor is of none of them; a supervisor sees who that is."""
    claimable: bool
    """The visitor may claim it, as one of several."""


@dataclass(frozen=True)
class Queue:
    """The lines of one page, and how much there is in all."""

    asked: Asked
    lines: list[Line]
    counts: waiting.Counts
    names: Mapping[str, str]
    more: bool

    def spoken(self, units: Sequence[str]) -> str:
        """The names of these units, one after the other."""
        return say(N_("、")).join(self.names.get(unit, unit) for unit in units)

    def after(self, ticket: UUID) -> UUID | None:
        """The ticket after this one, or the first of the others."""
        ids = [line.ticket.id for line in self.lines]
        others = ids[ids.index(ticket) + 1 :] if ticket in ids else ids
        return next((id for id in [*others, *ids] if id != ticket), None)


async def queue_of(visitor: Visitor, asked: Asked) -> Queue | None:
    """The queue of this visitor, or None for whom nothing ever waits."""
    if not waiting.has_desk(visitor.person):
        return None
    serving, person = visitor.serving, visitor.person
    now = serving.store.now()
    found, counts = await gather(
        waiting.waiting(serving.reading, person, now, LINES + 1, asked.skip, asked.what, asked.late),
        waiting.counts(serving.reading, person, now),
    )
    tickets = await gather(*(serving.store.find(Ticket, line.ticket) for line in found[:LINES]))
    mine = {held.unit for held in person.roles if held.role is not Role.SUPERVISOR}
    lines = [
        Line(
            ticket,
            line.due_at,
            line.what,
            waits_for=line.units if mine.isdisjoint(line.units) else (),
            claimable=line.what == "claim" and bool(may(ticket, person, now, only="claim")),
        )
        for ticket, line in zip(tickets, found, strict=False)
        if ticket is not None
    ]
    named = {code for line in lines for code in (line.ticket.grid, *line.waits_for)}
    names = await names_of(serving.reading, named)
    return Queue(asked, lines, counts, names, len(found) > LINES)
