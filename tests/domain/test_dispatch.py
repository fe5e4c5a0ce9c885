"""Dispatching (派单): one lead, others assisting, more of them later (加派), another lead."""

import pytest

from domain.errors import (
    AlreadyCalled,
    NothingToDispatch,
    NotYours,
    OutOfRange,
    TaskWrongStage,
    UnknownDepartment,
    WrongStage,
)
from domain.ticket.commands import AcceptReturn, Claim, Dispatch, NoteProgress, SendBack
from domain.ticket.events import Dispatched, Handled, SentBack
from domain.ticket.stage import Stage, TaskStage
from tests.domain.given import NOON, given
from tests.domain.people import (
    A_DAY,
    A_MINUTE,
    AN_HOUR,
    COMMUNITY,
    TOWN,
    Step,
    dispatcher,
    housing,
    sorter,
    urban,
    water,
    worker,
)
from tests.domain.stories import HANDLE, KEEP, REPORT, SORTED, called, done

LET_GO = (water(SendBack("不归我们管")), dispatcher(AcceptReturn("water", "同意")))


def test_only_a_dispatcher_dispatches() -> None:
    given(*SORTED).when(sorter(Dispatch("housing"))).then_refused(
        NotYours, f"a dispatcher of {TOWN} may dispatch"
    )


def test_nothing_is_dispatched_before_it_is_sorted() -> None:
    given(worker(REPORT)).when(dispatcher(Dispatch("housing"))).then_refused(WrongStage, "must be sorted")


def test_one_whistle_calls_one_lead_and_every_assisting_department() -> None:
    ticket = (
        given(*SORTED)
        .when(dispatcher(Dispatch("housing", ("water", "urban"))))
        .then(Dispatched, lead="housing")
    )
    assert ticket.stage is Stage.DISPATCHED
    assert {name: task.lead for name, task in ticket.tasks.items()} == {
        "housing": True,
        "water": False,
        "urban": False,
    }


@pytest.mark.parametrize("named", [("aliens", ()), ("housing", ("aliens",))])
def test_a_department_nobody_knows_is_not_called(named: tuple[str, tuple[str, ...]]) -> None:
    given(*SORTED).when(dispatcher(Dispatch(*named))).then_refused(UnknownDepartment, "aliens")


@pytest.mark.parametrize("assisting", [("housing",), ("water", "water")])
def test_no_department_is_named_twice(assisting: tuple[str, ...]) -> None:
    given(*SORTED).when(dispatcher(Dispatch("housing", assisting))).then_refused(OutOfRange, "twice")


def test_a_department_called_later_has_its_own_clock_and_the_others_keep_theirs() -> None:
    before = given(*called("water")).ticket.tasks
    ticket = (
        given(*called("water"))
        .when(dispatcher(Dispatch("housing", ("urban",)), after=A_DAY))
        .then(Dispatched)
    )
    assert {name: ticket.tasks[name] for name in before} == before
    assert ticket.tasks["urban"].due_at == NOON + 3 * A_MINUTE + A_DAY + 7 * A_DAY


def test_a_ticket_all_but_handled_waits_for_a_department_called_later() -> None:
    story = given(*called("water"), *done(housing), dispatcher(Dispatch("housing", ("urban",))))
    assert given(*story.history, *done(water)).ticket.stage is Stage.DISPATCHED


def test_a_department_at_work_already_is_not_called_again() -> None:
    again = dispatcher(Dispatch("housing", ("water", "urban")))
    given(*called("water")).when(again).then_refused(AlreadyCalled, "water")
    given(*called("water"), *done(water)).when(again).then_refused(AlreadyCalled, "water")


def test_calling_nobody_new_is_refused() -> None:
    given(*called("water")).when(dispatcher(Dispatch("housing"))).then_refused(NothingToDispatch)


def test_a_department_at_work_becomes_lead_and_the_former_lead_assists() -> None:
    ticket = given(*called("water")).when(dispatcher(Dispatch("water"))).then(Dispatched, calls=())
    assert {name: task.lead for name, task in ticket.tasks.items()} == {
        "housing": False,
        "water": True,
    }


def test_a_department_new_to_the_ticket_becomes_lead() -> None:
    ticket = given(*called("water")).when(dispatcher(Dispatch("urban"))).then(Dispatched)
    assert [name for name, task in ticket.tasks.items() if task.lead] == ["urban"]
    assert set(ticket.tasks) == {"housing", "water", "urban"}


def test_a_former_lead_may_be_named_among_the_assisting() -> None:
    given(*called("water")).when(dispatcher(Dispatch("urban", ("housing",)))).then(Dispatched, lead="urban")


