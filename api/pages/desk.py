"""My desk (我的待办): what waits for me now, oldest deadline first, and the first of it open beside."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages.page import Visiting, go, render
from api.pages.queue import WHAT, Asking, queue_of
from api.pages.ticket import facts_of

router = APIRouter()


@router.get("/")
async def desk(request: Request, visitor: Visiting, asking: Asking) -> Response:
    """The queue of the visitor; whoever has none looks for tickets."""
    queue = await queue_of(visitor, asking)
    if queue is None:
        return go("/tickets")
    shown = await facts_of(visitor, queue.lines[0].ticket) if queue.lines else {"ticket": None}
    return render(request, "desk.html", visitor, queue=queue, what_words=WHAT, at="queue", **shown)


@router.get("/queue")
async def lines(request: Request, visitor: Visiting, asking: Asking) -> Response:
    """The queue alone, for a page that is open and asks again when something has moved."""
    queue = await queue_of(visitor, asking)
    return render(request, "queue.html", visitor, queue=queue, what_words=WHAT, ticket=None)
