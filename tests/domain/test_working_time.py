"""When limits end (期限): case by case, with their reasons."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import CHINA
from domain.errors import OutOfRange, UnknownYear
from domain.working_time import CHINESE, Calendar, Hours, Limit, Measure, Span, WorkingTime, rendered
from domain.working_time.year import Year
from tests.domain.test_calendars import MADE_UP, NEW_YEAR_2027

OFFICE = WorkingTime(CHINESE)
NEW_YORK = WorkingTime(
    Calendar("plain", [Year(year, ("none",), ()) for year in (2025, 2026)]),
    Hours.read("00:00-24:00"),
    ZoneInfo("America/New_York"),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def due(start: str, limit: str, time: WorkingTime = OFFICE) -> str:
    return f"{time.due(local(start), Limit.read(limit)):%Y-%m-%d %H:%M}"


def full_width(text: str) -> str:
    """The text as a Chinese keyboard types it."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


@pytest.mark.parametrize(
    ("start", "limit", "ends"),
    [
        # Friday before the make-up Saturday 02-14, then nine days off.
        ("2026-02-13 16:10", "4 working_hours", "2026-02-14 11:10"),
        ("2026-02-13 16:10", "1 working_day", "2026-02-14 16:10"),
        ("2026-02-13 16:10", "2 working_days", "2026-02-24 16:10"),
        ("2026-02-13 16:10", "5 working_days", "2026-02-27 16:10"),
        ("2026-02-13 16:10", "6 working_days", "2026-02-28 16:10"),
        ("2026-02-13 16:10", "4 urgent_hours", "2026-02-13 20:10"),
        ("2026-02-13 16:10", "30 urgent_minutes", "2026-02-13 16:40"),
        ("2026-02-13 16:10", "10 days", "2026-02-23 16:10"),
        # Tuesday: a slot holds its first moment and not its last.
        ("2026-03-03 08:30", "1 working_day", "2026-03-04 08:30"),
        ("2026-03-03 08:30", "7 working_hours", "2026-03-03 17:30"),
        ("2026-03-03 08:30", "3.5 working_hours", "2026-03-03 12:00"),
        ("2026-03-03 12:00", "1 working_hour", "2026-03-03 15:00"),
        ("2026-03-03 12:00", "1 working_day", "2026-03-04 14:00"),
        ("2026-03-03 11:59", "1 working_day", "2026-03-04 11:59"),
        ("2026-03-03 13:00", "1 working_day", "2026-03-04 14:00"),
        ("2026-03-03 14:00", "1 working_day", "2026-03-04 14:00"),
        ("2026-03-03 17:30", "1 working_day", "2026-03-05 08:30"),
        ("2026-03-03 17:29", "1 working_day", "2026-03-04 17:29"),
        ("2026-03-03 07:00", "1 working_day", "2026-03-04 08:30"),
        ("2026-03-03 22:00", "1 working_day", "2026-03-05 08:30"),
        ("2026-03-03 22:00", "7 working_hours", "2026-03-04 17:30"),
        # Days off count from the next day that is worked.
        ("2026-03-07 10:00", "1 working_day", "2026-03-10 08:30"),
        ("2026-10-01 10:00", "1 working_day", "2026-10-09 08:30"),
        ("2026-10-01 10:00", "14 working_hours", "2026-10-09 17:30"),
        ("2026-02-14 09:00", "1 working_day", "2026-02-24 09:00"),
        # Across the end of a year, whose first days are off and whose first Sunday is worked.
        ("2025-12-31 17:00", "1 working_hour", "2026-01-04 09:00"),
        ("2025-12-31 17:00", "1 working_day", "2026-01-04 17:00"),
        ("2025-12-31 23:30", "1 urgent_hour", "2026-01-01 00:30"),
        # Beyond the last year entered, where no calendar is needed.
        ("2026-12-31 17:00", "48 urgent_hours", "2027-01-02 17:00"),
        ("2026-12-31 17:00", "10 days", "2027-01-10 17:00"),
        ("2026-12-31 17:00", "0.5 working_hours", "2026-12-31 17:30"),
        ("2031-05-05 05:05", "1 day", "2031-05-06 05:05"),
    ],
)
def test_a_limit_ends(start: str, limit: str, ends: str) -> None:
    assert due(start, limit) == ends


@pytest.mark.parametrize("day", MADE_UP, ids=str)
def test_a_make_up_day_is_worked_like_any_other(day: object) -> None:
    assert due(f"{day} 08:00", "7 working_hours") == f"{day} 17:30"
    assert due(f"{day} 09:00", "3 working_hours") == f"{day} 12:00"


