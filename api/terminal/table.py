"""Tables as people save them: read row by row; each row goes in or is refused by name."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import structlog
import typer

from adapters.batching import Overloaded
from adapters.recorder import OutcomeUnknown, Unavailable
from adapters.settings import BadSetting
from api.terminal.progress import progress
from domain.errors import OutOfRange, Refusal
from domain.text import NO_TEXT

log = structlog.get_logger()

AT_ONCE = 64
"""Rows under way at the same time."""
LONGEST_FIELD = 10_000_000
"""Characters."""

Row = dict[str, str]


@dataclass
class Outcome:
    """What became of the rows."""

    taken: int = 0
    known: int = 0
    amended: int = 0
    refused: list[tuple[Row, str]] = field(default_factory=list)

    async def take(self, rows: list[Row], take: Callable[[Row], Awaitable[None]]) -> None:
        """Take the rows in the order of the file, many under way at once.

        A row that is refused leaves the others alone, also where the fault is ours. Raises `Unavailable`,
        `OutcomeUnknown` or `Overloaded` where the database is away: then the next rows have no chance either.
        """
        if not rows:
            return
        with progress() as bar:
            task = bar.add_task("rows", total=len(rows))

            async def take_one(row: Row) -> None:
                try:
                    _check(row)
                    await take(row)
                except Refusal as refusal:
                    self.refused.append((row, str(refusal)))
                except (Overloaded, Unavailable, OutcomeUnknown):
                    raise
                except Exception as fault:  # One row that trips our code must not stop the others.
                    name = type(fault).__name__
                    log.error("row_failed", problem=name)
                    log.debug("row_failed", exc_info=fault)
                    why = f"The program failed at this row, which is our fault ({name}): tell us."
                    self.refused.append((row, why))
                bar.advance(task)

            for start in range(0, len(rows), AT_ONCE):
                under_way = (take_one(row) for row in rows[start : start + AT_ONCE])
                for trouble in await asyncio.gather(*under_way, return_exceptions=True):
                    if trouble is not None:
                        raise trouble

    def spoken(self, what: str) -> str:
        """The counts as a phrase: '3 tickets taken in, 2 known already, 0 refused'."""
        renamed = [f"{self.amended} renamed"] if self.amended else []
        said = [f"{self.taken} {what} taken in", f"{self.known} known already", *renamed]
        return ", ".join([*said, f"{len(self.refused)} refused"])


@contextmanager
def outcome_of(what: str, file: Path) -> Iterator[Outcome]:
    """Count what becomes of the rows; however it ends, say it and write the refused ones to a file."""
    outcome = Outcome()
    finished = False
    try:
        yield outcome
        finished = True
    finally:
        path = _write_refused(file, outcome.refused) if outcome.refused else None
        if finished and path is None:
            _beside(file).unlink(missing_ok=True)  # It was ours, and says what is no longer so.
        typer.echo(outcome.spoken(what) + (f": see {path}." if path else "."))


def read_table(file: Path) -> tuple[list[str], list[Row]]:
    """The names of its columns, and its rows; refused where it is no table."""
    csv.field_size_limit(LONGEST_FIELD)
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise BadSetting(f"{file} cannot be read: {problem.strerror}.") from None
    reader = csv.DictReader(io.StringIO(_decoded(content, file), newline=""), restval="")
    try:
        names = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = names
        rows = list(reader)
    except csv.Error as problem:
        raise BadSetting(f"{file} is not a table: {problem} near line {reader.line_num}.") from None
    if any(NO_TEXT.search(name) for name in names):
        raise BadSetting(f"{file} is not a table: its first line holds what is no text. Save it as UTF-8.")
    return names, rows


def pairs(given: list[str], option: str, left: tuple[str, ...] = (), right: tuple[str, ...] = ()) -> Row:
    """What `name=value` options say; their values are some of `right`, or else their names some of `left`."""
    found: Row = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or (value not in right if right else name not in left):
            raise BadSetting(f"{option} {pair} names no field: use one of {', '.join(left or right)}.")
        found[name] = value
    return found


def must_have(file: Path, wanted: str, names: list[str]) -> None:
    """Refuse a table without the column `wanted`."""
    if wanted not in names:
        listed = ", ".join(name[:50] for name in names[:30])
        raise BadSetting(f"{file} has no column {wanted}: it has {listed or 'none'}.")


def day_of(text: str) -> date:
    """The day that `--effective` names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"--effective {text[:30]} is no day: write it as 2026-02-01.") from None


def _decoded(content: bytes, file: Path) -> str:
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
        raise BadSetting(f"{file} is neither UTF-8 nor GB 18030: save it as UTF-8.") from None


def _check(row: Row) -> None:
    if None in row:
        raise OutOfRange(field="row", why="has more fields than the header: check its quotes")
    for name, value in row.items():
        if NO_TEXT.search(value):
            raise OutOfRange(
                field=name, why="holds a byte that is no text in UTF-8, or NUL: remove it, or save it anew"
            )


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.refused.csv")


def _write_refused(file: Path, refused: list[tuple[Row, str]]) -> Path:
    """The refused rows with their reasons, beside the file, or here where that folder is closed to us."""
    names = [name for name in refused[0][0] if name is not None]
    for path in _beside(file), Path.cwd() / _beside(file).name:
        try:
            with path.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="") as out:
                writer = csv.writer(out)
                writer.writerow([*names, "reason"])
                writer.writerows([[*(row.get(name, "") for name in names), why] for row, why in refused])
            return path
        except OSError:
            continue
    raise BadSetting(f"{_beside(file)} cannot be written: {len(refused)} refused rows are not noted.")
