"""Calendars as people entered them (工作日历登记), year by year, with the number of the notice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Person
from domain.errors import OutOfRange, YearsKnown
from domain.event import Aggregate, Created, Event, id_of
from domain.text import check_text
from domain.unit import administrator
from domain.working_time import china
from domain.working_time.calendar import Calendar
from domain.working_time.year import Day, Year

LONGEST_NAME = 50


@dataclass(frozen=True)
class EnterYears:
    """Ask for years to be entered; one that was entered otherwise before is corrected from now on."""

    years: tuple[Year, ...]


class CalendarBegun(Created):
    """A calendar was begun, without any year yet (日历建立)."""

    TOPIC: ClassVar[str] = "calendar.begun"
    name: str


class YearEntered(Event):
    """A year was entered, or corrected, as its notice says (年度安排录入). Deadlines set before stay."""

    TOPIC: ClassVar[str] = "calendar.year_entered"
    year: int
    papers: tuple[str, ...]
    days: tuple[Day, ...]

    def apply(self, calendar: "EnteredCalendar") -> None:
        calendar.years[self.year] = Year(self.year, self.papers, self.days)


class EnteredCalendar(Aggregate):
    """One calendar, by its name."""

    TOPIC: ClassVar[str] = "calendar"

    name: str
    years: dict[int, Year] = field(default_factory=dict, init=False)

    @staticmethod
    def id_of(name: str) -> UUID:
        """The id of the calendar with this name."""
        return id_of("calendar", name)

    @classmethod
    def begin(cls, name: str, by: Person, at: datetime) -> Self:
        """Begin a calendar that has no year yet."""
        actor = administrator(by, "enter a calendar")
        check_text("name", name, LONGEST_NAME)
        return cls._begin(CalendarBegun, cls.id_of(name), actor, at, name=name)

    def enter(self, command: EnterYears, by: Person, at: datetime) -> None:
        """Enter years, each with the number of its notice; what is known already is left as it is.

        Raises `YearsKnown` where all of it is.
        """
        actor = administrator(by, "enter a calendar")
        for year in command.years:
            if not year.papers:
                raise OutOfRange(
                    field=f"papers of {year.year}", why="name no notice: give the number of the official one"
                )
        new = [year for year in command.years if self.years.get(year.year) != year]
        if not new:
            raise YearsKnown(calendar=self.name)
        for year in new:
            self._record(YearEntered, actor, at, year=year.year, papers=year.papers, days=year.days)

    def calendar(self) -> Calendar:
        """The calendar as it stands; years entered under a name that is shipped come before those shipped."""
        return Calendar(self.name, {**shipped_years(self.name), **self.years}.values())


def shipped_years(name: str) -> dict[int, Year]:
    """The years of this calendar that come with the program, by year."""
    return {year.year: year for year in china.YEARS} if name == china.NAME else {}
