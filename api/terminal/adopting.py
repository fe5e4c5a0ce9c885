"""Taking in a catalogue at the command line: each row is a rule or is refused by name."""

from pathlib import Path

import typer

from adapters.database import Database
from adapters.settings import BadSetting
from api.importing.catalogue import FIELDS, adopt, read_sheet
from api.terminal.managing import at_work
from api.terminal.table import content_of, day_of, outcome_of, pairs
from domain.actors import OPERATOR
from domain.calendar import CHINA
from domain.catalogue import PLAIN
from domain.catalogue.limits import MAY_MEAN
from domain.errors import CatalogueKnown
from domain.working_time.limit import Measure


async def import_catalogue(
    database: Database,
    file: Path,
    mapped: list[str],
    set_: list[str],
    means: list[str],
    name: str | None,
    effective: str | None,
) -> None:
    """Adopt the rules of a file as a version, in force from the day `effective` on, else from today."""
    renamed = pairs(mapped, "--map", right=FIELDS)
    fixed = pairs(set_, "--set", left=FIELDS)
    plain = {**PLAIN, **_meanings(means)}
    sheet = read_sheet(str(file), content_of(file), renamed, fixed)
    async with at_work(database) as service:
        day = day_of(effective) if effective else service.store.now().astimezone(CHINA).date()
        with outcome_of("rules", file, len(sheet.rows)) as outcome:
            said = "Nothing was adopted."
            try:
                if adopted := await adopt(service, sheet, outcome, OPERATOR, day, name, plain):
                    rules = f"{len(adopted.rules)} rules"
                    said = f"The catalogue {adopted.name} with {rules} is in force from {day} on."
            except CatalogueKnown as known:
                said = str(known)
        typer.echo(said)


def _meanings(given: list[str]) -> dict[str, Measure]:
    found = {}
    for word, _, meaning in (pair.partition("=") for pair in given):
        if meaning not in MAY_MEAN.get(word, ()):
            allowed = ", ".join(f"{word}={one}" for word, several in MAY_MEAN.items() for one in several)
            raise BadSetting(f"--means {word[:30]} says nothing: use {allowed}.")
        found[word] = Measure(meaning)
    return found
