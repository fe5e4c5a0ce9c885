"""The page of a ticket (工单): where it stands, what may be done next, by when, and how it came about."""

from asyncio import gather
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse, Response

from adapters.personal.keeping import Opened
from adapters.personal.marking import holds_masks
from api import personal, steps
from api.pages import deadlines, history
from api.pages.lanes import lanes_of
from api.pages.language import N_
from api.pages.map import of_ticket
from api.pages.offers import dispatching, offers, sorting
from api.pages.page import Visiting, Visitor, render
from api.pages.queue import WHAT, Asked, Asking, queue_of
from api.pages.refusals import VERBS
from api.service import NotYet
from api.web.problems import Json
from api.web.shapes import TicketShape
from domain.catalogue import in_force
from domain.ticket import Ticket
from domain.ticket.asking import may
from projections.accounts import names_of as account_names
from projections.history import history as events_of
from projections.units import names_of

router = APIRouter()

EVENTS = 200
"""Events of a ticket that its page tells, the newest; the auditor's replay has all."""
DONE: Mapping[str, str] = {
    "sort": N_("已分拣。"),
    "reject": N_("已定为不予受理。"),
    "join": N_("已并件。"),
    "part": N_("已拆件，单独办理。"),
    "dispatch": N_("已派单，部门的时限开始走。"),
    "claim": N_("已报到。"),
    "attend": N_("已记到场。"),
    "note_progress": N_("进展已记下。"),
    "handle": N_("已办结。"),
    "send_back": N_("已退单，等派单员裁定；裁定之前停表。"),
    "accept_return": N_("已准予退单。"),
    "refuse_return": N_("已不准退单，部门接着办。"),
    "request_extension": N_("已申请延期，等派单员决定；期间时限照走。"),
    "grant_extension": N_("已准予延期。"),
    "refuse_extension": N_("已不准延期，时限不变。"),
    "hold": N_("已挂账，停表到复核日。"),
    "resume": N_("已解挂，部门接着办。"),
    "urge": N_("已催办，对方要回复。"),
    "supervise": N_("已督办，对方要回复。"),
    "reply": N_("已回复。"),
    "appeal": N_("申诉已提交，等督查决定。"),
    "uphold_appeal": N_("申诉成立：超时的事实不变，不计入考核。"),
    "dismiss_appeal": N_("申诉已驳回。"),
    "verify": N_("核查结果已记下。"),
    "reopen": N_("已要求重办。"),
    "revoke_link": N_("居民链接已收回。"),
    "publish": N_("已公开到回音壁。"),
    "withdraw": N_("已从回音壁撤下。"),
}
"""What is said once a step is done."""
TEXTS = ("said", "reason", "note", "text")
"""What people write; where its form is not offered any more, they are given it back."""
REASONS = (N_("联系反映人"), N_("上门处置"), N_("核查回访"), N_("督查审计"))
"""Why people look at personal data, as a rule; all else they write."""
After = Annotated[int | None, Query(ge=0)]
Done = Annotated[str, Query(max_length=50)]


@router.get("/tickets/{id}")
async def ticket_page(
    request: Request, id: str, visitor: Visiting, asking: Asking, after: After = None, done: Done = ""
) -> Response:
    """The ticket, beside the queue of whoever has one; `after` a step it shows what that has changed."""
    await passed(visitor, after)
    return await show(request, visitor, id, asking, done=done if done in DONE else "")


async def passed(visitor: Visitor, after: int | None) -> None:
    """Wait until the queue has seen this position; where that takes long, it moves by itself later."""
    if after is not None:
        with suppress(NotYet):
            await visitor.serving.standing.passed("overdue", after)


@router.get("/tickets/{id}/version")
async def version(id: str, visitor: Visiting) -> Response:
    """The version the ticket is at, for a page that is open."""
    ticket = await steps.seen(visitor.serving, visitor.person, steps.ticket_id(id))
    return PlainTextResponse(str(ticket.version))


async def show(
    request: Request,
    visitor: Visitor,
    id: str,
    asking: Asked,
    status: int = 200,
    said: str = "",
    given: tuple[str, Mapping[str, list[str]]] = ("", {}),
    done: str = "",
    looked: Opened | None = None,
) -> Response:
    """The page of a ticket; with what was refused, and what was `given` in that form.

    What is personal is left out unless somebody has `looked` at it.
    """
    ticket = await steps.seen(visitor.serving, visitor.person, steps.ticket_id(id))
    queue, shown = await gather(queue_of(visitor, asking), facts_of(visitor, ticket, looked))
    verb, written = given
    lost = not any(verb in offer.verbs for offer in shown["offers"])
    unsaid = [text for name in TEXTS for text in written.get(name, ()) if lost and text.strip()]
    more = {"unsaid": unsaid, "said": said, "given": given, "done": done, "claimed": 0, "refused": 0}
    return render(
        request, "desk.html", visitor, status, queue=queue, what_words=WHAT, at="ticket", **{**shown, **more}
    )


@router.post("/tickets/{id}/look")
async def look(request: Request, id: str, visitor: Visiting, asking: Asking) -> Response:
    """The ticket with what is personal in it; nothing of it is kept in any address or cache."""
    form = await request.form(max_fields=5, max_files=0)
    ticket = await steps.seen(visitor.serving, visitor.person, steps.ticket_id(id))
    reason = str(form.get("other") or form.get("reason") or "")
    looked = await personal.look(visitor.serving, visitor.person, ticket, reason, asked=True)
    return await show(request, visitor, id, asking, looked=looked)


async def facts_of(visitor: Visitor, ticket: Ticket, looked: Opened | None = None) -> dict[str, Any]:
    """What the page of this ticket shows."""
    serving = visitor.serving
    now = serving.store.now()
    timing = await serving.adopted.timing()
    # Nothing is waited for between these: the ticket is shared, and may change meanwhile.
    offered = offers(ticket, may(ticket, visitor.person, now, timing))
    clocks, lanes = deadlines.clocks(ticket, now), lanes_of(ticket, now)
    after, opened = max(0, ticket.version - EVENTS), looked.events() if looked else ()
    items = await events_of(serving.reading, ticket.id, EVENTS, after, opened)
    shown = (looked and looked.ticket()) or ticket
    rules = in_force(timing.catalogue, now)
    kinds = {offer.kind for offer in offered}
    units = {ticket.grid, ticket.community, ticket.town, *ticket.tasks, *history.units(items)}
    names, people = await gather(
        names_of(serving.reading, units), account_names(serving.reading, history.accounts(items))
    )
    categories = {code: category.name for code, category in rules.categories.items()}
    map = await of_ticket(serving, shown, names.get(ticket.grid, ticket.grid))
    return {
        "ticket": shown,
        "map": map,
        "may_link": bool(may(ticket, visitor.person, now, only="give_link")),
        "masked": looked is None and holds_masks(Json([TicketShape.of(ticket), items]).body),
        "reasons": REASONS,
        "looked": looked is not None,
        "names": names,
        "categories": categories,
        "offers": offered,
        "sorting": sorting(ticket, rules) if "sort" in kinds else None,
        "dispatching": await dispatching(serving, ticket, rules, timing) if "dispatch" in kinds else None,
        "clocks": clocks,
        "lanes": lanes,
        "told": history.told(items, names, people, categories, now),
        "said": "",
        "unsaid": [],
        "given": ("", {}),
        "done": "",
        "verbs": VERBS,
        "done_words": DONE,
    }
