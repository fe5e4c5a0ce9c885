"""More time (延期、挂账): asked for in time, decided by somebody else, and not without end."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.actors import Role
from domain.errors import (
    AlreadyAsked,
    HeldBefore,
    NotAsked,
    NotYours,
    OnHold,
    OutOfRange,
    RanOut,
    TaskWrongStage,
    TooManyExtensions,
    UnknownYear,
)
from domain.event import Event
from domain.ticket.clocks import ClockName, ClockState, Note
from domain.ticket.commands import (
    Claim,
    Dispatch,
    GrantExtension,
    Hold,
    NoteProgress,
    RefuseExtension,
    Reopen,
    RequestExtension,
    Resume,
    SendBack,
)
from domain.ticket.deferring_events import (
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
    Held,
    Resumed,
)
from domain.ticket.events import Handled, ProgressNoted, SentBack
from domain.ticket.stage import Stage
from domain.ticket.timing import Timing
from domain.working_time import Calendar, WorkingTime
from tests.domain.given import NOON, given
from tests.domain.people import (
    A_DAY,
    A_MINUTE,
    AN_HOUR,
    TOWN,
    Step,
    dispatcher,
    housing,
    somebody,
    sorter,
    supervisor,
    water,
    worker,
)
from tests.domain.stories import HANDLE, KEEP, REPORT, SORTED, called, done
from tests.domain.timed import FOUR_HOURS, local, setting, story, terms

MORE = RequestExtension("等材料")
GRANT, REFUSE = GrantExtension("water", "同意"), RefuseExtension("water", "来得及")
CLAIMED = (*called("water"), water(Claim()))
CALLED_AT = NOON + 3 * A_MINUTE
ASKED = (*CLAIMED, water(MORE))
REVIEW = NOON + 90 * A_DAY
HOLD, RESUME = Hold("water", "等批复", REVIEW), Resume("water")


def test_an_extension_adds_the_original_limit_to_the_deadline() -> None:
    ticket = given(*ASKED).when(dispatcher(GRANT)).then(ExtensionGranted, due_at=CALLED_AT + 14 * A_DAY)
    assert ticket.tasks["water"].due_at == CALLED_AT + 14 * A_DAY
    clock = setting(ticket, ClockName.HANDLE, "water")
    assert (clock.due_at, clock.notes) == (CALLED_AT + 14 * A_DAY, (Note.EXTENDED,))
    assert any("extended" in line for line in clock.explained())
    assert ticket.tasks["housing"].due_at == CALLED_AT + 7 * A_DAY


def test_an_extension_of_working_time_is_working_time() -> None:
    told = story(*ASKED, timing=FOUR_HOURS)
    told.when(dispatcher(GRANT)).then(ExtensionGranted, due_at=local(3, 15))


def test_a_chosen_deadline_is_extended_by_the_limit_of_the_terms() -> None:
    told = given(*SORTED, dispatcher(Dispatch("housing", ("water",), due_at=NOON + A_DAY)))
    for step in (water(Claim()), water(MORE)):
        told.when(step)
    told.when(dispatcher(GRANT)).then(ExtensionGranted, due_at=NOON + 8 * A_DAY)


def test_a_refused_extension_leaves_the_deadline_as_it_was() -> None:
    ticket = given(*ASKED).when(dispatcher(REFUSE)).then(ExtensionRefused, note="来得及")
    assert ticket.tasks["water"].due_at == CALLED_AT + 7 * A_DAY
    assert ticket.tasks["water"].extension_asked_by is None


def test_an_extension_needs_a_reason_and_a_decision_a_note() -> None:
    given(*CLAIMED).when(water(RequestExtension(" "))).then_refused(OutOfRange, "reason")
    for blank in (GrantExtension("water", ""), RefuseExtension("water", "")):
        given(*ASKED).when(dispatcher(blank)).then_refused(OutOfRange, "note")


@pytest.mark.parametrize("late", [False, True])
def test_more_time_is_asked_for_before_it_is_up(late: bool) -> None:
    story = given(*CLAIMED)
    outcome = story.when(water(MORE, CALLED_AT + 7 * A_DAY - story.now + late * timedelta(microseconds=1)))
    if late:
        outcome.then_refused(RanOut, "water", "before")
    else:
        outcome.then(ExtensionRequested, department="water")


def test_what_was_asked_in_time_can_be_granted_later() -> None:
    given(*ASKED).when(dispatcher(GRANT, 9 * A_DAY)).then(ExtensionGranted, due_at=CALLED_AT + 14 * A_DAY)


def test_only_a_department_that_reported_for_duty_asks() -> None:
    given(*called("water")).when(water(MORE)).then_refused(TaskWrongStage, "claimed")


def test_nobody_asks_twice_at_once() -> None:
    given(*ASKED).when(water(MORE)).then_refused(AlreadyAsked, "water")


def test_time_is_extended_twice_at_most_and_refusals_do_not_count() -> None:
    once = (water(MORE), dispatcher(GRANT))
    refused = (water(MORE), dispatcher(REFUSE))
    given(*CLAIMED, *refused, *once, *refused).when(water(MORE)).then(ExtensionRequested)
    given(*CLAIMED, *once, *once).when(water(MORE)).then_refused(TooManyExtensions, "twice")


def test_a_reopened_task_can_be_extended_anew() -> None:
    twice = 2 * (water(MORE), dispatcher(GRANT))
    again = supervisor(Reopen("又坏了", ("water",)))
    told = given(*CLAIMED, *twice, water(HANDLE), *done(housing), again, water(Claim()))
    told.when(water(MORE)).then(ExtensionRequested)


def both(department: str) -> Step:
    """Somebody who dispatches and serves the department asks for more time."""
    return somebody("both", (Role.DISPATCHER, TOWN), (Role.HANDLER, department))(MORE)


def test_nobody_decides_what_they_asked_for_themselves() -> None:
    told = given(*CLAIMED, both("water"))
    for decision in (GRANT, REFUSE):
        same = somebody("both", (Role.DISPATCHER, TOWN))
        told.when(same(decision)).then_refused(NotYours, "did not ask")
    told.when(dispatcher(GRANT)).then(ExtensionGranted)


def test_nobody_decides_about_the_time_of_a_department_they_serve() -> None:
    both_hats = somebody("hats", (Role.DISPATCHER, TOWN), (Role.HANDLER, "water"))
    for decision in (GRANT, REFUSE):
        given(*ASKED).when(both_hats(decision)).then_refused(NotYours, "does not serve")
    given(*CLAIMED).when(both_hats(HOLD)).then_refused(NotYours, "does not serve")
    of_housing = somebody("hats", (Role.DISPATCHER, TOWN), (Role.HANDLER, "housing"))
    given(*CLAIMED).when(of_housing(HOLD)).then(Held)


def test_while_nobody_has_decided_time_runs_against_both() -> None:
    told = given(*CLAIMED)
    ticket = told.when(water(MORE)).then(ExtensionRequested)
    clock = ticket.clocks.find(ClockName.DISPATCH, "water")
    assert clock is not None
    assert (clock.running, clock.setting.unit) == (True, TOWN)
    assert clock.setting.due_at == told.now + 15 * A_MINUTE
    handle = ticket.clocks.find(ClockName.HANDLE, "water")
    assert handle is not None
    assert handle.running


@pytest.mark.parametrize(("step", "event"), [(SendBack("不归我们管"), SentBack), (HANDLE, Handled)])
def test_who_sends_it_back_or_handles_it_asks_for_no_more_time(step: object, event: type[Event]) -> None:
    told = given(*ASKED)
    told.when(water(step)).then(event)
    told.when(dispatcher(GRANT)).then_refused(NotAsked, "water")


def test_an_extension_that_needs_an_unknown_year_is_refused() -> None:
    told = story(*ASKED, timing=FOUR_HOURS)
    told.timing = Timing((terms(handle="4 working_hours"),), WorkingTime(Calendar("china", ())))
    told.when(dispatcher(GRANT)).then_refused(UnknownYear, "2026")


# On hold.


def test_all_clocks_of_a_department_on_hold_stand_still_and_the_dispatcher_looks_at_it_again() -> None:
    told = given(*CLAIMED)
    ticket = told.when(dispatcher(HOLD)).then(Held, review_at=REVIEW, reason="等批复")
    of_water = [clock for clock in ticket.clocks if clock.setting.unit == "water"]
    assert {clock.state(REVIEW) for clock in of_water} == {ClockState.PAUSED, ClockState.STOPPED}
    review = ticket.clocks.find(ClockName.DISPATCH, "water")
    assert review is not None
    assert (review.setting.due_at, review.state(REVIEW + A_MINUTE)) == (REVIEW, ClockState.OVERDUE)
    assert ticket.stage is Stage.DISPATCHED


def test_what_was_on_hold_goes_on_with_what_was_left() -> None:
    told = given(*CLAIMED, dispatcher(HOLD, AN_HOUR))
    ticket = told.when(dispatcher(RESUME, 30 * A_DAY)).then(Resumed, due_at=CALLED_AT + 37 * A_DAY)
    assert (ticket.tasks["water"].held_at, ticket.tasks["water"].review_at) == (None, None)
    assert ticket.tasks["housing"].due_at == CALLED_AT + 7 * A_DAY


def test_what_was_on_hold_before_it_was_claimed_can_be_claimed_as_much_later() -> None:
    told = given(*called("water"), dispatcher(HOLD))
    told.when(dispatcher(RESUME, 3 * A_DAY)).then(Resumed, claim_by=CALLED_AT + 4 * A_DAY)


def test_a_department_on_hold_notes_progress_and_does_nothing_else() -> None:
    story = given(*CLAIMED, dispatcher(HOLD))
    for act in (HANDLE, SendBack("不归我们管"), MORE):
        story.when(water(act)).then_refused(OnHold, "resume")
    story.when(water(NoteProgress("仍在等批复"))).then(ProgressNoted)


def test_nothing_is_handled_while_one_department_is_on_hold() -> None:
    ticket = given(*CLAIMED, dispatcher(HOLD), housing(Claim())).when(housing(HANDLE)).then(Handled)
    assert ticket.stage is Stage.DISPATCHED


def test_a_task_is_held_once() -> None:
    held = (*CLAIMED, dispatcher(HOLD))
    given(*held).when(dispatcher(HOLD)).then_refused(OnHold)
    given(*held, dispatcher(RESUME)).when(dispatcher(HOLD)).then_refused(HeldBefore, "water")
    given(*held, dispatcher(RESUME)).when(dispatcher(Hold("housing", "等批复", REVIEW))).then(Held)


@pytest.mark.parametrize(
    ("review", "allowed"),
    [
        (timedelta(0), False),
        (timedelta(microseconds=1), True),
        (timedelta(days=366), True),
        (timedelta(days=366, microseconds=1), False),
    ],
)
def test_what_is_on_hold_is_looked_at_again_within_a_year(review: timedelta, allowed: bool) -> None:
    told = given(*CLAIMED)
    outcome = told.when(dispatcher(Hold("water", "等批复", told.now + A_MINUTE + review)))
    if allowed:
        outcome.then(Held)
    else:
        outcome.then_refused(OutOfRange, "review_at", "within 366 days")


@pytest.mark.parametrize("review", [datetime(2026, 4, 1), datetime.min.replace(tzinfo=UTC)])  # noqa: DTZ001
def test_a_day_of_review_is_a_moment_to_come(review: datetime) -> None:
    given(*CLAIMED).when(dispatcher(Hold("water", "等批复", review))).then_refused(OutOfRange, "review_at")
    given(*CLAIMED).when(dispatcher(Hold("water", "", REVIEW))).then_refused(OutOfRange, "reason")


def test_a_request_for_more_time_lapses_with_a_hold() -> None:
    told = given(*ASKED, dispatcher(HOLD))
    told.when(dispatcher(GRANT)).then_refused(NotAsked)
    told.when(dispatcher(RESUME)).then(Resumed)


def test_what_a_community_keeps_is_put_on_hold_by_the_town_and_not_by_itself() -> None:
    kept = (worker(REPORT), sorter(KEEP))
    hold = Hold("220621100001", "等批复", REVIEW)
    given(*kept).when(dispatcher(hold)).then(Held)
    hats = somebody("hats", (Role.DISPATCHER, TOWN), (Role.SORTER, "220621100001"))
    given(*kept).when(hats(hold)).then_refused(NotYours, "does not serve")
