"""Which days are worked (工作日历): years as their notices say them; a year nobody entered is unknown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.errors import UnknownYear
from domain.working_time.year import Day, Year

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Ruled:
    """A day that a notice names, and which notice."""

    day: Day
    papers: tuple[str, ...]


class Calendar:
    """The years entered under one name.

    Where two notices name the same day, as they may in December, the one for the later year decides.
    Two calendars of the same name and years are equal.
    """

    def __init__(self, name: str, years: Iterable[Year]) -> None:
        self.name = name
        self.years = {year.year: year for year in sorted(years, key=lambda year: year.year) if year.said}
        self._ruled = {day.date: Ruled(day, year.papers) for year in self.years.values() for day in year.days}
        self._runs = [_Run(self, years) for years in _unbroken(list(self.years))]
        self._run_of = {year: run for run in self._runs for year in run.years}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and (self.name, self.years) == (other.name, other.years)

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.years.values())))

    def ruled(self, day: date) -> Ruled | None:
        """What a notice says of this day, None where the day is ordinary."""
        return self._ruled.get(day)

    def is_worked(self, day: date) -> bool:
        """Whether this day is worked. Raises `UnknownYear` where its year was not entered."""
        if day.year not in self.years:
            raise self.unknown(day.year)
        ruled = self._ruled.get(day)
        return day.weekday() < SATURDAY if ruled is None else not ruled.day.off

    def is_provisional(self, day: date) -> bool:
        """Whether the notice for the year after, which may reach into this December, was not entered yet."""
        return day.month == 12 and day.year in self.years and day.year + 1 not in self.years

    def unknown(self, year: int) -> UnknownYear:
        """The refusal that says what to do about a year nobody entered."""
        return UnknownYear(calendar=self.name, year=year)

    def run(self, year: int) -> "_Run":
        """The unbroken run of entered years around this one. Raises `UnknownYear`."""
        try:
            return self._run_of[year]
        except KeyError:
            raise self.unknown(year) from None


class _Run:
    """Years without a gap, counted through once, so that each question costs one look into a list."""

    __slots__ = ("before", "first", "worked", "years")

    def __init__(self, calendar: Calendar, years: list[int]) -> None:
        self.years = years
        self.first = date(years[0], 1, 1).toordinal()
        end = date(years[-1] + 1, 1, 1).toordinal()
        self.before = [0]
        """For each day of the run, how many days before it are worked; one more for the day after."""
        self.worked: list[int] = []
        """The ordinals of the days that are worked."""
        for ordinal in range(self.first, end):
            if calendar.is_worked(date.fromordinal(ordinal)):
                self.worked.append(ordinal)
            self.before.append(len(self.worked))

    @property
    def after(self) -> int:
        """The year after its last one."""
        return self.years[-1] + 1


def _unbroken(years: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return runs
