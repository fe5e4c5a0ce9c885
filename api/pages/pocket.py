"""The report page as an application on a phone: a manifest, and the worker that opens it without signal."""

import hashlib
import re
from functools import cache

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from api.pages.language import N_, say
from api.pages.page import STATIC, static

router = APIRouter()
IMPORTED = re.compile(r'from "\./([a-z_]+\.js)"')
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
    ours = sorted(path for path in STATIC.iterdir() if path.is_file())
    version = hashlib.sha256(b"".join(path.read_bytes() for path in ours)).hexdigest()[:12]
    # What scripts import has no hash in its address, and no page names it.
    imported = {name for path in ours if path.suffix == ".js" for name in IMPORTED.findall(path.read_text())}
    shell = msgspec.json.encode([f"/static/{name}" for name in sorted(imported)]).decode()
    head = f'const VERSION = "{version}", SHELL = {shell};\n'
    return head.encode() + (STATIC / "service_worker.js").read_bytes()
