"""The command line: `whistle`. Each command imports what it needs, so that none waits for the rest."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from adapters.batching import Overloaded
from adapters.database import database
from adapters.logs import configure_logs
from adapters.personal.residents import KeysAway, prepare
from adapters.recorder import OutcomeUnknown, Unavailable
from adapters.settings import BadSetting, Settings
from api.terminal.accounts import Data, Url, account
from api.terminal.imports import imports
from api.terminal.processes import processes
from domain.refusal import Refusal
from projections.fold import Damaged
from projections.rebuild import Outdated

INTERRUPTED = 130
"""What the library makes of Ctrl-C."""

app = typer.Typer(
    help="Whistle 吹哨: the community whistles, the departments report for duty.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(imports, name="import")
app.add_typer(account, name="account")
app.add_typer(processes)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    data: Data = None,
    database_url: Url = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="With the demonstration township; loopback only.")
    ] = False,
    with_projector: Annotated[
        bool,
        typer.Option("--projector/--no-projector", help="Run the projector beside the service."),
    ] = True,
    with_messenger: Annotated[
        bool,
        typer.Option("--messenger/--no-messenger", help="Run the messenger beside the service."),
    ] = True,
    with_sealer: Annotated[
        bool,
        typer.Option("--sealer/--no-sealer", help="Run the sealer beside the service."),
    ] = True,
    with_recall: Annotated[
        bool,
        typer.Option("--recall/--no-recall", help="Keep the past of the views beside the service."),
    ] = True,
) -> None:
    """Run the service."""
    from api import serving

    settings = Settings.read(data, database_url)
    serving.serve(settings, host, port, demo, with_projector, with_messenger, with_sealer, with_recall)


@app.command()
def migrate(data: Data = None, database_url: Url = None) -> None:
    """Bring the schema of the log and of the keys up to date, with the owner's URL."""
    settings = Settings.read(data, database_url)
    with database(settings) as found:
        typer.echo("The schema is up to date.")
        prepare(settings, found)


@app.command()
def status(data: Data = None, database_url: Url = None) -> None:
    """Where the log and the views stand."""
    from api.terminal import inspecting

    with database(Settings.read(data, database_url)) as found:
        inspecting.status(found)


@app.command()
def rebuild(
    views: Annotated[
        list[str] | None, typer.Argument(help="Names of views; all of them if none is given.")
    ] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Build views anew from the log while the service runs."""
    from api.projector import VIEWS
    from api.terminal import inspecting

    with database(Settings.read(data, database_url)) as found:
        inspecting.rebuild_views(found, VIEWS, views or [])


@app.command()
def terms(data: Data = None, database_url: Url = None) -> None:
    """The terms in force as a table, to be edited and taken in with `whistle import terms`."""
    from api.terminal import terms

    with database(Settings.read(data, database_url)) as found:
        asyncio.run(terms.print_terms(found))


@app.command()
def replay(
    number: Annotated[str, typer.Argument(help="The ticket's number.")],
    at: Annotated[str | None, typer.Option(help="As it stood at this time; local without a zone.")] = None,
    version: Annotated[int | None, typer.Option(help="As it stood at this version.", min=1)] = None,
    deadlines: Annotated[bool, typer.Option("--deadlines", help="Its clocks, and why each is due.")] = False,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Show how a ticket stood, and what happened to it until then."""
    from api.terminal import inspecting

    with database(Settings.read(data, database_url)) as found:
        show = inspecting.deadlines if deadlines else inspecting.replay
        asyncio.run(show(found, number, at, version))


@app.command()
def verify(
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A file of checkpoints kept elsewhere, as often as needed.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The public key you trust; that of this installation unless said.")
    ] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Read the whole log: is it what was sealed?"""
    from api.terminal import evidence

    evidence.verify(Settings.read(data, database_url), checkpoint or [], key)


@app.command()
def export(
    output: Annotated[
        Path, typer.Option(help="The file to write, not there yet; one that ends in .html people read, too.")
    ],
    ticket: Annotated[str | None, typer.Option(help="A ticket's number: its whole history.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="The first day, by when it was recorded.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The last day.")] = None,
    department: Annotated[str | None, typer.Option(help="All tickets that it had a task in.")] = None,
    english: Annotated[bool, typer.Option("--english", help="What people read is in English.")] = False,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint kept elsewhere: proves that the log grew from it.")
    ] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Write events with their proofs into one file, which verify_whistle.py verifies without us."""
    from api.terminal import evidence

    settings = Settings.read(data, database_url)
    evidence.export(settings, output, ticket, start, end, department, english, checkpoint or [])


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="The resident's number, a ticket of theirs, or their phone.")],
    order: Annotated[str, typer.Option(help="Who ordered it, and why: it is recorded.")],
    consent: Annotated[
        str | None, typer.Option(help="An administrator's account, who signs for it with the password.")
    ] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Erase a resident's personal data for ever; a second person signs for it."""
    from api.terminal import personal

    with database(Settings.read(data, database_url)) as found:
        asyncio.run(personal.erase(found, person, order, consent))


@app.command("rotate-key")
def rotate_key(
    consent: Annotated[
        str | None, typer.Option(help="An administrator's account, who signs for it with the password.")
    ] = None,
    new_key_file: Annotated[
        Path | None, typer.Option(help="The next master key; a new one unless named.")
    ] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Put another master key in force while the service runs; a second person signs for it."""
    from api.terminal import personal

    settings = Settings.read(data, database_url)
    with database(settings) as found:
        asyncio.run(personal.rotate_key(found, settings, consent, new_key_file))


@app.command("deadlines")
def compute_deadlines(
    calendar: Annotated[str, typer.Option(help="china, the name of an imported calendar, or a JSON file.")],
    file: Annotated[Path, typer.Option("--input", help="A table with the columns start and limit.")],
    hours: Annotated[
        str | None, typer.Option(help="Slots of a working day: 08:30-12:00,14:00-17:30 unless said.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Whose clock it is: Asia/Shanghai unless said.")] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Print a table with a column due added: when limits such as 5 working_days end."""
    from api.terminal import deadlines

    found = deadlines.calendar_at_hand(calendar, asks_log=bool(data or database_url))
    if found is None:
        from api.terminal import calendars

        found = calendars.calendar_in_log(calendar, data, database_url)
    if not deadlines.answer(found, hours, zone, file):
        raise typer.Exit(1)


def main() -> None:
    """Run a command: 0 done, 1 refused or failed with one line that says why, 2 wrong usage."""
    try:
        usual = "info" if {"serve", "project", "tell", "seal", "recall"} & set(sys.argv) else "error"
        configure_logs(os.environ.get("WHISTLE_LOG") or usual)
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _fail("Interrupted: what was done so far stays done, run it again to go on.")
        raise
    except (BadSetting, Refusal, Damaged, Outdated) as refused:
        _fail(str(refused))
    except (Overloaded, Unavailable, OutcomeUnknown, KeysAway) as trouble:
        _fail(str(trouble.__doc__))
    except Exception as fault:  # The last one: no traceback reaches a user.
        structlog.get_logger().debug("command_failed", problem=type(fault).__name__, exc_info=fault)
        _fail(
            f"This is our fault ({type(fault).__name__}): set WHISTLE_LOG=debug, run it again, and tell us."
        )


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
