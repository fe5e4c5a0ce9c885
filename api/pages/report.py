"""Reporting (上报): one page for a phone in a stairwell, with or without signal, with or without scripts."""

import asyncio
import hashlib
from collections.abc import Mapping
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from adapters.batch import Key
from api import photographs, steps
from api.pages import reporting, words
from api.pages.language import N_, say
from api.pages.map import Map, of_grids
from api.pages.page import PLACES, PlaceToGo, Visiting, Visitor, go, render
from api.pages.refusals import sentence
from api.pages.uploads import form_of, uploaded
from api.web.problems import STATUS, Json
from domain.actors import Role
from domain.datum import Datum
from domain.refusal import Refusal
from domain.ticket.commands import Report
from domain.ticket.stage import Urgency

router = APIRouter()
PLACES.insert(1, PlaceToGo("/report", N_("上报"), (Role.GRID_WORKER, Role.SORTER, Role.DISPATCHER)))

MOST_FIELDS = 40
NAMED = {"photo": "photos", "photo_after": "photos_after"}
"""Where a form names photos that are there already, and where it brings them."""
BROKEN_OFF = N_("照片没有传完：请再发一次。")


@router.get("/report")
async def report_page(request: Request, visitor: Visiting) -> Response:
    """The form, empty."""
    return await _form(request, visitor, FormData({"key": uuid4().hex}), {})


@router.post("/report")
async def report(request: Request, visitor: Visiting) -> Response:
    """Take the report in, once however often it is sent, and say who has it now."""
    named: dict[str, list[str]] = {field: [] for field in NAMED}
    async with form_of(request, MOST_FIELDS, visitor) as form:
        try:
            for field, files in NAMED.items():
                named[field] += _texts(form, field)
                named[field] += await uploaded(visitor, form.getlist(files))
            command = await reporting.command(
                visitor.serving, form, tuple(named["photo"]), tuple(named["photo_after"])
            )
            key = _key(visitor, command, form)
            receipt = await steps.report(visitor.serving, visitor.person, command, None, key)
        except Refusal as refusal:
            if _by_script(request):
                return _said(refusal)
            status = STATUS.get(type(refusal), 409)
            return await _form(request, visitor, form, named, status, sentence(refusal))
    path = f"/reported/{receipt.id}"
    return Json({"number": receipt.number, "path": path}, 201) if _by_script(request) else go(path)


@router.post("/report/photos")
async def upload(request: Request, visitor: Visiting) -> Response:
    """Take in one photo of a report that is sent by the script."""
    try:
        photo = await photographs.upload(visitor.serving, visitor.person, request.stream())
    except Refusal as refusal:
        return _said(refusal)
    except ClientDisconnect:
        raise HTTPException(400, say(BROKEN_OFF)) from None
    return Json({"id": photo.id}, 201)


@router.get("/reported/{id}")
async def reported(request: Request, visitor: Visiting, id: str) -> Response:
    """The number of what was reported, who has it now, and by when."""
    ticket = await steps.seen(visitor.serving, visitor.person, steps.ticket_id(id))
    next_one = reporting.next_clock(ticket)
    names = await reporting.names(visitor.serving, [next_one.unit] if next_one else [])
    return render(request, "reported.html", visitor, ticket=ticket, clock=next_one, names=names)


async def _form(
    request: Request,
    visitor: Visitor,
    given: FormData,
    named: Mapping[str, list[str]],
    status: int = 200,
    said: str | None = None,
) -> Response:
    """The form as it was filled in; photos that came with it are named, for no browser sends files again."""
    grids, kinds = await asyncio.gather(
        reporting.grids(visitor.serving, visitor.person), reporting.kinds(visitor.serving, visitor.person)
    )
    ground = await of_grids(visitor.serving, {grid["code"]: grid["name"] for grid in grids})
    tiles = visitor.serving.tiles
    return render(
        request,
        "report.html",
        visitor,
        status,
        grids=grids,
        kinds=kinds,
        map=Map(tiles, ground) if tiles or ground else None,
        given=given,
        named=named,
        said=said,
        urgencies=[(urgency.value, words.URGENCIES[urgency]) for urgency in Urgency],
        datums=[(datum.value, reporting.DATUMS[datum]) for datum in Datum],
    )


def _texts(form: FormData, name: str) -> list[str]:
    return [text for text in form.getlist(name) if isinstance(text, str)]


def _key(visitor: Visitor, command: Report, form: FormData) -> Key | None:
    """The idempotency key that came with the form: what is sent twice is one report."""
    key = str(form.get("key") or "")[:100]
    if not key.isalnum():
        return None
    asked = b"POST /report\n" + msgspec.json.encode(command)
    return Key(visitor.person.account, f"report {key}", hashlib.sha256(asked).digest())


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _said(refusal: Refusal) -> Response:
    status = STATUS.get(type(refusal), 409)
    return Json({"name": type(refusal).__name__, "said": sentence(refusal)}, status)
