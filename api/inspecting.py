"""Looking at the service from the terminal: status, rebuild, replay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from adapters.database import Database
from adapters.settings import BadSetting
from api.managing import at_work
from api.service import Service
from domain.calendar import CHINA
from domain.errors import UnknownTicket
from domain.ticket import Ticket
from projections.board import ticket_id
from projections.history import history
from projections.rebuild import rebuild
from projections.view import View

STANDING = """
SELECT coalesce(v.name, ''), v.version, v.position, h.position - v.position, coalesce(v.error, '')
  FROM log.head AS h LEFT JOIN views.view AS v ON true ORDER BY v.name
"""
HEAD = "SELECT position, recorded_at FROM log.head WHERE position > 0"


def progress() -> Progress:
    """A bar with counts on standard error."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True),
    )  # fmt: skip


def status(database: Database) -> None:
    """Print the position of the log and of each view."""
    with psycopg.connect(database.service) as conn:
        head = conn.execute(HEAD).fetchone()
        views = conn.execute(STANDING).fetchall()
    if head is None:
        typer.echo("The log is empty.")
    else:
        typer.echo(f"The log is at position {head[0]}, last written {local(head[1])}.")
    for name, version, position, lag, error in views:
        if name:
            state = f"stopped: {error}" if error else ("up to date" if lag == 0 else f"{lag} events behind")
            typer.echo(f"{name:<12} version {version}  position {position:>12}  {state}")


def rebuild_views(database: Database, known: Sequence[View], names: list[str]) -> None:
    """Build the named views anew, or all."""
    by_name = {view.name: view for view in known}
    if unknown := [name for name in names if name not in by_name]:
        raise BadSetting(f"There is no view {unknown[0]}: use {', '.join(by_name)}.")
    chosen = [by_name[name] for name in dict.fromkeys(names)] or list(known)
    with progress() as bar:
        task = bar.add_task("events", total=None)
        position = rebuild(
            database.service, chosen, lambda done, of: bar.update(task, completed=done, total=of)
        )
    typer.echo(f"{', '.join(view.name for view in chosen)}: built up to position {position}.")


async def replay(database: Database, number: str, at: datetime | None, version: int | None) -> None:
    """Print a ticket as it stood, and its events until then."""
    async with at_work(database) as service:
        ticket, items = await _as_it_stood(service, number, at, version)
    console = Console()
    console.print(Text(f"{ticket.number}  {ticket.title}", style="bold"))
    console.print(
        f"{ticket.stage} since {local(ticket.stage_since)}, version {ticket.version}; "
        f"grid {ticket.grid}, {ticket.urgency}, category {ticket.category or '-'}"
    )
    tasks = Table("department", "stage", "claim by", "due", "claimed", "handled")
    for task in ticket.tasks.values():
        lead = f"{task.department} (lead)" if task.lead else task.department
        tasks.add_row(
            lead, task.stage, local(task.claim_by), local(task.due_at),
            local(task.claimed_at), local(task.handled_at),
        )  # fmt: skip
    if ticket.tasks:
        console.print(tasks)
    events = Table("version", "position", "at", "recorded", "event", "by", "facts")
    for item in items:
        by = f"{item['by']['account']} ({item['by']['role']} {item['by']['unit']})"
        events.add_row(
            str(item["version"]), str(item["position"]), local(datetime.fromisoformat(item["at"])),
            local(item["recorded_at"]), item["event"], Text(by), Text(_facts(item["data"])),
        )  # fmt: skip
    console.print(events)


async def _as_it_stood(
    service: Service, number: str, at: datetime | None, version: int | None
) -> tuple[Ticket, list[dict[str, Any]]]:
    id = await ticket_id(service.reading, number)
    if id is None:
        raise UnknownTicket(ticket=number)
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=CHINA)
    ticket = await service.store.find_at(Ticket, id, version, at)
    if ticket is None:
        raise BadSetting(f"The ticket {number} was not there yet: choose a later time.")
    items = await history(service.reading, id, ticket.version)
    return ticket, items


def _facts(data: dict[str, Any]) -> str:
    said = {name: value for name, value in data.items() if value not in (None, "", [], {})}
    return "; ".join(f"{name}: {value}" for name, value in said.items())[:300]


def local(at: datetime | None) -> str:
    """A time as people here say it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}" if at else "-"
