"""What a report form offers, and what is made of what was filled in."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from starlette.datastructures import FormData

from api.adopted import versions
from api.pages.language import N_, say
from api.service import Service
from domain.actors import Person, Role
from domain.catalogue import in_force
from domain.category import Category
from domain.datum import Datum
from domain.errors import OutOfRange, UnknownCategory
from domain.ticket import Ticket
from domain.ticket.clocks import Setting
from domain.ticket.commands import Report
from domain.ticket.events import Location
from domain.ticket.stage import Urgency
from domain.unit import Kind
from projections import units
from projections.similar import commonest

LONGEST_TITLE = 50
"""Characters of what was found that stand in lists."""
BUTTONS = 6
LATELY = timedelta(days=90)
DATUMS: Mapping[Datum, str] = {
    Datum.WGS84: N_("手机定位（WGS-84）"),
    Datum.GCJ02: N_("国内地图上读的（GCJ-02）"),
}
SAME = N_("上报人认为与 {number} 是同一件。")


class Kinds(NamedTuple):
    """What a matter can be about: those most reported, and all."""

    common: list[Category]
    all: list[Category]


async def grids(serving: Service, person: Person) -> list[dict[str, Any]]:
    """The grids this person may report from, each with `code` and `name`."""
    own = person.units(Role.GRID_WORKER)
    within = sorted(person.units(Role.SORTER))
    for town in sorted(person.units(Role.DISPATCHER)):
        found = await units.units(serving.reading, 200, kind=Kind.COMMUNITY, parent=town)
        within += [community["code"] for community in found]
    lists = await gather(
        *(units.units(serving.reading, 200, kind=Kind.GRID, parent=code) for code in dict.fromkeys(within))
    )
    named = await units.names_of(serving.reading, own)
    offered = {code: named.get(code, code) for code in sorted(own)}
    offered |= {unit["code"]: unit["name"] for found in lists for unit in found}
    return [{"code": code, "name": name} for code, name in offered.items()]


async def kinds(serving: Service, person: Person) -> Kinds:
    """All categories in force, and the six that were reported most where this person is at work."""
    now = serving.store.now()
    known = in_force(await versions(serving.store), now).categories
    codes = await commonest(serving.reading, person, now - LATELY, BUTTONS)
    first = [known[code] for code in codes if code in known]
    rest = [category for category in known.values() if category not in first]
    return Kinds([*first, *rest][:BUTTONS], list(known.values()))


def next_clock(ticket: Ticket) -> Setting | None:
    """The clock that runs out first: who has the ticket now, and by when."""
    running = (clock.setting for clock in ticket.clocks.running())
    due = (was for was in running if was.due_at)
    return min(due, key=lambda was: was.due_at or was.started_at, default=None)


async def names(serving: Service, codes: Sequence[str]) -> dict[str, str]:
    """The names of these units."""
    return await units.names_of(serving.reading, codes)


async def command(
    serving: Service, form: FormData, photos: tuple[str, ...], after: tuple[str, ...]
) -> Report:
    """The report that a form asks for. Raises `OutOfRange` and `UnknownCategory`."""
    text = _text(form, "text")
    same = _text(form, "same_as")
    location = _location(form)
    return Report(
        title=text.strip().partition("\n")[0].strip()[:LONGEST_TITLE],
        description=f"{text}\n\n{SAME.format(number=same[:50])}" if same else text,
        grid=_text(form, "grid"),
        category=await _category(serving, _text(form, "category_name").strip(), _text(form, "category")),
        address=_text(form, "address") or None,
        location=location,
        datum=_one_of(Datum, form, "datum", Datum.WGS84),
        urgency=_one_of(Urgency, form, "urgency", Urgency.ORDINARY),
        photos=photos,
        handled=_text(form, "handled") or None,
        photos_after=after,
    )


async def _category(serving: Service, name: str, code: str) -> str | None:
    """The category that was written by its name, else the one whose button was pressed, else none."""
    if not name:
        return code or None
    known = in_force(await versions(serving.store), serving.store.now()).categories
    for category in known.values():
        if name in (category.name, category.code, say(category.name)):
            return category.code
    raise UnknownCategory(category=name)


def _location(form: FormData) -> Location | None:
    given = [_text(form, name).strip() for name in ("longitude", "latitude")]
    if not any(given):
        return None
    try:
        longitude, latitude = map(float, given)
    except ValueError:
        raise OutOfRange(field="location", why="needs longitude and latitude as two numbers") from None
    return Location(longitude, latitude)


def _one_of(kind: Any, form: FormData, field: str, usual: Any) -> Any:
    try:
        return kind(_text(form, field) or usual)
    except ValueError:
        raise OutOfRange(field=field, why="is none of those offered: choose one") from None


def _text(form: FormData, name: str) -> str:
    found = form.get(name)
    # Browsers end lines with two characters.
    return found.replace("\r\n", "\n") if isinstance(found, str) else ""
