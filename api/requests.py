"""What all requests share: an id in every log line, who asks, which version, which key."""

import hashlib
import uuid
from typing import Annotated

import structlog
from fastapi import Cookie, Depends, Header, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.batch import Key
from api.problems import problem
from api.service import Serving
from domain.actors import Person
from domain.errors import NotSignedIn, OutOfRange, VersionDiffers

COOKIE = "whistle_session"
LONGEST_KEY = 200


LARGEST = 1024 * 1024
"""Bytes of a request's body."""
TOO_LARGE = "The request is larger than 1 MiB: send photos one by one, and texts within their limits."


class EveryRequest:
    """Gives each request an id, refuses too large ones, and marks answers as private."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id = uuid.uuid4().hex[:16]
        structlog.contextvars.bind_contextvars(request=id)

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = id
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST:
                raise HTTPException(413, TOO_LARGE)
            return message

        try:
            length = Headers(scope=scope).get("content-length", "")
            if length.isdecimal() and int(length) > LARGEST:
                await problem(413, "TooLarge", TOO_LARGE)(scope, receive, send_marked)
            else:
                await self._app(scope, receive_limited, send_marked)
        finally:
            structlog.contextvars.unbind_contextvars("request")


async def token(
    request: Request,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    cookie: Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)] = None,
) -> str:
    """The token of this request: from `Authorization`, or a browser's cookie where the page is our own."""
    if authorization is not None:
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer" and value:
            return value.strip()
    if cookie is not None and (request.method in ("GET", "HEAD") or _from_our_page(request)):
        return cookie
    raise NotSignedIn()


def _from_our_page(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == request.headers.get("host")


async def person(token: Annotated[str, Depends(token)], serving: Serving) -> Person:
    """Whoever is signed in."""
    return await serving.sessions.person(token)


def if_match(header: Annotated[str | None, Header(alias="If-Match")] = None) -> int | None:
    """The version the ticket must be at, from `If-Match: "version"`."""
    if header is None or header.strip() == "*":
        return None
    given = header.strip().removeprefix("W/").strip('"')
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise VersionDiffers(version="another one", expected=header[:20])
    return int(given)


async def idempotency_key(
    request: Request,
    person: Annotated[Person, Depends(person)],
    header: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Key | None:
    """The key of this request, with a hash of what it asks."""
    if header is None:
        return None
    if not header.isprintable() or not 0 < len(header) <= LONGEST_KEY:
        raise OutOfRange(field="Idempotency-Key", why=f"must have 1 to {LONGEST_KEY} printable characters")
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Key(person.account, header, hashlib.sha256(asked).digest())


SignedIn = Annotated[Person, Depends(person)]
Token = Annotated[str, Depends(token)]
IfMatch = Annotated[int | None, Depends(if_match)]
IdempotencyKey = Annotated[Key | None, Depends(idempotency_key)]
