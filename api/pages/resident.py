"""The resident's pages (居民): one ticket behind a secret link, the promised date, and the last word."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from adapters.photos.picture import Size
from adapters.turns import Turn
from api import steps
from api.pages.lanes import lanes_of
from api.pages.language import N_, say
from api.pages.page import go, render
from api.pages.problems import UNREADABLE
from api.pages.refusals import sentence
from api.pages.wall import drawn
from api.service import Service
from api.web.problems import STATUS
from api.web.requests import Serving, address_of, from_our_page
from domain.actors import Person, Role
from domain.errors import NotSignedIn, UnknownPhoto
from domain.refusal import Refusal
from domain.text import OTHER
from domain.ticket import Ticket, commands
from domain.ticket.asking import may
from domain.ticket.stage import Satisfied, Solved, Stage
from projections.units import names_of

router = APIRouter(prefix="/r")

COOKIE = "whistle_link"
"""Holds the secret of the link, so that it leaves the address bar; for these pages alone."""
UNSEEN = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
"""On every page here: none is kept, and none is found by searching."""
_OWN, _BEFORE, _AFTER = N_("您发来的照片"), N_("办理以前"), N_("办理中和办好以后")
Text = Annotated[str, Form(max_length=4 * OTHER)]


@router.get("/{token}")
async def arrive(request: Request, token: str) -> Response:
    """The same for every link, good or bad: programs that look ahead at links learn and use up nothing."""
    return unseen(render(request, "resident_arrive.html"))


@router.post("/{token}")
async def open_(request: Request, token: str, serving: Serving) -> Response:
    """Take the secret out of the address into a cookie, where it is one that works."""
    if not from_our_page(request):
        return gone(request)
    try:
        await holder(request, serving, token)
    except NotSignedIn:
        return gone(request)
    answer = go("/r")
    keep(answer, token, request)
    return answer


@router.get("")
async def ticket_page(request: Request, serving: Serving) -> Response:
    """The resident's ticket: where it stands, until when it is promised, what was done, and their answer."""
    try:
        resident, ticket = await holder(request, serving, request.cookies.get(COOKIE, ""))
    except NotSignedIn:
        return gone(request)
    return await _show(request, serving, resident, ticket)


@router.get("/photos/{id}")
async def photo(request: Request, serving: Serving, id: str, size: Size = Size.THUMBNAIL) -> Response:
    """A photo that the resident sent or the community released, drawn anew; never its original."""
    try:
        _, ticket = await holder(request, serving, request.cookies.get(COOKIE, ""))
    except NotSignedIn:
        return gone(request)
    if size is Size.ORIGINAL or id not in ticket.shown_to_resident:
        raise UnknownPhoto(photo=id)
    return unseen(await drawn(serving, id, size))


@router.post("")
async def answer(
    request: Request,
    serving: Serving,
    verb: Annotated[str, Form(max_length=20)],
    solved: Annotated[str, Form(max_length=20)] = "",
    satisfied: Annotated[str, Form(max_length=20)] = "",
    note: Text = "",
) -> Response:
    """The resident's word: solved or not, satisfied or not; or that it has to be done again."""
    if not from_our_page(request):
        return gone(request)
    try:
        resident, ticket = await holder(request, serving, request.cookies.get(COOKIE, ""))
    except NotSignedIn:
        return gone(request)
    if verb == "leave":
        left = unseen(render(request, "resident_gone.html", said="left"))
        left.delete_cookie(COOKIE, path="/r")
        return left
    try:
        await steps.take(serving, resident, ticket.id, verb, _command(verb, solved, satisfied, note))
    except ValueError:
        return await _show(request, serving, resident, ticket, 422, say(UNREADABLE), note)
    except Refusal as refusal:
        status = STATUS.get(type(refusal), 409)
        return await _show(request, serving, resident, ticket, status, sentence(refusal), note)
    return go("/r")


def _command(verb: str, solved: str, satisfied: str, note: str) -> commands.Verify | commands.Reopen:
    """What is asked by a form of ours. Raises `ValueError` for any other."""
    text = note.replace("\r\n", "\n").strip()
    if verb == "verify":
        content = Satisfied(satisfied) if satisfied else None
        return commands.Verify(Solved(solved), content, text or None)
    if verb == "reopen":
        return commands.Reopen(text)
    raise ValueError(verb)


async def holder(request: Request, serving: Service, token: str) -> tuple[Person, Ticket]:
    """Who holds this secret, and their ticket.

    Raises `NotSignedIn` for any that is not a resident's, and `TooOften` after many of those; a good one is
    never refused for the wrong ones of others.
    """
    if not token:
        raise NotSignedIn()
    with suppress(NotSignedIn):
        person = await serving.sessions.person(token)
        for unit in person.units(Role.RESIDENT):
            return person, await steps.seen(serving, person, steps.ticket_id(unit))
    await serving.turns.take(Turn.LINK, address_of(request))
    raise NotSignedIn()


def keep(answer: Response, token: str, request: Request) -> None:
    """Give the browser the secret as a cookie, for these pages alone."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, path="/r", httponly=True, samesite="lax", secure=secure)


async def _show(
    request: Request,
    serving: Service,
    resident: Person,
    ticket: Ticket,
    status: int = 200,
    said: str = "",
    note: str = "",
) -> Response:
    now = serving.store.now()
    verbs = {step.verb for step in may(ticket, resident, now)}
    answer = render(
        request,
        "resident.html",
        None,
        status,
        ticket=ticket,
        lanes=lanes_of(ticket, now),
        names=await names_of(serving.reading, {ticket.grid, ticket.community, *ticket.tasks}),
        promised=promised(ticket),
        verbs=verbs,
        said=said,
        note=note,
        photos=_photos(ticket),
        done=ticket.stage in (Stage.HANDLED, Stage.VERIFIED),
    )
    return unseen(answer)


def _photos(ticket: Ticket) -> list[tuple[str, list[str]]]:
    """What the resident may see, under what it shows."""
    shown = ticket.shown_to_resident
    others = [photo for photo in shown if photo not in ticket.own_photos]
    return [
        (_OWN, [photo for photo in shown if photo in ticket.own_photos]),
        (_BEFORE, [photo for photo in others if photo not in ticket.later_photos]),
        (_AFTER, [photo for photo in others if photo in ticket.later_photos]),
    ]


def promised(ticket: Ticket) -> datetime | None:
    """By when all departments called have to be done with it."""
    promised = [task.due_at for task in ticket.tasks.values() if task.open and task.due_at]
    return max(promised, default=None)


def gone(request: Request) -> Response:
    """The one answer to a link that is wrong, revoked or expired."""
    return unseen(render(request, "resident_gone.html", None, 404, said="gone"))


def unseen(answer: Response) -> Response:
    """The answer, to be kept by nobody and found by no search."""
    answer.headers.update(UNSEEN)
    return answer
