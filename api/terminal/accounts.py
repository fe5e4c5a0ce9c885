"""Accounts at the command line, `whistle account`; each command imports what it needs."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from adapters.database import database
from adapters.settings import Settings

account = typer.Typer(help="Accounts and their roles.", no_args_is_help=True)

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded PostgreSQL.")]
Url = Annotated[str | None, typer.Option("--database-url", help="A PostgreSQL server to use instead.")]


@account.command("open")
def open_account(
    name: Annotated[str, typer.Argument(help="What to sign in with.")],
    person: Annotated[str, typer.Option("--name", help="Whose account it is.")],
    role: Annotated[list[str] | None, typer.Option(help="role:unit, as often as needed.")] = None,
    data: Data = None,
    database_url: Url = None,
) -> None:
    """Open an account; its password is asked, or read from standard input."""
    from api.terminal import managing

    password = _password()
    with database(Settings.read(data, database_url)) as found:
        typer.echo(asyncio.run(managing.open_account(found, name, person, role or [], password)))


@account.command("grant")
def grant(name: str, role: str, unit: str = "", data: Data = None, database_url: Url = None) -> None:
    """Let an account act in a role for a unit."""
    from api.terminal import managing

    with database(Settings.read(data, database_url)) as found:
        typer.echo(asyncio.run(managing.grant(found, name, role, unit)))


@account.command("revoke")
def revoke(name: str, role: str, unit: str = "", data: Data = None, database_url: Url = None) -> None:
    """Let an account no longer act in a role for a unit."""
    from api.terminal import managing

    with database(Settings.read(data, database_url)) as found:
        typer.echo(asyncio.run(managing.revoke(found, name, role, unit)))


@account.command("password")
def change_password(name: str, data: Data = None, database_url: Url = None) -> None:
    """Set another password, which is asked, or read from standard input; all its sessions end."""
    from api.terminal import managing

    password = _password()
    with database(Settings.read(data, database_url)) as found:
        typer.echo(asyncio.run(managing.change_password(found, name, password)))


@account.command("close")
def close_account(name: str, data: Data = None, database_url: Url = None) -> None:
    """Let nobody sign in with an account any more."""
    from api.terminal import managing

    with database(Settings.read(data, database_url)) as found:
        typer.echo(asyncio.run(managing.close_account(found, name)))


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
