"""The web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from adapters.database import Database
from adapters.settings import Settings
from api.pages.site import Fork, site
from api.service import running
from api.timekeeper import keeping_time
from api.web import (
    administration,
    catalogue,
    health,
    lists,
    personal,
    photos,
    sealed_log,
    session,
    shapes,
    similar,
    telling,
    terms,
    tickets,
)
from api.web.hosts import KnownHosts
from api.web.problems import handle_problems
from api.web.requests import EveryRequest

SCHEMAS = "#/components/schemas/{model}"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": says,
        "content": {"application/problem+json": {"schema": {"$ref": SCHEMAS.format(model="Problem")}}},
    }
    for status, says in (
        (400, "malformed"),
        (401, "not signed in"),
        (403, "not yours to do"),
        (404, "unknown, or not yours to see"),
        (409, "conflict, or wrong stage"),
        (412, "If-Match differs"),
        (413, "too large"),
        (422, "a value out of range, or a reused idempotency key"),
        (429, "too many"),
        (500, "our fault"),
        (503, "try again"),
    )
}


PARTS = (
    tickets,
    session,
    lists,
    health,
    catalogue,
    terms,
    administration,
    telling,
    photos,
    similar,
    sealed_log,
    personal,
)


class Described(FastAPI):
    """An application whose description is complete, made when it is first asked for: that takes a second."""

    def openapi(self) -> dict[str, Any]:
        """What /openapi.json says, with what its operations refer to: how to sign in, how a problem looks."""
        components = super().openapi().setdefault("components", {})
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        problem = TypeAdapter(shapes.Problem).json_schema(ref_template=SCHEMAS)
        components.setdefault("schemas", {})["Problem"] = problem
        return super().openapi()


def application(database: Database, settings: Settings) -> FastAPI:
    """The application on this database."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(database, settings) as service:
            app.state.service = service
            async with keeping_time(service):
                yield

    app = Described(
        title="Whistle 吹哨",
        version="0.1.0",
        summary="The community whistles, the departments report for duty.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
    )
    app.add_middleware(Fork, pages=site(app.state, settings.tiles))
    app.add_middleware(KnownHosts, hosts=settings.hosts)
    app.add_middleware(EveryRequest)
    for part in PARTS:
        app.include_router(part.router)
    handle_problems(app)
    return app
