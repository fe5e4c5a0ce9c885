"""The commands that take in tables: `whistle import`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from adapters.database import database
from adapters.settings import Settings
from api.terminal.accounts import Data, Url

imports = typer.Typer(help="Take in places, departments and reports from tables.", no_args_is_help=True)


@imports.command("units")
def import_units(file: Path, data: Data = None, database_url: Url = None) -> None:
    """Places and departments: columns code, name, parent, level; other columns are kept as they are."""
    from api.terminal import importing

    with database(Settings.read(data, database_url)) as found:
        asyncio.run(importing.import_units(found, file))


@imports.command("tickets")
def import_tickets(
    file: Path,
    map: Annotated[list[str] | None, typer.Option(help="column=field, as often as needed.")] = None,
    set: Annotated[
        list[str] | None, typer.Option(help="field=value for every row, as often as needed.")
    ] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Reports: what was imported before is left alone, refused rows go to FILE.refused.csv."""
    from api.terminal import importing

    with database(Settings.read(data, database_url)) as found:
        asyncio.run(importing.import_tickets(found, file, map or [], set or []))


@imports.command("catalogue")
def import_catalogue(
    file: Path,
    map: Annotated[list[str] | None, typer.Option(help="column=field, as often as needed.")] = None,
    set: Annotated[
        list[str] | None, typer.Option(help="field=value for every row, as often as needed.")
    ] = None,
    means: Annotated[
        list[str] | None, typer.Option(help="What 天 and 小时 stand for: 天=days, 小时=urgent_hours.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Its name; the month where none is given.")] = None,
    effective: Annotated[str | None, typer.Option(help="The day it is in force from; today.")] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """A version of the catalogue, CSV or Excel; refused rows go to FILE.refused.csv."""
    from api.terminal import adopting

    with database(Settings.read(data, database_url)) as found:
        asyncio.run(
            adopting.import_catalogue(found, file, map or [], set or [], means or [], version, effective)
        )


@imports.command("terms")
def import_terms(
    file: Path,
    name: Annotated[str | None, typer.Option(help="Their name; the day where none is given.")] = None,
    effective: Annotated[str | None, typer.Option(help="The day they are in force from; today.")] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """How long everybody has, and the ladder: the table that `whistle terms` writes, edited."""
    from api.terminal import terms

    with database(Settings.read(data, database_url)) as found:
        asyncio.run(terms.import_terms(found, file, name, effective))


@imports.command("calendar")
def import_calendar(
    file: Path,
    name: Annotated[str, typer.Option(help="Which calendar the years belong to.")] = "china",
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Years of a calendar as their official notices say them: JSON in holiday-cn's shape, one or an array."""
    from api.terminal import calendars

    with database(Settings.read(data, database_url)) as found:
        typer.echo(asyncio.run(calendars.import_calendar(found, file, name)))
