"""Sending back (退单): the clock stops, the dispatcher rules, and the second ruling is final (终审)."""

import pytest

from domain.errors import LeadCannotSendBack, NotYours, RulingFinal, TaskWrongStage, UnknownTicket
from domain.ticket.commands import AcceptReturn, Claim, Dispatch, RefuseReturn, SendBack
from domain.ticket.events import Claimed, Handled, ReturnAccepted, ReturnRefused, SentBack
from domain.ticket.stage import Stage, TaskStage
from tests.domain.given import NOON, given
from tests.domain.people import (
    A_DAY,
    A_MINUTE,
    AN_HOUR,
    Step,
    dispatcher,
    housing,
    traffic,
    urban,
    water,
)
from tests.domain.stories import HANDLE, called, done

CALLED_AT = NOON + 3 * A_MINUTE
NOT_OURS = SendBack("不归我们管")
ACCEPT = AcceptReturn("water", "同意")
REFUSE = RefuseReturn("water", "应由你们办理")
ASSISTING = called("water")


def test_the_lead_cannot_send_back() -> None:
    given(*ASSISTING).when(housing(NOT_OURS)).then_refused(LeadCannotSendBack, "housing", "another lead")


def test_an_assisting_department_sends_back_before_or_after_it_claimed() -> None:
    given(*ASSISTING).when(water(NOT_OURS)).then(SentBack, department="water")
    given(*ASSISTING, water(Claim())).when(water(NOT_OURS)).then(SentBack, department="water")


def test_a_department_that_was_not_called_has_nothing_to_send_back() -> None:
    given(*ASSISTING).when(traffic(NOT_OURS)).then_refused(UnknownTicket)


def test_what_is_handled_is_not_sent_back() -> None:
    given(*ASSISTING, *done(water)).when(water(NOT_OURS)).then_refused(TaskWrongStage, "water is handled")


def test_only_the_dispatcher_rules_on_a_return() -> None:
    for ruling in (ACCEPT, REFUSE):
        given(*ASSISTING, water(NOT_OURS)).when(water(ruling)).then_refused(NotYours, "a dispatcher of")


def test_a_return_is_ruled_on_once() -> None:
    given(*ASSISTING, water(NOT_OURS), dispatcher(ACCEPT)).when(dispatcher(REFUSE)).then_refused(
        TaskWrongStage
    )
    given(*ASSISTING, water(NOT_OURS), dispatcher(REFUSE)).when(dispatcher(ACCEPT)).then_refused(
        TaskWrongStage
    )


def test_nobody_waits_for_a_department_while_its_return_waits_for_a_ruling() -> None:
    task = given(*ASSISTING).when(water(NOT_OURS)).then(SentBack).tasks["water"]
    assert task.stage is TaskStage.RETURNED
    assert task.awaits_ruling
    assert not task.running


def test_a_refused_return_resumes_both_clocks_with_what_was_left() -> None:
    story = given(*ASSISTING, water(NOT_OURS, after=10 * AN_HOUR))
    ticket = story.when(dispatcher(REFUSE, after=3 * A_DAY)).then(
        ReturnRefused, claim_by=CALLED_AT + A_DAY + 3 * A_DAY, due_at=CALLED_AT + 7 * A_DAY + 3 * A_DAY
    )
    assert ticket.tasks["water"].stage is TaskStage.DISPATCHED


def test_a_refused_return_leaves_a_department_that_had_claimed_at_work() -> None:
    ticket = given(*ASSISTING, water(Claim()), water(NOT_OURS)).when(dispatcher(REFUSE)).then(ReturnRefused)
    assert ticket.tasks["water"].stage is TaskStage.CLAIMED


def test_time_that_stood_still_twice_is_given_back_twice() -> None:
    ruled = (
        water(NOT_OURS, after=AN_HOUR),
        dispatcher(REFUSE, after=A_DAY),
        water(NOT_OURS, after=AN_HOUR),
    )
    given(*ASSISTING, *ruled).when(dispatcher(REFUSE, after=2 * A_DAY)).then(
        ReturnRefused, due_at=CALLED_AT + 7 * A_DAY + 3 * A_DAY
    )


def test_a_return_stops_no_clock_but_its_own() -> None:
    before = given(*ASSISTING).ticket.tasks["housing"]
    story = given(*ASSISTING, water(NOT_OURS, after=AN_HOUR))
    assert story.when(dispatcher(REFUSE, after=A_DAY)).then(ReturnRefused).tasks["housing"] == before


def test_a_claim_that_was_late_stays_late_after_a_refused_return() -> None:
    late = (*ASSISTING, water(Claim(), after=2 * A_DAY), water(NOT_OURS))
    task = given(*late).when(dispatcher(REFUSE, after=3 * A_DAY)).then(ReturnRefused).tasks["water"]
    assert task.claimed_at is not None
    assert task.claimed_at > task.claim_by


TWICE: dict[str, tuple[Step, ...]] = {
    "refused": (dispatcher(REFUSE),),
    "accepted, and called again": (dispatcher(ACCEPT), dispatcher(Dispatch("housing", ("water",)))),
}


@pytest.mark.parametrize("first", TWICE)
@pytest.mark.parametrize("second", TWICE)
def test_after_the_second_return_the_ruling_is_final(first: str, second: str) -> None:
    once = (*ASSISTING, water(NOT_OURS), *TWICE[first])
    given(*once).when(water(NOT_OURS)).then(SentBack)
    given(*once, water(NOT_OURS), *TWICE[second]).when(water(NOT_OURS)).then_refused(
        RulingFinal, "ruled twice", "water"
    )


def test_how_often_one_department_sent_back_binds_no_other() -> None:
    story = (*called("water", "urban"), *2 * (water(NOT_OURS), dispatcher(REFUSE)))
    given(*story).when(urban(NOT_OURS)).then(SentBack, department="urban")


def test_after_the_final_ruling_the_department_does_its_part() -> None:
    story = (*ASSISTING, *2 * (water(NOT_OURS), dispatcher(REFUSE)))
    given(*story).when(water(Claim())).then(Claimed, department="water")


def test_an_accepted_return_while_all_others_handled_makes_the_ticket_handled() -> None:
    story = (*ASSISTING, *done(housing), water(NOT_OURS))
    assert given(*story).ticket.stage is Stage.DISPATCHED
    assert given(*story).when(dispatcher(ACCEPT)).then(ReturnAccepted).stage is Stage.HANDLED


def test_an_accepted_return_while_others_are_at_work_leaves_the_ticket_dispatched() -> None:
    ticket = given(*ASSISTING, water(NOT_OURS)).when(dispatcher(ACCEPT)).then(ReturnAccepted)
    assert ticket.stage is Stage.DISPATCHED
    assert (
        given(*ASSISTING, water(NOT_OURS), dispatcher(ACCEPT), housing(Claim()))
        .when(housing(HANDLE))
        .then(Handled)
        .stage
        is Stage.HANDLED
    )


def test_a_ticket_is_not_handled_while_a_return_waits_for_its_ruling() -> None:
    story = (*ASSISTING, water(NOT_OURS), housing(Claim()))
    assert given(*story).when(housing(HANDLE)).then(Handled).stage is Stage.DISPATCHED
