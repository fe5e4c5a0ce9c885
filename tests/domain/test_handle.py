"""Joint handling (部门联动): each department its own task, claim, visit, notes and result."""

from itertools import permutations

import pytest

from domain.actors import Role
from domain.errors import (
    AlreadyAttended,
    NoTask,
    NotYours,
    OutOfRange,
    TaskWrongStage,
    UnknownTicket,
    WhichDepartment,
    WrongStage,
)
from domain.ticket.commands import Attend, Claim, Handle, NoteProgress
from domain.ticket.events import Attended, Claimed, Handled, ProgressNoted
from domain.ticket.stage import Stage, TaskStage
from tests.domain.given import given
from tests.domain.people import (
    A_DAY,
    A_MINUTE,
    Somebody,
    dispatcher,
    housing,
    somebody,
    traffic,
    urban,
    water,
)
from tests.domain.stories import HANDLE, called, done

JOINT = called("water", "urban")
two_hats = somebody("two-hats", (Role.HANDLER, "water"), (Role.HANDLER, "urban"))
half_hat = somebody("half-hat", (Role.HANDLER, "water"), (Role.HANDLER, "traffic"))


def test_each_department_claims_for_itself() -> None:
    tasks = given(*JOINT).when(water(Claim())).then(Claimed, department="water").tasks
    assert [name for name, task in tasks.items() if task.stage is TaskStage.CLAIMED] == ["water"]


def test_a_department_that_was_not_called_does_not_see_the_ticket() -> None:
    given(*JOINT).when(traffic(Claim())).then_refused(UnknownTicket)


def test_no_department_acts_for_another() -> None:
    given(*JOINT).when(water(Claim("urban"))).then_refused(NotYours, "a handler of urban may claim")


def test_nobody_but_a_department_claims() -> None:
    given(*JOINT).when(dispatcher(Claim("water"))).then_refused(NotYours, "a handler of water")


def test_whoever_serves_several_departments_of_a_ticket_says_which() -> None:
    given(*JOINT).when(two_hats(Claim())).then_refused(WhichDepartment)
    given(*JOINT).when(two_hats(Claim("urban"))).then(Claimed, department="urban")


def test_whoever_serves_one_department_of_a_ticket_need_not_say_so() -> None:
    given(*JOINT).when(half_hat(Claim())).then(Claimed, department="water")


def test_a_department_of_ones_own_that_was_not_called_has_no_task() -> None:
    given(*JOINT).when(half_hat(Claim("traffic"))).then_refused(NoTask, "traffic")


def test_a_task_is_claimed_once() -> None:
    given(*JOINT, water(Claim())).when(water(Claim())).then_refused(TaskWrongStage, "water is claimed")


def test_a_department_is_on_site_once_in_a_round() -> None:
    ticket = given(*JOINT, water(Claim())).when(water(Attend())).then(Attended, department="water")
    assert ticket.tasks["water"].attended_at is not None
    given(*JOINT, water(Claim()), water(Attend())).when(water(Attend())).then_refused(
        AlreadyAttended, "water"
    )


def test_a_department_that_is_late_still_claims_and_handles() -> None:
    late = (*JOINT, water(Claim(), after=A_DAY + A_MINUTE))
    assert given(*late).ticket.tasks["water"].stage is TaskStage.CLAIMED
    task = given(*late).when(water(HANDLE, after=30 * A_DAY)).then(Handled).tasks["water"]
    assert task.stage is TaskStage.HANDLED
    assert task.handled_at is not None
    assert task.handled_at > task.due_at


def test_progress_is_noted_as_often_as_there_is_any() -> None:
    noted = (*JOINT, water(Claim()), water(NoteProgress("已派人")))
    given(*noted).when(water(NoteProgress("已换管", ("p1", "p2")))).then(
        ProgressNoted, text="已换管", photos=("p1", "p2")
    )


@pytest.mark.parametrize("asked", [NoteProgress("已派人", ("p",) * 10), Handle("好了", ("p",) * 10)])
def test_no_more_than_nine_photos_go_with_a_note_or_a_result(asked: NoteProgress | Handle) -> None:
    given(*JOINT, water(Claim())).when(water(asked)).then_refused(OutOfRange, "photos are 10")


def test_nothing_is_handled_that_was_not_claimed() -> None:
    given(*JOINT).when(water(HANDLE)).then_refused(TaskWrongStage, "needs it claimed")


def test_a_result_is_that_of_the_department_alone() -> None:
    story = given(*JOINT, water(Claim()))
    tasks = story.when(water(Handle("换了管"))).then(Handled, result="换了管").tasks
    assert [(name, task.result) for name, task in tasks.items() if task.result] == [("water", "换了管")]
    assert tasks["water"].handled_at == story.now


@pytest.mark.parametrize("order", list(permutations([housing, water, urban])))
def test_the_ticket_is_handled_when_the_last_department_has_whoever_that_is(
    order: tuple[Somebody, Somebody, Somebody],
) -> None:
    first, second, last = order
    story = (*JOINT, *done(first, second), last(Claim()))
    assert given(*story).ticket.stage is Stage.DISPATCHED
    ticket = given(*story).when(last(HANDLE)).then(Handled)
    assert ticket.stage is Stage.HANDLED
    assert ticket.stage_since == ticket.tasks[last.account].handled_at


def test_what_is_handled_is_claimed_by_nobody() -> None:
    given(*JOINT, *done(housing, water, urban)).when(water(Claim())).then_refused(
        WrongStage, "must be dispatched"
    )
