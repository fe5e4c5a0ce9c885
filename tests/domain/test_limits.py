"""Deadlines (时限): by urgency unless the dispatcher chose one, and never a claim after the due time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.errors import OutOfRange
from domain.ticket.clocks import ClockName
from domain.ticket.commands import Dispatch, Sort
from domain.ticket.events import Dispatched, Sorted
from domain.ticket.stage import Urgency
from domain.ticket.timing import USUAL
from tests.domain.given import NOON, given
from tests.domain.people import A_DAY, A_MINUTE, AN_HOUR, COMMUNITY, dispatcher, sorter, worker
from tests.domain.stories import REPORT, SORTED

BY_URGENCY = [
    (Urgency.EMERGENCY, 30 * A_MINUTE, 2 * AN_HOUR),
    (Urgency.URGENT, AN_HOUR, 24 * AN_HOUR),
    (Urgency.ORDINARY, 24 * AN_HOUR, 7 * A_DAY),
]
NOW = NOON + 3 * A_MINUTE
"""When the dispatcher below dispatches."""


@pytest.mark.parametrize(("urgency", "claim", "handle"), BY_URGENCY)
def test_the_more_urgent_the_sooner_to_claim_and_to_handle(
    urgency: Urgency, claim: timedelta, handle: timedelta
) -> None:
    story = given(worker(REPORT), sorter(Sort("drain", urgency)))
    task = story.when(dispatcher(Dispatch("housing"))).then(Dispatched).tasks["housing"]
    assert (task.claim_by, task.due_at) == (NOW + claim, NOW + handle)


@pytest.mark.parametrize(("urgency", "claim", "handle"), BY_URGENCY)
def test_what_the_community_keeps_has_the_limits_of_the_urgency_it_was_sorted_with(
    urgency: Urgency, claim: timedelta, handle: timedelta
) -> None:
    story = given(worker(REPORT))
    ticket = story.when(sorter(Sort("drain", urgency, keep=True))).then(Sorted, Dispatched)
    task = ticket.tasks[COMMUNITY]
    assert (task.claim_by, task.due_at) == (story.now + claim, story.now + handle)


@pytest.mark.parametrize("lead_time", [timedelta(microseconds=1), A_DAY, timedelta(days=366)])
def test_a_due_time_the_dispatcher_chose_stands_for_all_departments_called(lead_time: timedelta) -> None:
    asked = Dispatch("housing", ("water",), due_at=NOW + lead_time)
    tasks = given(*SORTED).when(dispatcher(asked)).then(Dispatched).tasks
    assert {task.due_at for task in tasks.values()} == {NOW + lead_time}


@pytest.mark.parametrize(
    "due_at",
    [
        NOW,
        NOW - timedelta(microseconds=1),
        NOW + timedelta(days=366, microseconds=1),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    ],
)
def test_a_due_time_lies_after_now_and_within_a_year(due_at: datetime) -> None:
    given(*SORTED).when(dispatcher(Dispatch("housing", due_at=due_at))).then_refused(OutOfRange, "due_at")


def test_a_due_time_without_a_zone_is_refused() -> None:
    due_at = (NOW + A_DAY).replace(tzinfo=None)
    given(*SORTED).when(dispatcher(Dispatch("housing", due_at=due_at))).then_refused(OutOfRange, "due_at")


def test_a_due_time_is_the_same_moment_in_any_zone() -> None:
    due_at = (NOW + A_DAY).astimezone(UTC)
    ticket = given(*SORTED).when(dispatcher(Dispatch("housing", due_at=due_at))).then(Dispatched)
    assert ticket.tasks["housing"].due_at == NOW + A_DAY


@settings(deadline=None, database=None, derandomize=True)
@for_all(
    urgency=st.sampled_from(Urgency),
    lead_time=st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=366)),
)
def test_nobody_has_to_do_anything_after_the_due_time(urgency: Urgency, lead_time: timedelta | None) -> None:
    clocks = USUAL.call("water", urgency, NOW, None if lead_time is None else NOW + lead_time)
    due = {clock.name: clock.due_at for clock in clocks}
    due_at = due[ClockName.HANDLE]
    assert due_at is not None
    assert all(each is not None and NOW < each <= due_at for each in due.values())
