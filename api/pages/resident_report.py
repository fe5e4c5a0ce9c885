"""The resident's own report (居民自报): open to all, without an account, without scripts."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from adapters.turns import Turn
from api import photographs, residents
from api.pages import reporting, resident
from api.pages.language import N_, say
from api.pages.link import address_of_link, code_of
from api.pages.page import go, render
from api.pages.problems import AGAIN_SOON, UNREADABLE, problem_page
from api.pages.refusals import sentence
from api.pages.uploads import chunks, form_of
from api.service import Service
from api.web.problems import AGAIN, STATUS
from api.web.requests import Serving, address_of, from_our_page
from domain.actors import OPERATOR
from domain.errors import KeyReused, NotSignedIn
from domain.refusal import Refusal
from domain.ticket.commands import Report
from domain.ticket.events import Reporter
from projections import units

router = APIRouter(prefix="/r")

ASKED = ("text", "grid", "address", "category_name")
"""The fields of a report that a resident fills in; whatever else is sent is none of theirs."""
MOST_FIELDS = 40
LONGEST_KEY = 64
BAIT = "website"
"""A field that no person sees: whoever fills it in is a program, or a browser that fills in too much."""
CAUGHT = N_("有一格是防机器用的，请让它空着，再按一次「发出」。")
SENT_BEFORE = N_("这张表单已经发过一次。要另报一件，请再按一次「发出」；照片请重新选。")
NOT_FOUND = N_("没有找到叫这个名字的地方，下面列出全部网格。")


@router.get("/report")
async def report_page(request: Request, serving: Serving) -> Response:
    """The form, empty."""
    residents.must_be_open(serving)
    return await _form(request, serving, FormData({"key": uuid4().hex}), [])


@router.post("/report")
async def report(request: Request, serving: Serving) -> Response:
    """Take the report in, once however often it is sent; or find the place, and ask again."""
    residents.must_be_open(serving)
    if not from_our_page(request):
        return await problem_page(request, 403, say(UNREADABLE))
    await serving.turns.take(Turn.FORM, address_of(request))
    async with form_of(request, MOST_FIELDS) as given:
        photos = [text for text in given.getlist("photo") if isinstance(text, str)]
        if given.get(BAIT):
            return await _form(request, serving, given, photos, 422, say(CAUGHT))
        try:
            return await _sent(request, serving, given, photos)
        except KeyReused as refusal:
            again = FormData([*((n, v) for n, v in given.multi_items() if n != "key"), ("key", uuid4().hex)])
            return await _form(request, serving, again, [], STATUS[type(refusal)], say(SENT_BEFORE))
        except Refusal as refusal:
            status = STATUS.get(type(refusal), 409)
            return await _form(request, serving, given, photos, status, sentence(refusal))
        except AGAIN:
            return await _form(request, serving, given, photos, 503, say(AGAIN_SOON))


async def _sent(request: Request, serving: Service, given: FormData, photos: list[str]) -> Response:
    """What comes of a form that is ours; `photos` gets those that came with it, whatever is refused later."""
    key, address = _key(given), address_of(request)
    for file in given.getlist("photos"):
        if isinstance(file, UploadFile) and file.size:
            await serving.turns.take(Turn.PHOTO, address)
            photo = await photographs.upload_with_form(serving, residents.sender(key), chunks(file))
            photos.append(photo.id)
    if "find" in given:
        return await _form(request, serving, given, photos)
    command = await _command(serving, given, tuple(dict.fromkeys(photos)))
    if "sure" not in given and (alike := await residents.alike(serving, command)):
        return await _form(request, serving, given, photos, alike=alike)
    fingerprint = hashlib.sha256(b"POST /r/report\n" + msgspec.json.encode(command)).digest()
    _, secret = await residents.report(serving, command, key, fingerprint, address)
    answer = go("/r/reported")
    resident.keep(answer, secret, request)
    return answer


@router.get("/reported")
async def reported(request: Request, serving: Serving) -> Response:
    """The number, the date that is promised, and the resident's secret link, which stands in their cookie."""
    token = request.cookies.get(resident.COOKIE, "")
    try:
        _, ticket = await resident.holder(request, serving, token)
    except NotSignedIn:
        return resident.gone(request)
    link = address_of_link(request, token)
    names = await units.names_of(serving.reading, {ticket.grid, ticket.community})
    answer = render(
        request,
        "resident_reported.html",
        ticket=ticket,
        names=names,
        promised=resident.promised(ticket),
        clock=reporting.next_clock(ticket),
        link=link,
        code=code_of(link),
    )
    return resident.unseen(answer)


async def _command(serving: Service, given: FormData, photos: tuple[str, ...]) -> Report:
    """What the form asks for: a report of the ordinary kind, in the resident's own name, if they gave it."""
    asked = FormData([(name, value) for name, value in given.multi_items() if name in ASKED])
    command = await reporting.command(serving, asked, photos, ())
    name, phone = (str(given.get(each) or "").strip() or None for each in ("name", "phone"))
    return replace(command, reporter=Reporter(name, phone) if name or phone else None)


def _key(given: FormData) -> str:
    """The secret of this form, by which it is known when it comes again; another where it has none."""
    key = str(given.get("key") or "")
    return key if key.isalnum() and 20 <= len(key) <= LONGEST_KEY else uuid4().hex


async def _form(
    request: Request,
    serving: Service,
    given: FormData,
    photos: list[str],
    status: int = 200,
    said: str | None = None,
    alike: Sequence[dict[str, Any]] = (),
) -> Response:
    """The form as it was filled in; photos that came with it are named, for no browser sends files again."""
    words = str(given.get("place") or "").strip()[:50]
    grids = await units.grids(serving.reading, words)
    note = say(NOT_FOUND) if words and not grids else None
    answer = render(
        request,
        "resident_report.html",
        None,
        status,
        grids=grids or await units.grids(serving.reading),
        kinds=await reporting.kinds(serving, OPERATOR),
        given=given,
        key=_key(given),
        photos=photos,
        said=said,
        note=note,
        alike=alike,
    )
    return resident.unseen(answer)
