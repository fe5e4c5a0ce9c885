"""What moves by itself (实时): which views have moved, told to every page that is open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.pages.page import Visiting
from api.service import Standing

router = APIRouter()

QUIET = 20.0
"""Seconds after which a connection says that it is still there."""
GATHER = 0.3
"""Seconds in which several moves are told as one."""
LONGEST = 3600.0
"""Seconds after which the browser connects anew, and so shows that it is still signed in."""


@router.get("/live")
async def live(request: Request, visitor: Visiting) -> Response:
    """Server-sent events: the position of each view of tickets, whenever one has moved."""
    moves = _moves(request, visitor.serving.standing)
    return StreamingResponse(moves, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _moves(request: Request, standing: Standing) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    until = clock() + LONGEST
    told: dict[str, int] = {}
    yield "retry: 2000\n\n"
    while clock() < until and not standing.ended and not await request.is_disconnected():
        moved = standing.moved
        _, views = await standing.positions()
        stands = {name: position for name, (position, _) in views.items()}
        if stands != told:
            lines = "".join(f"data: {name} {position}\n" for name, position in stands.items())
            yield f"event: moved\n{lines}\n"
            told = stands
        else:
            yield ": still here\n\n"
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(moved), QUIET)
        if not standing.ended:
            await asyncio.sleep(GATHER)
