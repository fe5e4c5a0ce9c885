"""The seal of the log (封存): its newest checkpoint, to be printed, scanned and kept elsewhere."""

import segno
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.pages.administration import OVERSEERS
from api.pages.page import Visiting, render
from domain.errors import NotYours
from evidence import proofs
from evidence.note import Checkpoint, Verifier

router = APIRouter()

SHORT = 8
"""Bytes of the root in the short form, which people compare by eye or on the telephone."""


def short(checkpoint: Checkpoint) -> str:
    """How many events it is over, and the beginning of its root."""
    return f"{checkpoint.size} · {checkpoint.root[:SHORT].hex(' ', 2)}"


def code_of(note: str) -> Markup:
    """The checkpoint as a code to scan."""
    return Markup(segno.make(note, error="l").svg_inline(scale=4, border=4, omitsize=True))  # noqa: S704


@router.get("/log")
async def show(request: Request, visitor: Visiting) -> Response:
    """The checkpoint as text, in short and as a code, and the fingerprint of the key. Raises `NotSealed`."""
    if not visitor.holds(*OVERSEERS):
        raise NotYours(verb="see the seal of the log", who="an administrator or auditor")
    reading = visitor.serving.reading
    _, note = await proofs.newest(reading)
    key = await proofs.verifier_key(reading)
    checkpoint = Checkpoint.read(note)
    return render(
        request,
        "sealed.html",
        visitor,
        checkpoint=checkpoint,
        short=short(checkpoint),
        note=note,
        key=key,
        fingerprint=Verifier.read(key).fingerprint,
        code=code_of(note),
    )
