"""What everybody looks at: workload, overdue, categories, units."""

from fastapi import APIRouter
from starlette.responses import Response

from api.adopted import versions
from api.moments import moment
from api.web import shapes
from api.web.paging import After, At, Code, CursorParameter, Limit, Position, page, read_cursor
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route
from domain.actors import Person, Role
from domain.catalogue import in_force
from domain.errors import NotYours
from domain.unit import Kind
from projections import overdue, units, workload

router = APIRouter(prefix="/api", route_class=Route)


@router.get("/workload", tags=["views"], response_model=shapes.Workload, openapi_extra=SIGNED_IN)
async def read_workload(
    calling: Calling, after: After = None, at: At = None, position: Position = None
) -> Response:
    """What every department has on its hands, or had then."""
    must_be_staff(calling.person, "see the workload")
    then = await moment(calling.serving, "workload", after, at, position)
    departments = await workload.workload(then.rows, then.now)
    return Json({"as_of": then.now, "position": then.position, "departments": departments})


@router.get("/overdue", tags=["views"], response_model=shapes.Page[shapes.Clock], openapi_extra=SIGNED_IN)
async def read_overdue(
    calling: Calling,
    department: Code = None,
    community: Code = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    after: After = None,
    at: At = None,
    position: Position = None,
) -> Response:
    """Every clock that has run out, or had then, oldest first."""
    must_be_staff(calling.person, "see what is overdue")
    then = await moment(calling.serving, "overdue", after, at, position)
    place = read_cursor(cursor, overdue.Cursor)
    rows = await overdue.overdue(then.rows, calling.person, then.now, limit + 1, place, department, community)
    return Json(page(rows, limit, lambda row: [row[name] for name in overdue.PLACE]))


@router.get(
    "/categories",
    tags=["directory"],
    response_model=shapes.Page[shapes.CategoryShape],
    openapi_extra=SIGNED_IN,
)
async def read_categories(calling: Calling, limit: Limit = 200, cursor: CursorParameter = None) -> Response:
    """What a matter can be about, by the catalogue in force."""
    (after,) = read_cursor(cursor, tuple[str]) or ("",)
    store = calling.serving.store
    known = in_force(await versions(store), store.now()).categories
    items = [known[code]._asdict() for code in sorted(known) if code > after]
    return Json(page(items, limit, lambda item: [item["code"]]))


@router.get(
    "/units", tags=["directory"], response_model=shapes.Page[shapes.UnitShape], openapi_extra=SIGNED_IN
)
async def read_units(
    calling: Calling,
    kind: Kind | None = None,
    parent: Code = None,
    limit: Limit = 200,
    cursor: CursorParameter = None,
    after: After = None,
    at: At = None,
    position: Position = None,
) -> Response:
    """Places and departments in use, by code."""
    then = await moment(calling.serving, "units", after, at, position)
    (code,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await units.units(then.rows, limit + 1, code, kind, parent)
    return Json(page(rows, limit, lambda row: [row["code"]]))


def must_be_staff(person: Person, verb: str) -> None:
    """Raise `NotYours` for whoever is a resident, or holds no role."""
    if person.units(Role.RESIDENT) or not person.roles:
        raise NotYours(verb=verb, who="somebody with an account that holds a role")
