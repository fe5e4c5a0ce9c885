"""Terms and hours over HTTP: how long everybody has, and when units work."""

from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter
from starlette.responses import Response

from adapters.batch import Receipt
from api import administering
from api.adopted import enter
from api.web import shapes
from api.web.paging import CursorParameter, Limit, page, read_cursor
from api.web.problems import Json
from api.web.requests import HEADERS, SIGNED_IN, Calling, Route
from domain.errors import OutOfRange
from domain.ticket.adopted_terms import AdoptedTerms, AdoptTerms
from domain.ticket.terms import EXAMPLE, in_force
from domain.ticket.written_terms import Row, written
from domain.working_time.entered_hours import EnterHours

router = APIRouter(prefix="/api", tags=["terms"], route_class=Route)


@dataclass(frozen=True)
class TermsShape:
    """Terms as the table that `whistle terms` writes; the example was never adopted."""

    name: str
    effective_from: date | None
    adopted_at: datetime | None
    in_force: bool
    rows: list[Row]


@dataclass(frozen=True)
class HoursShape:
    """The hours a unit works, and whether they are its own."""

    unit: str
    hours: str
    own: bool


@router.get("/terms", response_model=shapes.Page[TermsShape], openapi_extra=SIGNED_IN)
async def read_terms(
    calling: Calling, at: datetime | None = None, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    """All terms there are, the example first; those marked are in force now, or at a time."""
    if at is not None and at.tzinfo is None:
        raise OutOfRange(field="at", why="needs a zone: 2026-11-22T09:00:00+08:00")
    (start,) = read_cursor(cursor, tuple[int]) or (0,)
    adopted = (await calling.serving.adopted.timing()).terms
    now = in_force(adopted, at or calling.serving.store.now())
    numbered = list(enumerate((EXAMPLE, *adopted), 1))[max(start, 0) :][: limit + 1]
    shown = page(numbered, limit, lambda each: [each[0]])
    shown["items"] = [
        TermsShape(
            each.name,
            None if each is EXAMPLE else each.effective_from,
            each.adopted_at,
            each is now,
            written(each),
        )
        for _, each in shown["items"]
    ]
    return Json(shown)


@router.post("/terms", status_code=201, response_model=Receipt, openapi_extra=HEADERS)
async def adopt_terms(command: AdoptTerms, calling: Calling) -> Response:
    """启用: these terms from that day on; one row that is refused, and nothing is adopted."""
    receipt = await enter(
        calling.serving.store, AdoptedTerms, AdoptedTerms.the_id(), AdoptedTerms.begin, AdoptedTerms.adopt,
        command, by=calling.person, version=calling.version, key=calling.key,
    )  # fmt: skip
    return Json(receipt, 201)


@router.get("/units/{code}/hours", response_model=HoursShape, openapi_extra=SIGNED_IN)
async def read_hours(code: str, calling: Calling) -> Response:
    """The hours a unit works on days that are worked."""
    unit = await administering.unit_of(calling, code)
    timing = await calling.serving.adopted.timing()
    return Json(HoursShape(unit.code, str(timing.time_of(unit.code).hours), unit.code in timing.times))


@router.post("/units/{code}/hours", response_model=Receipt, openapi_extra=HEADERS)
async def enter_hours(code: str, command: EnterHours, calling: Calling) -> Response:
    """Let a unit work these hours from now on; deadlines set before stay."""
    return Json(await administering.enter_hours(calling, code, command))
