"""Working time (工作时间): calendars, hours, limits, and when they end; pure arithmetic."""

from domain.working_time.calendar import Calendar
from domain.working_time.china import NAME as CHINA_NAME
from domain.working_time.china import YEARS as CHINA_YEARS
from domain.working_time.explanation import Line, Says, rendered
from domain.working_time.hours import OFFICE, Hours
from domain.working_time.limit import Limit, Measure, Span
from domain.working_time.working_time import Deadline, WorkingTime
from domain.working_time.year import Day, Year, read_years

CHINESE = Calendar(CHINA_NAME, CHINA_YEARS)
"""The calendar that comes with the program."""

__all__ = [
    "CHINESE",
    "OFFICE",
    "Calendar",
    "Day",
    "Deadline",
    "Hours",
    "Limit",
    "Line",
    "Measure",
    "Says",
    "Span",
    "WorkingTime",
    "Year",
    "read_years",
    "rendered",
]
