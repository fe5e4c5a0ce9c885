"""Appeals (超时申诉): against what ran out, decided by others; they change what counts, never the fact."""

import pytest

from domain.actors import Role
from domain.errors import AlreadyAppealed, NotAppealed, NotLate, NotYours, OutOfRange, UnknownTicket
from domain.ticket import Ticket
from domain.ticket.appealing_events import AppealDismissed, Appealed, AppealUpheld
from domain.ticket.clocks import Clock, ClockName
from domain.ticket.commands import Appeal, Claim, DismissAppeal, RefuseReturn, SendBack, UpholdAppeal
from domain.ticket.events import ReturnRefused
from tests.domain.given import given
from tests.domain.people import (
    A_DAY,
    TOWN,
    county_supervisor,
    dispatcher,
    housing,
    somebody,
    supervisor,
    traffic,
    water,
    worker,
)
from tests.domain.stories import HANDLE, REPORT, SOLVED, called

APPEAL = Appeal(ClockName.CLAIM, "路面结冰")
UPHOLD = UpholdAppeal("water", ClockName.CLAIM, "属实")
DISMISS = DismissAppeal("water", ClockName.CLAIM, "不属实")
LATE = (*called("water"), water(Claim(), after=2 * A_DAY))
ASKED = (*LATE, water(APPEAL))


def claim_clock(ticket: Ticket) -> Clock:
    """The clock to claim of the department of water."""
    clock = ticket.clocks.find(ClockName.CLAIM, "water")
    assert clock is not None
    return clock


def test_an_appeal_that_is_upheld_changes_what_counts_and_never_the_fact() -> None:
    told = given(*ASKED)
    before = claim_clock(told.ticket)
    assert (before.late(told.now), before.counts(told.now)) == (True, True)
    ticket = told.when(supervisor(UPHOLD)).then(AppealUpheld, note="属实")
    after = claim_clock(ticket)
    assert (after.late(told.now), after.counts(told.now)) == (True, False)
    assert (after.setting, after.stopped_at) == (before.setting, before.stopped_at)


def test_an_appeal_that_is_dismissed_changes_nothing() -> None:
    told = given(*ASKED)
    clock = claim_clock(told.when(supervisor(DISMISS)).then(AppealDismissed))
    assert (clock.late(told.now), clock.counts(told.now)) == (True, True)


def test_only_what_ran_out_is_appealed_against() -> None:
    given(*called("water"), water(Claim())).when(water(APPEAL)).then_refused(NotLate, "claim", "water")
    given(*LATE).when(water(Appeal(ClockName.HANDLE, "路面结冰"))).then_refused(NotLate, "handle")
    given(*LATE).when(water(Appeal(ClockName.SORT, "路面结冰"))).then_refused(NotLate, "sort")
    told = given(*called("water"))
    told.when(water(Appeal(ClockName.CONTACT, "联系不上"), after=2 * A_DAY)).then(
        Appealed, department="water"
    )


def test_an_appeal_needs_a_reason_and_a_decision_a_note() -> None:
    given(*LATE).when(water(Appeal(ClockName.CLAIM, ""))).then_refused(OutOfRange, "reason")
    given(*ASKED).when(supervisor(UpholdAppeal("water", ClockName.CLAIM, " "))).then_refused(
        OutOfRange, "note"
    )


def test_a_department_appeals_once_whatever_was_decided() -> None:
    given(*ASKED).when(water(APPEAL)).then_refused(AlreadyAppealed, "claim")
    given(*ASKED, supervisor(DISMISS)).when(water(APPEAL)).then_refused(AlreadyAppealed)


@pytest.mark.parametrize("decision", [UPHOLD, DISMISS])
def test_an_appeal_is_decided_once_by_a_supervisor_of_the_town_or_county(
    decision: UpholdAppeal | DismissAppeal,
) -> None:
    given(*LATE).when(supervisor(decision)).then_refused(NotAppealed, "water")
    given(*ASKED, supervisor(DISMISS)).when(supervisor(decision)).then_refused(NotAppealed)
    given(*ASKED).when(dispatcher(decision)).then_refused(NotYours, "a supervisor of")
    (event,) = given(*ASKED).when(county_supervisor(decision)).events
    assert isinstance(event, AppealUpheld | AppealDismissed)


def test_nobody_decides_on_an_appeal_of_a_department_they_serve() -> None:
    both = somebody("both", (Role.SUPERVISOR, TOWN), (Role.HANDLER, "water"))
    given(*ASKED).when(both(UPHOLD)).then_refused(NotYours, "does not serve")
    given(*LATE, both(APPEAL)).when(somebody("both", (Role.SUPERVISOR, TOWN))(UPHOLD)).then_refused(NotYours)


def test_a_department_appeals_for_itself_alone_and_also_when_all_is_done() -> None:
    given(*LATE).when(traffic(APPEAL)).then_refused(UnknownTicket)
    done = (*LATE, water(HANDLE), housing(Claim()), housing(HANDLE))
    given(*done).when(water(APPEAL)).then(Appealed)
    given(*done, worker(SOLVED)).when(water(APPEAL)).then(Appealed)


def test_what_was_upheld_stays_so_when_the_clock_goes_on() -> None:
    late = (*called("water"), water(Appeal(ClockName.CLAIM, "路面结冰"), after=2 * A_DAY), supervisor(UPHOLD))
    told = given(*late, water(SendBack("不归我们管")))
    ticket = told.when(dispatcher(RefuseReturn("water", "应由你们办理"))).then(ReturnRefused)
    clock = claim_clock(ticket)
    assert (clock.running, clock.late(told.now), clock.counts(told.now)) == (True, True, False)


def test_nothing_is_appealed_against_before_anybody_was_called() -> None:
    given(worker(REPORT)).when(worker(APPEAL)).then_refused(NotYours)
