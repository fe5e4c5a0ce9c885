"""Every step of a ticket as a form: read, taken as HTTP takes it, then back to the ticket."""

import hashlib
from dataclasses import fields
from typing import Any, get_origin
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.batch import Key
from api import steps
from api.pages.language import say
from api.pages.page import Visiting, Visitor, go
from api.pages.problems import UNREADABLE
from api.pages.queue import LINES, Asking
from api.pages.refusals import sentence
from api.pages.ticket import show
from api.pages.uploads import form_of, named
from api.web.problems import STATUS
from domain.errors import NotSignedIn, UnknownTicket
from domain.refusal import Refusal
from domain.text import NAME
from domain.ticket import commands
from projections.board import ticket_id
from projections.units import names_of

router = APIRouter()

MOST_FIELDS = 200
FILES = "files"
"""Where a form brings photos."""
SAID = {"handle": "result", "note_progress": "text"}
"""What the one box of a department is for each button beside it."""
OF_ONE_TASK = frozenset(
    ("claim", "attend", "note_progress", "handle", "send_back", "request_extension", "reply", "appeal")
)
"""Steps of a department's own task: what others did to the ticket meanwhile makes none of them stale."""
TIMES = ("due_at", "review_at")
"""Moments come as the clock on the wall says them: local time without a zone, or a day alone."""
OF_CHINA, END_OF_WORK = "+08:00", "17:30"


@router.post("/claims")
async def claim_all(request: Request, visitor: Visiting, asking: Asking) -> Response:
    """Claim several tickets at once; each is claimed or refused by itself, and what was refused is told."""
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    ids = [steps.ticket_id(text_of(id)) for id in form.getlist("ticket")][:LINES]
    after, refused = 0, 0
    for id in ids:
        try:
            receipt = await steps.take(visitor.serving, visitor.person, id, "claim", commands.Claim())
            after = max(after, receipt.position)
        except Refusal:
            refused += 1
    facts = {"claimed": len(ids) - refused, "refused": refused, "after": after}
    query = asking.query()
    return go(f"/{query}{'&' if query else '?'}{urlencode(facts)}")


@router.post("/tickets/{id}/{verb}")
async def act(request: Request, id: str, verb: str, visitor: Visiting, asking: Asking) -> Response:
    """Take a step, and show the ticket as it stands then; a refusal is said above the form as it was."""
    if verb not in steps.VERBS:
        raise HTTPException(404)
    ticket = steps.ticket_id(id)
    async with form_of(request, MOST_FIELDS, visitor) as form:
        return await _taken(request, visitor, ticket, verb, form, asking)


async def _taken(
    request: Request, visitor: Visitor, ticket: UUID, verb: str, form: FormData, asking: Asking
) -> Response:
    id, given = str(ticket), given_in(form)
    try:
        form = await named(visitor, form, FILES, "photos")
        given = given_in(form)
        command = await _command(visitor.serving.reading, verb, form)
        key = key_of(visitor.person.account, request.url.path, form)
        version = None if verb in OF_ONE_TASK else _version(form)
        receipt = await steps.take(visitor.serving, visitor.person, ticket, verb, command, version, key)
    except ValidationError:
        return await show(request, visitor, id, asking, 422, say(UNREADABLE), (verb, given))
    except (NotSignedIn, UnknownTicket):
        raise
    except Refusal as refusal:
        units = {str(fact) for fact in refusal.facts.values()} | set(str(refusal.facts.get("who")).split())
        names = await names_of(visitor.serving.reading, units)
        said = sentence(refusal, names)
        status = STATUS.get(type(refusal), 409)
        return await show(request, visitor, id, asking, status, said, (verb, given))
    facts = {"done": verb, "after": receipt.position}
    query = asking.query()
    return go(f"/tickets/{id}{query}{'&' if query else '?'}{urlencode(facts)}")


def given_in(form: FormData) -> dict[str, list[str]]:
    """What was written, to be shown again; no browser takes back a file."""
    return {name: [text_of(value) for value in form.getlist(name)] for name in form if name != FILES}


def key_of(account: str, path: str, form: FormData) -> Key | None:
    """The idempotency key of a form, so that pressing twice does it once."""
    given = str(form.get("key", ""))[:NAME]
    if not given or not given.isprintable():
        return None
    asked = "\n".join([path, *(f"{name}={value}" for name, value in form.multi_items())])
    return Key(account, given, hashlib.sha256(asked.encode("utf-8", "replace")).digest())


def _version(form: FormData) -> int | None:
    given = str(form.get("version", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


async def _command(reading: Any, verb: str, form: FormData) -> Any:
    """What is asked, from a form; raises `ValidationError` for one that is none of ours."""
    asks = steps.VERBS[verb].asks
    given: dict[str, Any] = {}
    for field in fields(asks):
        name = "said" if SAID.get(verb) == field.name else field.name
        values = [text_of(value) for value in form.getlist(name)]
        if get_origin(field.type) is tuple:
            given[field.name] = [value for value in values if value]
        elif values and (values[-1] or name in ("said", "reason", "note")):
            given[field.name] = values[-1]
    for name in TIMES:
        if name in given:
            given[name] += OF_CHINA if "T" in given[name] else f"T{END_OF_WORK}{OF_CHINA}"
    if verb == "sort" and (proposal := text_of(form.get("proposal", ""))):
        given["category"], _, given["rule"] = proposal.partition("|")
    if verb == "join":
        number = given.get("into", "").strip().upper()
        given["into"] = await ticket_id(reading, number) or _no_ticket(number)
    return TypeAdapter(asks).validate_python(given)


def _no_ticket(number: str) -> Any:
    raise UnknownTicket(ticket=number[:50])


def text_of(value: object) -> str:
    """A text as people wrote it: browsers end lines with two characters."""
    return str(value).replace("\r\n", "\n")
