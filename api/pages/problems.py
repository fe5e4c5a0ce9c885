"""Every refusal as a page with its sentence; which status it has is said in api/web/problems.py."""

from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages.language import N_, say
from api.pages.page import go, own_path, render, visitor
from api.pages.refusals import sentence
from api.web.problems import AGAIN, STATUS, told
from api.web.problems import on_http as to_programs
from domain import errors
from domain.refusal import Refusal

log = structlog.get_logger()

NOT_FOUND = N_("没有这个页面：请从「我的待办」找起。")
UNREADABLE = N_("这张表单看不懂：请重新打开页面再填。")
AGAIN_SOON = N_("系统正忙，什么都没有改：请过一会儿再试。")
FAULT = N_("这是系统的错，已经记下，什么都没有改。请把请求号告诉管理员：{request}")


async def problem_page(request: Request, status: int, said: str) -> Response:
    """A page that says what is wrong, with the navigation where somebody is signed in."""
    try:
        who = await visitor(request)
    except Exception:  # Whatever keeps us from knowing them, the sentence is what matters.
        who = None
    return render(request, "problem.html", who, status, said=said)


async def on_refusal(request: Request, refusal: Exception) -> Response:
    """A refusal of the domain."""
    name, status = type(refusal).__name__, STATUS.get(type(refusal), 409)
    log.info("request_refused", problem=name, status=status, path=told(request.url.path))
    said = sentence(refusal) if isinstance(refusal, Refusal) else str(refusal)
    answer = await problem_page(request, status, said)
    if isinstance(refusal, errors.TooOften):
        answer.headers["Retry-After"] = str(refusal.facts["minutes"] * 60)
    return answer


async def on_stranger(request: Request, refusal: Exception) -> Response:
    """Nobody is signed in: first that, then the page that was asked for."""
    if request.method != "GET" and request.cookies:
        return await problem_page(request, 401, say(N_("请先登录；登录可能已过期。")))
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go("/sign-in" if path == "/" else f"/sign-in?{urlencode({'next': own_path(path)})}")


async def on_http(request: Request, raised: Any) -> Response:
    """No such page, no such method, or too much; who asks for no page is answered as by the API."""
    if "text/html" not in request.headers.get("accept", ""):
        return await to_programs(request, raised)
    said = say(NOT_FOUND) if raised.status_code in (404, 405) else str(raised.detail)
    return await problem_page(request, raised.status_code, said)


async def on_invalid(request: Request, invalid: Exception) -> Response:
    """A query or form that is none of ours."""
    return await problem_page(request, 400, say(UNREADABLE))


async def on_again(request: Request, trouble: Exception) -> Response:
    """Something that passes by itself."""
    log.warning("request_put_off", problem=type(trouble).__name__, path=told(request.url.path))
    answer = render(request, "problem.html", None, 503, said=say(AGAIN_SOON))
    answer.headers["Retry-After"] = "1"
    return answer


class Faults:
    """Answers for what is our fault: the log has the traceback, the person a sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as fault:  # The last one: no traceback reaches a user.
            if scope["type"] != "http" or begun or isinstance(fault, HTTPException):
                raise
            log.error("request_failed", path=scope["path"], problem=type(fault).__name__, exc_info=fault)
            number = structlog.contextvars.get_contextvars().get("request")
            request = Request(scope, receive)
            said = say(FAULT, request=number)
            await render(request, "problem.html", None, 500, said=said)(scope, receive, send)


def handle_problems(app: FastAPI) -> None:
    """Answer every refusal and fault of these pages as a page."""
    app.add_exception_handler(errors.NotSignedIn, on_stranger)
    app.add_exception_handler(Refusal, on_refusal)
    for again in AGAIN:
        app.add_exception_handler(again, on_again)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_middleware(Faults)
