"""What every page shares: who visits, how a template is rendered, what the browser may do with it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from fastapi import Depends, Request
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages import words
from api.pages.lanes import Lanes
from api.pages.language import COOKIE, LANGUAGE, N_, Language, chosen, say
from api.service import Service
from api.web.requests import service, token
from domain.account import Account
from domain.actors import Person, Role
from domain.errors import NotSignedIn
from projections.figures import LEADERS
from projections.units import names_of
from projections.waiting import ARMS

STATIC = Path(str(files("api").joinpath("static")))
LIBRARY = "js_lib_leaflet", "static/js_lib_leaflet"
"""The package that brings Leaflet, which draws maps, and where it has it: docs/decisions/0012-map.md."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:{tiles}",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
        "worker-src 'self'",
    )
)
"""The browser runs and loads what comes from us as a file, and the pictures of the town's own map."""
MARKS = {
    # Not `no-referrer`: with it, a browser says `Origin: null` of our own forms (docs/decisions/0008).
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOR_EVER = "public, max-age=31536000, immutable"
"""How long a file of ours is kept, as its address holds a hash of what is in it."""


class EveryPage:
    """Marks what the browser may do with a page, and says in which language it is."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        policy = POLICY.format(tiles=origin and f" {origin}")
        self._marks = {"Content-Security-Policy": policy, **MARKS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._marks.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/static/") and b"v=" in scope["query_string"]:
                    headers["Cache-Control"] = FOR_EVER
            await send(message)

        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        speaking = LANGUAGE.set(chosen(cookies.get(COOKIE)))
        try:
            await self._app(scope, receive, send_marked)
        finally:
            LANGUAGE.reset(speaking)


@dataclass(frozen=True)
class Visitor:
    """Who is signed in, and the service they visit."""

    serving: Service
    person: Person
    name: str
    units: Mapping[str, str]
    """The names of the units their roles are held for."""

    def holds(self, *roles: Role) -> bool:
        """Whether they hold one of these roles."""
        return any(held.role in roles for held in self.person.roles)

    @property
    def audits(self) -> bool:
        """Whether they may ask how things stood at another time."""
        return self.holds(Role.AUDITOR)

    @property
    def sees_tickets(self) -> bool:
        """Whether they have to do with tickets at all."""
        return self.holds(*OF_TICKETS)

    @property
    def places(self) -> list["PlaceToGo"]:
        """Where they can go."""
        return [place for place in PLACES if not place.roles or self.holds(*place.roles)]

    @property
    def titles(self) -> list[str]:
        """Their roles as people say them: 抚松镇 · 派单员."""
        return [
            " · ".join(filter(None, (self.units.get(held.unit, held.unit), say(words.ROLES[held.role]))))
            for held in self.person.roles
        ]


@dataclass(frozen=True)
class PlaceToGo:
    """A page in the navigation, for those who hold one of the roles, or for all."""

    path: str
    title: str
    roles: tuple[Role, ...] = ()


OF_TICKETS = tuple(role for role in Role if role not in (Role.RESIDENT, Role.ADMINISTRATOR))
"""Who has to do with tickets, and not with one alone."""
PLACES: list[PlaceToGo] = [
    PlaceToGo("/", N_("我的待办"), tuple(ARMS)),
    PlaceToGo("/tickets", N_("工单"), OF_TICKETS),
    PlaceToGo("/overdue", N_("超时"), OF_TICKETS),
    PlaceToGo("/workload", N_("工作量"), OF_TICKETS),
    PlaceToGo("/leader", N_("总览"), LEADERS),
    PlaceToGo("/looks", N_("查看记录"), (Role.AUDITOR,)),
    PlaceToGo("/log", N_("封存"), (Role.AUDITOR, Role.ADMINISTRATOR)),
    PlaceToGo("/administration", N_("管理"), (Role.ADMINISTRATOR, Role.AUDITOR)),
]
"""The navigation, in this order; a new page puts itself here."""


async def visitor(request: Request) -> Visitor:
    """Whoever is signed in. Raises `NotSignedIn`, also for what another page sent, or is somebody else's.

    Residents have pages of their own: the secret of a link opens none of these.
    """
    serving = await service(request)
    person = await serving.sessions.person(token(request))
    if person.units(Role.RESIDENT):
        raise NotSignedIn()
    meant = request.headers.get("whistle-account")
    if meant is not None and unquote(meant) != person.account:
        raise NotSignedIn()  # Somebody else has signed in since in this browser.
    account = await serving.store.find(Account, Account.id_of(person.account))
    units = await names_of(serving.reading, {held.unit for held in person.roles if held.unit})
    return Visitor(serving, person, account.name if account else "", units)


Visiting = Annotated[Visitor, Depends(visitor)]


@cache
def static(path: str) -> str:
    """The address of a file of ours, which changes when the file does."""
    package, folder = LIBRARY
    ours = STATIC / path
    file = ours if ours.exists() else Path(str(files(package))) / folder / path
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def new_key() -> str:
    """An idempotency key for one form, so that pressing twice does it once."""
    return secrets.token_urlsafe(12)


@pass_context
def _countdown(context: Context, due: Any) -> str:
    return words.countdown(due, context["now"])


@pass_context
def _spoken(context: Context, at: Any) -> str:
    return words.spoken(at, context["now"])


_drawn: dict[object, Markup] = {}
MOST_DRAWN = 10_000


def small_lanes(lanes: Lanes) -> Markup:
    """The small picture of a ticket; those that stand alike look alike, so each is drawn once."""
    found = _drawn.get(lanes.looks)
    if found is None:
        if len(_drawn) >= MOST_DRAWN:
            _drawn.clear()
        macros: Any = _environment().get_template("lanes.html").module
        found = _drawn[lanes.looks] = macros.small(lanes)
    return found


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        static=static,
        words=words,
        Language=Language,
        _=say,
        say=say,
        new_key=new_key,
        small_lanes=small_lanes,
    )
    made.filters.update(countdown=_countdown, spoken=_spoken, exact=words.exact, say=say)
    return made


def render(
    request: Request, template: str, visitor: Visitor | None = None, status: int = 200, **facts: Any
) -> Response:
    """The page of a template; `visitor` is None where nobody has to be signed in."""
    serving: Service = request.app.state.service
    patterns = {
        "left": say(words.LEFT),
        "over": say(words.OVER),
        **{name: say(pattern) for name, pattern in words.LENGTHS.items()},
    }
    context = {
        "visitor": visitor,
        "now": serving.store.now(),
        "resident_form": serving.resident_form,
        "language": LANGUAGE.get(),
        "path": request.url.path,
        "address": str(request.url.replace(scheme="", netloc="")),
        "patterns": msgspec.json.encode(patterns).decode(),
        **facts,
    }
    return HTMLResponse(written(template, context), status)


def written(template: str, facts: Mapping[str, Any]) -> str:
    """A template with these facts."""
    return _environment().get_template(template).render(facts)


def go(path: str) -> Response:
    """Send the browser on to another page, whatever it has just sent."""
    return RedirectResponse(path, 303)


def own_path(path: str) -> str:
    """The path where it leads to a page of ours, else the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and "\\" not in path else "/"
