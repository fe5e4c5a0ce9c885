"""Offering open tickets that may be about the same matter, before it is reported again."""

import asyncio
from typing import Any

from api.service import Service
from domain.actors import Person
from domain.ticket import Ticket
from projections import similar
from projections.similar import Matter

OFFERED = 3
LOCATED = 20
"""Of how many the location is looked up, those that are most alike without it."""


async def offered(serving: Service, person: Person, matter: Matter) -> list[dict[str, Any]]:
    """At most three open tickets that may be about the same, the likeliest first, each with its `score`.

    Raises `UnknownGrid` and `PlaceClosed`, as a report would.
    """
    place = await serving.places.of(matter.grid)
    lines = await similar.candidates(serving.reading, person, place.community, serving.store.now())
    lines.sort(key=lambda line: similar.alike(matter, line), reverse=True)
    lines = lines[:LOCATED]
    found = await asyncio.gather(*(serving.store.find(Ticket, line["id"]) for line in lines))
    scored = []
    for line, ticket in zip(lines, found, strict=True):
        score = similar.alike(matter, line, ticket.location if ticket else None)
        if score >= similar.ALIKE and ticket is not None and ticket.visible_to(person):
            shown = {name: value for name, value in line.items() if name != "text"}
            scored.append({**shown, "score": round(score, 3)})
    return sorted(scored, key=lambda each: each["score"], reverse=True)[:OFFERED]
