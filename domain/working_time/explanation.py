"""Why something is due when it is (期限说明): lines of data first, put into words by whoever shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from domain.working_time.limit import Limit, Measure, Span

if TYPE_CHECKING:
    from domain.working_time.working_time import WorkingTime

ONE = timedelta(days=1)


class Says(StrEnum):
    """What a line tells; which of its fields are set follows from it."""

    LIMIT = "limit"  # text: the limit as it is written
    REMAINDER = "remainder"  # text: its measure; length: what was left
    STARTED = "started"  # at
    WAITED = "waited"  # at: the next working moment, from which it counts
    COUNTED = "counted"  # length, at: so much on the first day, until then
    FULL_DAYS = "full_days"  # count, length: so many whole days of so much each
    WORKED = "worked"  # first, text, papers: a weekend day that a notice says is worked
    OFF = "off"  # first, last, text, papers: days that a notice says are off
    WEEKEND = "weekend"  # count: ordinary Saturdays and Sundays between
    PROVISIONAL = "provisional"  # count: the year whose notice may still change this December
    DUE = "due"  # at


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation; all moments are local and have their zone."""

    says: Says
    at: datetime | None = None
    first: date | None = None
    last: date | None = None
    length: timedelta | None = None
    count: int = 0
    text: str = ""
    papers: tuple[str, ...] = ()


def explain(time: "WorkingTime", start: datetime, limit: Limit | Span, due: datetime) -> tuple[Line, ...]:
    """The lines for a limit that starts at `start` and ends at `due`, both local."""
    return tuple(_lines(time, start, limit, due))


def _lines(time: "WorkingTime", start: datetime, limit: Limit | Span, due: datetime) -> Iterator[Line]:
    if isinstance(limit, Limit):
        yield Line(Says.LIMIT, text=str(limit))
    else:
        yield Line(Says.REMAINDER, text=limit.measure.value, length=limit.length)
    yield Line(Says.STARTED, at=start)
    if limit.measure.needs_calendar and due > start:
        counted_from = time.next_working(start)
        if counted_from != start:
            yield Line(Says.WAITED, at=counted_from)
        if limit.measure is Measure.WORKING_HOURS:
            yield from _counted(time, counted_from, due)
        yield from _days(time, start.date(), due.date())
    yield Line(Says.DUE, at=due)


def _counted(time: "WorkingTime", start: datetime, due: datetime) -> Iterator[Line]:
    """How much is counted on the first day, and on whole days between it and the last."""
    midnight = datetime.combine(start.date() + ONE, datetime.min.time(), start.tzinfo)
    if due <= midnight:
        return
    left = time.between(start, midnight, Measure.WORKING_HOURS)
    yield Line(Says.COUNTED, length=left, at=time.due(start, Span(Measure.WORKING_HOURS, left)))
    last = datetime.combine(due.date(), datetime.min.time(), due.tzinfo)
    a_day = timedelta(microseconds=time.hours.length)
    if full := time.between(midnight, last, Measure.WORKING_HOURS) // a_day:
        yield Line(Says.FULL_DAYS, count=full, length=a_day)


def _days(time: "WorkingTime", first: date, last: date) -> Iterator[Line]:
    """What is out of the ordinary about the days from the start to the deadline."""
    days = [first + nth * ONE for nth in range((last - first).days + 1)]
    ruled = [found for day in days if (found := time.calendar.ruled(day)) is not None]
    for (off, name, papers), group in groupby(ruled, lambda each: (each.day.off, each.day.name, each.papers)):
        together = [each.day.date for each in group]
        if off:
            yield Line(Says.OFF, first=together[0], last=together[-1], text=name, papers=papers)
        else:
            for day in together:
                yield Line(Says.WORKED, first=day, text=name, papers=papers)
    if weekend := sum(day.weekday() > 4 and time.calendar.ruled(day) is None for day in days):
        yield Line(Says.WEEKEND, count=weekend)
    if time.calendar.is_provisional(last):
        yield Line(Says.PROVISIONAL, count=last.year + 1)


ENGLISH = {
    Says.LIMIT: "{text}",
    Says.REMAINDER: "{length} left of {text}",
    Says.STARTED: "started {at}",
    Says.WAITED: "outside working time, so counted from {at}",
    Says.COUNTED: "{length} until {at}",
    Says.FULL_DAYS: "{count} × {length} on full working days",
    Says.WORKED: "{first} is a working day{papers}{name}",
    Says.OFF: "{days} off{papers}{name}",
    Says.WEEKEND: "ordinary weekend days off: {count}",
    Says.PROVISIONAL: "the notice for {count} is not entered yet and may still change this December",
    Says.DUE: "due {at}",
}


def rendered(lines: tuple[Line, ...]) -> list[str]:
    """The lines in English."""
    return [
        ENGLISH[line.says].format(
            at=_clock(line.at),
            first=_day(line.first),
            days=" to ".join(dict.fromkeys((_day(line.first), _day(line.last)))),
            length=_length(line.length),
            count=line.count,
            text=line.text.replace("_", " "),
            name=f" ({line.text})" if line.text else "",
            papers=f" by notice {', '.join(line.papers)}" if line.papers else "",
        )
        for line in lines
    ]


def _clock(at: datetime | None) -> str:
    if at is None:
        return ""
    seconds = f"{at:%S}" if at.second or at.microsecond else ""
    return f"{at:%H:%M}{':' if seconds else ''}{seconds} {_day(at.date())}"


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%A} {day}"


def _length(length: timedelta | None) -> str:
    if length is None:
        return ""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    said = [f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if n]
    return " ".join(said) or "0 min"