@pytest.mark.parametrize(
    ("start", "limit", "year"),
    [
        ("2026-12-31 17:00", "1 working_hour", 2027),
        ("2026-12-31 17:30", "1 working_hour", 2027),
        ("2026-12-31 17:00", "1 working_day", 2027),
        ("2027-01-01 09:00", "1 working_day", 2027),
        ("2024-12-31 09:00", "1 working_day", 2024),
        ("2026-06-01 09:00", "3650 working_days", 2027),
    ],
)
def test_a_deadline_that_takes_an_unknown_year_is_refused(start: str, limit: str, year: int) -> None:
    with pytest.raises(UnknownYear, match=f"lacks the year {year}: enter its notice"):
        due(start, limit)


def test_a_gap_between_years_is_not_jumped_over() -> None:
    gap = WorkingTime(Calendar("gap", [CHINESE.years[2025], NEW_YEAR_2027]))
    with pytest.raises(UnknownYear, match="2026"):
        due("2025-12-31 17:00", "1 working_day", gap)
    with pytest.raises(UnknownYear, match="2026"):
        gap.working_seconds_between(local("2025-12-31 17:00"), local("2027-01-04 09:00"))
    assert due("2027-01-04 09:00", "1 working_day", gap) == "2027-01-05 09:00"


def test_the_example_of_the_rule_explains_itself() -> None:
    until_five = WorkingTime(CHINESE, Hours.read("08:30-12:00,14:00-17:00"))
    deadline = until_five.deadline(local("2026-02-13 16:10"), Limit.read("4 working_hours"))
    assert rendered(deadline.why) == [
        "4 working hours",
        "started 16:10 Friday 2026-02-13",
        "50 min until 17:00 Friday 2026-02-13",
        "Saturday 2026-02-14 is a working day by notice 国办发明电〔2025〕7号 (春节)",
        "due 11:40 Saturday 2026-02-14",
    ]


def test_days_off_weekends_and_waiting_are_explained() -> None:
    deadline = OFFICE.deadline(local("2026-09-30 17:30"), Limit.read("40 working_hours"))
    assert rendered(deadline.why) == [
        "40 working hours",
        "started 17:30 Wednesday 2026-09-30",
        "outside working time, so counted from 08:30 Thursday 2026-10-08",
        "7 h until 17:30 Thursday 2026-10-08",
        "4 × 7 h on full working days",
        "Thursday 2026-10-01 to Wednesday 2026-10-07 off by notice 国办发明电〔2025〕7号 (国庆节)",
        "Saturday 2026-10-10 is a working day by notice 国办发明电〔2025〕7号 (国庆节)",
        "ordinary weekend days off: 1",
        "due 15:30 Wednesday 2026-10-14",
    ]


def test_december_before_the_next_notice_says_so() -> None:
    def told(start: str) -> bool:
        why = rendered(OFFICE.deadline(local(start), Limit.read("1 working_day")).why)
        return "the notice for 2027 is not entered yet and may still change this December" in why

    assert told("2026-12-30 10:00")
    assert told("2026-11-30 10:00")
    assert not told("2026-11-27 10:00")
    assert not told("2025-12-30 10:00")


def test_what_is_left_says_how_much() -> None:
    left = OFFICE.remaining(
        local("2026-03-03 09:00"), Limit.read("4 working_hours"), local("2026-03-03 10:30")
    )
    assert left == Span(Measure.WORKING_HOURS, timedelta(hours=2, minutes=30))
    assert (
        rendered(OFFICE.deadline(local("2026-03-04 09:00"), left).why)[0]
        == "2 h 30 min left of working hours"
    )


def test_a_clock_that_has_run_out_has_nothing_left() -> None:
    for limit in ("1 working_hour", "1 urgent_hour", "1 day", "1 working_day"):
        left = OFFICE.remaining(local("2026-03-03 09:00"), Limit.read(limit), local("2026-03-06 12:30"))
        assert left.length == timedelta(0)
    assert OFFICE.due(local("2026-03-06 12:30"), Span(Measure.WORKING_HOURS, timedelta(0))) == local(
        "2026-03-06 12:30"
    )


def test_a_start_without_a_zone_is_refused_and_another_zone_is_understood() -> None:
    with pytest.raises(OutOfRange, match="no zone"):
        OFFICE.due(datetime(2026, 3, 3, 9, 0), Limit.read("1 day"))  # noqa: DTZ001
    utc = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    assert f"{OFFICE.due(utc, Limit.read('1 working_day')):%m-%d %H:%M%z}" == "03-04 09:00+0800"


def test_nothing_reaches_beyond_the_year_9999() -> None:
    with pytest.raises(OutOfRange, match="9999"):
        OFFICE.due(datetime(9999, 12, 31, tzinfo=CHINA), Limit.read("10 days"))
    with pytest.raises(OutOfRange, match="9999"):
        OFFICE.due(datetime(9999, 12, 31, tzinfo=CHINA), Limit.read("100 urgent_hours"))


