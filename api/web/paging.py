"""Pages of lists: where one ends and the next begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from fastapi import Query

from adapters.reading import Reading
from domain.errors import OutOfRange
from domain.event import Event
from projections.history import history

Limit = Annotated[int, Query(ge=1, le=200)]
CursorParameter = Annotated[str | None, Query(alias="cursor", max_length=1000)]
After = Annotated[
    int | None, Query(alias="after", ge=0, description="answer once this position is in the view")
]

At = Annotated[
    datetime | None,
    Query(alias="at", description="as it stood at this time, by what was recorded until then"),
]
Position = Annotated[int | None, Query(alias="position", ge=0, description="as it stood at this position")]

Code = Annotated[str | None, Query(min_length=1, max_length=50)]
"""The code of something to look for; an unknown one finds nothing, an empty one is refused."""

T = TypeVar("T")


def page(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> dict[str, Any]:
    """The first `limit` of the rows (one more was asked for), and a cursor where there are more."""
    items = list(rows[:limit])
    following = len(rows) > limit
    return {"items": items, "next": write_cursor(key(items[-1])) if following else None}


async def history_page(
    reading: Reading, id: UUID, limit: int, cursor: str | None, opened: Sequence[Event] = ()
) -> dict[str, Any]:
    """One page of the events of one history, oldest first; those that were `opened` as they are then."""
    (after,) = read_cursor(cursor, tuple[int]) or (0,)
    items = await history(reading, id, limit + 1, after, opened)
    return page(items, limit, lambda item: [item["version"]])


def read_cursor(cursor: str | None, shape: Any) -> Any:
    """The place in a list that a cursor names; one that we did not give is refused."""
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode() + b"=="), type=shape)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError):
        raise OutOfRange(field="cursor", why="is none that was given: begin again without it") from None


def write_cursor(place: Sequence[Any]) -> str:
    """The cursor that names this place in a list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(place))).decode().rstrip("=")
