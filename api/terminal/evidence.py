"""The evidence from the terminal: is the log intact, and a file that proves a part of it."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import typer

from adapters.database import Database, database
from adapters.personal.missing import Custody, custody
from adapters.settings import BadSetting, Settings
from api.pages.language import LANGUAGE, Language
from api.pages.readable import readable
from api.terminal.managing import at_work
from api.terminal.progress import progress
from domain.calendar import CHINA
from domain.errors import UnknownTicket
from domain.ticket import Ticket
from evidence import export as exporting
from evidence import keys
from evidence.note import BadNote, Checkpoint, Signer, Verifier
from evidence.sealer import notes_of
from evidence.verification import Broken, one_moment
from evidence.verification import verify as verify_log
from projections.board import ticket_id

OF_DEPARTMENT = "SELECT DISTINCT ticket FROM views.board_task WHERE department = %s"


def verify(settings: Settings, checkpoints: list[Path], key: str | None) -> None:
    """Read the whole log and compare it with everything that was sealed."""
    try:
        verifier = Verifier.read(key) if key else keys.signer(settings).verifier
        notes = [note for file in checkpoints for note in _kept(file)]
        if (own := keys.checkpoints(settings)).exists():
            notes += notes_of(_text(own))  # Its end may be torn: the sealer mends it.
        with database(settings) as found, progress() as bar:
            task = bar.add_task("events", total=None)
            intact = verify_log(
                found.service, verifier, notes, lambda done, of: bar.update(task, completed=done, total=of)
            )
            held = _custody(settings, found)
    except (Broken, BadNote) as problem:
        raise BadSetting(f"NOT INTACT: {problem}") from None
    if intact.events and not intact.checkpoints:
        raise BadSetting("NOT SEALED: there is no checkpoint to compare the log with. Run `whistle seal`.")
    newer = intact.events - intact.sealed
    typer.echo(
        f"intact: {intact.events} events, {intact.sealed} sealed under {intact.checkpoints} checkpoints"
        + (f", {newer} newer than the last one" if newer else "")
    )
    if not own.exists():
        typer.echo(f"{own} is not there: the log was compared with the checkpoints of the database alone.")
    typer.echo(f"key: {verifier.fingerprint}")
    _compare(held)


def _custody(settings: Settings, database: Database) -> Custody | None:
    try:
        return custody(settings, database)
    except (BadSetting, psycopg.Error):
        return None


def _compare(held: Custody | None) -> None:
    """Say whether whatever is personal can be read where nobody erased it. Raises `BadSetting`."""
    if held is None:
        typer.echo("The keys of personal data cannot be reached: they were not compared with the log.")
    elif held.missing:
        raise BadSetting(
            f"KEYS MISSING: nobody erased {held.missing} residents, and what is personal of them cannot be "
            "read: restore the key database, then erase again what the log says was erased."
        )
    elif held.readable or held.erased:
        typer.echo(f"personal data: of {held.readable} residents, and {held.erased} who were erased by order")


def export(
    settings: Settings,
    output: Path,
    ticket: str | None,
    start: str | None,
    end: str | None,
    department: str | None,
    english: bool,
    checkpoints: list[Path],
) -> None:
    """Write events with their proofs into one file, which verify_whistle.py verifies without us.

    One that is named .html begins with the history in sentences.
    """
    if sum(each is not None for each in (ticket, start or end, department)) != 1:
        raise BadSetting("Say what to export: --ticket NUMBER, or --from DAY --to DAY, or --department CODE.")
    signer = keys.signer(settings)
    notes = [note for file in checkpoints for note in _kept(file)]
    with database(settings) as found, one_moment(found.service) as conn:
        if ticket is not None:
            what = f"ticket {ticket}"
            positions = exporting.of_histories(conn, [asyncio.run(_ticket(found, ticket))])
        elif department is not None:
            what = f"tickets of {department}"
            positions = exporting.of_histories(
                conn, [id for (id,) in conn.execute(OF_DEPARTMENT, [department])]
            )
        else:
            first, last = _day(start, "--from"), _day(end, "--to")
            what = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
            positions = exporting.recorded_between(conn, first, last + timedelta(days=1))
        told = partial(_told, found, signer, what, english) if output.suffix == ".html" else None
        kept = (Checkpoint.read(signer.verifier.open(note)) for note in notes)
        _write(output, exporting.export(conn, signer, what, positions, told, kept))
    typer.echo(f"{output}: {what}. Verify it: python verify_whistle.py {output}")
    typer.echo(f"key: {signer.verifier.fingerprint}")


def _told(
    database: Database,
    signer: Signer,
    what: str,
    english: bool,
    note: str,
    checkpoint: Checkpoint,
    positions: Sequence[int],
) -> str:
    async def tell() -> str:
        async with at_work(database) as service:
            return await readable(service, what, signer.verifier, note, checkpoint, positions)

    LANGUAGE.set(Language.ENGLISH if english else Language.CHINESE)
    return asyncio.run(tell())


async def _ticket(database: Database, number: str) -> UUID:
    async with at_work(database) as service:
        id = await ticket_id(service.reading, number)
        ticket = await service.store.find(Ticket, id) if id else None
    if ticket is None or ticket.number != number:
        raise UnknownTicket(ticket=number)
    return ticket.id


def _day(given: str | None, option: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(given or ""), time(), CHINA)
    except ValueError:
        raise BadSetting(f"{option} is no day: write it as 2026-11-22.") from None


def _write(output: Path, lines: Iterator[str]) -> None:
    """Write the whole file or none: half an export proves nothing."""
    try:
        with output.open("x", encoding="utf-8", newline="\n") as file, ExitStack() as unless_whole:
            unless_whole.callback(output.unlink)
            file.writelines(lines)
            file.flush()
            unless_whole.pop_all()
    except FileExistsError:
        raise BadSetting(f"{output} is there already: choose another --output.") from None
    except OSError as problem:
        raise BadSetting(f"{output} cannot be written: {problem.strerror}.") from None
    except (Broken, BadNote, exporting.NothingToExport) as problem:
        raise BadSetting(str(problem) or str(type(problem).__doc__)) from None


def _kept(file: Path) -> list[str]:
    """The checkpoints in a file that somebody kept; one that cannot be read is not passed over."""
    text = f"{_text(file)}\n"
    notes = notes_of(text)
    if not notes or "".join(notes).split() != text.split():
        raise BadSetting(f"{file} holds something else than checkpoints: give it as it was written.")
    return notes


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadSetting(f"{file} cannot be read: name a file of checkpoints.") from None
