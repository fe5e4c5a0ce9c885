"""Personal data at the command line: erased and wrapped anew, each by two."""

import sys
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import typer

from adapters.database import Database
from adapters.personal.rotation import rotate
from adapters.settings import BadSetting, Settings
from api import personal
from api.service import Service
from api.terminal.managing import at_work
from domain.actors import OPERATOR, Person
from domain.custody import Rotation, may_rotate
from domain.errors import Conflict, UnknownResident
from domain.resident import Erase
from projections.board import ticket_id


async def erase(database: Database, named: str, order: str, account: str | None) -> None:
    """Erase the personal data of the resident that is named by number, ticket or phone."""
    async with at_work(database) as service:
        second = await _second(service, account)
        resident, ticket = await _resident(service, named.strip())
        tickets = await personal.erase(service, resident, Erase(order), OPERATOR, second, ticket)
        typer.echo(
            f"Erased resident {resident}: personal data in {len(tickets)} tickets can no longer be read."
        )
        typer.echo("Copies of the key in backups of the key store end with these: see docs/personal-data.md.")


async def rotate_key(database: Database, settings: Settings, account: str | None, file: Path | None) -> None:
    """Put another master key in force."""
    async with at_work(database) as service:
        consent = may_rotate(OPERATOR, await _second(service, account))
        master = rotate(settings, database, _given(file))
        made = Rotation.record(master.name, OPERATOR, consent, service.store.now())
        with suppress(Conflict):  # Cut short after it was noted, and repeated.
            await service.store.create(made)
        typer.echo(f"The master key is {master.name} from now on; destroy the copies of the one before.")
        if settings.master_key:
            typer.echo("Set WHISTLE_MASTER_KEY to it, and restart the service.")


async def _resident(service: Service, named: str) -> tuple[UUID, UUID | None]:
    """Who is meant, and by which ticket where they are named by one."""
    with suppress(ValueError):
        return UUID(named), None
    if found := await service.keeping.residents.find(named):
        return found, None
    ticket = await ticket_id(service.reading, named)
    if ticket is None:
        raise UnknownResident()
    return await personal.reporter_of(service, ticket), ticket


async def _second(service: Service, account: str | None) -> Person | None:
    if account is None:
        return None
    if sys.stdin.isatty():
        password = str(typer.prompt(f"Password of {account}", hide_input=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    return await service.sessions.second(account, password)


def _given(file: Path | None) -> str | None:
    try:
        return file.read_text("utf-8").strip() if file else None
    except OSError as problem:
        raise BadSetting(f"{file} cannot be read: {problem.strerror}.") from None
