"""The page of a ticket (工单): where it stands, what may be done next, by when, and how it came about."""

from asyncio import gather
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import steps
from api.adopted import versions
from api.pages import deadlines, history
from api.pages.page import Visiting, Visitor, render
from api.pages.queue import WHAT, Asking, Queue, queue_of
from domain.catalogue import in_force
from domain.ticket import Ticket
from domain.ticket.asking import may
from projections.accounts import names_of as account_names
from projections.history import history as events_of
from projections.units import names_of

router = APIRouter()

EVENTS = 200
"""Events of a ticket that its page tells; the auditor's replay has all."""
After = Annotated[int | None, Query(ge=0)]


@router.get("/tickets/{id}")
async def ticket_page(
    request: Request, id: str, visitor: Visiting, asking: Asking, after: After = None, done: str = ""
) -> Response:
    """The ticket, beside the queue of whoever has one."""
    ticket = await steps.seen(visitor.serving, visitor.person, steps.ticket_id(id))
    if after is not None:
        await visitor.serving.standing.passed("overdue", after)
    queue = await queue_of(visitor, asking)
    shown = await facts_of(visitor, ticket, queue)
    return render(request, "desk.html", visitor, queue=queue, what_words=WHAT, at="ticket", **shown)


async def facts_of(visitor: Visitor, ticket: Ticket, queue: Queue | None) -> dict[str, Any]:
    """What the page of this ticket shows."""
    serving = visitor.serving
    now = serving.store.now()
    items, adopted = await gather(events_of(serving.reading, ticket.id, EVENTS), versions(serving.store))
    rules = in_force(adopted, now)
    units = {ticket.grid, ticket.community, ticket.town, *ticket.tasks, *history.units(items)}
    names, people = await gather(
        names_of(serving.reading, units), account_names(serving.reading, {i["by"]["account"] for i in items})
    )
    categories = {code: category.name for code, category in rules.categories.items()}
    return {
        "ticket": ticket,
        "names": names,
        "categories": categories,
        "may": may(ticket, visitor.person, now),
        "clocks": deadlines.clocks(ticket, now),
        "told": history.told(items, names, people, categories, now),
    }
