"""Every clock that has run out (超时), the oldest first: whose it is, and how late."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.pages.page import Visiting, render
from api.web.lists import must_be_staff
from api.web.paging import read_cursor, write_cursor
from domain.unit import Kind
from projections import overdue
from projections.units import names_of, units

router = APIRouter()

LINES = 50
Chosen = Annotated[str, Query(max_length=50)]


@router.get("/overdue")
async def show_overdue(
    request: Request,
    visitor: Visiting,
    department: Chosen = "",
    community: Chosen = "",
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The clocks one may see that have run out."""
    must_be_staff(visitor.person, "see what is overdue")
    reading, now = visitor.serving.reading, visitor.serving.store.now()
    place: overdue.Cursor | None = read_cursor(cursor, overdue.Cursor)
    rows = await overdue.overdue(
        reading, visitor.person, now, LINES + 1, place, department or None, community or None
    )
    chosen = {name: code for name, code in (("department", department), ("community", community)) if code}
    lines = rows[:LINES]
    following = None
    if len(rows) > LINES:
        last = write_cursor([lines[-1][name] for name in overdue.PLACE])
        following = f"/overdue?{urlencode({**chosen, 'cursor': last})}"
    return render(
        request,
        "overdue.html",
        visitor,
        lines=lines,
        names=await names_of(
            reading, {row[name] for row in lines for name in ("department", "about", "grid")} - {""}
        ),
        department=department,
        community=community,
        address=urlencode(chosen),
        departments=[(u["code"], u["name"]) for u in await units(reading, 200, None, Kind.DEPARTMENT)],
        communities=[(u["code"], u["name"]) for u in await units(reading, 200, None, Kind.COMMUNITY)],
        following=following,
    )
