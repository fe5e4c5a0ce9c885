"""The calendar (工作日历): the years entered, those that nobody entered yet, and who entered which."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.importing.calendars import COLUMNS, enter_years, read_calendar
from api.importing.table import Outcome
from api.pages import downloads
from api.pages.administration import administers, must_oversee_something, unknown_years
from api.pages.entering import NOTHING, Given, Said, bring, told
from api.pages.language import N_, say
from api.pages.page import Visiting, Visitor, render
from domain.working_time import CHINESE
from domain.working_time.entered import EnteredCalendar

router = APIRouter()

LIST = "/administration/calendars"


@router.get(LIST)
async def show_calendars(request: Request, visitor: Visiting) -> Response:
    """The years there are and those that are missing."""
    return await _calendars(request, visitor, NOTHING)


async def _calendars(request: Request, visitor: Visitor, said: Said) -> Response:
    must_oversee_something(visitor)
    serving = visitor.serving
    timing = await serving.adopted.timing()
    entered = await serving.store.find(EnteredCalendar, EnteredCalendar.id_of(CHINESE.name))
    return render(
        request,
        "calendars.html",
        visitor,
        said.status,
        said=said,
        years=list(reversed(timing.time.calendar.years.values())),
        entered=set(entered.years) if entered else set(),
        unknown=unknown_years(timing, serving.store.now()),
        events=await told(visitor, entered) if entered else [],
        may=administers(visitor),
    )


@router.post(LIST)
async def bring_calendar(request: Request, visitor: Visiting) -> Response:
    """Enter years; one entered otherwise before is corrected from now on."""

    async def takes(named: str, content: bytes, given: Given, outcome: Outcome) -> Said:
        years = await run_in_threadpool(read_calendar, named, content)
        await enter_years(visitor.serving, CHINESE.name, years, visitor.person)
        listed = say(N_("、")).join(str(year.year) for year in years)
        return Said(done=say(N_("已录入 {years} 年；以前定下的时限不变。"), years=listed))

    must_oversee_something(visitor)
    return await bring(request, visitor, takes, partial(_calendars, request, visitor))


@router.get("/administration/calendars.{form}")
async def take_along(visitor: Visiting, form: downloads.Form) -> Response:
    """The days that the notices name, in the columns in which they are brought."""
    must_oversee_something(visitor)
    timing = await visitor.serving.adopted.timing()
    lines = [
        (str(year.year), "、".join(year.papers), str(day.date), day.name, "yes" if day.off else "no")
        for year in timing.time.calendar.years.values()
        for day in year.days
    ]
    return await downloads.table("calendars", form, COLUMNS, lines)
