"""When a limit ends, how much of it is used, and why (期限计算)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from domain.calendar import CHINA
from domain.errors import OutOfRange
from domain.working_time import wall
from domain.working_time.calendar import Calendar
from domain.working_time.explanation import Line, explain
from domain.working_time.hours import DAY, OFFICE, Hours
from domain.working_time.limit import Limit, Measure, Span

MICROSECOND = timedelta(microseconds=1)
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due, fixed when it is set, with all it takes to explain it."""

    due: datetime
    why: tuple[Line, ...]
    """Line by line, as data: `rendered` of the explanation puts them into words."""


@dataclass(frozen=True)
class WorkingTime:
    """A unit's hours on the days of a calendar, by the clock of a zone.

    Working time is counted through: every moment has a *position*, the working time before it. The end of a
    slot and the beginning of the next have the same one; working hours are due at the earlier of the two, so
    never outside working time, and working days at the later, where the same clock time stands.

    All moments have a zone; those given back are local.
    """

    calendar: Calendar
    hours: Hours = OFFICE
    zone: tzinfo = CHINA
    _spans: dict[Limit, Span] = field(default_factory=dict, init=False, repr=False, compare=False)

    def due(self, start: datetime, limit: Limit | Span) -> datetime:
        """When this limit ends, or what is left of one, for what starts or goes on at `start`.

        Raises `UnknownYear` where it takes a year that nobody entered.
        """
        span = limit if isinstance(limit, Span) else self.span(limit)
        if start.tzinfo is None:
            raise OutOfRange(field="start", why="has no zone: say which, as +08:00")
        try:
            if span.measure is Measure.WORKING_HOURS or span.measure is Measure.WORKING_DAYS:
                day, time = wall.shown(start, self.zone)
                return self._ending(start, day, time, span)
            if span.measure is Measure.DAYS:
                day, time = wall.shown(start, self.zone)
                days, time = divmod(time + span.length // MICROSECOND, DAY)
                return wall.moment(day + days, time, self.zone)
            return (start.astimezone(UTC) + span.length).astimezone(self.zone)
        except OverflowError:
            raise wall.beyond() from None

    def deadline(self, start: datetime, limit: Limit | Span) -> Deadline:
        """As `due`, with its explanation."""
        due = self.due(start, limit)
        return Deadline(due, explain(self, start.astimezone(self.zone), limit, due))

    def span(self, limit: Limit) -> Span:
        """How much time a limit is by these hours."""
        span = self._spans.get(limit)
        if span is None:
            span = self._spans[limit] = limit.span(self.hours.length * MICROSECOND)
        return span

    def remaining(self, start: datetime, limit: Limit | Span, at: datetime) -> Span:
        """What is left at `at` of a limit that started at `start`: a clock stopped there goes on with it.

        Nothing is left once it has run out; before its start, all of it.
        """
        span = limit if isinstance(limit, Span) else self.span(limit)
        left = span.length - max(self.between(start, at, span.measure), NOTHING)
        return Span(span.measure, max(left, NOTHING))

    def between(self, start: datetime, end: datetime, measure: Measure) -> timedelta:
        """How much time of this measure lies between two moments; less than nothing where `end` is before.

        It adds up: from a to b and from b to c make from a to c. Raises `UnknownYear` as `due` does.
        """
        if measure.needs_calendar:
            return (self._counted_to(end, start) - self._counted_to(start, end)) * MICROSECOND
        if measure is Measure.DAYS:
            (first, began), (last, ended) = wall.shown(start, self.zone), wall.shown(end, self.zone)
            return ((last - first) * DAY + ended - began) * MICROSECOND
        return end.astimezone(UTC) - start.astimezone(UTC)

    def working_seconds_between(self, start: datetime, end: datetime) -> float:
        """How many seconds of working time lie between two moments."""
        return self.between(start, end, Measure.WORKING_HOURS).total_seconds()

    def next_working(self, moment: datetime) -> datetime:
        """This moment, or where it lies outside working time, the next one that does not."""
        return self.due(moment, Span(Measure.WORKING_DAYS, NOTHING))

    def _ending(self, start: datetime, day: int, time: int, span: Span) -> datetime:
        run = self.calendar.run(_year(day))
        nth = day - run.first
        before = run.before[nth]
        position = before * self.hours.length
        if run.before[nth + 1] != before:
            position += self.hours.worked_before(time)
        length = span.length // MICROSECOND
        if span.measure is Measure.WORKING_HOURS:
            if not length:
                return start.astimezone(self.zone)  # Nothing is left: it is due as it goes on.
            days, worked = divmod(position + length - 1, self.hours.length)
            moment_of = self.hours.moment_until
            worked += 1
        else:
            days, worked = divmod(position + length, self.hours.length)
            moment_of = self.hours.moment_after
        if days >= len(run.worked):
            raise self.calendar.unknown(run.after)
        return wall.moment(run.worked[days], moment_of(worked), self.zone)

    def _counted_to(self, moment: datetime, other: datetime) -> int:
        """The position of a moment; both must lie in the same unbroken run of years."""
        day, time = wall.shown(moment, self.zone)
        run = self.calendar.run(_year(day))
        if (year := other.astimezone(self.zone).year) not in run.years:
            self.calendar.run(year)
            raise self.calendar.unknown(run.after if year > run.years[-1] else run.years[0] - 1)
        nth = day - run.first
        before = run.before[nth]
        worked = self.hours.worked_before(time) if run.before[nth + 1] != before else 0
        return before * self.hours.length + worked


def _year(day: int) -> int:
    return datetime.fromordinal(day).year
