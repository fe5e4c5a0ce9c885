"""Every refusal as RFC 9457 problem+json; which HTTP status a refusal has is said here and nowhere else."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from adapters.batching import Overloaded
from adapters.personal.residents import KeysAway
from adapters.photos.album import TooSlow
from adapters.photos.storing import NotKept
from adapters.recorder import OutcomeUnknown, Unavailable
from api.importing.row import BadTable
from api.service import NotYet
from domain import errors
from domain.refusal import Refusal

log = structlog.get_logger()

TYPE = "https://whistle.invalid/problems/"
"""Where a problem's type begins; it ends in the refusal's name. The host can never exist (RFC 6761)."""

STATUS: Mapping[type[Exception], int] = {
    errors.NotSignedIn: 401,
    errors.WrongPassword: 401,
    errors.TooManyAttempts: 429,
    errors.TooManyPhotos: 429,
    errors.TooOften: 429,
    errors.NotOpen: 404,
    errors.NotYours: 403,
    errors.UnknownTicket: 404,
    errors.UnknownAccount: 404,
    errors.UnknownUnit: 404,
    errors.UnknownReceiver: 404,
    errors.UnknownPhoto: 404,
    errors.UnknownResident: 404,
    errors.SecondNeeded: 403,
    errors.ReasonNeeded: 422,
    errors.NotSealed: 404,
    errors.VersionDiffers: 412,
    errors.OutOfRange: 422,
    BadTable: 422,
    errors.UnknownGrid: 422,
    errors.PlaceClosed: 422,
    errors.UnknownDepartment: 422,
    errors.UnknownCategory: 422,
    errors.UnknownRule: 422,
    errors.WhichDepartment: 422,
    errors.NoPhoto: 422,
    errors.PhotoMissing: 422,
    errors.KeyReused: 422,
    errors.RoleUnfit: 422,
}
"""Everything else that is refused clashes with how things stand: 409."""

AGAIN: tuple[type[Exception], ...] = (
    Overloaded,
    Unavailable,
    OutcomeUnknown,
    NotYet,
    NotKept,
    KeysAway,
    TooSlow,
)
"""What passes by itself: 503, with `Retry-After`."""

MALFORMED = ("missing", "json_invalid", "_type", "_parsing")
"""Kinds of mistakes in the form of a request, not in its values: 400."""

FAULT = "This is our fault, and it is noted: nothing was done. Tell the administrator the id of the request."
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HTTP_NAMES = {400: "Malformed", 404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge"}


class Json(Response):
    """JSON, encoded by msgspec."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as JSON in UTF-8."""
        return msgspec.json.encode(content)


def told(path: str) -> str:
    """The path as a log may hold it: that of a resident's link is its secret."""
    return "/r/…" if path.startswith("/r/") else path


def problem(status: int, name: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem as its response."""
    title = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip().capitalize()
    body = {
        "type": TYPE + name,
        "title": title,
        "status": status,
        "detail": detail.encode("utf-8", "replace").decode(),
        "request": structlog.contextvars.get_contextvars().get("request"),
    }
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")


async def on_refusal(request: Request, refusal: Exception) -> Response:
    """A refusal of the domain."""
    name = type(refusal).__name__
    status = STATUS.get(type(refusal), 409)
    log.info("request_refused", problem=name, status=status, path=told(request.url.path))
    headers: dict[str, str] = {}
    if isinstance(refusal, errors.TooManyAttempts):
        headers["Retry-After"] = str(refusal.facts["seconds"])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status, name, str(refusal), headers)


async def on_again(request: Request, trouble: Exception) -> Response:
    """Something that passes by itself."""
    name = type(trouble).__name__
    log.warning("request_put_off", problem=name, path=told(request.url.path))
    return problem(503, name, (type(trouble).__doc__ or "").strip(), {"Retry-After": "1"})


async def on_invalid(request: Request, invalid: Any) -> Response:
    """A request that does not have the right form, or a value out of range."""
    mistakes = invalid.errors()
    malformed = any(mistake["type"].endswith(MALFORMED) for mistake in mistakes)
    name, status = ("Malformed", 400) if malformed else ("OutOfRange", 422)
    said = "; ".join(f"{_field(mistake)}: {mistake['msg']}" for mistake in mistakes[:5])
    log.info("request_refused", problem=name, status=status, path=told(request.url.path))
    return problem(status, name, f"The request cannot be read as it is. {said}.")


async def on_http(request: Request, raised: Any) -> Response:
    """What the web layer itself refuses: no such path, no such method."""
    name = HTTP_NAMES.get(raised.status_code, "Refused")
    headers = dict(raised.headers or {})
    if raised.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem(raised.status_code, name, str(raised.detail), headers)


def _allowed(request: Request) -> list[str]:
    """The methods that some route has for this path; the framework names those of the first one alone."""
    asked = [{**request.scope, "method": method} for method in METHODS]
    routes = request.app.routes
    return [s["method"] for s in asked if any(route.matches(s)[0] is Match.FULL for route in routes)]


def on_fault(path: str, fault: Exception) -> Response:
    """A fault of ours: the log has the traceback, the person a sentence."""
    log.error("request_failed", path=told(path), problem=type(fault).__name__, exc_info=fault)
    return problem(500, "Fault", FAULT)


def _field(mistake: Any) -> str:
    return ".".join(str(part)[:50] for part in mistake["loc"][1:]) or "body"


def handle_problems(app: FastAPI) -> None:
    """Answer every refusal and fault of this application as a problem."""
    app.add_exception_handler(Refusal, on_refusal)
    for again in AGAIN:
        app.add_exception_handler(again, on_again)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
