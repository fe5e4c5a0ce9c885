"""What is offered to somebody is what the verbs would let them do: held against docs/permissions.md."""

import pytest

from domain.ticket.asking import may
from domain.ticket.clocks import OF_DEPARTMENT, ClockName
from domain.ticket.commands import Appeal
from tests.domain.given import NOON, given
from tests.domain.people import A_DAY, dispatcher, supervisor, water
from tests.domain.permission_tables import Answer
from tests.domain.test_permissions import ASKED, CALLED, PAGE, PERSONS, UNTIL, belongs, situations

VERBS = {
    step: {"sort and keep": "sort", "verify as solved": "verify", "verify as not solved": "verify"}.get(
        step, step.replace(" ", "_")
    )
    for step in ASKED
    if not step.startswith("report")
}
LATER = NOON + A_DAY


@pytest.mark.parametrize("stage", [stage for stage in UNTIL if stage != "new"])
@pytest.mark.parametrize("step", VERBS)
def test_what_is_offered_is_what_the_tables_allow(step: str, stage: str) -> None:
    wrong = []
    for column, persons in PERSONS.items():
        for person in persons if PAGE.when[step][stage] and belongs(column, stage) else ():
            for task_stage, story in situations(column, stage, PAGE.when[step][stage] == "task"):
                expected: Answer = PAGE.answer(step, column, stage, task_stage)
                about = getattr(ASKED[step], "department", None)
                offered = any(
                    each.verb == VERBS[step] and about in (None, each.department)
                    for each in may(story.ticket, person, story.now)
                )
                # Who may ask several departments is offered each by itself.
                if offered != (expected.refused in (None, "WhichDepartment")):
                    wrong.append(f"{person.account}, task {task_stage}: {offered}, not {expected}")
    assert wrong == []


def test_to_ask_changes_nothing() -> None:
    story = given(*CALLED)
    before = story.ticket.version, story.ticket.stage, list(story.ticket.pending_events)
    assert may(story.ticket, water, LATER)
    assert (story.ticket.version, story.ticket.stage, list(story.ticket.pending_events)) == before


def test_an_appeal_is_offered_for_the_clocks_that_ran_out_and_its_decision_to_the_supervisor() -> None:
    late = NOON + 300 * A_DAY
    story = given(*CALLED)
    clocks = {each.clock for each in may(story.ticket, water, late) if each.verb == "appeal"}
    assert clocks == set(OF_DEPARTMENT)
    story.ticket.appeal(Appeal(ClockName.CLAIM, "路面结冰", "water"), water, late)
    decided = {(each.verb, each.department) for each in may(story.ticket, supervisor, late)}
    assert {("uphold_appeal", "water"), ("dismiss_appeal", "water")} <= decided


def test_a_year_that_nobody_entered_takes_no_step_away() -> None:
    story = given(*UNTIL["sorted"])
    far = NOON + 3000 * A_DAY
    assert "dispatch" in {each.verb for each in may(story.ticket, dispatcher, far)}
