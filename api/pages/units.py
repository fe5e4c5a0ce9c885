"""Places and departments (单位): the list of them, each with its hours and what happened to it."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.batch import Receipt
from api import administering
from api.calling import Caller
from api.importing.table import Outcome
from api.importing.units import COLUMNS, read_units, take_units
from api.pages import downloads, words
from api.pages.administration import administers, must_oversee_something
from api.pages.entering import NOTHING, After, Chosen, Given, Said, bring, offered, read, take, told
from api.pages.language import say
from api.pages.page import Visiting, Visitor, render
from api.web.paging import read_cursor, write_cursor
from domain.actors import Role
from domain.unit import Amend, Kind, Register, Unit
from domain.working_time.entered_hours import EnteredHours, EnterHours
from projections import units
from projections.units import names_of

router = APIRouter()

LINES = 100
LIST = "/administration/units"
Cursor = Annotated[str | None, Query(max_length=1000)]
Verb = Callable[[Caller, str, Given], Awaitable[Receipt]]
VERBS: Mapping[str, Verb] = {
    "amend": lambda calling, code, given: administering.change_unit(
        calling, code, Unit.amend, read(Amend, given)
    ),
    "close": lambda calling, code, given: administering.change_unit(calling, code, Unit.close),
    "hours": lambda calling, code, given: administering.enter_hours(calling, code, read(EnterHours, given)),
}


@router.get(LIST)
async def show_units(
    request: Request,
    visitor: Visiting,
    kind: Kind | Literal[""] = "",
    q: Chosen = "",
    cursor: Cursor = None,
    after: After = 0,
) -> Response:
    """All units by their codes, those that are closed too."""
    await visitor.serving.standing.passed("units", after)
    return await _list(request, visitor, NOTHING, kind or None, q, cursor)


async def _list(
    request: Request,
    visitor: Visitor,
    said: Said,
    kind: Kind | None = None,
    q: str = "",
    cursor: str | None = None,
) -> Response:
    must_oversee_something(visitor)
    (place,) = read_cursor(cursor, tuple[str]) or (None,)
    rows = await units.register(visitor.serving.reading, LINES + 1, place, kind, q)
    lines = rows[:LINES]
    following = None
    if len(rows) > LINES:
        chosen = {"kind": kind or "", "q": q, "cursor": write_cursor([lines[-1]["code"]])}
        following = f"{LIST}?{urlencode(chosen)}"
    return render(
        request,
        "units.html",
        visitor,
        said.status,
        said=said,
        lines=lines,
        offered=await offered(visitor),
        names=await names_of(visitor.serving.reading, {row["parent"] for row in lines} - {None}),
        kind=kind,
        kinds=[(code, say(name)) for code, name in words.KINDS.items()],
        q=q,
        following=following,
        may=bool(visitor.person.units(Role.ADMINISTRATOR)),
    )


@router.post(LIST)
async def register(request: Request, visitor: Visiting) -> Response:
    """Take a unit in."""
    return await take(
        request,
        visitor,
        lambda calling, given: administering.register_unit(calling, read(Register, given)),
        partial(_list, request, visitor),
        LIST,
        "code",
    )


@router.post(f"{LIST}/table")
async def bring_units(request: Request, visitor: Visiting) -> Response:
    """Take a table of units in."""

    async def takes(named: str, content: bytes, given: Given, outcome: Outcome) -> None:
        rows = await run_in_threadpool(read_units, named, content)
        await take_units(visitor.serving, rows, outcome, visitor.person)

    must_oversee_something(visitor)
    return await bring(request, visitor, takes, partial(_list, request, visitor), "units")


@router.get("/administration/units.{form}")
async def take_along(visitor: Visiting, form: downloads.Form) -> Response:
    """All units, in the columns in which they are brought."""
    must_oversee_something(visitor)
    rows = await units.register(visitor.serving.reading, downloads.MOST + 1)
    lines = [
        (row["code"], row["name"], row["parent"], row["kind"], row["letters"], "yes" if row["closed"] else "")
        for row in rows
    ]
    return await downloads.table("units", form, COLUMNS, lines)


@router.get(f"{LIST}/{{code}}")
async def show_unit(request: Request, visitor: Visiting, code: str, after: After = 0) -> Response:
    """A unit, its hours, and what happened to it."""
    await visitor.serving.standing.passed("units", after)
    return await _unit(request, visitor, code, NOTHING)


async def _unit(request: Request, visitor: Visitor, code: str, said: Said) -> Response:
    serving = visitor.serving
    unit = await administering.unit_of(Caller(serving, visitor.person), code)
    around = (unit.code, *unit.within.values())
    administering.must_oversee(visitor.person, "see the history of this unit", *around)
    timing = await serving.adopted.timing()
    hours = await serving.store.find(EnteredHours, EnteredHours.the_id())
    return render(
        request,
        "unit.html",
        visitor,
        said.status,
        said=said,
        unit=unit,
        hours=str(timing.time_of(code).hours),
        own=code in timing.times,
        names=await names_of(serving.reading, set(unit.within.values())),
        events=await told(visitor, unit, *([hours] if hours else []), only=code),
        may=administers(visitor, *around),
    )


@router.post(f"{LIST}/{{code}}/{{verb}}")
async def change(request: Request, visitor: Visiting, code: str, verb: str) -> Response:
    """Change a unit."""
    if verb not in VERBS:
        raise HTTPException(404)
    return await take(
        request,
        visitor,
        lambda calling, given: VERBS[verb](calling, code, given),
        partial(_unit, request, visitor, code),
        f"{LIST}/{quote(code)}",
    )
