"""Tickets whose clocks are set by terms of the test's own."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from domain.calendar import CHINA
from domain.ticket import Ticket
from domain.ticket.clocks import ClockName, Setting
from domain.ticket.stage import Urgency
from domain.ticket.terms import EXAMPLE, Terms
from domain.ticket.timing import Timing
from domain.working_time import Limit
from tests.domain.given import Given, given
from tests.domain.people import Step, worker
from tests.domain.stories import REPORT

OTHER = UUID("0197d3a0-0000-7000-8000-000000000002")


def story(*facts: Step, timing: Timing | None = None) -> Given:
    """All this has happened to a ticket, and there is another one beside it."""
    other = given(worker(REPORT), id=OTHER).ticket
    return given(*facts, beside=(other,), timing=timing or Timing())


def setting(ticket: Ticket, name: ClockName, subject: str) -> Setting:
    """How this clock was set last."""
    clock = ticket.clocks.find(name, subject)
    assert clock is not None, f"{name} of {subject} was never set."
    return clock.setting


def terms(name: str = "strict terms", since: date = date(2026, 1, 1), **limits: str) -> Terms:
    """The example, with other limits for these clocks whatever the urgency."""
    changed = {(ClockName(n), u): Limit.read(limit) for n, limit in limits.items() for u in Urgency}
    return replace(EXAMPLE, name=name, effective_from=since, limits={**EXAMPLE.limits, **changed})


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """This moment in March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


FOUR_HOURS = Timing((terms(handle="4 working_hours"),))
