"""Calendars in the log: entering their years, and taking them from there."""

import asyncio
from pathlib import Path

from adapters.database import Database, database
from adapters.settings import BadSetting, Settings
from api.importing.calendars import enter_years, read_calendar
from api.terminal.managing import at_work
from api.terminal.table import content_of
from domain.actors import OPERATOR
from domain.errors import YearsKnown
from domain.working_time import CHINESE, Calendar
from domain.working_time.entered import EnteredCalendar, shipped_years


async def import_calendar(found: Database, file: Path, name: str) -> str:
    """Enter the years of a file; a year entered otherwise before is corrected from now on."""
    entered = read_calendar(str(file), content_of(file))
    years = ", ".join(str(year.year) for year in entered)
    async with at_work(found) as service:
        try:
            await enter_years(service, name, entered, OPERATOR)
        except YearsKnown:
            return f"The calendar {name} knows {years} as given: nothing was changed."
    return f"The calendar {name} knows {years} from now on; deadlines set before stay as they are."


def calendar_in_log(named: str, data: Path | None, url: str | None) -> Calendar:
    """The calendar of this name as it was entered, years shipped under the name included."""
    settings = Settings.read(data, url)
    if settings.database_url or settings.data.is_dir():  # Asking makes no folder.
        with database(settings) as found:
            entered = asyncio.run(_entered(found, named))
        if entered is not None:
            return entered.calendar()
    if shipped := shipped_years(named):
        return Calendar(named, shipped.values())
    raise BadSetting(
        f"There is no calendar {named[:50]}: enter it with `whistle import calendar FILE --name NAME`, "
        f"or use {CHINESE.name}, or a file."
    )


async def _entered(found: Database, name: str) -> EnteredCalendar | None:
    async with at_work(found) as service:
        return await service.store.find(EnteredCalendar, EnteredCalendar.id_of(name))
