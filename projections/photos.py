"""Which tickets name a photo: who may see one of them may see it (照片)."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from adapters.reading import Reading
from domain.actors import Person
from domain.ticket import Ticket
from projections.scope import scope
from projections.view import Row, Table, View

NAMED = Table("photos_named", {"photo": "text", "ticket": "uuid"}, key=2)


class Photos(View):
    """Every photo that a ticket names, from the report on."""

    name: ClassVar[str] = "photos"
    version: ClassVar[int] = 1
    of = Ticket
    tables = (NAMED,)

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """One row for each photo of the ticket, however often it is named."""
        for photo in dict.fromkeys((*history.photos, *history.later_photos)):
            yield NAMED, (photo, history.id)


# Tickets with a photo that a person may see, as far as the board knows.
SEEN = """
SELECT n.ticket
  FROM views.photos_named AS n
  JOIN views.board_ticket AS t USING (ticket)
 WHERE n.photo = %(photo)s AND {seen}
 ORDER BY n.ticket DESC
 LIMIT 5
"""
# A photo that waits for its ticket is its uploader's.
OWN = """
SELECT FROM photo.upload AS u
 WHERE u.photo = %(photo)s AND u.account = %(account)s
   AND NOT EXISTS (SELECT FROM views.photos_named AS n WHERE n.photo = u.photo)
"""
WAITING = """
SELECT count(*) AS waiting
  FROM photo.upload AS u
 WHERE u.account = %(account)s AND u.uploaded_at > %(since)s
   AND NOT EXISTS (SELECT FROM views.photos_named AS n WHERE n.photo = u.photo)
"""
IN_NO_TICKET = """
SELECT p.photo
  FROM photo.photo AS p
 WHERE p.wanted_at < %(before)s AND NOT EXISTS (SELECT FROM views.photos_named AS n WHERE n.photo = p.photo)
 ORDER BY p.wanted_at
 LIMIT 20
"""


async def tickets_with(reading: Reading, person: Person, photo: str) -> list[UUID]:
    """Up to five tickets that name this photo and that the person may see, newest first."""
    seen = scope(person)
    query = SEEN.format(seen=seen.tickets)
    return [row["ticket"] for row in await reading.rows(query, {**seen.parameters, "photo": photo})]


async def is_own(reading: Reading, account: str, photo: str) -> bool:
    """Whether this account uploaded the photo, and no ticket names it yet."""
    return bool(await reading.rows(OWN, {"photo": photo, "account": account}))


async def waiting(reading: Reading, account: str, since: datetime) -> int:
    """How many photos this account uploaded since then that no ticket names yet."""
    (row,) = await reading.rows(WAITING, {"account": account, "since": since})
    return int(row["waiting"])


async def in_no_ticket(reading: Reading, before: datetime) -> list[str]:
    """Some of the photos that nobody wanted since then and that no ticket names, the oldest first."""
    return [row["photo"] for row in await reading.rows(IN_NO_TICKET, {"before": before})]
