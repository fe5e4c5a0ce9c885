"""Similar open tickets over HTTP, for whoever is about to report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.similar import offered
from api.web import shapes
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route
from domain.datum import Datum, to_wgs84
from domain.ticket.events import Location
from domain.ticket.stage import Stage
from projections.similar import Matter

LONGEST = 500
"""Characters of a text that are looked at: the first lines say what it is."""

router = APIRouter(prefix="/api/similar", tags=["tickets"], route_class=Route)


@dataclass(frozen=True)
class About:
    """What is to be reported, and where; in a body, so that nobody's words are in an address or a log."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    grid: Annotated[str, Field(min_length=1, max_length=50)]
    category: Annotated[str | None, Field(max_length=50)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    datum: Datum = Datum.WGS84


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


@router.post("", response_model=shapes.Page[SimilarShape], openapi_extra=SIGNED_IN)
async def find_similar(about: About, calling: Calling) -> Response:
    """At most three open tickets of the community that one may see, before the same is reported again."""
    known = about.longitude is not None and about.latitude is not None
    where = to_wgs84(Location(about.longitude or 0, about.latitude or 0), about.datum) if known else None
    matter = Matter(about.text, about.grid, about.category, where)
    found = await offered(calling.serving, calling.person, matter)
    return Json({"items": found, "next": None})
