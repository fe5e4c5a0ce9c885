"""Open tickets that may be about the same matter: near by, lately, of one kind, in like words (相似工单)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from adapters.reading import Reading
from domain.actors import Person
from domain.datum import metres
from domain.ticket.events import Location
from domain.ticket.stage import Stage
from projections.board import plain
from projections.scope import scope

LATELY = timedelta(days=30)
LOOKED_AT = 300
"""Open tickets of the community that are compared, the newest ones."""
OPEN = [Stage.REPORTED, Stage.SORTED, Stage.DISPATCHED]
ALIKE = 0.5
"""What is scored lower is not offered."""
NEAR, FAR = 150.0, 1_000.0
"""Metres: what is nearer counts as the same spot, what is farther as another one."""

CANDIDATES = """
SELECT t.ticket AS id, t.number, t.title, t.stage, t.category, t.grid, t.address, t.reported_at, s.text
  FROM views.board_ticket AS t
  JOIN views.board_search AS s USING (ticket)
 WHERE {seen} AND t.community = %(community)s AND t.stage = ANY (%(open)s) AND t.reported_at > %(since)s
 ORDER BY t.reported_at DESC, t.ticket DESC
 LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Matter:
    """What somebody is about to report."""

    words: str
    grid: str
    category: str | None = None
    location: Location | None = None


async def candidates(reading: Reading, person: Person, community: str, now: datetime) -> list[dict[str, Any]]:
    """The open tickets of the community that the person may see, the newest first."""
    seen = scope(person)
    asked = {"community": community, "open": OPEN, "since": now - LATELY, "limit": LOOKED_AT}
    return await reading.rows(CANDIDATES.format(seen=seen.tickets), {**seen.parameters, **asked})


def alike(matter: Matter, line: dict[str, Any], where: Location | None = None) -> float:
    """How likely a line of the board is about the same matter; `where` is its location, if known.

    The words decide, up to 1: how many pairs of characters of what is said are found there. Category and grid
    help; a spot near by helps most, and one far off speaks against it.
    """
    said, written = _pairs(matter.words), _pairs(line["text"])
    score: float = len(said & written) / len(said) if said else 0.0
    score += 0.25 * (matter.category is not None and line["category"] == matter.category)
    score += 0.15 * (line["grid"] == matter.grid)
    if matter.location and where:
        away = metres(matter.location, where)
        score += 0.4 * (away < NEAR) - 1.0 * (away > FAR)
    return score


def _pairs(text: str) -> set[str]:
    """Pairs of neighbouring characters of words; blanks and punctuation part them."""
    words = plain(text)
    return {one + two for one, two in pairwise(words) if one.isalnum() and two.isalnum()}


OF_KIND = """
SELECT t.stage, t.reported_at
  FROM views.board_ticket AS t
 WHERE t.grid = %(grid)s AND t.category = %(category)s AND t.stage = ANY (%(open)s)
   AND t.reported_at > %(since)s
 ORDER BY t.reported_at DESC
 LIMIT 3
"""


async def of_kind(reading: Reading, grid: str, category: str, now: datetime) -> list[dict[str, Any]]:
    """The newest open tickets of this kind in this grid: where they stand and since when, whoever asks."""
    asked = {"grid": grid, "category": category, "open": OPEN, "since": now - LATELY}
    return await reading.rows(OF_KIND, asked)


COMMONEST = """
SELECT t.category
  FROM views.board_ticket AS t
 WHERE {seen} AND t.category IS NOT NULL AND t.reported_at > %(since)s
 GROUP BY t.category
 ORDER BY count(*) DESC, t.category
 LIMIT %(limit)s
"""


async def commonest(reading: Reading, person: Person, since: datetime, limit: int) -> list[str]:
    """The categories of most tickets that this person sees and that were reported since then."""
    seen = scope(person)
    asked = {**seen.parameters, "since": since, "limit": limit}
    return [row["category"] for row in await reading.rows(COMMONEST.format(seen=seen.tickets), asked)]
