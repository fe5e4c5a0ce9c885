"""Terms (期限规则): a table that people edit, adopted as one whole, and no past is changed by it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.errors import NotYours, OutOfRange, TermsExist, TermsKnown
from domain.ticket.adopted_terms import AdoptedTerms, AdoptTerms, TermsAdopted
from domain.ticket.clocks import ClockName
from domain.ticket.commands import Claim, Dispatch, GrantExtension, Hold, RequestExtension, Resume
from domain.ticket.ladder import Rung, Step
from domain.ticket.stage import Urgency
from domain.ticket.terms import EXAMPLE, Terms, in_force, periods
from domain.ticket.timing import Timing
from domain.ticket.written_terms import NUMBERS, Row, read, written
from domain.working_time import Hours, WorkingTime
from domain.working_time.calendar import Calendar
from domain.working_time.entered_hours import EnteredHours, EnterHours, HoursEntered
from tests.domain import units
from tests.domain.given import NOON
from tests.domain.people import A_DAY, administrator, dispatcher, town_administrator, water
from tests.domain.stories import called
from tests.domain.timed import FOUR_HOURS, local, setting, story

TUESDAY = date(2026, 3, 3)
TABLE = written(EXAMPLE)
SORT = Row("limit", "sort", "1 urgent_minute", "2 urgent_minutes", "3 working_hours")


def never(row: Row, why: OutOfRange) -> None:
    pytest.fail(f"{row} was refused: {why}")


def changed(row: Row) -> tuple[Row, ...]:
    """The example's table, with this row in the place of the one it is about."""
    return tuple(row if (row.what, row.clock) == (each.what, each.clock) else each for each in TABLE)


def adopted(*commands: AdoptTerms) -> AdoptedTerms:
    """All of these, adopted one day after the other."""
    found = AdoptedTerms.begin(administrator, NOON)
    for nth, command in enumerate(commands):
        found.adopt(command, administrator, NOON + nth * A_DAY)
    return found


def refusals(rows: tuple[Row, ...]) -> list[tuple[Row, str]]:
    """What is refused of a table."""
    said: list[tuple[Row, str]] = []
    assert read("strict", TUESDAY, rows, lambda row, why: said.append((row, str(why)))) is None
    return said


def test_a_table_that_was_written_reads_as_the_same_terms() -> None:
    terms = read(EXAMPLE.name, EXAMPLE.effective_from, TABLE, never)
    assert terms == EXAMPLE


def test_a_row_for_all_clocks_holds_for_those_without_one_of_their_own() -> None:
    others = [row for row in TABLE if row.what not in tuple(Step)]
    never_taken = [Row(step, "", *["never"] * 3) for step in Step if step is not Step.RED_CARD]
    for_all = Row("red_card", "", "1 hour after", "2 hours after", "never")
    rows = (*others, *never_taken, for_all, Row("red_card", "sort", *["never"] * 3))
    terms = read("plain", TUESDAY, rows, never)
    assert terms is not None
    assert terms.ladders[ClockName.CLAIM, Urgency.URGENT] == (Rung(Step.RED_CARD, timedelta(hours=2)),)
    assert terms.ladders[ClockName.CLAIM, Urgency.ORDINARY] == ()
    assert terms.ladders[ClockName.SORT, Urgency.URGENT] == ()
    assert read("plain", TUESDAY, written(terms), never) == terms, "Steps that are never taken are said too."


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(SORT, ordinary="soon"), "write a number"),
        (replace(SORT, ordinary=""), "write a number"),
        (replace(SORT, clock=""), "name the clock"),
        (replace(SORT, clock="lunch"), "use one of sort, dispatch"),
        (Row("bribe", "", "", "", "3"), "use one of limit"),
        (Row("reminder", "sort", "1 day after", "never", "never"), "comes before the deadline"),
        (Row("red_card", "sort", "1 day before", "never", "never"), "comes after the deadline"),
        (Row("red_card", "sort", "999 days after", "never", "never"), "a year at most"),
        (Row("red_card", "sort", "later", "never", "never"), "or never"),
        (Row("extensions", "", "", "", "-1"), "up to 20"),
        (Row("extensions", "", "2", "2", "2"), "ordinary alone"),
        (Row("extensions", "sort", "", "", "9"), "hold for all"),
        (Row("holds", "", "", "", "²"), "up to 20"),
    ],
)
def test_a_row_that_says_nothing_is_refused_by_name_and_nothing_is_adopted(row: Row, why: str) -> None:
    about = (row.what, "" if row.what in NUMBERS else row.clock)
    table = tuple(each for each in TABLE if (each.what, each.clock) != about)
    ((refused, said),) = refusals((*table, row))
    assert refused == row
    assert why in said
    history = adopted()
    with pytest.raises(OutOfRange, match=why):
        history.adopt(AdoptTerms("strict", TUESDAY, (*table, row)), administrator, NOON)
    assert history.terms == ()


