"""The report page as an application on a phone: a manifest, and the worker that opens it without signal."""

import hashlib
from functools import cache

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from api.pages.language import N_, say
from api.pages.page import STATIC, static

router = APIRouter()
MODULES = ("drafts.js", "exif.js", "photos.js", "sending.js")
"""Scripts that others import, by addresses without a hash."""
STYLED = (
    "tokens.css",
    "page.css",
    "desk.css",
    "ticket.css",
    "report.css",
    "page.js",
    "report.js",
    "icon.svg",
)
"""Files that the page itself names."""
NAME = N_("吹哨")


@router.get("/manifest.webmanifest")
async def manifest() -> Response:
    """What a phone installs."""
    icon = {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    said = {
        "name": say(NAME),
        "short_name": say(NAME),
        "id": "/report",
        "start_url": "/report",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f4f1",
        "theme_color": "#0b5f63",
        "icons": [icon],
    }
    return Response(msgspec.json.encode(said), media_type="application/manifest+json")


@router.get("/service-worker.js")
async def service_worker() -> Response:
    """The worker, with the addresses of what it keeps; another version of any of it is another worker."""
    return Response(_worker(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@cache
def _worker() -> bytes:
    shell = [static(name) for name in STYLED] + [f"/static/{name}" for name in MODULES]
    version = hashlib.sha256(
        b"".join((STATIC / name).read_bytes() for name in (*STYLED, *MODULES))
    ).hexdigest()[:12]
    head = f'const VERSION = "{version}", SHELL = {msgspec.json.encode(shell).decode()};\n'
    return head.encode() + (STATIC / "service_worker.js").read_bytes()
