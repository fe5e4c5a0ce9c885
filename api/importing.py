"""Taking in tables: every row goes in or is refused by name, and doing it again changes nothing."""

import asyncio
import csv
import hashlib
import io
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from adapters.database import Database
from adapters.settings import BadSetting
from api.inspecting import progress
from api.managing import at_work
from api.places import place_of
from api.service import Service
from domain.actors import OPERATOR
from domain.calendar import CHINA
from domain.errors import Conflict, OutOfRange, Refusal
from domain.event import id_of
from domain.ticket import Ticket, commands, events
from domain.ticket.stage import Source, Urgency
from domain.unit import Amend, Kind, Register, Unit, check_kind

OLDEST = datetime(1949, 10, 1, tzinfo=CHINA)
AT_ONCE = 64
"""Rows under way at the same time."""
UNIT_COLUMNS = ("code", "name", "parent", "level")
FIELDS = (
    "title", "description", "grid", "category", "address", "longitude", "latitude", "urgency",
    "source", "reporter_name", "reporter_phone", "at", "external_id", "origin",
)  # fmt: skip
"""What a report can be made of; `origin` keeps the external ids of several sources apart."""
TIMES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
)

Row = dict[str, str]


@dataclass
class Outcome:
    """What became of the rows."""

    taken: int = 0
    known: int = 0
    amended: int = 0
    refused: list[tuple[Row, str]] = field(default_factory=list)


async def import_units(database: Database, file: Path) -> str:
    """Take in places and departments, the larger ones first."""
    rows = _read(file, required=("code", "name", "level"))
    outcome = Outcome()
    by_kind: dict[Kind, list[Row]] = {}
    for row in rows:
        try:
            by_kind.setdefault(check_kind(row["level"].strip()), []).append(row)
        except Refusal as refusal:
            outcome.refused.append((row, str(refusal)))
    async with at_work(database) as service:
        for kind in Kind:
            await _each(by_kind.get(kind, []), partial(_unit, service, kind, outcome), outcome)
    return _summary("units", file, outcome)


async def _unit(service: Service, kind: Kind, outcome: Outcome, row: Row) -> None:
    parent_code = row.get("parent", "").strip() or None
    parent = await service.store.find(Unit, Unit.id_of(parent_code)) if parent_code else None
    extra = {name: value for name, value in row.items() if name not in (*UNIT_COLUMNS, "letters") and value}
    letters = row.get("letters", "").strip() or None
    command = Register(row["code"].strip(), row["name"].strip(), kind, parent_code, letters, extra)
    known = await service.store.find(Unit, Unit.id_of(command.code))
    if known is None:
        made = Unit.register(command, parent, by=OPERATOR, at=service.store.now())
        await service.store.create(made)
        outcome.taken += 1
    elif known.kind is not kind or known.parent != parent_code:
        raise OutOfRange(field="code", why=f"is taken by another unit, {known.name}: use another code")
    elif known.name != command.name:
        await service.store.change(
            Unit, known.id, Unit.amend, Amend(command.name, known.letters), by=OPERATOR
        )
        outcome.amended += 1
    else:
        outcome.known += 1


async def import_tickets(database: Database, file: Path, mapped: list[str], set_: list[str]) -> str:
    """Take in reports; each gets a number of the day it happened."""
    columns = _pairs(mapped, "--map", FIELDS, right=True)
    fixed = _pairs(set_, "--set", FIELDS, right=False)
    rows = _read(file, required=tuple(columns))
    outcome = Outcome()
    async with at_work(database) as service:
        await _register_grids(service, {_fields(row, columns, fixed).get("grid", "") for row in rows})
        await _each(rows, lambda row: _ticket(service, _fields(row, columns, fixed), outcome), outcome)
    return _summary("tickets", file, outcome)


async def _ticket(service: Service, given: Row, outcome: Outcome) -> None:
    now = service.store.now()
    at = _time(given["at"]) if given.get("at") else now
    if at > now:
        raise OutOfRange(field="at", why="lies in the future: check the date")
    if at < OLDEST:
        raise OutOfRange(field="at", why=f"lies before {OLDEST:%Y}: check the date")
    place = await place_of(service.store, given.get("grid", ""))
    external = given.get("external_id") or hashlib.sha256(repr(sorted(given.items())).encode()).hexdigest()
    id = id_of("ticket", f"{given.get('origin', '')}:{external}")
    ticket = Ticket.report(_report(given), place, id, by=OPERATOR, at=at)
    try:
        await service.store.create(ticket)
        outcome.taken += 1
    except Conflict:
        outcome.known += 1


