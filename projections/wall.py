"""The echo wall (回音壁): what everybody may see, which is what the community published, and counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from adapters.reading import Rows
from domain.calendar import CHINA
from domain.ticket import Ticket
from domain.ticket.stage import Stage
from projections.view import Row, Table, View

PUBLISHED = Table(
    "wall_published",
    {
        "ticket": "uuid", "at": "timestamptz", "month": "text", "text": "text", "photos": "text[]",
        "stage": "text", "category": "text", "grid": "text", "community": "text",
        "reported_at": "timestamptz", "handled_at": "timestamptz", "solved": "text", "departments": "text[]",
    },
    key=1,
    indexes=(
        "(month, at DESC, ticket DESC)",
        "(community, month, at DESC, ticket DESC)",
        "USING gin (photos)",
    ),
)  # fmt: skip
COUNT = Table(
    "wall_count",
    {"month": "text", "community": "text", "measure": "text", "n": "bigint"},
    key=3,
    counts=True,
)


class Wall(View):
    """No name, address, number or text of anybody but what was published stands in it."""

    name: ClassVar[str] = "wall"
    version: ClassVar[int] = 1
    of = Ticket
    tables = (PUBLISHED, COUNT)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """What the ticket counts for in its months, and its row where it is published."""
        ticket, handled_at = history, handled(history)
        yield COUNT, (month(ticket.reported_at), ticket.community, "reported", 1)
        if handled_at is not None:
            yield COUNT, (month(handled_at), ticket.community, "handled", 1)
        if ticket.answer is not None:
            yield COUNT, (month(ticket.answer.at), ticket.community, "answered", 1)
            if ticket.answer.solved == "solved":
                yield COUNT, (month(ticket.answer.at), ticket.community, "solved", 1)
        if ticket.publication is not None:
            said, solved = ticket.publication, ticket.answer and ticket.answer.solved
            yield PUBLISHED, (
                ticket.id, said.at, month(said.at), said.text, list(ticket.released), ticket.stage,
                ticket.category, ticket.grid, ticket.community, ticket.reported_at, handled_at, solved,
                list(ticket.tasks),
            )  # fmt: skip


def handled(ticket: Ticket) -> datetime | None:
    """When it was handled, where it is: by its departments, or on the spot."""
    if ticket.stage not in (Stage.HANDLED, Stage.VERIFIED):
        return None
    times = [task.handled_at for task in ticket.tasks.values() if task.handled_at]
    return max(times, default=ticket.stage_since)


def month(at: datetime) -> str:
    """The month as the clock on the wall has it: 2026-11."""
    return f"{at.astimezone(CHINA):%Y-%m}"


LIST = """
SELECT t.ticket::text AS id, t.at, t.text, t.photos, t.stage, t.category, t.grid, t.community, t.reported_at,
       t.handled_at, t.solved, t.departments
  FROM views.wall_published AS t
 WHERE t.month = %(month)s
   AND (%(community)s::text IS NULL OR t.community = %(community)s)
 ORDER BY t.at DESC, t.ticket DESC
OFFSET %(skip)s
 LIMIT %(limit)s
"""
FIGURES = """
SELECT t.measure, sum(t.n)::bigint AS n
  FROM views.wall_count AS t
 WHERE t.month = %(month)s AND (%(community)s::text IS NULL OR t.community = %(community)s)
 GROUP BY t.measure
"""
MONTHS = "SELECT DISTINCT t.month FROM views.wall_count AS t ORDER BY t.month DESC LIMIT 24"
SHOWN = "SELECT FROM views.wall_published AS t WHERE t.photos @> ARRAY[%(photo)s::text] LIMIT 1"
MEASURES = "reported", "handled", "answered", "solved"


async def published(
    reading: Rows, month: str, community: str | None, limit: int, skip: int = 0
) -> list[dict[str, Any]]:
    """What was published in a month, newest first."""
    asked = {"month": month, "community": community, "limit": limit, "skip": skip}
    return await reading.rows(LIST, asked)


async def figures(reading: Rows, month: str, community: str | None) -> dict[str, int]:
    """How many were reported, handled, answered by their residents, and solved by their word in a month."""
    found = {
        row["measure"]: row["n"]
        for row in await reading.rows(FIGURES, {"month": month, "community": community})
    }
    return {measure: found.get(measure, 0) for measure in MEASURES}


async def months(reading: Rows) -> list[str]:
    """The months something happened in, newest first."""
    return [row["month"] for row in await reading.rows(MONTHS)]


async def shows(reading: Rows, photo: str) -> bool:
    """Whether the community has released this photo, and not taken it back."""
    return bool(await reading.rows(SHOWN, {"photo": photo}))
