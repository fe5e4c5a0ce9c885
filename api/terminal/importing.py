"""Taking in tables: every row goes in or is refused by name, and doing it again changes nothing."""

import hashlib
import json
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.database import Database
from adapters.personal.marking import mark, personal_of
from api.adopted import versions
from api.importing.table import Outcome, must_have, read_table
from api.importing.units import read_units, take_units
from api.places import place_of
from api.service import Service
from api.terminal.managing import at_work
from api.terminal.table import content_of, outcome_of, pairs
from domain.actors import OPERATOR
from domain.calendar import CHINA
from domain.catalogue import Versions, as_known_now
from domain.errors import Conflict, OutOfRange
from domain.event import id_of
from domain.ticket import Ticket, commands, events
from domain.ticket.stage import Source, Urgency
from domain.unit import Kind, Register, Unit

Fields = dict[str, str]

OLDEST = datetime(1949, 10, 1, tzinfo=CHINA)
FIELDS = (
    "title", "description", "grid", "category", "address", "longitude", "latitude", "urgency",
    "source", "reporter_name", "reporter_phone", "at", "external_id", "origin",
)  # fmt: skip
"""What a report can be made of; `origin` keeps the external ids of several sources apart."""
NEEDED = ("title", "description", "grid")
"""What every report must have, from the table or set for all its rows."""
TIMES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
)


async def import_units(database: Database, file: Path) -> None:
    """Take in places and departments, the larger ones first."""
    rows = read_units(str(file), content_of(file))
    async with at_work(database) as service:
        with outcome_of("units", file, len(rows)) as outcome:
            await take_units(service, rows, outcome, OPERATOR)


async def import_tickets(database: Database, file: Path, mapped: list[str], set_: list[str]) -> None:
    """Take in reports; each gets a number of the day it happened."""
    columns = pairs(mapped, "--map", right=FIELDS)
    fixed = pairs(set_, "--set", left=FIELDS)
    names, rows = read_table(str(file), content_of(file), most_fields=sys.maxsize)
    for wanted in (*columns, *(name for name in NEEDED if name not in (*columns.values(), *fixed))):
        must_have(str(file), wanted, names)
    async with at_work(database) as service:
        catalogue = as_known_now(await versions(service.store))
        with outcome_of("tickets", file, len(rows)) as outcome:
            await outcome.take(
                rows, lambda row: _ticket(service, _fields(row, columns, fixed), catalogue, outcome)
            )


async def _ticket(service: Service, given: Fields, catalogue: Versions, outcome: Outcome) -> None:
    now = service.store.now()
    at = _time(given["at"]) if given.get("at") else now
    if at > now:
        raise OutOfRange(field="at", why="lies in the future: check the date")
    if at < OLDEST:
        raise OutOfRange(field="at", why=f"lies before {OLDEST:%Y}: check the date")
    code = given.get("grid", "").strip()
    await _register_grid(service, code)
    place = await place_of(service.store, code)
    external = given.get("external_id") or hashlib.sha256(repr(sorted(given.items())).encode()).hexdigest()
    id = id_of("ticket", json.dumps([given.get("origin", ""), external]))
    asked = _report(given)
    command = mark(asked, personal_of(asked))
    ticket = Ticket.report(command, place, id, by=OPERATOR, at=at, catalogue=catalogue)
    try:
        await service.store.create(ticket)
        outcome.taken += 1
    except Conflict:
        outcome.known += 1


def _report(given: Fields) -> commands.Report:
    location = None
    if given.get("longitude") and given.get("latitude"):
        try:
            location = events.Location(float(given["longitude"]), float(given["latitude"]))
        except ValueError:
            raise OutOfRange(field="location", why="is no pair of numbers: give degrees") from None
    name, phone = given.get("reporter_name") or None, given.get("reporter_phone") or None
    return commands.Report(
        title=given.get("title", ""),
        description=given.get("description", ""),
        grid=given.get("grid", ""),
        category=given.get("category") or None,
        address=given.get("address") or None,
        location=location,
        urgency=_one_of(Urgency, "urgency", given.get("urgency") or Urgency.ORDINARY),
        source=_one_of(Source, "source", given.get("source") or Source.HOTLINE),
        reporter=events.Reporter(name, phone) if name or phone else None,
    )


async def _register_grid(service: Service, code: str) -> None:
    """A grid of a known community, written `<community>-<number>`, needs no import of its own."""
    community, _, number = code.rpartition("-")
    if not (number.isascii() and number.isdecimal()) or await service.store.find(Unit, Unit.id_of(code)):
        return
    parent = await service.store.find(Unit, Unit.id_of(community))
    if parent is not None and parent.kind is Kind.COMMUNITY:
        command = Register(code, f"{parent.name} {number} 网格", Kind.GRID, community)
        made = Unit.register(command, parent, by=OPERATOR, at=service.store.now())
        with suppress(Conflict):  # Another row needed it at the same moment.
            await service.store.create(made)


def _fields(row: Fields, columns: Fields, fixed: Fields) -> Fields:
    same = {name: row[name] for name in FIELDS if name in row}
    return {**same, **{to: row[column] for column, to in columns.items()}, **fixed}


def _time(given: str) -> datetime:
    """A time as tables write it; without a zone it is local."""
    text = given.strip()
    for pattern in TIMES:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=CHINA)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise OutOfRange(field="at", why=f"is {text[:30]!r}: write it as 2026-11-22 09:30:00") from None
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _one_of(kind: Any, name: str, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise OutOfRange(field=name, why=f"is {value[:30]!r}: use one of {', '.join(kind)}") from None
