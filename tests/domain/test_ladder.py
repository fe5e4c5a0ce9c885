"""The ladder (督办阶梯): what happens by itself as a deadline comes near and goes by, each step once."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.actors import CLOCK
from domain.errors import NothingDue, NotYours
from domain.event import Event
from domain.ticket.clocks import ClockName
from domain.ticket.commands import (
    AcceptReturn,
    Claim,
    Dispatch,
    GrantExtension,
    Hold,
    Reopen,
    RequestExtension,
    Resume,
    SendBack,
)
from domain.ticket.ladder import Rung, Step
from domain.ticket.stage import Urgency
from domain.ticket.supervising_events import Supervised, Urged
from domain.ticket.terms import EXAMPLE
from domain.ticket.timing import Timing
from tests.domain.clock_tables import LADDER
from tests.domain.given import NOON, Given
from tests.domain.people import (
    A_DAY,
    A_MINUTE,
    AN_HOUR,
    COMMUNITY,
    TOWN,
    dispatcher,
    housing,
    operator,
    sorter,
    supervisor,
    water,
    worker,
)
from tests.domain.stories import REPORT, SORTED, called, done
from tests.domain.timed import setting, story

ALL_STEPS = list(Step)
MONTH = range(31 * 24)


def climbed(told: Given, at: datetime) -> list[Event]:
    """What the clock does about the ticket at this moment."""
    try:
        told.ticket.climb(CLOCK, at, told.timing)
    except NothingDue:
        return []
    return told.collect()


def steps(events: list[Event], clock: ClockName, unit: str) -> list[Step]:
    """The steps taken for one clock, in order."""
    taken = [event for event in events if isinstance(event, Urged | Supervised)]
    return [
        event.card if isinstance(event, Supervised) else Step.REMINDER
        for event in taken
        if (event.clock, event.department) == (clock, unit)
    ]


def test_each_step_is_taken_once_in_order_as_time_goes_by() -> None:
    told = story(*called("water"))
    told.collect()
    events = [event for hour in MONTH for event in climbed(told, NOON + hour * AN_HOUR)]
    assert steps(events, ClockName.HANDLE, "water") == ALL_STEPS
    assert steps(events, ClockName.CLAIM, "housing") == ALL_STEPS
    assert steps(events, ClockName.ATTEND, "water") == [Step.REMINDER, Step.YELLOW_CARD]
    due = setting(told.ticket, ClockName.HANDLE, "water").due_at
    assert due is not None
    handling = [event.at for event in events if getattr(event, "clock", None) is ClockName.HANDLE][::2]
    hours = [timedelta(0)] * 4
    for nth, after in enumerate((-A_DAY, timedelta(0), A_DAY, 3 * A_DAY)):
        hours[nth] = handling[nth] - due - after
    assert all(timedelta(0) <= late < AN_HOUR for late in hours), "No step is early, none later than a look."


def test_after_a_week_switched_off_all_that_is_due_is_given_at_once_and_once() -> None:
    told = story(worker(REPORT))
    told.collect()
    events = climbed(told, NOON + 7 * A_DAY)
    assert steps(events, ClockName.SORT, COMMUNITY) == ALL_STEPS
    assert climbed(told, NOON + 7 * A_DAY) == climbed(told, NOON + 30 * A_DAY) == []


def test_a_step_says_which_clock_and_which_deadline() -> None:
    told = story(worker(REPORT))
    due = setting(told.ticket, ClockName.SORT, COMMUNITY).due_at
    told.collect()
    (reminder,) = climbed(told, NOON + A_MINUTE + 1.5 * AN_HOUR)
    assert isinstance(reminder, Urged)
    assert (reminder.by.account, reminder.clock, reminder.due_at, reminder.text) == (
        "clock",
        ClockName.SORT,
        due,
        None,
    )


def test_what_was_done_in_time_is_told_of_no_more() -> None:
    told = story(*called(), *done(housing))
    told.collect()
    assert {event.department for event in climbed(told, NOON + 30 * A_DAY)} == {COMMUNITY}  # type: ignore[attr-defined]


def test_nobody_is_told_of_a_clock_that_stands_still_and_steps_taken_stay_when_it_goes_on() -> None:
    held = Hold("water", "等批复", NOON + 90 * A_DAY)
    told = story(*called("water"), water(Claim()))
    told.collect()
    before = climbed(told, NOON + 6 * A_DAY + AN_HOUR)
    assert steps(before, ClockName.HANDLE, "water") == [Step.REMINDER]
    told.when(dispatcher(held, NOON + 6 * A_DAY + 2 * AN_HOUR - told.now))
    assert steps(climbed(told, NOON + 20 * A_DAY), ClockName.HANDLE, "water") == []
    told.when(dispatcher(Resume("water"), NOON + 30 * A_DAY - told.now))
    after = climbed(told, NOON + 60 * A_DAY)
    assert steps(after, ClockName.HANDLE, "water") == ALL_STEPS[1:]


def test_more_time_begins_the_steps_anew() -> None:
    told = story(*called("water"), water(Claim()))
    told.when(water(RequestExtension("等材料"), 6 * A_DAY + AN_HOUR))
    assert steps(climbed(told, told.now + A_MINUTE), ClockName.HANDLE, "water") == [Step.REMINDER]
    told.when(dispatcher(GrantExtension("water", "同意"), AN_HOUR))
    assert steps(climbed(told, told.now), ClockName.HANDLE, "water") == []
    again = climbed(told, NOON + 30 * A_DAY)
    assert steps(again, ClockName.HANDLE, "water") == ALL_STEPS


def test_a_reopened_ticket_climbs_again() -> None:
    told = story(*called(), *done(housing))
    climbed(told, NOON + 20 * A_DAY)
    told.when(supervisor(Reopen("又坏了"), 21 * A_DAY))
    again = climbed(told, NOON + 60 * A_DAY)
    assert steps(again, ClockName.HANDLE, "housing") == ALL_STEPS


def test_an_import_is_not_told_off_for_the_past_and_is_told_of_what_comes() -> None:
    told = story(operator(REPORT))
    assert climbed(told, NOON + 7 * A_DAY) == []
    told.when(sorter(SORTED[1].command, 7 * A_DAY))
    assert steps(climbed(told, told.now + A_DAY), ClockName.DISPATCH, TOWN)[:2] == ALL_STEPS[:2]


def test_the_ladder_is_that_of_the_terms_in_force_when_the_clock_was_set() -> None:
    gentle = {key: ladder[:1] for key, ladder in EXAMPLE.ladders.items()}
    later = replace(EXAMPLE, name="gentle", effective_from=date(2026, 3, 3), ladders=gentle)
    told = story(worker(REPORT), timing=Timing((later,)))
    told.collect()
    assert steps(climbed(told, NOON + 7 * A_DAY), ClockName.SORT, COMMUNITY) == ALL_STEPS
    told = story(worker(REPORT, A_DAY), timing=Timing((later,)))
    told.collect()
    assert steps(climbed(told, NOON + 7 * A_DAY), ClockName.SORT, COMMUNITY) == [Step.REMINDER]


def test_only_the_clock_climbs() -> None:
    told = story(*called("water"))
    for person in (supervisor, dispatcher, operator):
        with pytest.raises(NotYours):
            told.ticket.climb(person, NOON + 30 * A_DAY)


@drawn(before=st.timedeltas(timedelta(0), 5 * A_DAY), length=st.timedeltas(A_MINUTE, 30 * A_DAY))
def test_a_reminder_never_comes_before_the_last_quarter_of_the_time(
    before: timedelta, length: timedelta
) -> None:
    at = Rung(Step.REMINDER, -before).at(NOON, NOON + length)
    assert NOON + length - length / 4 <= at <= NOON + length
    assert at == NOON + length - before or at == NOON + length - length / 4


def test_every_clock_at_every_urgency_has_a_ladder_in_the_order_of_its_times() -> None:
    assert set(EXAMPLE.ladders) == {(name, urgency) for name in ClockName for urgency in Urgency}
    for ladder in EXAMPLE.ladders.values():
        assert list(ladder) == sorted(ladder, key=lambda rung: rung.after)
        assert len({rung.step for rung in ladder}) == len(ladder)


def test_a_later_department_has_a_ladder_of_its_own() -> None:
    told = story(*called())
    climbed(told, NOON + 10 * A_DAY)
    told.when(dispatcher(Dispatch("housing", ("water",)), 10 * A_DAY))
    assert steps(climbed(told, told.now + 20 * A_DAY), ClockName.HANDLE, "water") == ALL_STEPS


def test_the_ladder_of_the_example_is_that_of_the_page() -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    lengths = {"minutes": minute, "hour": hour, "hours": hour, "day": 24 * hour, "days": 24 * hour}
    for step, row in LADDER.items():
        for urgency, text in row.items():
            amount, *words = text.split()
            after = timedelta(0)
            if words != ["expiry"]:
                after = int(amount) * lengths[words[0]] * (-1 if words[1] == "before" else 1)
            assert Rung(Step(step), after) in EXAMPLE.ladders[ClockName.HANDLE, Urgency(urgency)]


def test_a_department_called_again_keeps_the_steps_it_had_and_has_its_time_to_report_for_duty() -> None:
    back, let_go = SendBack("不归我们管"), AcceptReturn("water", "同意")
    told = story(*called("water"), water(Claim()))
    told.collect()
    assert steps(climbed(told, NOON + 9 * A_DAY), ClockName.HANDLE, "water") == ALL_STEPS[:3]
    told.when(water(back, 10 * A_DAY))
    told.when(dispatcher(let_go))
    told.when(dispatcher(Dispatch("housing", ("water",))))
    clock = told.ticket.clocks.find(ClockName.HANDLE, "water")
    assert clock is not None
    assert clock.late(told.now)
    claim = setting(told.ticket, ClockName.CLAIM, "water")
    assert claim.due_at == told.now + A_DAY
    at_once = climbed(told, told.now)
    assert steps(at_once, ClockName.CLAIM, "water") == []
    again = climbed(told, told.now + 30 * A_DAY)
    assert steps([*at_once, *again], ClockName.HANDLE, "water") == ALL_STEPS[3:]
    assert steps(again, ClockName.CLAIM, "water") == ALL_STEPS


def test_more_time_that_came_too_late_begins_no_steps_anew() -> None:
    told = story(*called("water"), water(Claim()))
    told.when(water(RequestExtension("等材料"), 6 * A_DAY))
    told.collect()
    late = NOON + 20 * A_DAY
    assert steps(climbed(told, late), ClockName.HANDLE, "water") == ALL_STEPS
    told.when(dispatcher(GrantExtension("water", "同意"), late - told.now))
    assert steps(climbed(told, late + 30 * A_DAY), ClockName.HANDLE, "water") == []
