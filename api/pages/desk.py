"""My desk (我的待办): what waits for me now, oldest deadline first, and the first of it open beside."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.pages.page import Visiting, go, render
from api.pages.queue import WHAT, Asking, queue_of
from api.pages.ticket import After, facts_of, passed
from domain.actors import Role

router = APIRouter()
Many = Annotated[int, Query(ge=0, le=1000)]


@router.get("/")
async def desk(
    request: Request,
    visitor: Visiting,
    asking: Asking,
    after: After = None,
    claimed: Many = 0,
    refused: Many = 0,
) -> Response:
    """The queue of the visitor; whoever has none looks for tickets, or administers."""
    await passed(visitor, after)
    queue = await queue_of(visitor, asking)
    if queue is None:
        administers = visitor.holds(Role.ADMINISTRATOR) and not visitor.sees_tickets
        return go("/administration" if administers else "/tickets")
    shown = await facts_of(visitor, queue.lines[0].ticket) if queue.lines else {"ticket": None}
    return render(
        request,
        "desk.html",
        visitor,
        queue=queue,
        what_words=WHAT,
        at="queue",
        claimed=claimed,
        refused=refused,
        **shown,
    )


@router.get("/queue")
async def lines(request: Request, visitor: Visiting, asking: Asking) -> Response:
    """The queue alone, for a page that is open and asks again when something has moved."""
    queue = await queue_of(visitor, asking)
    return render(
        request, "queue.html", visitor, queue=queue, what_words=WHAT, ticket=None, claimed=0, refused=0
    )
