"""Calendars (工作日历): read as notices say, merged, refused where nobody entered them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.errors import NotYours, OutOfRange, UnknownYear, YearsKnown
from domain.working_time import CHINESE, Calendar, Day, Year, read_years
from domain.working_time.entered import EnteredCalendar, EnterYears, YearEntered
from tests.domain.given import NOON
from tests.domain.people import Somebody, administrator, auditor, dispatcher, operator, town_administrator

SHARED = Path(__file__).parents[3] / "shared" / "data" / "calendar"
PUBLISHED = [SHARED / f"holiday-cn_{year}.json" for year in (2025, 2026)]
MADE_UP = [date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))]
NEW_YEAR_2027 = Year(
    2027,
    ("〔2026〕1",),
    (Day(date(2026, 12, 26), "元旦", False), Day(date(2026, 12, 31), "元旦", True)),
)


def year(**facts: Any) -> dict[str, Any]:
    """A small year, as a document says it."""
    return {"year": 2026, "papers": ["〔2025〕7"], "days": [], **facts}


def day(on: str, off: object = True) -> dict[str, Any]:
    return {"name": "元旦", "date": on, "isOffDay": off}


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_the_years_that_are_shipped_are_those_published(file: Path) -> None:
    if not file.exists():
        pytest.skip(f"{file} is not here")
    (published,) = read_years(json.loads(file.read_text("utf-8")))
    ours = CHINESE.years[published.year]
    assert [(day.date, day.off, day.name) for day in ours.days] == [
        (day.date, day.off, day.name) for day in published.days
    ]


def test_every_make_up_day_of_2026_is_worked_and_no_other_day_on_a_weekend() -> None:
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    assert [day for day in days if day.weekday() > 4 and CHINESE.is_worked(day)] == MADE_UP


def test_an_ordinary_day_is_worked_from_monday_to_friday() -> None:
    assert [CHINESE.is_worked(date(2026, 3, day)) for day in range(2, 9)] == [True] * 5 + [False] * 2


@pytest.mark.parametrize("unknown", [date(2024, 12, 31), date(2027, 1, 1)])
def test_a_year_nobody_entered_is_unknown_and_the_refusal_says_what_to_do(unknown: date) -> None:
    with pytest.raises(UnknownYear, match=rf"china lacks the year {unknown.year}.*whistle import calendar"):
        CHINESE.is_worked(unknown)


def test_a_notice_that_reaches_into_december_does_not_make_that_year_known() -> None:
    calendar = Calendar("china", [NEW_YEAR_2027])
    with pytest.raises(UnknownYear, match="2026"):
        calendar.is_worked(date(2026, 12, 31))


def test_in_december_the_notice_for_the_later_year_decides() -> None:
    earlier = Year(2026, ("〔2025〕7",), (Day(date(2026, 12, 31), "岁末", False),))
    calendar = Calendar("china", [NEW_YEAR_2027, earlier])
    assert not calendar.is_worked(date(2026, 12, 31))
    assert calendar.is_worked(date(2026, 12, 26))


def test_december_is_provisional_until_the_next_notice_is_entered() -> None:
    assert CHINESE.is_provisional(date(2026, 12, 1))
    assert not CHINESE.is_provisional(date(2026, 11, 30))
    assert not CHINESE.is_provisional(date(2025, 12, 31))
    assert not Calendar("china", [*CHINESE.years.values(), NEW_YEAR_2027]).is_provisional(date(2026, 12, 31))


def test_a_year_before_its_notice_is_left_out() -> None:
    years = read_years([year(days=[day("2026-01-01")]), {"year": 2027, "papers": [], "days": []}])
    assert [each.year for each in years] == [2026]
    with pytest.raises(OutOfRange, match="no year with a notice"):
        read_years({"year": 2027, "papers": [], "days": []})


def test_the_same_day_or_year_given_twice_alike_is_one() -> None:
    once = year(days=[day("2026-01-01")])
    assert read_years([once, year(days=[day("2026-01-01"), day("2026-01-01")])]) == read_years(once)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("2026", "is no year"),
        ([[]], "is no year"),
        ([], "has no year"),
        ({}, "year is missing: give a whole number"),
        (year(year="2026"), "year is '2026': give a whole number"),
        (year(year=True), "year is True"),
        (year(year=26), "year is 26: give a whole number from 1949"),
        (year(papers="x"), "papers of 2026 is no list"),
        (year(papers=[1]), "papers of 2026 is no list"),
        (year(papers=["x" * 301]), "papers of 2026 has 301 characters"),
        (year(papers=["x"] * 21), "papers of 2026 are 21"),
        (year(days=None), "days of 2026 is no list"),
        (year(days=["2026-01-01"]), "day 1 of 2026 is no day"),
        (year(days=[day("2026-02-30")]), "day 1 of 2026 has the date '2026-02-30'"),
        (year(days=[day("2026-01-01"), day("2026-1-2")]), "day 2 of 2026 has the date '2026-1-2'"),
        (year(days=[day("2026-W01-1")]), "2026-W01-1"),
        (year(days=[day("2026-01-01", off="true")]), "isOffDay of 2026-01-01 is 'true': write true or false"),
        (year(days=[day("2026-01-01", off=None)]), "isOffDay of 2026-01-01 is missing"),
        (year(days=[{**day("2026-01-01"), "name": 1}]), "name of 2026-01-01 is 1"),
        (year(days=[{**day("2026-01-01"), "name": "x" * 101}]), "name of 2026-01-01 has 101 characters"),
        (
            year(days=[day("2025-11-30")]),
            "is 2025-11-30: a notice for 2026 speaks of 2026 and of December 2025",
        ),
        (year(days=[day("2027-01-01")]), "is 2027-01-01"),
        (year(days=[day("2026-01-01"), day("2026-01-01", off=False)]), "2026-01-01 is given twice"),
        ([year(), year(papers=["other"])], "2026 is given twice"),
    ],
)
def test_what_is_no_calendar_is_refused_by_name(given: object, why: str) -> None:
    with pytest.raises(OutOfRange) as refused:
        read_years(given)
    assert why in str(refused.value)


def begun() -> EnteredCalendar:
    calendar = EnteredCalendar.begin("china", administrator, NOON)
    calendar.enter(EnterYears(tuple(CHINESE.years.values())), administrator, NOON)
    calendar.collect_events()
    return calendar


@pytest.mark.parametrize("who", [administrator, operator])
def test_an_administrator_of_all_enters_a_calendar(who: Somebody) -> None:
    calendar = EnteredCalendar.begin("china", who, NOON)
    calendar.enter(EnterYears((NEW_YEAR_2027,)), who, NOON)
    assert calendar.calendar().is_worked(date(2027, 1, 4))


@pytest.mark.parametrize("who", [town_administrator, dispatcher, auditor])
def test_nobody_else_does(who: Somebody) -> None:
    with pytest.raises(NotYours, match="an administrator"):
        EnteredCalendar.begin("china", who, NOON)
    calendar = begun()
    with pytest.raises(NotYours, match="an administrator"):
        calendar.enter(EnterYears((NEW_YEAR_2027,)), who, NOON)
    assert not calendar.pending_events


def test_entering_the_same_years_again_changes_nothing() -> None:
    calendar = begun()
    with pytest.raises(YearsKnown, match="china"):
        calendar.enter(EnterYears(tuple(CHINESE.years.values())), administrator, NOON)
    assert not calendar.pending_events


def test_a_corrected_year_is_an_event_of_its_own_and_only_that() -> None:
    calendar = begun()
    corrected = Year(2026, ("更正",), (Day(date(2026, 3, 2), "更正", True),))
    calendar.enter(EnterYears((CHINESE.years[2025], corrected)), administrator, NOON)
    (event,) = calendar.collect_events()
    assert isinstance(event, YearEntered)
    assert (event.year, event.papers, event.by.account) == (2026, ("更正",), administrator.account)
    assert not calendar.calendar().is_worked(date(2026, 3, 2))
    assert CHINESE.is_worked(date(2026, 3, 2))


def test_a_year_is_entered_with_the_number_of_its_notice() -> None:
    calendar = begun()
    with pytest.raises(OutOfRange, match="papers of 2027 name no notice"):
        calendar.enter(EnterYears((Year(2027, (), NEW_YEAR_2027.days),)), administrator, NOON)
    assert not calendar.pending_events


def test_years_entered_as_china_come_on_top_of_those_shipped() -> None:
    calendar = EnteredCalendar.begin("china", administrator, NOON)
    calendar.enter(EnterYears((NEW_YEAR_2027,)), administrator, NOON)
    assert list(calendar.calendar().years) == [2025, 2026, 2027]
    other = EnteredCalendar.begin("other", administrator, NOON)
    other.enter(EnterYears((NEW_YEAR_2027,)), administrator, NOON)
    assert list(other.calendar().years) == [2027]
