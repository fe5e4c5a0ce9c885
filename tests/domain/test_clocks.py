"""The clocks (时限): they do what docs/clocks.md says, fairly, and whoever asks is told why."""

from datetime import date, datetime

import pytest

from domain.calendar import CHINA
from domain.catalogue import EXAMPLE as EXAMPLE_CATALOGUE
from domain.ticket.clocks import CHOSEN, OF_DEPARTMENT, ClockName, ClockState, Note
from domain.ticket.commands import (
    AcceptReturn,
    Attend,
    Claim,
    Dispatch,
    GrantExtension,
    Hold,
    Join,
    NoteProgress,
    Part,
    RefuseExtension,
    RefuseReturn,
    Reject,
    Reopen,
    Reply,
    RequestExtension,
    Resume,
    SendBack,
    Sort,
    Supervise,
    Urge,
)
from domain.ticket.events import Dispatched, Parted, Reopened, ReturnRefused
from domain.ticket.ladder import Step as Rung
from domain.ticket.stage import Urgency
from domain.ticket.terms import EXAMPLE, in_force
from domain.ticket.timing import CHINESE_OFFICE, Timing
from domain.working_time import Limit
from tests.domain.clock_tables import CLOCKS, LIMITS, RULING, changes, said, unsaid
from tests.domain.given import NOON
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
    supervisor,
    water,
    worker,
)
from tests.domain.stories import HANDLE, ON_SITE, REPORT, SOLVED, SORT, SORTED, called, done
from tests.domain.timed import FOUR_HOURS, OTHER, local, setting, story, terms

JOIN, PART = sorter(Join(OTHER)), sorter(Part("不是同一件事"))
BACK, REFUSE, ACCEPT = (
    SendBack("不归我们管"),
    RefuseReturn("water", "应由你们办理"),
    AcceptReturn("water", "同意"),
)
MORE = RequestExtension("等材料")
REOPEN = supervisor(Reopen("又坏了"))
LIVES: dict[str, tuple[Step, ...]] = {
    "joined and parted at either stage": (
        *(worker(REPORT), JOIN, PART, sorter(SORT), JOIN, PART),
        dispatcher(Reject("不属本街道")),
    ),
    "rejected at first sight, and looked at again": (worker(REPORT), sorter(Reject("不属本街道")), REOPEN),
    "handled on site": (worker(ON_SITE), sorter(SOLVED)),
    "sent back, and kept": (
        *(*called("water"), water(BACK), dispatcher(REFUSE), water(Claim())),
        *(water(NoteProgress("已派人")), water(Attend()), water(HANDLE)),
    ),
    "visited": (*called(), housing(Claim()), housing(Attend())),
    "handled without a word, and reopened": (*called(), *done(housing), REOPEN),
    "let go last": (*called("water"), *done(housing), water(BACK), dispatcher(ACCEPT)),
    "asked for more time, and refused, granted, or done before": (
        *(*called("water"), water(Claim()), water(MORE), dispatcher(RefuseExtension("water", "来得及"))),
        *(water(MORE), dispatcher(GrantExtension("water", "同意")), water(MORE), water(HANDLE)),
    ),
    "on hold, and going on": (
        *(*called("water"), dispatcher(Hold("water", "等批复", NOON + 90 * A_DAY))),
        dispatcher(Resume("water")),
    ),
    "urged, and joined before the reply": (
        *(worker(REPORT), supervisor(Urge("请抓紧")), JOIN, PART, sorter(Reply("马上分拣"))),
    ),
    "supervised, while it is sent back, on hold, and let go": (
        *(*called("water"), supervisor(Supervise(Rung.RED_CARD, "为何未到场", "water")), water(BACK)),
        *(dispatcher(REFUSE), dispatcher(Hold("water", "等批复", NOON + 90 * A_DAY))),
        *(dispatcher(Resume("water")), water(BACK), dispatcher(ACCEPT)),
    ),
    "let go, and called again": (
        *(*called("water"), water(BACK), dispatcher(ACCEPT)),
        dispatcher(Dispatch("housing", ("water",))),
    ),
}


# What docs/clocks.md says.


@pytest.mark.parametrize("life", LIVES)
def test_no_clock_does_what_the_table_does_not_say(life: str) -> None:
    assert unsaid(story(*LIVES[life]).history) == []


def test_everything_the_table_says_does_happen() -> None:
    seen = {change for life in LIVES.values() for change in changes(story(*life).history)}
    assert said() - seen == set()


def test_the_table_says_whose_each_clock_is() -> None:
    assert set(CLOCKS) == {*ClockName, RULING}
    units = {"community": COMMUNITY, "town": TOWN, "department": "water"}
    anybody = "who was asked"
    for life in LIVES.values():
        for clock in story(*life).ticket.clocks:
            row = CLOCKS[RULING if clock.setting.about else clock.setting.name]
            assert row["whose"] == anybody or clock.setting.unit in (units[row["whose"]], "housing")
            assert (clock.setting.name in OF_DEPARTMENT) == (row["whose"] == "department")


def test_the_example_terms_are_those_of_the_page() -> None:
    written = {
        (ClockName(clock), Urgency(urgency)): Limit.read(limit)
        for clock, row in LIMITS.items()
        for urgency, limit in row.items()
    }
    assert written == EXAMPLE.limits


def test_the_example_terms_to_claim_and_to_handle_need_no_calendar() -> None:
    promised = [limit for (name, _), limit in EXAMPLE.limits.items() if name in ("claim", "handle")]
    assert not any(limit.measure.needs_calendar for limit in promised)