def test_a_row_twice_is_refused() -> None:
    assert "a second time" in refusals((*TABLE, TABLE[0]))[0][1]


@pytest.mark.parametrize("what", ["sort", "extensions", "leader"])
def test_a_table_without_something_is_refused(what: str) -> None:
    table = [row for row in TABLE if what not in (row.what, row.clock)]
    with pytest.raises(OutOfRange, match="is missing"):
        read("short", TUESDAY, table, never)


def test_steps_out_of_order_are_refused() -> None:
    rows = changed(Row("leader", "sort", "1 minute after", "12 hours after", "3 days after"))
    with pytest.raises(OutOfRange, match="out of order"):
        read("odd", TUESDAY, rows, never)


def test_adopted_terms_hold_for_what_begins_then_and_change_no_deadline_set_before() -> None:
    told = story(*called("water"))
    before = setting(told.ticket, ClockName.CLAIM, "water")
    told.timing = Timing(adopted(AdoptTerms("strict", TUESDAY, changed(replace(SORT, clock="claim")))).terms)
    told.when(dispatcher(Dispatch("housing", ("urban",)), local(3, 9) - told.now))
    later = setting(told.ticket, ClockName.CLAIM, "urban")
    assert (later.rule, later.due_at) == ("strict, claim, ordinary", local(3, 12))
    assert setting(told.ticket, ClockName.CLAIM, "water") == before
    assert before.rule == "example terms 2026-01, claim, ordinary"


def test_a_ladder_is_that_of_the_terms_when_the_clock_was_started_whatever_holds_when_it_is_due() -> None:
    gentle = [row if row.what != "yellow_card" else replace(row, ordinary="1 hour after") for row in TABLE]
    timing = Timing(adopted(AdoptTerms("gentle", TUESDAY, tuple(gentle))).terms)
    told = story(*called("water"), timing=timing)
    claim = told.ticket.clocks.find(ClockName.CLAIM, "water")
    assert claim is not None
    assert claim.setting.due_at is not None
    assert claim.setting.due_at > local(3, 0), "It is due when the gentle terms hold."
    steps = {step: at for at, step in timing.steps_to_come(claim, Urgency.ORDINARY)}
    assert steps[Step.YELLOW_CARD] == claim.setting.due_at


def test_terms_are_in_force_from_their_day_on_and_never_before_they_were_adopted() -> None:
    command = AdoptTerms("strict", date(2026, 3, 2), changed(SORT))
    found = adopted(command).terms
    assert in_force(found, NOON - timedelta(seconds=1)) is EXAMPLE
    assert in_force(found, NOON).name == "strict"
    assert [(terms.name, since) for terms, since, _ in periods(found)] == [
        (EXAMPLE.name, None),
        ("strict", NOON),
    ]


def test_of_two_that_begin_together_the_later_adopted_is_in_force() -> None:
    first = AdoptTerms("first", date(2026, 4, 1), changed(SORT))
    second = AdoptTerms("second", date(2026, 4, 1), changed(replace(SORT, ordinary="5 working_hours")))
    assert in_force(adopted(first, second).terms, NOON + 60 * A_DAY).name == "second"


