"""One year as the official notice (放假通知) says it: days off, and weekend days that are worked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.errors import OutOfRange
from domain.text import NAME, check_optional_text

FIRST, LAST = 1949, 2200
MOST_PAPERS = 20
PAPER = 300
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that the notice names: off (放假), or worked though it lies on a weekend (调休上班)."""

    date: date
    name: str
    off: bool


@dataclass(frozen=True, slots=True)
class Year:
    """What the notice for one year says; a day it does not name is worked from Monday to Friday.

    It may reach into the December before, which does not make that year known.
    """

    year: int
    papers: tuple[str, ...]
    """Number or address of each notice the days were taken from."""
    days: tuple[Day, ...]
    """In the order of their dates, each once."""

    @property
    def said(self) -> bool:
        """Whether it says anything: a year before its notice stands in collections without days or papers."""
        return bool(self.papers or self.days)


def read_years(given: Any) -> tuple[Year, ...]:
    """The years of a JSON document in holiday-cn's shape: one year, or an array of them.

    Years without any content are left out: their notice is not published yet. Raises `OutOfRange`, which
    names what is wrong, for anything else that is not of this shape.
    """
    found: dict[int, Year] = {}
    for each in given if isinstance(given, list) else [given]:
        year = read_year(each)
        if found.setdefault(year.year, year) != year:
            raise OutOfRange(field=f"{year.year}", why="is given twice with different days: keep one of them")
    years = tuple(found[year] for year in sorted(found) if found[year].said)
    if not years:
        raise OutOfRange(field="calendar", why="has no year with a notice and its days: give at least one")
    return years


def read_year(given: Any) -> Year:
    """One year in holiday-cn's shape: `year`, `papers`, `days` with `name`, `date`, `isOffDay`."""
    if not isinstance(given, Mapping):
        raise OutOfRange(field="calendar", why='is no year: write {"year": 2026, "papers": [], "days": []}')
    year = given.get("year")
    if type(year) is not int or not FIRST <= year <= LAST:
        raise OutOfRange(
            field="year", why=f"is {_shown(year)}: give a whole number from {FIRST} to {LAST}, such as 2026"
        )
    papers = given.get("papers", [])
    if not isinstance(papers, list) or not all(isinstance(paper, str) and paper.strip() for paper in papers):
        raise OutOfRange(field=f"papers of {year}", why="is no list of texts: give the number of each notice")
    if len(papers) > MOST_PAPERS:
        raise OutOfRange(field=f"papers of {year}", why=f"are {len(papers)}: name {MOST_PAPERS} at most")
    for paper in papers:
        check_optional_text(f"papers of {year}", paper, PAPER)
    days = given.get("days")
    if not isinstance(days, list):
        raise OutOfRange(field=f"days of {year}", why="is no list: give name, date and isOffDay of each day")
    return Year(year, tuple(paper.strip() for paper in papers), _days(year, days))


def _days(year: int, given: list[Any]) -> tuple[Day, ...]:
    found: dict[date, Day] = {}
    for nth, each in enumerate(given, 1):
        day = _day(year, nth, each)
        if found.setdefault(day.date, day).off != day.off:
            raise OutOfRange(
                field=f"{day.date}", why="is given twice, once off and once worked: keep what the notice says"
            )
    return tuple(found[day] for day in sorted(found))


def _day(year: int, nth: int, given: Any) -> Day:
    where = f"day {nth} of {year}"
    if not isinstance(given, Mapping):
        raise OutOfRange(field=where, why="is no day: give name, date and isOffDay")
    day = _date(where, given.get("date"))
    if day.year != year and (day.year, day.month) != (year - 1, 12):
        raise OutOfRange(
            field=where,
            why=f"is {day}: a notice for {year} speaks of {year} and of December {year - 1}; "
            "put the day under its own year",
        )
    off = given.get("isOffDay")
    if not isinstance(off, bool):
        raise OutOfRange(field=f"isOffDay of {day}", why=f"is {_shown(off)}: write true or false")
    name = given.get("name", "")
    if not isinstance(name, str):
        raise OutOfRange(field=f"name of {day}", why=f"is {_shown(name)}: write a text")
    check_optional_text(f"name of {day}", name, NAME)
    return Day(day, name.strip(), off)


def _date(where: str, given: Any) -> date:
    if isinstance(given, str) and DATE.fullmatch(given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    raise OutOfRange(field=where, why=f"has the date {_shown(given)}: write a day there is, as 2026-02-14")


def _shown(value: Any) -> str:
    return "missing" if value is None else repr(value)[:30]
