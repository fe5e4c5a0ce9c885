"""Why a clock is due when it is (期限说明), also in years nobody entered and in old events."""

from datetime import datetime, timedelta

import pytest

from domain.calendar import CHINA
from domain.errors import UnknownYear
from domain.ticket import Ticket
from domain.ticket.clocks import Clock, ClockName, ClockState, Note
from domain.ticket.commands import (
    Claim,
    Dispatch,
    RefuseReturn,
    SendBack,
)
from domain.ticket.events import Dispatched, Reopened, Reported, ReturnRefused, Sorted, Verified
from domain.ticket.lifting import RULE
from domain.ticket.stage import Urgency
from domain.ticket.timing import Timing
from domain.working_time import CHINESE, Calendar, Hours, WorkingTime
from tests.domain.people import (
    A_DAY,
    COMMUNITY,
    dispatcher,
    housing,
    sorter,
    water,
    worker,
)
from tests.domain.stored import decode
from tests.domain.stories import KEEP, NOT_SOLVED, REPORT, SORTED, called, done
from tests.domain.test_events import sample
from tests.domain.timed import FOUR_HOURS, setting, story, terms

BACK, REFUSE = SendBack("不归我们管"), RefuseReturn("water", "应由你们办理")


def test_a_deadline_is_explained_line_by_line() -> None:
    timing = Timing(
        (terms(handle="4 working_hours"),), WorkingTime(CHINESE, Hours.read("08:30-12:00,13:30-17:00"))
    )
    friday = datetime(2026, 2, 13, 16, 10, tzinfo=CHINA)
    (*_, handle) = timing.call("water", Urgency.ORDINARY, friday)
    assert handle.explained() == [
        "strict terms, handle, ordinary: 4 working hours",
        "started 16:10 Friday 2026-02-13",
        "50 min until 17:00 Friday 2026-02-13",
        "Saturday 2026-02-14 is a working day by notice 国办发明电〔2025〕7号 (春节)",
        "due 11:40 Saturday 2026-02-14",
    ]


def test_a_clock_that_was_late_when_it_stopped_says_so_for_ever() -> None:
    told = story(*called(), housing(Claim(), after=2 * A_DAY))
    clock = told.ticket.clocks.find(ClockName.CLAIM, "housing")
    assert clock is not None
    assert (clock.state(told.now), clock.late(told.now)) == (ClockState.STOPPED, True)
    in_time = story(*called(), housing(Claim())).ticket.clocks.find(ClockName.CLAIM, "housing")
    assert in_time is not None
    assert not in_time.late(told.now + 9 * A_DAY)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(microseconds=1)])
def test_a_clock_is_overdue_the_moment_after_its_deadline(after: timedelta) -> None:
    ticket = story(worker(REPORT)).ticket
    clock = Clock(setting(ticket, ClockName.SORT, COMMUNITY))
    assert clock.setting.due_at is not None
    assert (clock.state(clock.setting.due_at + after) is ClockState.OVERDUE) == bool(after)


# A year that nobody entered.

NO_YEAR = Timing(
    (terms(sort="2 working_hours", handle="5 working_days"),), WorkingTime(Calendar("china", ()))
)


def test_a_report_is_taken_in_whatever_year_it_is() -> None:
    ticket = story(timing=NO_YEAR).when(worker(REPORT)).then(Reported)
    found = setting(ticket, ClockName.SORT, COMMUNITY)
    assert (found.due_at, found.notes) == (None, (Note.UNKNOWN_YEAR,))
    assert found.explained()[-1] == "no deadline"
    assert "whistle import calendar" in " ".join(found.explained())
    assert ticket.clocks.running()


def test_a_dispatch_whose_limit_needs_an_unknown_year_is_refused_unless_a_deadline_is_chosen() -> None:
    told = story(*SORTED, timing=NO_YEAR)
    told.when(dispatcher(Dispatch("housing"))).then_refused(UnknownYear, "2026", "whistle import calendar")
    told.when(dispatcher(Dispatch("housing", due_at=told.now + A_DAY))).then(Dispatched)


def test_what_the_community_keeps_and_what_is_reopened_has_the_example_limit_in_an_unknown_year() -> None:
    told = story(worker(REPORT), timing=NO_YEAR)
    ticket = told.when(sorter(KEEP)).then(Sorted, Dispatched)
    kept = setting(ticket, ClockName.HANDLE, COMMUNITY)
    assert (kept.due_at, kept.notes) == (told.now + 7 * A_DAY, (Note.UNKNOWN_YEAR,))
    again = story(worker(REPORT), sorter(KEEP), *done(sorter), timing=NO_YEAR)
    reopened = again.when(worker(NOT_SOLVED)).then(Verified, Reopened)
    assert setting(reopened, ClockName.HANDLE, COMMUNITY).due_at == again.now + 7 * A_DAY


def test_a_clock_whose_calendar_ended_while_it_stood_goes_on_in_real_time() -> None:
    told = story(*called("water"), water(BACK), timing=FOUR_HOURS)
    before = setting(told.ticket, ClockName.HANDLE, "water").due_at
    told.timing = NO_YEAR
    assert before is not None
    ticket = told.when(dispatcher(REFUSE, A_DAY)).then(ReturnRefused, due_at=before + A_DAY)
    assert Note.UNKNOWN_YEAR in setting(ticket, ClockName.HANDLE, "water").notes


# Events from before there were clocks in them.


def test_old_events_say_their_deadlines_as_clocks() -> None:
    ticket = decode("ticket.reported", sample("ticket.reported")).mutate(None)
    assert isinstance(ticket, Ticket)
    decode("ticket.dispatched", sample("ticket.dispatched")).apply(ticket)
    assert {clock.setting.key for clock in ticket.clocks.running()} == {
        (name, unit) for name in (ClockName.CLAIM, ClockName.HANDLE) for unit in ("housing", "water")
    }
    for clock in ticket.clocks:
        task = ticket.tasks[clock.setting.unit]
        assert clock.setting.due_at == {"claim": task.claim_by, "handle": task.due_at}[clock.setting.name]
        assert clock.setting.rule == RULE


def test_an_old_ruling_lets_go_on_what_stood_still_and_nothing_else() -> None:
    told = story(*called("water"), water(Claim()), water(BACK))
    ruling = decode("ticket.return_refused", sample("ticket.return_refused"))
    ruling.apply(told.ticket)
    handle, claim = (told.ticket.clocks.find(name, "water") for name in (ClockName.HANDLE, ClockName.CLAIM))
    assert handle is not None
    assert claim is not None
    assert (handle.running, claim.running) == (True, False)