def test_what_is_adopted_is_held_against_what_would_be_in_force_on_that_day() -> None:
    april, june = date(2026, 4, 1), date(2026, 6, 1)
    other = changed(replace(SORT, ordinary="5 working_hours"))
    both = AdoptTerms("first", april, changed(SORT)), AdoptTerms("second", april, other)
    with pytest.raises(TermsKnown, match="second"):
        adopted(*both, AdoptTerms("second again", april, other))
    back = adopted(*both, AdoptTerms("first again", april, changed(SORT)))
    assert in_force(back.terms, NOON + 60 * A_DAY).name == "first again"
    brought_forward = adopted(AdoptTerms("june", june, other), AdoptTerms("april", april, other))
    assert in_force(brought_forward.terms, NOON + 60 * A_DAY).name == "april"


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (AdoptTerms("again", TUESDAY, changed(SORT)), TermsKnown),
        (AdoptTerms("strict", TUESDAY, tuple(TABLE)), TermsExist),
        (AdoptTerms(EXAMPLE.name, TUESDAY, tuple(TABLE)), TermsExist),
        (AdoptTerms("early", date(2026, 2, 1), tuple(TABLE)), OutOfRange),
        (AdoptTerms(" ", TUESDAY, tuple(TABLE)), OutOfRange),
    ],
)
def test_what_makes_no_sense_is_not_adopted(command: AdoptTerms, refusal: type[Exception]) -> None:
    history = adopted(AdoptTerms("strict", date(2026, 3, 2), changed(SORT)))
    before = history.terms
    with pytest.raises(refusal):
        history.adopt(command, administrator, NOON + A_DAY)
    assert history.terms == before


@pytest.mark.parametrize("person", [dispatcher, water, town_administrator])
def test_only_an_administrator_of_everything_adopts_terms(person: Callable[..., object]) -> None:
    with pytest.raises(NotYours, match="administrator"):
        adopted().adopt(AdoptTerms("strict", TUESDAY, changed(SORT)), person, NOON)  # type: ignore[arg-type]


def test_what_was_adopted_is_kept_as_facts() -> None:
    history = adopted(AdoptTerms("strict", TUESDAY, changed(SORT)))
    *_, event = history.collect_events()
    assert isinstance(event, TermsAdopted)
    assert (event.name, event.extensions) == ("strict", 2)
    (terms,) = history.terms
    assert terms.same_as(read_again(changed(SORT)))


def read_again(rows: tuple[Row, ...]) -> Terms:
    """The terms of a table that is sound."""
    terms = read("again", TUESDAY, rows, never)
    assert terms is not None
    return terms


# Hours of units.


def test_a_unit_with_hours_of_its_own_has_its_deadlines_by_them() -> None:
    usual = Timing()
    early = WorkingTime(Calendar("china", usual.time.calendar.years.values()), Hours.read("07:00-11:00"))
    timing = Timing((read_again(changed(SORT)),), times={"early": early})
    clock = timing.begin(ClockName.SORT, "early", Urgency.ORDINARY, local(4, 8))
    other = timing.begin(ClockName.SORT, "other", Urgency.ORDINARY, local(4, 8))
    assert (clock.due_at, other.due_at) == (local(4, 11), local(4, 11, 30))


def test_hours_are_entered_by_who_administers_the_unit() -> None:
    housing = units.department()
    entered = EnteredHours.begin(housing, town_administrator, NOON)
    entered.enter(EnterHours("09:00-12:00, 13:00-17:00"), housing, town_administrator, NOON)
    *_, event = entered.collect_events()
    assert isinstance(event, HoursEntered)
    assert str(entered.by_unit["housing"]) == "09:00-12:00,13:00-17:00"
    for person in (dispatcher, water):
        with pytest.raises(NotYours):
            entered.enter(EnterHours("08:00-12:00"), housing, person, NOON)
    with pytest.raises(OutOfRange, match="no slot"):
        entered.enter(EnterHours("morning"), housing, administrator, NOON)


def test_a_clock_goes_on_and_is_extended_by_the_hours_of_its_unit() -> None:
    usual = Timing()
    early = WorkingTime(Calendar("china", usual.time.calendar.years.values()), Hours.read("07:00-11:00"))
    timing = replace(FOUR_HOURS, times={"water": early})
    told = story(*called("water"), water(Claim()), timing=timing)
    assert setting(told.ticket, ClockName.HANDLE, "water").due_at == local(3, 11)
    told.when(dispatcher(Hold("water", "等批复", NOON + 30 * A_DAY), local(3, 8) - told.now))
    told.when(dispatcher(Resume("water"), local(4, 12) - told.now))
    assert setting(told.ticket, ClockName.HANDLE, "water").due_at == local(5, 10), "Three hours were left."
    told.when(water(RequestExtension("等材料"), local(5, 8) - told.now))
    told.when(dispatcher(GrantExtension("water", "同意")))
    assert setting(told.ticket, ClockName.HANDLE, "water").due_at == local(6, 10)
