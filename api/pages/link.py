"""Giving the resident their secret link (发居民链接): shown once, as an address and as a code to scan."""

import segno
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api import steps
from api.pages.page import Visiting, render

router = APIRouter()


@router.post("/tickets/{id}/link")
async def give(request: Request, id: str, visitor: Visiting) -> Response:
    """A new link, which ends the one before; it is kept nowhere, and so it is shown this once."""
    ticket = steps.ticket_id(id)
    token, expires_at = await steps.give_link(visitor.serving, visitor.person, ticket, None)
    found = await steps.seen(visitor.serving, visitor.person, ticket)
    address = address_of_link(request, token)
    code = code_of(address)
    return render(request, "link.html", visitor, ticket=found, link=address, code=code, expires_at=expires_at)


def address_of_link(request: Request, token: str) -> str:
    """The whole address of a link with this secret, as a phone can open it."""
    return str(request.url.replace(path=f"/r/{token}", query=""))


def code_of(address: str) -> Markup:
    """The address as a code to scan."""
    return Markup(segno.make(address, error="m").svg_inline(scale=5, border=4, omitsize=True))  # noqa: S704
