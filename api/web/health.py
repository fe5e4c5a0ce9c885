"""How the service is: where the log stands, and what follows it."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from api.web.problems import Json
from api.web.requests import Route, Serving

router = APIRouter(prefix="/api", tags=["operation"], route_class=Route)

FOLLOWING = """
SELECT name, stands.position,
       coalesce(extract(epoch FROM %(now)s - e.recorded_at), 0)::float8 AS waiting
  FROM (SELECT 'sealed' AS name, coalesce(max(size), 0) AS position FROM seal.checkpoint
        UNION ALL
        SELECT 'kept', coalesce(max(position), 0) FROM past.standing) AS stands
  LEFT JOIN log.events AS e ON e.position = stands.position + 1
"""


@dataclass(frozen=True)
class ViewHealth:
    """Where a view stands; `error` says why it has stopped."""

    position: int
    lag: int
    error: str | None = None


@dataclass(frozen=True)
class Following:
    """How far a process is that follows the log, and how long the first event has waited that it lacks."""

    position: int
    lag: int
    waiting_seconds: float


@dataclass(frozen=True)
class Health:
    """How the service is: `ok`, or `degraded` where a view has stopped."""

    status: str
    position: int
    views: dict[str, ViewHealth]
    sealed: Following
    """The log is sealed up to here."""
    kept: Following
    """The past of the views is kept up to here."""


@router.get("/health", response_model=Health)
async def read_health(serving: Serving) -> Response:
    """Where the log, the views, the seal and the past stand; no sign-in needed."""
    head, views = await serving.standing.positions()
    following = {
        row["name"]: Following(
            row["position"], max(0, head - row["position"]), round(max(0.0, row["waiting"]), 1)
        )
        for row in await serving.reading.rows(FOLLOWING, {"now": serving.store.now()})
    }
    return Json(
        Health(
            status="degraded" if any(error for _, error in views.values()) else "ok",
            position=head,
            views={
                name: ViewHealth(position, head - position, error)
                for name, (position, error) in views.items()
            },
            **following,
        )
    )
