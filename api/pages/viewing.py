"""The moment that a list shows: now, or a time or position that its address names (截至某一刻)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request

from api.moments import Moment, moment
from api.pages.page import Visiting, Visitor
from domain.calendar import CHINA
from domain.errors import OutOfRange
from domain.ticket import Ticket

VIEW = "board"
OF_MOMENT = ("at", "position")
OF_PAGE = (*OF_MOMENT, "cursor", "after")
"""What stands in an address beside the filters."""
Said = Annotated[str, Query(max_length=50)]


@dataclass(frozen=True)
class Viewed(Moment):
    """The moment, as the address says it, and the filters that stand beside it."""

    asked: dict[str, str]
    filters: list[tuple[str, str]]

    def link(self, address: str) -> str:
        """The address of another list as of the same moment."""
        if not self.asked:
            return address
        return f"{address}{'&' if '?' in address else '?'}{urlencode(self.asked)}"

    def ticket(self, id: UUID) -> str:
        """The address of a ticket, as it stood then."""
        return f"/tickets/{id}/replay?position={self.position}" if self.past else f"/tickets/{id}"

    async def found(self, visitor: Visitor, id: UUID, version: int) -> Ticket | None:
        """The ticket, as it stood then."""
        store = visitor.serving.store
        return await (store.find_at(Ticket, id, version) if self.past else store.find(Ticket, id))


async def viewed(request: Request, visitor: Visiting, at: Said = "", position: Said = "") -> Viewed:
    """What the address asks for. Raises `OutOfRange`, and `NotYet` as `moment` does."""
    serving = visitor.serving
    query = request.query_params
    asked = {name: query[name] for name in OF_MOMENT if query.get(name)}
    filters = [(name, said) for name, said in query.multi_items() if said and name not in OF_PAGE]
    if not asked:
        return Viewed(serving.reading, serving.store.now(), 0, False, {}, filters)
    then = await moment(serving, VIEW, None, _time(at), _position(position))
    return Viewed(then.rows, then.now, then.position, True, asked, filters)


Viewing = Annotated[Viewed, Depends(viewed)]


def _time(said: str) -> datetime | None:
    """A time; one without a zone is by the clocks of China."""
    try:
        time = datetime.fromisoformat(said) if said else None
    except ValueError:
        raise OutOfRange(field="at", why="is no time: write it as 2026-11-22T09:00") from None
    return time.replace(tzinfo=CHINA) if time and time.tzinfo is None else time


def _position(said: str) -> int | None:
    if said and not (said.isascii() and said.isdecimal()):
        raise OutOfRange(field="position", why="is a number: that of an event in the log")
    return int(said) if said else None
