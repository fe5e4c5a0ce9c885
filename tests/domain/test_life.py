"""Any life a ticket can have: it stands as the practice says, and its history tells all of it."""

import os
from datetime import timedelta

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from domain.actors import Role
from domain.ticket import Ticket, events
from domain.ticket.clocks import OF_DEPARTMENT, Clock, ClockName
from domain.ticket.stage import Stage, TaskStage
from tests.domain.askings import OTHER, ROLES, anybody, anything, passing, sensible
from tests.domain.clock_tables import unsaid
from tests.domain.given import given, replayed, verb_of
from tests.domain.people import worker
from tests.domain.practice import Practice
from tests.domain.stored import replayed_from_log
from tests.domain.stories import ON_SITE, REPORT

SEED = int(os.environ.get("WHISTLE_SEED", "20260302"))
LIVES = int(os.environ.get("WHISTLE_LIVES", "100"))
STANDS = {
    "called": "dispatched",
    "claimed": "claimed",
    "done": "handled",
    "asked": "returned",
    "gone": "returned",
}


def of_department(ticket: Ticket, name: str) -> list[Clock]:
    """The department's clocks that run."""
    return [
        clock
        for clock in ticket.clocks.running()
        if clock.setting.unit == name and clock.setting.name in OF_DEPARTMENT
    ]


class TicketLife(RuleBasedStateMachine):
    """A ticket and the practice, side by side."""

    @initialize(on_site=st.booleans())
    def is_reported(self, on_site: bool) -> None:
        other = given(worker(REPORT), id=OTHER).ticket
        self.story = given(worker(ON_SITE if on_site else REPORT), beside=(other,))
        self.practice = Practice()
        if on_site:
            self.practice.stage, self.practice.done_on_site_by = "handled", worker.account

    @rule(data=st.data(), as_expected=st.sampled_from([True, True, True, False]), after=passing)
    def somebody_asks(self, data: st.DataObject, as_expected: bool, after: timedelta) -> None:
        next_acts = st.sampled_from(sensible(self.practice))
        who, asked = data.draw(next_acts if as_expected else st.tuples(anybody, anything))
        outcome = self.story.when(who(asked, after))
        expected = self.practice.ask(who.account, ROLES[who], verb_of(asked), asked, self.story.now)
        came = None if outcome.refusal else [type(event).__name__ for event in outcome.events]
        assert came == expected, outcome.refusal

    @invariant()
    def all_is_well(self) -> None:
        self.it_stands_as_the_practice_says()
        self.time_runs_against_whoever_has_to_act()
        self.it_is_handled_exactly_when_its_lead_has_and_nobody_is_at_it()
        self.its_history_tells_all_of_it()
        self.only_the_resident_answers_and_nobody_verifies_their_own_work()

    def it_stands_as_the_practice_says(self) -> None:
        ticket, practice = self.story.ticket, self.practice
        assert ticket.stage == practice.stage
        assert ticket.reopened == practice.rounds
        assert (ticket.answer and ticket.answer.solved) == practice.answer
        assert (ticket.verification and ticket.verification.solved) == practice.found
        assert {
            name: (
                (task.stage, task.awaits_ruling, task.lead, task.claim_by, task.due_at, task.returns),
                (task.extension_asked_by, task.extensions, task.held_at, task.holds),
            )
            for name, task in ticket.tasks.items()
        } == {
            name: (
                (
                    STANDS[part.state],
                    part.state == "asked",
                    name == practice.lead,
                    part.claim_by,
                    part.due,
                    part.sent_back,
                ),
                (part.wants_more, part.extended, part.held, part.was_held),
            )
            for name, part in practice.parts.items()
        }

    def time_runs_against_whoever_has_to_act(self) -> None:
        ticket = self.story.ticket
        runs = {clock.setting.key for clock in ticket.clocks.running()}
        waits_for = {
            Stage.REPORTED: (ClockName.SORT, ticket.community),
            Stage.SORTED: (ClockName.DISPATCH, ticket.town),
            Stage.HANDLED: (ClockName.VERIFY, ticket.community),
        }
        assert runs & set(waits_for.values()) == {waits_for[s] for s in waits_for if s is ticket.stage}
        for name, task in ticket.tasks.items():
            due = {clock.setting.name: clock.setting.due_at for clock in of_department(ticket, name)}
            to_decide = task.awaits_ruling or task.extension_asked_by or task.held_at
            assert ((ClockName.DISPATCH, name) in runs) == bool(to_decide)
            assert (ClockName.CLAIM in due) == (task.stage is TaskStage.DISPATCHED and not task.held_at)
            assert (ClockName.HANDLE in due) == task.running
            assert due.get(ClockName.CLAIM, task.claim_by) == task.claim_by
            assert due.get(ClockName.HANDLE, task.due_at) == task.due_at
            late = task.due_at <= self.story.now
            assert late or all(each is None or each <= task.due_at for each in due.values())
            assert not due or task.running

    def teardown(self) -> None:
        assert unsaid(self.story.history) == [], "docs/clocks.md does not say so."

    def it_is_handled_exactly_when_its_lead_has_and_nobody_is_at_it(self) -> None:
        ticket, lead = self.story.ticket, self.story.ticket.lead
        at_it = [task for task in ticket.tasks.values() if task.open]
        finished = not at_it and (lead.stage is TaskStage.HANDLED if lead else ticket.result is not None)
        assert finished == (ticket.stage in (Stage.HANDLED, Stage.VERIFIED))
        assert bool(at_it) == (ticket.stage is Stage.DISPATCHED), "Somebody is at it, or nobody can be."
        assert [task.lead for task in ticket.tasks.values()].count(True) == bool(ticket.tasks)
        assert all(task.returns <= 2 for task in ticket.tasks.values())
        in_time = [task for task in ticket.tasks.values() if task.due_at > self.story.now]
        assert all(task.claim_by <= task.due_at for task in in_time)

    def its_history_tells_all_of_it(self) -> None:
        ticket, history = self.story.ticket, self.story.history
        assert [event.originator_version for event in history] == list(range(1, ticket.version + 1))
        assert replayed(history) == ticket
        assert replayed_from_log(history) == ticket

    def only_the_resident_answers_and_nobody_verifies_their_own_work(self) -> None:
        done: dict[str, str] = {}
        answer = None
        for event in self.story.history:
            match event:
                case events.HandledOnSite():
                    done["on site"] = event.by.account
                case events.Handled():
                    done[event.department] = event.by.account
                case events.Verified() if event.by.role is Role.RESIDENT:
                    answer = event.solved
                case events.Verified():
                    assert event.by.account not in done.values()
                case events.Reopened():
                    answer = None
                    for department in ("on site", *(call.department for call in event.calls)):
                        done.pop(department, None)
        kept = self.story.ticket.answer
        assert (kept and kept.solved) == answer


def test_every_life_goes_as_the_practice_says() -> None:
    print(f"WHISTLE_SEED={SEED} WHISTLE_LIVES={LIVES}")  # noqa: T201
    run_state_machine_as_test(
        seed(SEED)(TicketLife),
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=40,
            deadline=None,
            database=None,
            print_blob=True,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
