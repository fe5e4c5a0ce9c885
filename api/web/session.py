"""Signing in and out."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.web.problems import Json
from api.web.requests import COOKIE, SIGNED_IN, Calling, Route, Serving, address_of, keep_session, token
from domain.actors import Assignment

router = APIRouter(prefix="/api/session", tags=["session"], route_class=Route)


@dataclass(frozen=True)
class SignIn:
    """Ask for a session."""

    account: str
    password: str


@dataclass(frozen=True)
class SessionShape:
    """A session: send the token as `Authorization: Bearer`."""

    token: str
    expires_at: datetime
    account: str
    roles: list[Assignment]


@dataclass(frozen=True)
class Whoami:
    """Who one is signed in as, and the roles held now."""

    account: str
    roles: list[Assignment]


@router.post("", status_code=201, response_model=SessionShape)
async def sign_in(asked: SignIn, request: Request, serving: Serving) -> Response:
    """Sign in; a browser gets the token as a cookie too, which no script can read."""
    address = address_of(request)
    session = await serving.sessions.sign_in(asked.account, asked.password, address)
    response = Json(session, 201)
    keep_session(response, session.token, session.expires_at, request)
    return response


@router.get("", response_model=Whoami, openapi_extra=SIGNED_IN)
async def whoami(calling: Calling) -> Response:
    """Who one is signed in as."""
    return Json({"account": calling.person.account, "roles": calling.person.roles})


@router.delete("", status_code=204, openapi_extra=SIGNED_IN)
async def sign_out(request: Request, calling: Calling, everywhere: bool = False) -> Response:
    """Sign out, with `everywhere` on every device."""
    sessions = calling.serving.sessions
    if everywhere:
        await sessions.sign_out_everywhere(calling.person.account)
    await sessions.sign_out(token(request))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response