# Fairness. Every story begins on Monday 2026-03-02 at noon.


def test_a_refused_return_gives_back_the_working_time_that_was_left() -> None:
    told = story(*called("water"), timing=FOUR_HOURS)
    assert setting(told.ticket, ClockName.HANDLE, "water").due_at == local(3, 9)
    told.when(water(BACK, local(2, 15) - told.now))
    ticket = told.when(dispatcher(REFUSE, local(3, 16) - told.now)).then(ReturnRefused, due_at=local(4, 10))
    resumed = setting(ticket, ClockName.HANDLE, "water")
    assert (resumed.left, resumed.resumed_at) == (3 * AN_HOUR, local(3, 16))
    assert "3 h left of working hours" in resumed.explained()
    assert ticket.tasks["water"].due_at == resumed.due_at


def test_a_return_ruled_on_in_the_night_costs_the_department_nothing() -> None:
    told = story(*called("water"), timing=FOUR_HOURS)
    told.when(water(BACK, local(2, 18) - told.now))
    told.when(dispatcher(REFUSE, local(3, 7) - told.now)).then(ReturnRefused, due_at=local(3, 9))


def test_a_clock_that_had_run_out_goes_on_as_late_as_it_was() -> None:
    told = story(*called("water"), timing=FOUR_HOURS)
    told.when(water(BACK, local(3, 11) - told.now))
    ticket = told.when(dispatcher(REFUSE, 2 * A_DAY)).then(ReturnRefused, due_at=local(5, 9))
    resumed = setting(ticket, ClockName.HANDLE, "water")
    assert Note.LATE in resumed.notes
    assert "as late as it was" in " ".join(resumed.explained())


def test_the_remainder_is_that_of_the_rule_it_was_set_by_whatever_rule_came_since() -> None:
    told = story(*called("water"), water(BACK, AN_HOUR), timing=FOUR_HOURS)
    before = setting(told.ticket, ClockName.HANDLE, "water")
    told.timing = Timing((terms("other terms", handle="15 working_days"),))
    ticket = told.when(dispatcher(REFUSE, A_MINUTE)).then(ReturnRefused)
    assert setting(ticket, ClockName.HANDLE, "water").rule == before.rule == "strict terms, handle, ordinary"


def test_while_a_return_awaits_its_ruling_time_runs_against_the_dispatcher() -> None:
    told = story(*called("water", "urban"), water(BACK))
    clock = told.ticket.clocks.find(ClockName.DISPATCH, "water")
    assert clock is not None
    assert (clock.setting.unit, clock.setting.about) == (TOWN, "water")
    assert clock.setting.due_at == told.now + 15 * A_MINUTE
    assert clock.state(told.now + A_DAY) is ClockState.OVERDUE
    of_water = [each for each in told.ticket.clocks if each.setting.unit == "water"]
    assert {each.state(told.now + A_DAY) for each in of_water} == {ClockState.PAUSED}


def test_a_parted_ticket_goes_on_with_what_was_left() -> None:
    told = story(worker(REPORT), sorter(Join(OTHER), after=AN_HOUR))
    ticket = told.when(sorter(Part("不是同一件事"), after=3 * A_DAY)).then(Parted)
    assert setting(ticket, ClockName.SORT, COMMUNITY).due_at == told.now + AN_HOUR


def test_a_reopened_ticket_begins_afresh_by_the_terms_then_in_force() -> None:
    told = story(
        *called(), *done(housing), timing=Timing((terms("first"), terms("second", date(2026, 3, 4))))
    )
    assert setting(told.ticket, ClockName.HANDLE, "housing").rule == "first, handle, ordinary"
    ticket = told.when(supervisor(Reopen("又坏了"), 2 * A_DAY)).then(Reopened)
    fresh = setting(ticket, ClockName.HANDLE, "housing")
    assert (fresh.started_at, fresh.rule) == (told.now, "second, handle, ordinary")


def test_terms_are_in_force_from_the_start_of_a_local_day() -> None:
    both = terms("first"), terms("second", date(2026, 3, 4))
    assert [in_force(both, at).name for at in (local(3, 23, 59), local(4, 0))] == ["first", "second"]
    assert in_force(both, datetime(2025, 12, 31, tzinfo=CHINA)) is EXAMPLE


def test_a_deadline_the_dispatcher_chose_is_explained_so_and_nothing_is_due_after_it() -> None:
    told = story(*SORTED)
    chosen = told.now + AN_HOUR
    ticket = told.when(dispatcher(Dispatch("housing", due_at=chosen))).then(Dispatched)
    assert setting(ticket, ClockName.HANDLE, "housing").explained()[0] == CHOSEN
    for name in OF_DEPARTMENT:
        assert setting(ticket, name, "housing").due_at == chosen
    assert "never later than" in " ".join(setting(ticket, ClockName.CLAIM, "housing").explained())


def test_a_rule_of_the_catalogue_that_the_sorter_chose_says_how_long_handling_takes() -> None:
    rule = next(r for r in EXAMPLE_CATALOGUE.rules if r.category == "street_light")
    told = story(worker(REPORT), sorter(Sort("street_light", Urgency.ORDINARY, rule=rule.id)))
    ticket = told.when(dispatcher(Dispatch("housing"))).then(Dispatched)
    found = setting(ticket, ClockName.HANDLE, "housing")
    assert found.limit == rule.limit
    assert found.due_at == CHINESE_OFFICE.due(told.now, rule.read_limit())
    assert found.rule == f"rule {rule.id} of the catalogue {EXAMPLE_CATALOGUE.name}"
