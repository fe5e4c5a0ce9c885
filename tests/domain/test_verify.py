"""Verifying (核查) by staff, and the resident's own word (回访), which nobody else gives or changes."""

import pytest

from domain.actors import Role
from domain.errors import AlreadyAnswered, NotYours, WrongStage
from domain.ticket.commands import AcceptReturn, Dispatch, Reopen, SendBack, Verify
from domain.ticket.events import Reopened, Verified
from domain.ticket.stage import Satisfied, Solved, Stage, TaskStage
from tests.domain.given import given
from tests.domain.people import (
    A_DAY,
    COMMUNITY,
    GRID,
    Somebody,
    dispatcher,
    housing,
    resident,
    somebody,
    sorter,
    supervisor,
    water,
    worker,
)
from tests.domain.stories import KEEP, NOT_SOLVED, ON_SITE, PARTLY, REPORT, SOLVED, called, done

HANDLED = (*called("water"), *done(housing, water))
CONTENT = Verify(Solved.SOLVED, Satisfied.SATISFIED)
UNHAPPY = Verify(Solved.PARTLY, Satisfied.NOT_SATISFIED, "还有一盏没亮")


@pytest.mark.parametrize("who", [worker, sorter, resident])
@pytest.mark.parametrize("said", [SOLVED, PARTLY])
def test_solved_or_partly_closes_the_ticket(who: Somebody, said: Verify) -> None:
    ticket = given(*HANDLED).when(who(said)).then(Verified, solved=said.solved)
    assert ticket.stage is Stage.VERIFIED


def test_what_is_not_handled_is_not_verified() -> None:
    given(*called()).when(worker(SOLVED)).then_refused(WrongStage, "must be handled")
    given(*called()).when(resident(SOLVED)).then_refused(WrongStage)


def test_nobody_who_dispatches_or_supervises_verifies() -> None:
    for who in (dispatcher, supervisor, housing):
        given(*HANDLED).when(who(SOLVED)).then_refused(NotYours, "a resident", "a sorter", "a grid worker")


def test_the_residents_answer_and_what_staff_found_are_kept_apart() -> None:
    ticket = given(*HANDLED, worker(CONTENT)).when(resident(UNHAPPY)).then(Verified)
    assert ticket.verification is not None
    assert ticket.answer is not None
    assert ticket.verification.solved is Solved.SOLVED
    assert (ticket.answer.solved, ticket.answer.satisfied) == (Solved.PARTLY, Satisfied.NOT_SATISFIED)


def test_no_staff_gives_the_residents_answer() -> None:
    assert given(*HANDLED).when(worker(CONTENT)).then(Verified).answer is None


def test_no_staff_changes_the_residents_answer() -> None:
    given(*HANDLED, resident(UNHAPPY)).when(sorter(CONTENT)).then_refused(WrongStage)


def test_the_resident_answers_once_a_round() -> None:
    given(*HANDLED, resident(SOLVED)).when(resident(UNHAPPY)).then_refused(AlreadyAnswered)
    again = (*HANDLED, resident(NOT_SOLVED), *done(housing, water))
    assert given(*again).ticket.answer is None
    given(*again).when(resident(SOLVED)).then(Verified)


def test_the_resident_answers_after_staff_have_verified() -> None:
    ticket = given(*HANDLED, worker(SOLVED)).when(resident(PARTLY)).then(Verified)
    assert ticket.stage is Stage.VERIFIED


@pytest.mark.parametrize("note", [None, "还是不亮"])
def test_not_solved_reopens_by_itself_with_fresh_clocks_for_all(note: str | None) -> None:
    story = given(*HANDLED)
    said = Verify(Solved.NOT_SOLVED, note=note)
    ticket = story.when(resident(said, after=3 * A_DAY)).then(Verified, Reopened, reason=note or "未解决")
    assert (ticket.stage, ticket.reopened) == (Stage.DISPATCHED, 1)
    for task in ticket.tasks.values():
        assert (task.stage, task.result) == (TaskStage.DISPATCHED, None)
        assert (task.claimed_at, task.attended_at, task.handled_at) == (None, None, None)
        assert (task.dispatched_at, task.claim_by, task.due_at) == (
            story.now,
            story.now + A_DAY,
            story.now + 7 * A_DAY,
        )


def test_staff_who_find_it_not_solved_reopen_it_too() -> None:
    ticket = given(*HANDLED).when(sorter(NOT_SOLVED)).then(Verified, Reopened)
    assert ticket.stage is Stage.DISPATCHED


def test_the_resident_has_the_last_word_after_staff_called_it_solved() -> None:
    ticket = given(*HANDLED, worker(SOLVED)).when(resident(NOT_SOLVED)).then(Verified, Reopened)
    assert ticket.stage is Stage.DISPATCHED
    assert (ticket.answer, ticket.verification) == (None, None)


def test_a_department_that_was_let_go_is_not_called_by_not_solved() -> None:
    let_go = (water(SendBack("不归我们管")), dispatcher(AcceptReturn("water", "同意")))
    ticket = (
        given(*called("water"), *let_go, *done(housing)).when(resident(NOT_SOLVED)).then(Verified, Reopened)
    )
    assert ticket.tasks["housing"].stage is TaskStage.DISPATCHED
    assert ticket.tasks["water"].stage is TaskStage.RETURNED


def test_whoever_handled_it_on_the_spot_does_not_verify_it() -> None:
    given(worker(ON_SITE)).when(worker(SOLVED)).then_refused(NotYours, "did not handle it")
    assert given(worker(ON_SITE)).when(sorter(SOLVED)).then(Verified).stage is Stage.VERIFIED


def test_whoever_handled_it_does_not_verify_it_in_another_role() -> None:
    both = somebody("both", (Role.GRID_WORKER, GRID), (Role.HANDLER, "housing"))
    given(*called(), *done(both)).when(both(SOLVED)).then_refused(NotYours, "did not handle it")


def test_whoever_handled_it_in_an_earlier_round_may_verify_a_later_one() -> None:
    both = somebody("both", (Role.GRID_WORKER, GRID), (Role.HANDLER, "housing"))
    story = (*called(), *done(both), resident(NOT_SOLVED), *done(housing))
    given(*story).when(both(SOLVED)).then(Verified)


def test_whoever_handled_a_part_that_still_counts_does_not_verify_when_another_was_done_again() -> None:
    kept = (worker(REPORT), sorter(KEEP), dispatcher(Dispatch("housing")), *done(sorter, housing))
    again = (*kept, resident(Reopen("还有一盏没亮", ("housing",))), *done(housing))
    assert given(*again).ticket.tasks[COMMUNITY].stage is TaskStage.HANDLED
    given(*again).when(sorter(SOLVED)).then_refused(NotYours, "did not handle it")


def test_what_was_handled_on_the_spot_and_is_not_solved_is_sorted_like_any_other() -> None:
    ticket = given(worker(ON_SITE)).when(resident(NOT_SOLVED)).then(Verified, Reopened, calls=())
    assert (ticket.stage, ticket.result) == (Stage.REPORTED, None)
