"""What holds for every deadline (期限): monotonic, additive, fair to pauses, and as a child counts."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.calendar import CHINA
from domain.working_time import CHINESE, Calendar, Hours, Limit, Measure, Span, WorkingTime, Year

MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
NEW_YORK = ZoneInfo("America/New_York")
PLAIN = Calendar("plain", [Year(year, ("none",), ()) for year in (2025, 2026)])

moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 10, 1), timezones=st.just(CHINA))  # noqa: DTZ001
boundaries = st.builds(
    lambda day, clock: datetime.combine(day, clock, CHINA),
    st.dates(date(2025, 1, 1), date(2026, 10, 1)),
    st.sampled_from([time(0), time(8, 30), time(11, 59, 59, 999_999), time(12), time(14), time(17, 30)]),
)
starts = st.one_of(moments, boundaries)
amounts = {
    Measure.URGENT_MINUTES: st.integers(1, 600),
    Measure.URGENT_HOURS: st.decimals("0.01", "100", places=2),
    Measure.WORKING_HOURS: st.decimals("0.01", "100", places=2),
    Measure.WORKING_DAYS: st.integers(1, 30),
    Measure.DAYS: st.integers(1, 60),
}
limits = st.sampled_from(Measure).flatmap(
    lambda measure: amounts[measure].map(lambda amount: Limit.read(f"{amount} {measure}"))
)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Any slots there can be, also such as touch, or end with the day."""
    marks = draw(st.lists(st.integers(0, 1440), min_size=2, max_size=8, unique=True).map(sorted))
    slots = list(zip(marks[::2], marks[1::2], strict=False))
    if draw(st.booleans()) and len(slots) > 1:
        slots[1] = (slots[0][1], slots[1][1])
    assume(sum(end - begin for begin, end in slots) >= 120)  # 100 hours must fit into what is entered.
    return Hours(tuple(slots))


times = st.builds(
    WorkingTime, st.just(CHINESE), st.one_of(st.just(Hours.read("08:30-12:00,14:00-17:30")), hours())
)


@for_all(times, starts, starts, limits)
def test_a_later_start_is_never_due_earlier(
    time: WorkingTime, one: datetime, other: datetime, limit: Limit
) -> None:
    earlier, later = sorted((one, other))
    assert time.due(earlier, limit) <= time.due(later, limit)


@for_all(times, starts, limits)
def test_nothing_is_due_before_it_starts(time: WorkingTime, start: datetime, limit: Limit) -> None:
    assert time.due(start, limit) > start


@for_all(times, starts, st.integers(1, 20), st.integers(1, 20), st.sampled_from(Measure))
def test_two_limits_after_each_other_are_one_of_their_sum(
    time: WorkingTime, start: datetime, one: int, other: int, measure: Measure
) -> None:
    first = time.due(start, Limit.read(f"{one} {measure}"))
    both = time.due(start, Limit.read(f"{one + other} {measure}"))
    assert time.due(first, Limit.read(f"{other} {measure}")) == both


@for_all(times, st.tuples(starts, starts, starts), st.sampled_from(Measure))
def test_time_between_moments_adds_up(
    time: WorkingTime, moments: tuple[datetime, datetime, datetime], measure: Measure
) -> None:
    a, b, c = moments
    assert time.between(a, b, measure) + time.between(b, c, measure) == time.between(a, c, measure)
    assert time.between(a, b, measure) == -time.between(b, a, measure)


@for_all(times, starts, limits, st.data())
def test_pausing_and_resuming_at_once_changes_nothing(
    time: WorkingTime, start: datetime, limit: Limit, data: st.DataObject
) -> None:
    due = time.due(start, limit)
    at = start + data.draw(st.timedeltas(NOTHING, due - start))
    left = time.remaining(start, limit, at)
    assert time.due(at, left) == due
    again = at + data.draw(st.timedeltas(NOTHING, due - at))
    assert time.due(again, time.remaining(at, left, again)) == due