def test_a_former_lead_may_send_back() -> None:
    given(*called("water"), dispatcher(Dispatch("water"))).when(housing(SendBack("不归我们管"))).then(
        SentBack, department="housing"
    )


def test_after_a_change_of_lead_the_last_to_handle_still_makes_it_handled() -> None:
    story = (*called("water"), *done(water), dispatcher(Dispatch("water")), housing(Claim()))
    ticket = given(*story).when(housing(HANDLE)).then(Handled)
    assert ticket.stage is Stage.HANDLED


def test_a_department_whose_return_is_not_ruled_on_does_not_become_lead() -> None:
    given(*called("water"), water(SendBack("不归我们管"))).when(dispatcher(Dispatch("water"))).then_refused(
        TaskWrongStage, "water is returned"
    )


def test_a_department_that_was_let_go_goes_on_with_the_time_that_was_left() -> None:
    sent_back = NOON + 3 * A_MINUTE + 2 * A_DAY
    ticket = (
        given(
            *called("water"),
            water(SendBack("不归我们管"), after=2 * A_DAY),
            dispatcher(AcceptReturn("water", "同意"), after=A_DAY),
        )
        .when(dispatcher(Dispatch("housing", ("water",)), after=A_DAY))
        .then(Dispatched)
    )
    assert ticket.tasks["water"].stage is TaskStage.DISPATCHED
    assert ticket.tasks["water"].due_at == sent_back + 2 * A_DAY + 5 * A_DAY


def test_a_department_that_was_let_go_is_not_late_to_claim_the_moment_it_is_called_again() -> None:
    story = given(
        *called("water"),
        water(Claim(), after=AN_HOUR),
        water(SendBack("不归我们管"), after=2 * A_DAY),
        dispatcher(AcceptReturn("water", "同意")),
    )
    ticket = story.when(dispatcher(Dispatch("housing", ("water",)))).then(Dispatched)
    assert story.now < ticket.tasks["water"].claim_by <= ticket.tasks["water"].due_at


def test_another_department_called_instead_starts_afresh() -> None:
    story = given(*called("water"), *LET_GO)
    ticket = story.when(dispatcher(Dispatch("housing", ("urban",)), after=A_DAY)).then(Dispatched)
    assert ticket.tasks["urban"].due_at == story.now + 7 * A_DAY


def test_a_department_that_was_let_go_does_nothing_until_it_is_called_again() -> None:
    given(*called("water"), *LET_GO).when(water(Claim())).then_refused(TaskWrongStage)
    again = given(*called("water"), *LET_GO, dispatcher(Dispatch("housing", ("water",))))
    assert again.ticket.tasks["water"].stage is TaskStage.DISPATCHED


def test_a_department_does_not_act_before_it_has_claimed() -> None:
    given(*called("urban")).when(urban(NoteProgress("已派人"))).then_refused(
        TaskWrongStage, "urban is dispatched", "claimed"
    )


KEPT = (worker(REPORT), sorter(KEEP))


def test_a_community_that_kept_a_ticket_leads_while_departments_are_called_to_help() -> None:
    ticket = given(*KEPT).when(dispatcher(Dispatch(COMMUNITY, ("water",)))).then(Dispatched, lead=COMMUNITY)
    assert {name: task.lead for name, task in ticket.tasks.items()} == {COMMUNITY: True, "water": False}


def test_a_kept_ticket_is_handled_when_the_community_and_its_helpers_have_handled_it() -> None:
    story = given(*KEPT, dispatcher(Dispatch(COMMUNITY, ("water",))), *done(sorter))
    assert story.ticket.stage is Stage.DISPATCHED
    assert given(*story.history, water(Claim())).when(water(HANDLE)).then(Handled).stage is Stage.HANDLED


@pytest.mark.parametrize(
    "story",
    [SORTED, called("water"), (*KEPT, dispatcher(Dispatch("housing")))],
    ids=["nobody", "a department", "no longer the community"],
)
def test_a_community_that_does_not_lead_the_ticket_is_no_department(story: tuple[Step, ...]) -> None:
    given(*story).when(dispatcher(Dispatch(COMMUNITY, ("urban",)))).then_refused(UnknownDepartment, COMMUNITY)


def test_a_community_is_not_called_to_assist() -> None:
    given(*KEPT).when(dispatcher(Dispatch("water", (COMMUNITY,)))).then_refused(UnknownDepartment, COMMUNITY)


def test_a_kept_ticket_dispatched_to_the_community_alone_calls_nobody() -> None:
    given(*KEPT).when(dispatcher(Dispatch(COMMUNITY))).then_refused(NothingToDispatch)
