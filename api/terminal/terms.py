"""Terms at the command line: adopting a table of them, and writing those in force as such a table."""

import csv
import sys
from dataclasses import astuple, fields
from pathlib import Path

import typer

from adapters.database import Database
from adapters.settings import BadSetting
from api.adopted import enter
from api.importing.table import must_have, read_any
from api.terminal.managing import at_work
from api.terminal.table import content_of, day_of, outcome_of
from domain.actors import OPERATOR
from domain.calendar import CHINA
from domain.errors import TermsKnown
from domain.ticket.adopted_terms import AdoptedTerms, AdoptTerms
from domain.ticket.terms import in_force
from domain.ticket.written_terms import Row, read, written

COLUMNS = [field.name for field in fields(Row)]


async def import_terms(database: Database, file: Path, name: str | None, effective: str | None) -> None:
    """Adopt the terms of a table, in force from the day `effective` on, else from today.

    They are one whole: where one row is refused, nothing is adopted.
    """
    names, table = read_any(str(file), content_of(file), set(COLUMNS))
    for column in COLUMNS:
        must_have(str(file), column, names)
    rows = tuple(Row(*(line[column] or "" for column in COLUMNS)) for line in table)
    lines = {id(row): line for row, line in zip(rows, table, strict=True)}
    async with at_work(database) as service:
        day = day_of(effective) if effective else service.store.now().astimezone(CHINA).date()
        command = AdoptTerms(name or f"{day:%Y-%m-%d}", day, rows)
        with outcome_of("rows", file) as outcome:
            read(command.name, day, rows, lambda row, why: outcome.refused.append((lines[id(row)], why)))
            if outcome.refused:
                raise BadSetting("Nothing was adopted: mend the rows that are refused, then run this again.")
            try:
                await enter(
                    service.store, AdoptedTerms, AdoptedTerms.the_id(), AdoptedTerms.begin,
                    AdoptedTerms.adopt, command, by=OPERATOR,
                )  # fmt: skip
                said = f"The terms {command.name} are in force from {day} on; deadlines set before stay."
                outcome.taken = len(rows)
            except TermsKnown as known:
                said, outcome.known = str(known), len(rows)
        typer.echo(said)


async def print_terms(database: Database) -> None:
    """Write the terms in force as a table that can be edited and imported."""
    async with at_work(database) as service:
        terms = in_force((await service.adopted.timing()).terms, service.store.now())
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in written(terms))
    typer.echo(f"These are the terms {terms.name}.", err=True)
