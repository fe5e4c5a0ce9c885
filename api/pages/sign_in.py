"""Signing in and out, and choosing a language."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.pages.language import COOKIE as LANGUAGE_COOKIE
from api.pages.language import Language
from api.pages.page import Visiting, go, own_path, render
from api.pages.refusals import sentence
from api.web.problems import STATUS
from api.web.requests import COOKIE, Serving, address_of, from_our_page, keep_session, token
from domain.errors import NotSignedIn, TooManyAttempts, TooOften, WrongPassword

router = APIRouter()
A_YEAR = 365 * 24 * 60 * 60
LONGEST = 1000
"""Characters of a path to come back to."""

Next = Annotated[str, Query(max_length=LONGEST)]
NextForm = Annotated[str, Form(max_length=LONGEST)]


@router.get("/sign-in")
async def sign_in_page(request: Request, next: Next = "/") -> Response:
    """The form to sign in, for whoever comes to a page that needs it."""
    if (
        request.headers.get("sec-fetch-site") == "cross-site"
        and request.headers.get("sec-fetch-mode") == "navigate"
    ):
        # A link from elsewhere comes without our strict cookie: a page of ours asks again, with it.
        return render(request, "forward.html", to=own_path(next))
    return render(request, "sign_in.html", next=own_path(next), said=None, account="")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    serving: Serving,
    account: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: NextForm = "/",
) -> Response:
    """Begin a session, and go where one wanted to go."""
    if not from_our_page(request):
        raise NotSignedIn()
    address = address_of(request)
    try:
        session = await serving.sessions.sign_in(account, password, address)
    except (WrongPassword, TooManyAttempts, TooOften) as refusal:
        said, status = sentence(refusal), STATUS[type(refusal)]
        return render(
            request, "sign_in.html", None, status, next=own_path(next), said=said, account=account[:50]
        )
    answer = go(own_path(next))
    keep_session(answer, session.token, session.expires_at, request)
    return answer


@router.post("/sign-out")
async def sign_out(
    request: Request, visitor: Visiting, everywhere: Annotated[bool, Form()] = False
) -> Response:
    """End the session, with `everywhere` on every device."""
    if everywhere:
        await visitor.serving.sessions.sign_out_everywhere(visitor.person.account)
    await visitor.serving.sessions.sign_out(token(request))
    answer = go("/sign-in")
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/language")
async def choose_language(
    request: Request, language: Annotated[Language, Form()], next: NextForm = "/"
) -> Response:
    """Read in another language from now on."""
    if not from_our_page(request):
        raise NotSignedIn()
    answer = go(own_path(next))
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer
