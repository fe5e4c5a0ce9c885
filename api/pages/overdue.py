"""Every clock that has run out (超时), the oldest first: whose it is, and how late."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.adopted import versions
from api.moments import Moment
from api.pages.page import Visiting, Visitor, render
from api.pages.refusals import sentence
from api.pages.tickets import LINES, Chosen, known_units
from api.pages.viewing import Viewing
from api.web.lists import must_be_staff
from api.web.paging import read_cursor, write_cursor
from domain.catalogue import in_force
from domain.errors import UnknownUnit
from domain.unit import Kind
from projections import overdue
from projections.units import names_of, units

router = APIRouter()


@dataclass(frozen=True)
class Filters:
    """What stands in the address of the list, as it stands there."""

    department: Chosen = ""
    community: Chosen = ""
    grid: Chosen = ""
    category: Chosen = ""

    @property
    def set(self) -> dict[str, str]:
        """Those that are set."""
        return {name: code for name, code in asdict(self).items() if code}


Filtered = Annotated[Filters, Depends()]


async def run_out(
    visitor: Visitor, then: Moment, filters: Filters, limit: int, place: overdue.Cursor | None = None
) -> list[dict[str, Any]]:
    """The clocks that fit and have run out. Raises `UnknownUnit` for a filter that names none."""
    must_be_staff(visitor.person, "see what is overdue")
    await known_units(then.rows, {filters.department, filters.community, filters.grid} - {""})
    return await overdue.overdue(then.rows, visitor.person, then.now, limit, place, **filters.set)


@router.get("/overdue")
async def show_overdue(
    request: Request,
    visitor: Visiting,
    filters: Filtered,
    then: Viewing,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The clocks one may see that have run out."""
    serving = visitor.serving
    reading = then.rows
    place: overdue.Cursor | None = read_cursor(cursor, overdue.Cursor)
    said, rows = "", []
    try:
        rows = await run_out(visitor, then, filters, LINES + 1, place)
    except UnknownUnit as refusal:
        said = sentence(refusal)
    lines = rows[:LINES]
    following = None
    if len(rows) > LINES:
        last = write_cursor([lines[-1][name] for name in overdue.PLACE])
        following = then.link(f"/overdue?{urlencode({**filters.set, 'cursor': last})}")
    named = {row[name] for row in lines for name in ("department", "about", "grid", "community")}
    known = in_force(await versions(serving.store), then.now).categories
    return render(
        request,
        "overdue.html",
        visitor,
        422 if said else 200,
        lines=lines,
        said=said,
        names=await names_of(reading, (named | {filters.grid}) - {""}),
        chosen=filters,
        address=urlencode(filters.set),
        departments=[(u["code"], u["name"]) for u in await units(reading, 200, None, Kind.DEPARTMENT)],
        communities=[(u["code"], u["name"]) for u in await units(reading, 200, None, Kind.COMMUNITY)],
        grids=await _grids(then, filters),
        categories=[(code, each.name) for code, each in known.items()],
        then=then,
        now=then.now,
        following=following,
    )


async def _grids(then: Moment, filters: Filters) -> list[tuple[str, str]]:
    """The grids to choose from: those of the community that was chosen, for all of a county are too many."""
    parent = filters.community or filters.grid.partition("-")[0]
    found = await units(then.rows, 200, None, Kind.GRID, parent) if parent else []
    return [(each["code"], each["name"]) for each in found]
