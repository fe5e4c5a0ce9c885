"""Tables as people save them: read row by row; each row goes in or is refused by name."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

import structlog

from adapters.batching import Overloaded
from adapters.recorder import OutcomeUnknown, Unavailable
from api.importing.row import BadTable, Row
from api.importing.workbook import is_workbook, read_workbook
from domain.errors import OutOfRange
from domain.refusal import Refusal
from domain.text import NO_TEXT

log = structlog.get_logger()

AT_ONCE = 64
"""Rows under way at the same time."""
LONGEST_FIELD = 10_000_000
"""Characters."""
MOST_FIELDS = 2_000_000
"""Fields of a table, those that a short line leaves out among them: some hundred bytes of memory each."""


@dataclass
class Outcome:
    """What became of the rows."""

    taken: int = 0
    known: int = 0
    amended: int = 0
    refused: list[tuple[Row, Refusal]] = field(default_factory=list)
    advance: Callable[[], None] = lambda: None
    """Called after each row, for whoever shows how far it is."""

    async def take(
        self, rows: Sequence[Row], take: Callable[[Row], Awaitable[None]], at_once: int = AT_ONCE
    ) -> None:
        """Take the rows in the order of the file, many under way at once.

        A row that is refused leaves the others alone, also where the fault is ours. Raises `Unavailable`,
        `OutcomeUnknown` or `Overloaded` where the database is away: then the next rows have no chance either.
        """

        async def take_one(row: Row) -> None:
            try:
                _check(row)
                await take(row)
            except Refusal as refusal:
                self.refused.append((row, refusal))
            except (Overloaded, Unavailable, OutcomeUnknown):
                raise
            except Exception as fault:  # One row that trips our code must not stop the others.
                name = type(fault).__name__
                log.error("row_failed", problem=name)
                log.debug("row_failed", exc_info=fault)
                self.refused.append(
                    (row, OutOfRange(field="row", why=f"failed by our fault ({name}): tell us"))
                )
            self.advance()

        for start in range(0, len(rows), at_once):
            under_way = (take_one(row) for row in rows[start : start + at_once])
            for trouble in await asyncio.gather(*under_way, return_exceptions=True):
                if trouble is not None:
                    raise trouble


def read_any(named: str, content: bytes, known: Collection[str]) -> tuple[list[str], list[Row]]:
    """The names of its columns, and its rows, whether it is CSV or a workbook that has `known` headings."""
    return read_workbook(named, content, known) if is_workbook(named, content) else read_table(named, content)


def read_table(named: str, content: bytes, most_fields: int = MOST_FIELDS) -> tuple[list[str], list[Row]]:
    """The names of the columns of a CSV file, and its rows. Raises `BadTable` where it is no table."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(_decoded(content, named), newline=""), restval="")
    rows = []
    fields = 0
    try:
        names = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = names
        line = reader.line_num + 1
        for says in reader:
            fields += len(names)
            if fields > most_fields:
                raise BadTable(what=named, why=f"holds more than {most_fields} fields: bring it in parts")
            rows.append(Row(says, line))
            line = reader.line_num + 1
    except csv.Error as problem:
        raise BadTable(what=named, why=f"is not a table: {problem} near line {reader.line_num}") from None
    if any(NO_TEXT.search(name) for name in names):
        raise BadTable(
            what=named, why="is not a table: its first line holds what is no text. Save it as UTF-8"
        )
    return names, rows


def must_have(named: str, wanted: str, names: list[str]) -> None:
    """Refuse a table without the column `wanted`."""
    if wanted not in names:
        listed = ", ".join(name[:50] for name in names[:30])
        raise BadTable(what=named, why=f"has no column {wanted}: it has {listed or 'none'}")


def refused_table(refused: Sequence[tuple[Row, str]]) -> str:
    """The refused rows as CSV, each with its reason: mend them and bring that table alone."""
    names = [name for name in refused[0][0] if name is not None]
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([*names, "reason"])
    writer.writerows([[*(row.get(name, "") for name in names), why] for row, why in refused])
    return written.getvalue()


def _decoded(content: bytes, named: str) -> str:
    """UTF-8, or GB 18030 as spreadsheets save it. Single odd bytes in UTF-8 are left to their rows.

    Most texts in UTF-8 can be read as GB 18030 too, and are nonsense then; so it must be rather that.
    """
    text = content.decode("utf-8-sig", "surrogateescape")
    odd = sum("\udc80" <= sign <= "\udcff" for sign in text)
    foreign = sum(sign > "\x7f" for sign in text) - odd
    if odd <= foreign:
        return text
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError:
        raise BadTable(what=named, why="is neither UTF-8 nor GB 18030: save it as UTF-8") from None


def _check(row: Row) -> None:
    if None in row:
        raise OutOfRange(field="row", why="has more fields than the header: check its quotes")
    for name, value in row.items():
        if NO_TEXT.search(value):
            raise OutOfRange(
                field=name, why="holds a byte that is no text in UTF-8, or NUL: remove it, or save it anew"
            )
