"""A moment of the log: the views as they stand, or as they stood at a time or position."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from adapters.reading import Rows
from api.service import WAIT, NotYet, Service
from domain.errors import OutOfRange

KEPT = "SELECT position FROM past.standing"
HEAD = "SELECT position FROM log.head"
RECORDED = "SELECT recorded_at FROM log.events WHERE position = %(position)s"
LOOK = 0.05
"""Seconds until somebody who waits for the past looks again."""


@dataclass(frozen=True)
class Moment:
    """Where to read the views, and which time it is there."""

    rows: Rows
    now: datetime
    position: int
    past: bool


async def moment(
    serving: Service, view: str, after: int | None, at: datetime | None, position: int | None
) -> Moment:
    """The moment that is asked for; none means now, once the view has passed `after`.

    A time stands for all that was recorded until then, a position for the moment it was recorded. Raises
    `OutOfRange` for what has not come, and `NotYet` where the past is not kept up to there within 5 s.
    """
    if at is None and position is None:
        stands = await serving.standing.passed(view, after or 0)
        return Moment(serving.reading, serving.store.now(), stands, past=False)
    if at is not None and position is not None:
        raise OutOfRange(field="position", why="names a moment as at does: give one of them")
    (head,) = await serving.reading.rows(HEAD)
    if at is not None:
        if at.tzinfo is None:
            raise OutOfRange(field="at", why="needs a zone: 2026-11-22T09:00:00+08:00")
        if at > serving.store.now():
            raise OutOfRange(field="at", why="has not come: name a time that is past")
        position = await _recorded_until(serving.reading, at, head["position"])
    position = position or 0
    if position > head["position"]:
        raise OutOfRange(field="position", why=f"lies beyond the log, which stands at {head['position']}")
    now = at or await _recorded_at(serving.reading, position) or serving.store.now()
    await _kept(serving.reading, position)
    return Moment(serving.reading.as_of(position), now, position, past=True)


async def _recorded_until(reading: Rows, at: datetime, head: int) -> int:
    """The last position that was recorded by this time; they are recorded in their order."""
    before, after = 0, head + 1
    while after - before > 1:
        middle = (before + after) // 2
        recorded_at = await _recorded_at(reading, middle)
        if recorded_at is not None and recorded_at <= at:
            before = middle
        else:
            after = middle
    return before


async def _recorded_at(reading: Rows, position: int) -> datetime | None:
    rows = await reading.rows(RECORDED, {"position": position})
    return rows[0]["recorded_at"] if rows else None


async def _kept(reading: Rows, position: int) -> None:
    """Wait until the past is kept up to this position."""
    clock = asyncio.get_running_loop().time
    give_up = clock() + WAIT
    while True:
        rows = await reading.rows(KEPT)
        if rows and rows[0]["position"] >= position:
            return
        if clock() >= give_up:
            raise NotYet
        await asyncio.sleep(LOOK)
