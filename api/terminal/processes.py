"""The processes beside the service at the command line, each by itself; a command imports what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.database import database
from adapters.settings import Settings

processes = typer.Typer()

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded PostgreSQL.")]
Url = Annotated[str | None, typer.Option("--database-url", help="A PostgreSQL server to use instead.")]


@processes.command("project")
def run_projector(
    data: Data = None,
    database_url: Url = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run a projector by itself; of several, one works and the others stand by."""
    from api.projector import project

    with database(Settings.read(data, database_url)) as found:
        project(found, with_parent)


@processes.command("tell")
def run_messenger(
    data: Data = None,
    database_url: Url = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run a messenger by itself, which tells people; of several, one works and the others stand by."""
    from api.messenger import tell

    with database(Settings.read(data, database_url)) as found:
        tell(found, with_parent)


@processes.command("seal")
def run_sealer(
    data: Data = None,
    database_url: Url = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run a sealer by itself, which signs what is in the log; of several, one works."""
    from api.sealing import seal

    settings = Settings.read(data, database_url)
    with database(settings) as found:
        seal(found, settings, with_parent)


@processes.command("recall")
def run_recall(
    data: Data = None,
    database_url: Url = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run by itself what keeps the past of the views; of several, one works and the others stand by."""
    from api.recalling import recall

    with database(Settings.read(data, database_url)) as found:
        recall(found, with_parent)
