"""Reopening (返工 / 重办): all departments that handled it begin again, or those named."""

import pytest

from domain.errors import NoTask, NotYours, WrongStage
from domain.ticket.commands import Dispatch, Reject, Reopen, Sort
from domain.ticket.events import Handled, Reopened, Sorted
from domain.ticket.stage import Stage, TaskStage, Urgency
from tests.domain.given import given
from tests.domain.people import (
    A_DAY,
    AN_HOUR,
    Somebody,
    auditor,
    dispatcher,
    housing,
    resident,
    sorter,
    supervisor,
    water,
    worker,
)
from tests.domain.stories import HANDLE, REPORT, SOLVED, SORT, called, done

HANDLED = (*called("water"), *done(housing, water))
AGAIN = Reopen("又坏了")


@pytest.mark.parametrize("who", [worker, sorter, dispatcher, supervisor, resident])
def test_the_place_its_leaders_and_the_resident_reopen(who: Somebody) -> None:
    assert given(*HANDLED).when(who(AGAIN)).then(Reopened, reason="又坏了").stage is Stage.DISPATCHED


@pytest.mark.parametrize("who", [housing, auditor])
def test_no_department_and_no_auditor_reopens(who: Somebody) -> None:
    given(*HANDLED).when(who(AGAIN)).then_refused(NotYours, "a supervisor of")


def test_what_was_verified_is_reopened_as_well() -> None:
    ticket = given(*HANDLED, worker(SOLVED)).when(resident(AGAIN)).then(Reopened)
    assert (ticket.stage, ticket.reopened, ticket.verification) == (Stage.DISPATCHED, 1, None)


def test_what_is_still_being_done_is_not_reopened() -> None:
    given(*called()).when(supervisor(AGAIN)).then_refused(WrongStage, "handled or verified or rejected")


def test_all_begin_again_with_fresh_clocks_where_none_is_named() -> None:
    story = given(*HANDLED)
    tasks = story.when(dispatcher(AGAIN, after=30 * A_DAY)).then(Reopened).tasks
    assert {(task.stage, task.due_at) for task in tasks.values()} == {
        (TaskStage.DISPATCHED, story.now + 7 * A_DAY)
    }


def test_only_the_departments_named_begin_again() -> None:
    before = given(*HANDLED).ticket.tasks["housing"]
    ticket = given(*HANDLED).when(dispatcher(Reopen("又坏了", ("water", "water")))).then(Reopened)
    assert ticket.tasks["housing"] == before
    assert ticket.tasks["water"].stage is TaskStage.DISPATCHED


def test_a_ticket_reopened_for_one_department_is_handled_when_that_one_has() -> None:
    story = (*HANDLED, dispatcher(Reopen("又坏了", ("water",))), *done(water)[:1])
    assert given(*story).when(water(HANDLE)).then(Handled).stage is Stage.HANDLED


def test_a_department_without_a_task_does_not_begin_again() -> None:
    given(*HANDLED).when(dispatcher(Reopen("又坏了", ("water", "urban")))).then_refused(NoTask, "urban")


def test_what_was_rejected_is_sorted_again() -> None:
    rejected = (worker(REPORT), sorter(Reject("不属本街道")))
    ticket = given(*rejected).when(resident(AGAIN)).then(Reopened, calls=())
    assert ticket.stage is Stage.REPORTED
    given(*rejected, resident(AGAIN)).when(sorter(SORT)).then(Sorted)


def test_the_fresh_clock_is_as_urgent_as_the_ticket() -> None:
    urgent = (
        worker(REPORT),
        sorter(Sort("drain", Urgency.EMERGENCY)),
        dispatcher(Dispatch("housing")),
        *done(housing),
    )
    story = given(*urgent)
    ticket = story.when(resident(AGAIN, after=A_DAY)).then(Reopened)
    assert ticket.tasks["housing"].due_at == story.now + 2 * AN_HOUR


def test_how_often_it_was_reopened_is_counted() -> None:
    story = (*HANDLED, resident(AGAIN), *done(housing, water), worker(SOLVED))
    assert given(*story).when(supervisor(AGAIN)).then(Reopened).reopened == 2