@pytest.mark.parametrize(
    ("start", "limit", "ends"),
    [
        ("2026-03-07T12:00:00-05:00", "1 day", "2026-03-08T12:00:00-04:00"),
        ("2026-03-07T12:00:00-05:00", "24 urgent_hours", "2026-03-08T13:00:00-04:00"),
        ("2026-03-07T02:30:00-05:00", "1 day", "2026-03-08T03:00:00-04:00"),
        ("2026-10-31T01:30:00-04:00", "1 day", "2026-11-01T01:30:00-04:00"),
        ("2026-11-01T01:30:00-05:00", "1 day", "2026-11-02T01:30:00-05:00"),
        ("2026-11-01T01:30:00-04:00", "1 urgent_hour", "2026-11-01T01:30:00-05:00"),
        ("2026-03-06T12:00:00-05:00", "1 working_day", "2026-03-09T12:00:00-04:00"),
        ("2026-03-06T23:00:00-05:00", "1 working_hour", "2026-03-07T00:00:00-05:00"),
    ],
)
def test_where_clocks_are_changed_the_clock_on_the_wall_counts(start: str, limit: str, ends: str) -> None:
    assert NEW_YORK.due(datetime.fromisoformat(start), Limit.read(limit)).isoformat() == ends


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("08:30-12:00,14:00-17:30", "08:30-12:00,14:00-17:30"),
        (" 8:30 - 12:00 ,14:00–17:30", "08:30-12:00,14:00-17:30"),
        ("14:00-17:30、08:30-12:00", "08:30-12:00,14:00-17:30"),
        (full_width("08:30-12:00,14:00-17:30"), "08:30-12:00,14:00-17:30"),
        ("00:00-24:00", "00:00-24:00"),
        ("08:00-10:00,10:00-12:00,18:00-24:00", "08:00-10:00,10:00-12:00,18:00-24:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, said: str) -> None:
    assert str(Hours.read(text)) == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("08:30-12:00,", "empty slot"),
        ("08:30", "'08:30', which is no slot"),
        ("08:30-12:60", "which is no time"),
        ("0³:30-12:00", "which is no slot"),
        ("12:00-08:30", "12:00-08:30 run backwards"),
        ("08:30-08:30", "backwards"),
        ("22:00-25:00", "beyond 24:00"),
        ("24:00-24:30", "beyond 24:00"),
        ("08:30-12:00,11:59-17:30", "overlap"),
        ("08:30-12:00,08:30-12:00", "overlap"),
        ("08:30-12:00" + " " * 500, "characters"),
        ("nine to five", "which is no slot"),
    ],
)
def test_hours_that_are_none_are_refused(text: str, why: str) -> None:
    with pytest.raises(OutOfRange, match="hours") as refused:
        Hours.read(text)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5 working_days", "5 working_days"),
        ("1 working_day", "1 working_day"),
        ("1 working_days", "1 working_day"),
        ("  5   Working Days ", "5 working_days"),
        ("5working-days", "5 working_days"),
        ("5 WORKING_DAYS", "5 working_days"),
        ("5.0 working_days", "5 working_days"),
        ("10 days", "10 days"),
        (full_width("5") + "\u3000" + full_width("working_days"), "5 working_days"),
        ("1.5 working_hours", "1.5 working_hours"),
        ("0.25 urgent_hour", "0.25 urgent_hours"),
        ("100 urgent_hours", "100 urgent_hours"),
        ("30 urgent_minutes", "30 urgent_minutes"),
        ("5个工作日", "5 working_days"),
        ("2紧急工作时", "2 urgent_hours"),
    ],
)
def test_limits_are_read_as_people_write_them(text: str, said: str) -> None:
    assert str(Limit.read(text)) == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("5", "write a number and one of urgent_minutes"),
        ("days", "write a number"),
        ("-5 days", "write a number"),
        ("3² days", "write a number"),
        ("5 weeks", "write a number"),
        ("5 working", "write a number"),
        ("5 days 3", "write a number"),
        ("1e3 days", "write a number"),
        ("nan days", "write a number"),
        ("0 days", "more than 0"),
        ("0.0 urgent_hours", "more than 0"),
        ("3651 days", "at most 3650"),
        ("999999999 working_hours", "at most 87600"),
        ("0.5 working_days", "as a whole number"),
        ("1.5 urgent_minutes", "as a whole number"),
        ("1.001 working_hours", "two decimals"),
        ("x" * 1000, "write a number"),
    ],
)
def test_limits_that_are_none_are_refused(text: str, why: str) -> None:
    with pytest.raises(OutOfRange, match="limit") as refused:
        Limit.read(text)
    assert why in str(refused.value)
    assert len(str(refused.value)) < 200
