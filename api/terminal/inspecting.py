"""Looking at the service from the terminal: status, rebuild, replay, clocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
import typer

from adapters.database import Database
from adapters.settings import BadSetting
from api.service import Service
from api.terminal.managing import at_work
from api.terminal.progress import progress
from domain.calendar import CHINA
from domain.errors import UnknownTicket
from domain.ticket import Ticket
from projections.board import ticket_id
from projections.history import history
from projections.rebuild import rebuild
from projections.view import STANDING, View

HEAD = "SELECT position, recorded_at FROM log.head WHERE position > 0"
KEPT = "SELECT coalesce(max(position), 0) FROM past.standing"
SEALED = "SELECT coalesce(max(size), 0) FROM seal.checkpoint"

LONGEST_LINE = 200


def status(database: Database) -> None:
    """Print the position of the log and of each view; a view that has stopped is a failure."""
    with psycopg.connect(database.service) as conn:
        head = conn.execute(HEAD).fetchone()
        (sealed,) = conn.execute(SEALED).fetchone() or (0,)
        (kept,) = conn.execute(KEPT).fetchone() or (0,)
        views = [row for row in conn.execute(STANDING) if row[1] is not None]
    if head is None:
        typer.echo("The log is empty.")
    else:
        typer.echo(f"The log is at position {head[0]}, last written {local(head[1])}; sealed up to {sealed}.")
        typer.echo(f"The past of the views is kept up to {kept}.")
    for log_at, name, version, position, error in views:
        lag = log_at - position
        state = f"stopped: {error}" if error else ("up to date" if lag == 0 else f"{lag} events behind")
        typer.echo(f"{name:<12} version {version}  position {position:>12}  {state}")
    if stopped := [name for _, name, *_, error in views if error]:
        raise BadSetting(
            f"{', '.join(stopped)}: stopped. Look into the projector's log, then `whistle rebuild`."
        )


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


async def replay(database: Database, number: str, at: str | None, version: int | None) -> None:
    """Print a ticket as it stood, and its events until then."""
    async with at_work(database) as service:
        ticket, items = await _as_it_stood(service, number, _time(at), version)
    typer.echo(f"{_one_line(ticket.number)}  {_one_line(ticket.title)}")
    typer.echo(
        f"{ticket.stage} since {local(ticket.stage_since)}, version {ticket.version}, {ticket.urgency}, "
        f"category {ticket.category or 'none'}, grid {ticket.grid}"
    )
    for task in ticket.tasks.values():
        lead = "lead" if task.lead else "assisting"
        typer.echo(
            f"  {task.department} ({lead}): {task.stage}, dispatched {local(task.dispatched_at)}, "
            f"claimed {local(task.claimed_at)} (by {local(task.claim_by)}), "
            f"handled {local(task.handled_at)} (due {local(task.due_at)})"
        )
    for item in items:
        by = " ".join(filter(None, (item["by"]["account"], item["by"]["role"], item["by"]["unit"])))
        happened = local(datetime.fromisoformat(item["at"]))
        recorded = f"recorded {local(item['recorded_at'])} at position {item['position']}"
        typer.echo(f"{item['version']:>4}  {happened}  {item['event']}  by {by}; {recorded}")
        for name, value in item["data"].items():
            if name == "clocks":
                for clock in value:
                    typer.echo(f"      clock {clock['name']} of {clock['unit']}: due {_due(clock['due_at'])}")
            elif value not in (None, "", [], {}):
                typer.echo(f"      {name}: {_one_line(value)}")


async def deadlines(database: Database, number: str, at: str | None, version: int | None) -> None:
    """Print every clock of a ticket as it stood, and line by line why it is due when it is."""
    asked = _time(at)
    async with at_work(database) as service:
        ticket = await _ticket(service, number, asked, version)
        now = asked or (service.store.now() if version is None else ticket.modified_on)
    typer.echo(f"{_one_line(ticket.number)}  {_one_line(ticket.title)}")
    for clock in ticket.clocks:
        was = clock.setting
        about = f" about the return of {was.about}" if was.about else ""
        late = ", late" if clock.late(now) else ""
        typer.echo(f"{was.name} of {was.unit}{about}: {clock.state(now)}{late}, due {local(was.due_at)}")
        for line in was.explained():
            typer.echo(f"      {_one_line(line)}")


def _due(at: str | None) -> str:
    return local(datetime.fromisoformat(at) if at else None)


async def _as_it_stood(
    service: Service, number: str, at: datetime | None, version: int | None
) -> tuple[Ticket, list[dict[str, Any]]]:
    ticket = await _ticket(service, number, at, version)
    return ticket, await history(service.reading, ticket.id, ticket.version)


async def _ticket(service: Service, number: str, at: datetime | None, version: int | None) -> Ticket:
    id = await ticket_id(service.reading, number)
    if id is None:
        raise UnknownTicket(ticket=number)
    ticket = await service.store.find_at(Ticket, id, version, at)
    if ticket is None:
        raise BadSetting(f"The ticket {number} was not there yet: choose a later time.")
    if version is not None and at is None and ticket.version < version:
        raise BadSetting(f"The ticket {number} has no version {version}: choose 1 to {ticket.version}.")
    return ticket


def _time(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise BadSetting(f"--at {given} is no time: write it as 2026-11-22T09:30:00+08:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def _one_line(value: Any) -> str:
    """A value on one line, without signs that a terminal would obey."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"


def local(at: datetime | None) -> str:
    """A time as people here say it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}" if at else "-"