@for_all(times, starts, limits, st.data())
def test_a_pause_gives_back_exactly_what_it_took(
    time: WorkingTime, start: datetime, limit: Limit, data: st.DataObject
) -> None:
    due = time.due(start, limit)
    paused = start + data.draw(st.timedeltas(NOTHING, due - start))
    resumed = paused + data.draw(st.timedeltas(NOTHING, timedelta(days=20)))
    later = time.due(resumed, time.remaining(start, limit, paused))
    measure = limit.measure
    used = time.between(start, paused, measure) + time.between(resumed, later, measure)
    assert used == time.span(limit).length
    assert later >= due


@for_all(times, starts, amounts[Measure.WORKING_HOURS])
def test_working_hours_are_never_due_outside_working_time(
    time: WorkingTime, start: datetime, amount: object
) -> None:
    due = time.due(start, Limit.read(f"{amount} working_hours"))
    just_before = due - timedelta(microseconds=1)
    clock = just_before.hour * 60 + just_before.minute
    assert CHINESE.is_worked(just_before.date())
    assert any(begin <= clock < end for begin, end in time.hours.slots)


@for_all(times, starts, amounts[Measure.WORKING_DAYS])
def test_working_days_end_at_the_clock_time_of_the_working_moment_they_start_at(
    time: WorkingTime, start: datetime, amount: int
) -> None:
    begins, due = time.next_working(start), time.due(start, Limit.read(f"{amount} working_days"))
    days = [begins.date() + timedelta(days=n + 1) for n in range((due.date() - begins.date()).days)]
    assert due.timetz() == begins.timetz()
    assert CHINESE.is_worked(due.date())
    assert sum(map(CHINESE.is_worked, days)) == amount


@for_all(st.datetimes(datetime(2025, 12, 20), datetime(2026, 1, 10), timezones=st.just(CHINA)), limits)  # noqa: DTZ001
def test_what_lies_between_a_start_and_its_end_is_the_limit_across_the_end_of_a_year(
    start: datetime, limit: Limit
) -> None:
    time = WorkingTime(CHINESE)
    assert time.between(start, time.due(start, limit), limit.measure) == time.span(limit).length


minutes = st.builds(
    lambda day, minute: datetime.combine(day, datetime.min.time(), CHINA) + minute * MINUTE,
    st.one_of(st.dates(date(2025, 1, 1), date(2026, 10, 20)), st.dates(date(2026, 2, 10), date(2026, 3, 2))),
    st.integers(0, 1439),
)


@for_all(times, minutes, st.integers(1, 40))
def test_working_hours_are_as_a_child_counts_them_minute_by_minute(
    time: WorkingTime, start: datetime, quarters: int
) -> None:
    assume(time.hours.length >= 60 * 60_000_000)
    left, at = quarters * 15, start
    while left:
        clock = at.hour * 60 + at.minute
        off = {day.date: day.off for year in CHINESE.years.values() for day in year.days}
        worked = not off.get(at.date(), at.weekday() in (5, 6))
        left -= worked and any(begin <= clock < end for begin, end in time.hours.slots)
        at += MINUTE
    assert time.due(start, Limit.read(f"{quarters * 0.25} working_hours")) == at


local_times = st.datetimes(datetime(2025, 1, 2), datetime(2026, 10, 1))  # noqa: DTZ001


@for_all(hours(), local_times, local_times, limits)
def test_where_clocks_are_changed_a_later_start_is_never_due_earlier_either(
    hours: Hours, one: datetime, other: datetime, limit: Limit
) -> None:
    """But for starts in the hour that the clock shows twice, which are read as it shows them."""
    time = WorkingTime(PLAIN, hours, NEW_YORK)
    moments = [each.replace(tzinfo=NEW_YORK) for each in (one, other)]
    assume(all(each.utcoffset() == each.replace(fold=1).utcoffset() for each in moments))
    earlier, later = sorted(moments)
    assert time.due(earlier, limit).timestamp() <= time.due(later, limit).timestamp()


def test_nothing_left_of_working_days_is_due_at_the_next_working_moment() -> None:
    time = WorkingTime(CHINESE)
    night = datetime(2026, 3, 3, 22, 0, tzinfo=CHINA)
    assert time.due(night, Span(Measure.WORKING_DAYS, NOTHING)) == datetime(2026, 3, 4, 8, 30, tzinfo=CHINA)
