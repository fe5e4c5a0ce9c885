"""Sorting (分拣), rejecting (不予受理), and what a community keeps for itself (自办)."""

from domain.actors import Role
from domain.errors import LeadCannotSendBack, NotYours, UnknownCategory, WrongStage
from domain.ticket.commands import Claim, Dispatch, Handle, Reject, SendBack, Sort
from domain.ticket.events import Claimed, Dispatched, Handled, Rejected, Sorted
from domain.ticket.stage import Stage, Urgency
from tests.domain.given import given
from tests.domain.people import (
    COMMUNITY,
    TOWN,
    dispatcher,
    housing,
    somebody,
    sorter,
    supervisor,
    worker,
)
from tests.domain.stories import HANDLE, KEEP, REPORT, SOLVED, SORT, SORTED, done

KEPT = (worker(REPORT), sorter(KEEP))


def test_sorting_says_what_it_is_about_and_how_urgent() -> None:
    ticket = (
        given(worker(REPORT))
        .when(sorter(Sort("manhole", Urgency.EMERGENCY, "学校门口")))
        .then(Sorted, category="manhole", urgency=Urgency.EMERGENCY, note="学校门口")
    )
    assert (ticket.stage, ticket.category, ticket.urgency) == (
        Stage.SORTED,
        "manhole",
        Urgency.EMERGENCY,
    )


def test_a_category_nobody_knows_is_not_sorted_into() -> None:
    given(worker(REPORT)).when(sorter(Sort("aliens", Urgency.URGENT))).then_refused(UnknownCategory, "aliens")


def test_only_the_sorter_sorts_and_others_are_told_so() -> None:
    given(worker(REPORT)).when(supervisor(SORT)).then_refused(NotYours, f"a sorter of {COMMUNITY} may sort")


def test_a_sorter_rejects_at_first_sight_and_a_dispatcher_only_what_is_sorted() -> None:
    reject = Reject("不属本街道")
    given(worker(REPORT)).when(dispatcher(reject)).then_refused(WrongStage, "must be sorted")
    given(*SORTED).when(sorter(reject)).then_refused(WrongStage, "must be reported")


def test_whoever_is_sorter_and_dispatcher_rejects_at_either_stage() -> None:
    both = somebody("both", (Role.SORTER, COMMUNITY), (Role.DISPATCHER, TOWN))
    reject = Reject("不属本街道")
    given(worker(REPORT)).when(both(reject)).then(Rejected)
    given(*SORTED).when(both(reject)).then(Rejected)


def test_a_community_that_keeps_a_ticket_is_called_like_a_department() -> None:
    ticket = given(worker(REPORT)).when(sorter(KEEP)).then(Sorted, Dispatched, lead=COMMUNITY)
    assert ticket.stage is Stage.DISPATCHED
    assert list(ticket.tasks) == [COMMUNITY]
    assert ticket.tasks[COMMUNITY].lead


def test_the_sorters_of_the_community_handle_what_it_kept() -> None:
    given(*KEPT).when(sorter(Claim())).then(Claimed, department=COMMUNITY)
    ticket = given(*KEPT, sorter(Claim())).when(sorter(HANDLE)).then(Handled)
    assert ticket.stage is Stage.HANDLED


def test_no_department_handles_what_the_community_kept() -> None:
    several = somebody("several", (Role.SORTER, "220621100002"), (Role.SUPERVISOR, TOWN))
    given(*KEPT).when(several(Claim())).then_refused(NotYours, COMMUNITY)


def test_a_community_cannot_send_back_what_it_kept() -> None:
    given(*KEPT).when(sorter(SendBack("太难"))).then_refused(LeadCannotSendBack)


def test_whoever_handled_what_the_community_kept_does_not_verify_it() -> None:
    other_sorter = somebody("sorter-2", (Role.SORTER, COMMUNITY))
    handled = (*KEPT, *done(sorter))
    given(*handled).when(sorter(SOLVED)).then_refused(NotYours, "did not handle it")
    assert given(*handled, other_sorter(SOLVED)).ticket.stage is Stage.VERIFIED


def test_a_department_called_to_what_was_kept_takes_the_lead_and_both_must_handle_it() -> None:
    story = (*KEPT, dispatcher(Dispatch("housing")), *done(sorter), housing(Claim()))
    assert given(*story).ticket.stage is Stage.DISPATCHED
    ticket = given(*story).when(housing(Handle("已修好"))).then(Handled)
    assert ticket.stage is Stage.HANDLED
    assert [task.department for task in ticket.tasks.values() if task.lead] == ["housing"]
