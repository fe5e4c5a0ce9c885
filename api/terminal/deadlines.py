"""Trying limits on a table before a town adopts them."""

import codecs
import csv
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import cache
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from adapters.settings import BadSetting
from api.importing.calendars import read_calendar
from api.terminal.table import content_of
from domain.calendar import CHINA
from domain.errors import OutOfRange
from domain.refusal import Refusal
from domain.text import narrow
from domain.working_time import CHINESE, OFFICE, Calendar, Hours, Limit, WorkingTime
from domain.working_time.wall import real

START = re.compile(
    r"(\d{4})(?P<dash>[-/.])(\d{1,2})(?P=dash)(\d{1,2})(?P<between>T|\s+)"
    r"(\d{1,2}):(\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,6}))?)?"
    r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)


def calendar_at_hand(named: str, *, asks_log: bool) -> Calendar | None:
    """The calendar that is shipped, or that of a file; None where it must come from the log."""
    if named == CHINESE.name:
        return None if asks_log else CHINESE
    file = Path(named)
    if file.is_file():
        return Calendar(file.stem, read_calendar(str(file), content_of(file)))
    if file.suffix or file.name != named:
        raise BadSetting(f"{named} cannot be read: there is no such file.")
    return None


def zone_named(name: str | None) -> tzinfo:
    """The zone with this name, China's where none is said."""
    if name is None:
        return CHINA
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(f"There is no zone {name[:50]}: write it as Asia/Shanghai.") from None


def answer(calendar: Calendar, hours: str | None, zone: str | None, file: Path) -> bool:
    """Print the table with a column `due`; False where a row could not be computed, which is said.

    Such a row has an empty `due`, and its reason stands on standard error. Rows are numbered as a
    spreadsheet does: the header is row 1.
    """
    time = WorkingTime(calendar, Hours.read(hours) if hours is not None else OFFICE, zone_named(zone))
    out = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        with _opened(file) as opened:
            complete = _answer(time, file, opened, out)
        out.flush()
    except BrokenPipeError:  # Whoever was reading has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    finally:
        out.detach()
    return complete


def _answer(time: WorkingTime, file: Path, opened: TextIO, out: TextIO) -> bool:
    first = opened.readline()
    opened.seek(0)
    rows = _rows(file, opened)
    writer = csv.writer(out, lineterminator="\r\n" if first.endswith("\r\n") else "\n")
    header = next((row for _, row in rows if _filled(row)), [])
    start, limit = _columns(file, header)
    writer.writerow([*header, "due"])
    width, complete = len(header), True
    for number, fields in rows:
        if not _filled(fields):
            writer.writerow([*fields, ""] if len(fields) == width else fields)
            continue
        row = fields + [""] * (width - len(fields))
        due = ""
        try:
            if _filled(row[width:]):
                raise OutOfRange(field="row", why="has more fields than the header: check its quotes")
            due = _due(time, row[start], row[limit])
        except Refusal as refusal:
            complete = False
            typer.echo(f"row {number}: {' '.join(str(refusal).split())}", err=True)
        more = row[width:] if _filled(row[width:]) else []
        writer.writerow([*row[:width], due, *more])
    return complete


def _rows(file: Path, opened: TextIO) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(10_000_000)
    try:
        yield from enumerate(csv.reader(opened), 1)
    except csv.Error as problem:
        raise BadSetting(f"{file} is not a table: {problem}.") from None


def _filled(row: list[str]) -> bool:
    return any(field.strip() for field in row)


def _columns(file: Path, header: list[str]) -> tuple[int, int]:
    names = [narrow(name).strip().lower() for name in header]
    for needed in ("start", "limit"):
        if names.count(needed) != 1:
            has = "has no column" if needed not in names else "has more than one column"
            raise BadSetting(f"{file} {has} {needed}: it has {', '.join(names)[:200] or 'none'}.")
    if "due" in names:
        raise BadSetting(f"{file} has a column due already: rename it, or leave it out.")
    return names.index("start"), names.index("limit")


def _due(time: WorkingTime, start: str, limit: str) -> str:
    said = START.fullmatch(narrow(start).strip())
    if said is None:
        raise OutOfRange(field="start", why=f"is {_shown(start)}: write it as 2026-02-13 16:10")
    due = time.due(_moment(said, start, time.zone), _limit(limit))
    dash, between = said["dash"], "T" if said["between"] in "tT" else " "
    text = f"{due.year:04}{dash}{due.month:02}{dash}{due.day:02}{between}{due.hour:02}:{due.minute:02}"
    if said["second"] or due.second or due.microsecond:
        text += f":{due.second:02}"
    if said["fraction"]:
        text += f".{due.microsecond:06}"[: 1 + len(said["fraction"])]
    return text + due.isoformat()[-6:] if said["offset"] else text


def _moment(said: re.Match[str], start: str, zone: tzinfo) -> datetime:
    """When that is: without an offset, what the clock of the zone shows."""
    year, month, day, hour, minute = (int(said[n]) for n in (1, 3, 4, 6, 7))
    second, micros = int(said["second"] or 0), int(f"{said['fraction'] or '':0<6}")
    try:
        local = datetime(year, month, day, hour, minute, second, micros, zone)
        if not said["offset"]:
            return local if zone is CHINA else real(local)
        return datetime.fromisoformat(f"{local.replace(tzinfo=None).isoformat()}{said['offset'].upper()}")
    except ValueError:
        raise OutOfRange(field="start", why=f"is {_shown(start)}: there is no such time") from None


@cache
def _limit(text: str) -> Limit:
    return Limit.read(text)


def _shown(text: str) -> str:
    return repr(text.strip()[:30]) if text.strip() else "empty"


def _opened(file: Path) -> TextIO:
    """The table for reading, in UTF-8 or GB 18030, whichever all of it is."""
    try:
        opened: BinaryIO = file.open("rb")
        if not opened.seekable():
            opened = BytesIO(opened.read())
    except OSError as problem:
        raise BadSetting(f"{file} cannot be read: {problem.strerror}.") from None
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        opened.seek(0)
        try:
            while block := opened.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        opened.seek(0)
        return TextIOWrapper(opened, encoding=encoding, newline="")
    raise BadSetting(f"{file} is neither UTF-8 nor GB 18030: save it as UTF-8.")
