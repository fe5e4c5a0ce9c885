"""One's own password (改密码): changed by whoever knows the one they have."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api import administering
from api.calling import Caller
from api.pages.page import Visiting, Visitor, go, render
from api.pages.refusals import sentence
from api.web.problems import STATUS
from api.web.requests import COOKIE, address_of
from domain.errors import OutOfRange, TooManyAttempts, TooOften, WrongPassword

router = APIRouter()


@router.get("/password")
async def show_password(request: Request, visitor: Visiting) -> Response:
    """The form for another password."""
    return _form(request, visitor)


def _form(request: Request, visitor: Visitor, status: int = 200, said: str = "") -> Response:
    return render(request, "password.html", visitor, status, said=said)


@router.post("/password")
async def change_password(
    request: Request,
    visitor: Visiting,
    current: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Set another password; one signs in anew with it, on every device."""
    calling, account = Caller(visitor.serving, visitor.person), visitor.person.account
    try:
        if again != password:
            raise OutOfRange(field="again", why="is not the same: write the new password twice")
        await administering.change_password(
            calling, account, password, current=current, address=address_of(request)
        )
    except (OutOfRange, WrongPassword, TooManyAttempts, TooOften) as refusal:
        return _form(request, visitor, STATUS[type(refusal)], sentence(refusal))
    answer = go("/sign-in")
    answer.delete_cookie(COOKIE)
    return answer
