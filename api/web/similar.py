"""Similar open tickets over HTTP, for whoever is about to report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.similar import offered
from api.web import shapes
from api.web.paging import Code
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route
from domain.datum import Datum, to_wgs84
from domain.ticket.events import Location
from domain.ticket.stage import Stage
from projections.similar import Matter

LONGEST = 500
"""Characters of a text that are looked at: an address holds no more, and the first lines say what it is."""

router = APIRouter(prefix="/api/similar", tags=["tickets"], route_class=Route)


@dataclass(frozen=True)
class SimilarShape:
    """An open ticket that may be about the same matter; the higher its score, the likelier."""

    id: str
    number: str
    title: str
    stage: Stage
    category: str | None
    grid: str
    address: str | None
    reported_at: datetime
    score: float


@router.get("", response_model=shapes.Page[SimilarShape], openapi_extra=SIGNED_IN)
async def read_similar(
    calling: Calling,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST, description="what is to be reported")],
    grid: Annotated[str, Query(min_length=1, max_length=50)],
    category: Code = None,
    longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
    latitude: Annotated[float | None, Query(ge=-90, le=90)] = None,
    datum: Datum = Datum.WGS84,
) -> Response:
    """At most three open tickets of the community that one may see, before the same is reported again."""
    known = longitude is not None and latitude is not None
    where = to_wgs84(Location(longitude or 0, latitude or 0), datum) if known else None
    found = await offered(calling.serving, calling.person, Matter(q, grid, category, where))
    return Json({"items": found, "next": None})
