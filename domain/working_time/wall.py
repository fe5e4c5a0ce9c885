"""Between moments and what the clock on the wall shows."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

from domain.errors import OutOfRange
from domain.working_time.hours import DAY

SECOND = timedelta(seconds=1)


def beyond() -> OutOfRange:
    """The refusal of a time that no calendar reaches."""
    return OutOfRange(field="limit", why="reaches beyond the years 1 to 9999: check start and limit")


def shown(moment: datetime, zone: tzinfo) -> tuple[int, int]:
    """The day, as its ordinal, and the microsecond of the day that the clock shows at this moment."""
    if moment.tzinfo is not zone:
        moment = moment.astimezone(zone)
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return moment.toordinal(), seconds * 1_000_000 + moment.microsecond


def moment(day: int, time: int, zone: tzinfo) -> datetime:
    """When the clock shows this microsecond of this day.

    An hour that it shows twice is taken the first time; a time that it skips is the moment it skips at.
    Raises `OutOfRange` beyond the year 9999.
    """
    if time >= DAY:
        day, time = day + 1, time - DAY
    seconds, micros = divmod(time, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    try:
        on = datetime.fromordinal(day)
    except (ValueError, OverflowError):
        raise beyond() from None
    found = datetime(on.year, on.month, on.day, hour, minute, second, micros, zone)
    return found if isinstance(zone, timezone) else real(found)


def real(local: datetime) -> datetime:
    """This local time, or where the clock skips it, the moment at which it does so."""
    other = local.replace(fold=1)
    before, after = local.utcoffset(), other.utcoffset()
    if before is None or after is None or before >= after or local.fold:
        return local
    low, high = other.astimezone(UTC), local.astimezone(UTC)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(local.tzinfo).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0).astimezone(local.tzinfo)
