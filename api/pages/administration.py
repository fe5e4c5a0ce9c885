"""The administration: what there is, and who changed what last."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.administering import receivers_of
from api.calling import Caller
from api.pages.entering import tell
from api.pages.history import Told
from api.pages.language import N_, say
from api.pages.page import Visiting, Visitor, render
from domain.account import Account
from domain.actors import Role
from domain.calendar import CHINA
from domain.catalogue import Catalogue, in_force
from domain.errors import NotYours
from domain.event import Aggregate
from domain.receiver import Receiver
from domain.ticket.adopted_terms import AdoptedTerms
from domain.ticket.timing import Timing
from domain.unit import Unit
from domain.working_time.entered import EnteredCalendar
from domain.working_time.entered_hours import EnteredHours
from projections import accounts, units
from projections.history import journal

router = APIRouter()

OVERSEERS = (Role.ADMINISTRATOR, Role.AUDITOR)
LINES = 50
MOST_RECEIVERS = 1_000
NEWEST = 2**62


@dataclass(frozen=True)
class Change:
    """One thing that was changed: of what, where that is shown, and the event as a sentence."""

    what: str
    path: str
    position: int
    event: Told


def must_oversee_something(visitor: Visitor) -> None:
    """Refuse who administers and audits nothing at all."""
    if not visitor.holds(*OVERSEERS):
        raise NotYours(verb="see the administration", who="an administrator or auditor")


def unknown_years(timing: Timing, now: datetime) -> list[int]:
    """Of this year and the next those that nobody entered into the calendar."""
    year = now.astimezone(CHINA).year
    return [each for each in (year, year + 1) if each not in timing.time.calendar.years]


def administers(visitor: Visitor, *around: str) -> bool:
    """Whether the forms are for them: whoever audits reads, and changes nothing."""
    return visitor.person.acting_as(Role.ADMINISTRATOR, *around) is not None


@router.get("/administration")
async def show_administration(
    request: Request, visitor: Visiting, before: Annotated[int, Query(ge=1)] = NEWEST
) -> Response:
    """What there is, what is wrong with it, and what was changed, newest first."""
    must_oversee_something(visitor)
    serving = visitor.serving
    items = await journal(serving.reading, LINES + 1, before)
    looked = await receivers_of(Caller(serving, visitor.person), MOST_RECEIVERS)
    timing = await serving.adopted.timing()
    now = serving.store.now()
    return render(
        request,
        "administration.html",
        visitor,
        changes=await _changes(visitor, items[:LINES]),
        following=items[LINES - 1]["position"] if len(items) > LINES else None,
        failing=[row for row in looked if row["failures"] or row["dead"]],
        units=await units.in_use(serving.reading),
        accounts=await accounts.in_use(serving.reading),
        receivers=[row for row in looked if not row["closed"]],
        years=timing.time.calendar.years,
        catalogue=in_force(timing.catalogue, now),
        unknown=unknown_years(timing, now),
    )


async def _changes(visitor: Visitor, items: Sequence[Mapping[str, Any]]) -> list[Change]:
    find = visitor.serving.store.find
    ids = list({item["of"] for item in items})
    found = dict(zip(ids, await gather(*(find(Aggregate, id) for id in ids)), strict=True))
    told = await tell(visitor, list(reversed(items)))
    return [
        Change(*_named(found[item["of"]]), item["position"], event)
        for item, event in zip(items, told, strict=True)
    ]


def _named(history: Aggregate | None) -> tuple[str, str]:
    """What people call it, and where it is shown."""
    if isinstance(history, Unit):
        return history.name, f"/administration/units/{quote(history.code)}"
    if isinstance(history, Account):
        return history.account, f"/administration/accounts/{quote(history.account)}"
    if isinstance(history, Receiver):
        return history.name, f"/administration/receivers/{quote(history.code)}"
    for kind, (name, path) in OF.items():
        if isinstance(history, kind):
            return say(name), path
    raise TypeError(f"{type(history).__name__} has no page: name it here")


OF: Mapping[type[Aggregate], tuple[str, str]] = {
    Catalogue: (N_("目录"), "/administration/catalogue"),
    EnteredCalendar: (N_("工作日历"), "/administration/calendars"),
    EnteredHours: (N_("工作时间"), "/administration/units"),
    AdoptedTerms: (N_("期限规则"), "/administration"),
}
"""What there is one of, and where it is shown."""
