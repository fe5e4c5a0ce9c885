"""Deadlines that a city set in 2015, against ours: business days, 08:30 to 17:00, its holidays."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from domain.errors import UnknownYear
from domain.working_time import Calendar, Day, Hours, Limit, WorkingTime, Year

REQUESTS = Path(__file__).parents[3] / "shared" / "data" / "open" / "boston311_2015H1.csv.gz"
HOLIDAYS = {
    "New Year's Day": (1, 1),
    "Martin Luther King Day": (1, 19),
    "Washington's Birthday": (2, 16),
    "Patriots' Day": (4, 20),
    "Memorial Day": (5, 25),
    "Labor Day": (9, 7),
    "Columbus Day": (10, 12),
    "Veterans Day": (11, 11),
    "Thanksgiving": (11, 26),
    "Christmas": (12, 25),
}
"""Of the Commonwealth (M.G.L. chapter 4, section 7). 4 July was a Saturday, which moves to no other day."""
DAYS = tuple(Day(date(2015, *on), name, True) for name, on in HOLIDAYS.items())
TIME = WorkingTime(
    Calendar(
        "massachusetts",
        [Year(2015, ("M.G.L. c. 4 § 7",), DAYS)],
    ),
    Hours.read("08:30-17:00"),
    ZoneInfo("America/New_York"),
)
WEEKEND_TARGETS = 0.02
"""Types with a larger share of targets on weekends count calendar days."""
A_DAY = 8.5 * 3600
MINUTES = 30 * 60


class Asked(NamedTuple):
    """One request and until when the city promised to see to it."""

    type: str
    opened: datetime
    target: datetime


def requests() -> Iterator[Asked]:
    """All that have a target, with the clock of Boston."""
    if not REQUESTS.exists():
        pytest.skip(f"{REQUESTS} is not here")
    with gzip.open(REQUESTS, "rt", encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["target_at"]:
                at, target = (
                    datetime.fromisoformat(row[name]).replace(tzinfo=TIME.zone)
                    for name in ("opened_at", "target_at")
                )
                yield Asked(row["type"], at, target)


def business_days(asked: Asked) -> int | None:
    """The number of business days for which our deadline is the city's to the minute, or None."""
    try:
        days = round(TIME.working_seconds_between(asked.opened, asked.target) / A_DAY)
        if days < 1:
            return None
        due = TIME.due(asked.opened, Limit.read(f"{days} working_days"))
    except UnknownYear:
        return None
    return days if abs((due - asked.target).total_seconds()) < 60 else None


def why_not(asked: Asked, rule: int, days: int | None) -> str:
    """The class of a target that the rule does not give."""
    if days is not None:
        return "another number of business days, to the minute"
    if asked.target <= asked.opened:
        return "not after it was opened"
    if asked.target.year != asked.opened.year:
        return "in another year"
    due = TIME.due(asked.opened, Limit.read(f"{rule} working_days"))
    if abs(TIME.working_seconds_between(due, asked.target)) <= MINUTES:
        return "some minutes beside the rule: opened and counted at different moments"
    if (asked.target.hour, asked.target.minute) == (asked.opened.hour, asked.opened.minute):
        return "calendar days, same clock time"
    return "set by hand"


def test_business_days_end_when_the_city_said() -> None:
    """The rule of a type is the limit most often given in that half of a month: some changed in February."""
    by_type: dict[str, list[Asked]] = {}
    for asked in requests():
        by_type.setdefault(asked.type, []).append(asked)
    rules: dict[tuple[str, int, bool], list[tuple[Asked, int | None]]] = {}
    for type_, all_asked in by_type.items():
        if sum(asked.target.weekday() > 4 for asked in all_asked) <= WEEKEND_TARGETS * len(all_asked):
            for asked in all_asked:
                period = type_, asked.opened.month, asked.opened.day > 15
                rules.setdefault(period, []).append((asked, business_days(asked)))
    met, others = 0, Counter[str]()
    for given in rules.values():
        rule = Counter(days for _, days in given if days is not None).most_common(1)
        for asked, days in given:
            if rule and days == rule[0][0]:
                met += 1
            else:
                others[why_not(asked, rule[0][0] if rule else 1, days)] += 1
    total = met + others.total()
    told = [f"{met:,} of {total:,} targets to the minute, {met / total:.2%}; {len(rules)} types and periods."]
    told += [f"{count:>6,}  {why}" for why, count in others.most_common()]
    print("", *told, sep="\n")  # noqa: T201
    assert total > 25_000
    assert met / total >= 0.94
    assert others["set by hand"] / total < 0.01


@pytest.mark.parametrize(
    ("type_", "rules"),
    [
        ("Abandoned Vehicles", {(1, 31): 20, (2, 28): 12, (6, 30): 12}),
        ("Contractor Complaints", {(1, 31): 5, (2, 28): 3, (6, 30): 3}),
        ("PWD Graffiti", {(1, 31): 45, (3, 31): 5, (6, 30): 5}),
    ],
)
def test_a_limit_that_changed_is_seen_to_change(type_: str, rules: dict[tuple[int, int], int]) -> None:
    asked = [each for each in requests() if each.type == type_]
    for (month, day), rule in rules.items():
        until = datetime(2015, month, day, 23, 59, tzinfo=TIME.zone)
        last = [each for each in asked if each.opened <= until][-15:]
        assert Counter(map(business_days, last)).most_common(1)[0][0] == rule