def _report(given: Row) -> commands.Report:
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


async def _register_grids(service: Service, codes: set[str]) -> None:
    """A grid of a known community, written `<community>-<number>`, needs no import of its own."""
    for code in sorted(codes):
        community, dash, number = code.rpartition("-")
        if not dash or not number.isdigit() or await service.store.find(Unit, Unit.id_of(code)):
            continue
        parent = await service.store.find(Unit, Unit.id_of(community))
        if parent is not None and parent.kind is Kind.COMMUNITY and not parent.closed:
            command = Register(code, f"{parent.name} {number} 网格", Kind.GRID, community)
            made = Unit.register(command, parent, by=OPERATOR, at=service.store.now())
            await service.store.create(made)


async def _each(rows: list[Row], take: Callable[[Row], Awaitable[None]], outcome: Outcome) -> None:
    """Take the rows, many under way at once, in the order of the file."""
    if not rows:
        return
    with progress() as bar:
        task = bar.add_task("rows", total=len(rows))

        async def take_one(row: Row) -> None:
            try:
                if None in row:
                    raise OutOfRange(field="row", why="has more fields than the header: check its quotes")
                await take(row)
            except Refusal as refusal:
                outcome.refused.append((row, str(refusal)))
            bar.advance(task)

        for start in range(0, len(rows), AT_ONCE):
            await asyncio.gather(*(take_one(row) for row in rows[start : start + AT_ONCE]))


def _read(file: Path, required: Iterable[str]) -> list[Row]:
    csv.field_size_limit(10_000_000)
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise BadSetting(f"{file} cannot be read: {problem.strerror}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise BadSetting(f"{file} is neither UTF-8 nor GB 18030: save it as UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    names = [name.strip() for name in reader.fieldnames or []]
    reader.fieldnames = names
    if missing := [name for name in required if name not in names]:
        raise BadSetting(f"{file} has no column {missing[0]}: it has {', '.join(names) or 'none'}.")
    try:
        return list(reader)
    except csv.Error as problem:
        raise BadSetting(f"{file} is not a table: {problem} near line {reader.line_num}.") from None


def _fields(row: Row, columns: Row, fixed: Row) -> Row:
    same = {name: row[name] for name in FIELDS if name in row}
    return {**same, **{to: row[column] for column, to in columns.items()}, **fixed}


def _pairs(given: list[str], option: str, fields: tuple[str, ...], *, right: bool) -> Row:
    pairs: Row = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        wanted = value if right else name
        if not equals or wanted not in fields:
            raise BadSetting(f"{option} {pair} names no field: use one of {', '.join(fields)}.")
        pairs[name] = value
    return pairs


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


def _summary(what: str, file: Path, outcome: Outcome) -> str:
    said = [f"{outcome.taken} {what} taken in", f"{outcome.known} known already"]
    if outcome.amended:
        said.append(f"{outcome.amended} renamed")
    said.append(f"{len(outcome.refused)} refused")
    path = _write_refused(file, outcome.refused)
    return ", ".join(said) + (f": see {path}." if path else ".")


def _write_refused(file: Path, refused: list[tuple[Row, str]]) -> Path | None:
    """The refused rows with their reasons, beside the file, or here where that folder is closed to us."""
    beside = file.with_name(f"{file.name}.refused.csv")
    if not refused:
        if beside.exists():
            beside.unlink()  # It was ours, and says what is no longer so.
        return None
    names = [name for name in refused[0][0] if name is not None]
    for path in beside, Path.cwd() / beside.name:
        try:
            with path.open("w", encoding="utf-8-sig", newline="") as out:
                writer = csv.writer(out)
                writer.writerow([*names, "reason"])
                writer.writerows([[*(row.get(name, "") for name in names), why] for row, why in refused])
            return path
        except OSError:
            continue
    raise BadSetting(f"{beside} cannot be written: {len(refused)} rows were refused and are not noted.")
