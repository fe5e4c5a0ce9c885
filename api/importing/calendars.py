"""Taking in years of a calendar (工作日历) as their official notices say them."""

import json
from functools import partial
from typing import Any

from adapters.batch import Receipt
from api.adopted import enter
from api.importing.row import BadTable
from api.importing.table import must_have, read_table
from api.service import Service
from domain.actors import Person
from domain.errors import OutOfRange
from domain.working_time.entered import EnteredCalendar, EnterYears
from domain.working_time.year import Year, read_years

LARGEST = 10_000_000


COLUMNS = ("year", "paper", "date", "name", "off")
"""Of a table, one row a day that a notice names: `off` says yes, or no where it is worked."""


def read_calendar(named: str, content: bytes) -> tuple[Year, ...]:
    """The years of a JSON file in holiday-cn's shape or an array of such, or of a CSV. Raises `BadTable`."""
    if len(content) > LARGEST:
        raise BadTable(what=named, why="is larger than 10 MB: it is no calendar")
    if named.lower().endswith(".csv"):
        return _years(named, _of_table(named, content))
    try:
        given = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadTable(what=named, why="is no JSON in UTF-8: give a calendar in holiday-cn's shape") from None
    return _years(named, given)


def _of_table(named: str, content: bytes) -> list[dict[str, Any]]:
    """The years of a table, in the shape in which the same stands in JSON."""
    names, rows = read_table(named, content)
    for wanted in COLUMNS:
        must_have(named, wanted, names)
    years: dict[str, dict[str, Any]] = {}
    for row in rows:
        says = {name: row[name].strip() for name in COLUMNS}
        number = says["year"]
        year = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else number
        found = years.setdefault(number, {"year": year, "papers": [], "days": []})
        found["papers"] += [p for p in says["paper"].split("、") if p and p not in found["papers"]]
        off = {"yes": True, "是": True, "no": False, "否": False}.get(says["off"].lower(), says["off"])
        found["days"].append({"name": says["name"], "date": says["date"].replace("/", "-"), "isOffDay": off})
    return list(years.values())


def _years(named: str, given: Any) -> tuple[Year, ...]:
    try:
        return read_years(given)
    except OutOfRange as refusal:
        raise BadTable(what=f"{named}:", why=str(refusal).removesuffix(".")) from None


async def enter_years(service: Service, name: str, years: tuple[Year, ...], by: Person) -> Receipt:
    """Enter years; one entered otherwise before is corrected from now on. Raises `YearsKnown`."""
    return await enter(
        service.store, EnteredCalendar, EnteredCalendar.id_of(name), partial(EnteredCalendar.begin, name),
        EnteredCalendar.enter, EnterYears(years), by=by,
    )  # fmt: skip
