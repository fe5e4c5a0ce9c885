"""Tables at the command line: files, options, what is said of the rows, and the refused ones in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import typer

from adapters.settings import BadSetting
from api.importing.row import Row
from api.importing.table import Outcome, refused_table
from api.terminal.progress import progress


def content_of(file: Path) -> bytes:
    """What the file holds."""
    try:
        return file.read_bytes()
    except OSError as problem:
        raise BadSetting(f"{file} cannot be read: {problem.strerror}.") from None


@contextmanager
def outcome_of(what: str, file: Path, rows: int = 0) -> Iterator[Outcome]:
    """Count what becomes of the rows; however it ends, say it and write the refused ones to a file."""
    outcome = Outcome()
    finished = False
    try:
        with progress() as bar:
            if rows:
                task = bar.add_task("rows", total=rows)
                outcome.advance = lambda: bar.advance(task)
            yield outcome
        finished = True
    finally:
        path = _write_refused(file, outcome) if outcome.refused else None
        if finished and path is None:
            _beside(file).unlink(missing_ok=True)  # It was ours, and says what is no longer so.
        typer.echo(spoken(outcome, what) + (f": see {path}." if path else "."))


def spoken(outcome: Outcome, what: str) -> str:
    """The counts as a phrase: '3 tickets taken in, 2 known already, 0 refused'."""
    renamed = [f"{outcome.amended} renamed"] if outcome.amended else []
    said = [f"{outcome.taken} {what} taken in", f"{outcome.known} known already", *renamed]
    return ", ".join([*said, f"{len(outcome.refused)} refused"])


def pairs(
    given: list[str], option: str, left: tuple[str, ...] = (), right: tuple[str, ...] = ()
) -> dict[str, str]:
    """What `name=value` options say; their values are some of `right`, or else their names some of `left`."""
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or (value not in right if right else name not in left):
            raise BadSetting(f"{option} {pair} names no field: use one of {', '.join(left or right)}.")
        found[name] = value
    return found


def day_of(text: str) -> date:
    """The day that `--effective` names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"--effective {text[:30]} is no day: write it as 2026-02-01.") from None


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.refused.csv")


def _write_refused(file: Path, outcome: Outcome) -> Path:
    """The refused rows with their reasons, beside the file, or here where that folder is closed to us."""
    said: list[tuple[Row, str]] = [(row, str(refusal)) for row, refusal in outcome.refused]
    for path in _beside(file), Path.cwd() / _beside(file).name:
        try:
            path.write_bytes(refused_table(said).encode("utf-8-sig", "surrogateescape"))
            return path
        except OSError:
            continue
    raise BadSetting(f"{_beside(file)} cannot be written: {len(said)} refused rows are not noted.")
