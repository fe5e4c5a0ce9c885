"""Who is told, how and of what (接收方名录)."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from adapters.reading import Rows
from domain.actors import Person, Role
from domain.receiver import Receiver
from projections.view import Row, Table, View

RECEIVER = Table(
    "receivers_receiver",
    {
        "code": "text", "receiver": "uuid", "name": "text", "way": "text", "unit": "text", "around": "text[]",
        "topics": "text[]", "address": "text", "secret": "text", "closed": "boolean",
        "paused": "boolean",
    },
    key=1,
)  # fmt: skip


class Receivers(View):
    """Every receiver, closed ones too."""

    name: ClassVar[str] = "receivers"
    version: ClassVar[int] = 2
    of = Receiver
    tables = (RECEIVER,)

    def rows(self, history: Receiver) -> Iterable[tuple[Table, Row]]:
        """One row for the receiver."""
        yield RECEIVER, (
            history.code, history.id, history.name, str(history.way), history.unit, list(history.around),
            list(history.topics), history.address, history.secret, history.closed, history.paused,
        )  # fmt: skip


# `around` is where those who ask may look: null means everywhere.
LIST = """
SELECT code, receiver, name, way, unit, topics, address, secret, closed, paused
  FROM views.receivers_receiver
 WHERE (%(around)s::text[] IS NULL OR around && %(around)s)
   AND (%(after)s::text IS NULL OR code > %(after)s)
 ORDER BY code
 LIMIT %(limit)s
"""
INBOXES = """
SELECT receiver
  FROM views.receivers_receiver
 WHERE way = 'inbox'
   AND (address = %(account)s OR address = '' AND unit = ANY (%(units)s))
"""


async def receivers(
    reading: Rows, limit: int, after: str | None, around: Sequence[str] | None
) -> list[dict[str, Any]]:
    """The receivers, by code."""
    units = None if around is None else list(around)
    return await reading.rows(LIST, {"limit": limit, "after": after, "around": units})


async def inboxes(reading: Rows, person: Person) -> list[UUID]:
    """The inboxes that are this person's own, or of units they hold a role for."""
    units = [held.unit for held in person.roles if held.unit and held.role is not Role.ADMINISTRATOR]
    rows = await reading.rows(INBOXES, {"account": person.account, "units": units})
    return [row["receiver"] for row in rows]
