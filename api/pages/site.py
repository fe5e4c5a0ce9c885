"""The pages for people as an application of its own: whatever does not begin with /api is theirs."""

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.settings import Tiles
from api.pages import (
    accounts,
    acting,
    administration,
    calendars,
    catalogue,
    desk,
    downloads,
    glossary,
    leader,
    link,
    live,
    looked,
    overdue,
    password,
    past,
    pocket,
    receivers,
    replay,
    report,
    resident,
    resident_report,
    sealed,
    sign_in,
    ticket,
    tickets,
    units,
    wall,
    workload,
)
from api.pages.page import LIBRARY, STATIC, EveryPage
from api.pages.problems import handle_problems

PARTS = (
    sign_in, password, desk, tickets, overdue, workload, leader, downloads, ticket, link, replay,
    acting, live, report, pocket, past, resident_report, resident, wall, administration, units,
    accounts, catalogue, calendars, receivers, sealed, looked, glossary,
)  # fmt: skip
"""All pages; a new module puts its router here."""
OF_PROGRAMS = ("/api", "/openapi.json")


def site(state: State, tiles: Tiles | None) -> FastAPI:
    """The pages, on the service that `state` holds; browsers may load these tiles, too."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state = state
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static", GZipMiddleware(StaticFiles(directory=STATIC, packages=[LIBRARY])))
    handle_problems(app)
    app.add_middleware(EveryPage, origin=tiles.origin if tiles else "")
    return app


class Fork:
    """Sends people to the pages, and programs to the application inside."""

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self._app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        of_people = scope["type"] == "http" and not is_of_programs(scope["path"])
        await (self._pages if of_people else self._app)(scope, receive, send)


def is_of_programs(path: str) -> bool:
    """Whether this path is the contract's, whose answers are JSON."""
    return any(path == part or path.startswith(f"{part}/") for part in OF_PROGRAMS)
