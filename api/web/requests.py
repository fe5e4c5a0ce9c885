"""What all requests share: an id in every log line, who asks, which version, which key."""

import hashlib
import itertools
import re
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any

import msgspec
import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.batch import Key
from adapters.photos import album
from api.calling import Caller
from api.service import Service
from api.web.problems import on_fault, problem
from domain.errors import NotSignedIn, OutOfRange, VersionDiffers

COOKIE = "whistle_session"
LONGEST_KEY = 200
LONGEST_VERSION = 9
"""Digits."""

NO_OBJECT = "The body must be one JSON object in UTF-8, without halves of characters: {why}."
MARKS = (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")
"""On every answer that does not say otherwise: it is what it says, and nobody keeps a copy."""
LARGEST = 1024 * 1024
"""Bytes of a request's body."""
TOO_LARGE = "The request is larger than 1 MiB: send photos one by one, and texts within their limits."
FORM = 40 * LARGEST
"""Bytes of a form with photos in it."""
TABLE = 10 * LARGEST
"""Bytes of a table that is brought."""
ROOMY = (
    (re.compile(r"/api/photos"), album.LARGEST, "The photo is larger than 10 MiB: send it smaller."),
    (re.compile(r"/report/photos"), album.LARGEST, "照片超过 10 MiB：请缩小后再发。"),
    (
        re.compile(r"(/r)?/report|/tickets/[^/]+/(handle|note_progress|attend)"),
        FORM,
        "照片一共超过 40 MiB：请分几次发。",
    ),
    (
        re.compile(r"/administration/((units|accounts|receivers)/table|catalogue|calendars)"),
        TABLE,
        "表格超过 10 MiB：请分几次上传。",
    ),
)
"""What may be larger: where, how much, and what is said beyond."""


class EveryRequest:
    """Gives each request an id, refuses too large ones, marks answers as private, answers for faults."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._process = secrets.token_hex(4)
        self._count = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id = f"{self._process}-{next(self._count)}"
        structlog.contextvars.bind_contextvars(request=id)

        begun = False

        async def send_marked(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = {name for name, _ in message["headers"]}
                marks = (b"x-request-id", id.encode()), *(m for m in MARKS if m[0] not in given)
                message["headers"] = [*message["headers"], *marks]
            await send(message)

        received = 0
        largest, too_large = _largest(scope)

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise HTTPException(413, too_large)
            return message

        try:
            length = Headers(scope=scope).get("content-length", "")
            if length.isdecimal() and int(length) > largest:
                await problem(413, "TooLarge", too_large)(scope, receive, send_marked)
            else:
                await self._app(scope, receive_limited, send_marked)
        except Exception as fault:  # The last one: no traceback reaches a user.
            answer = on_fault(scope["path"], fault)
            if begun:
                raise  # Half an answer is out: only breaking it off says that the rest is missing.
            await answer(scope, receive, send_marked)
        finally:
            structlog.contextvars.unbind_contextvars("request")


def _largest(scope: Scope) -> tuple[int, str]:
    """How many bytes a request may have, and what is said of more."""
    if scope["method"] == "POST":
        for path, largest, said in ROOMY:
            if path.fullmatch(scope["path"]):
                return largest, said
    return LARGEST, TOO_LARGE


class JsonRequest(Request):
    """A request whose body, where it has one, is a JSON object that can be kept as it is."""

    async def json(self) -> Any:
        """The object; anything else, also half a surrogate pair in any text of it, is malformed."""
        try:
            return msgspec.json.decode(await self.body(), type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise HTTPException(400, NO_OBJECT.format(why=problem)) from None


class Route(APIRoute):
    """A route that reads its body as `JsonRequest` does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, given our kind of request."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_json


async def service(request: Request) -> Service:
    """The service of the application that got this request."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service)]


async def caller(request: Request) -> Caller:
    """Whoever is signed in, with what the headers ask for.

    One dependency that reads the request itself: the framework takes longer to hand over five than the
    log takes to record a command.
    """
    signed_in = await reader(request)
    if request.method == "GET":  # Both headers are about writes.
        return signed_in
    serving, person = signed_in.serving, signed_in.person
    version = _if_match(request.headers.get("if-match"))
    header = request.headers.get("idempotency-key")
    key = None if header is None else Key(person.account, _checked(header), await _fingerprint(request))
    return Caller(serving, person, version, key)


async def reader(request: Request) -> Caller:
    """Whoever is signed in; of the request nothing but who sends it is read."""
    serving = await service(request)
    return Caller(serving, await serving.sessions.person(token(request)), None, None)


def token(request: Request) -> str:
    """The token of this request: from `Authorization`, or a browser's cookie where the page is our own."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    cookie = request.cookies.get(COOKIE)
    if cookie is not None and (request.method in ("GET", "HEAD") or from_our_page(request)):
        return cookie
    raise NotSignedIn()


def address_of(request: Request) -> str:
    """Where the request comes from; which proxies are believed, docs/operation.md says."""
    return request.client.host if request.client else ""


def from_our_page(request: Request) -> bool:
    """Whether a page of ours sent this, as the browser says: no other can make it say so (CSRF)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == request.headers.get("host")


def keep_session(response: Response, token: str, expires_at: datetime, request: Request) -> None:
    """Give a browser the token as a cookie, which no script can read and no other site can use."""
    response.set_cookie(
        COOKIE,
        token,
        expires=expires_at,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _if_match(header: str | None) -> int | None:
    """The version the ticket must be at, from `If-Match: "version"`."""
    if header is None or header.strip() == "*":
        return None
    given = header.strip().removeprefix("W/").strip('"')
    if not given.isascii() or not given.isdigit() or len(given) > LONGEST_VERSION:
        raise VersionDiffers(version="another one", expected=header[:20])
    return int(given)


def _checked(header: str) -> str:
    if not header.isprintable() or not 0 < len(header) <= LONGEST_KEY:
        raise OutOfRange(field="Idempotency-Key", why=f"must have 1 to {LONGEST_KEY} printable characters")
    return header


async def _fingerprint(request: Request) -> bytes:
    """A hash of what is asked, so that a key is not taken for another request's."""
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return hashlib.sha256(asked).digest()


Calling = Annotated[Caller, Depends(caller)]

SIGNED_IN: dict[str, Any] = {"security": [{"bearer": []}]}
"""What /openapi.json says of every request that needs a sign-in."""
HEADERS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": says}
        for name, says in (
            (
                "If-Match",
                'the version it must be at, as "version"; another is refused; something new is at 0',
            ),
            ("Idempotency-Key", "the same key and body gives the same answer again"),
        )
    ],
    **SIGNED_IN,
}
"""What /openapi.json says of every write."""
