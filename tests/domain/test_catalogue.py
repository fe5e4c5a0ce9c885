"""The catalogue (事项目录): versions by the day they are effective from, and what a ticket is sorted by."""

from datetime import date, datetime, timedelta

import pytest

from domain.actors import OPERATOR, Role
from domain.calendar import CHINA
from domain.catalogue import (
    EXAMPLE,
    Adopt,
    Catalogue,
    CatalogueAdopted,
    Rule,
    Version,
    as_known_now,
    in_force,
    numbered,
    rule_of,
)
from domain.category import CATEGORIES
from domain.errors import (
    CatalogueExists,
    CatalogueKnown,
    NotYours,
    OutOfRange,
    UnknownCategory,
    UnknownRule,
)
from domain.refusal import Refusal
from domain.ticket import Ticket
from domain.ticket.commands import Report, Sort
from domain.ticket.stage import Urgency
from tests.domain.people import GRID, PLACE, TICKET, somebody, sorter, worker
from tests.domain.stored import read_back

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
EARLY = datetime(2026, 2, 20, 9, tzinfo=CHINA)
administrator = somebody("admin", (Role.ADMINISTRATOR, ""))


def a_rule(limit: str = "2 urgent_hours", category: str = "cover", **changed: str) -> dict[str, str | None]:
    """The facts of a rule."""
    return {
        "category": category,
        "category_name": f"名称 {category}",
        "group": "部件",
        "filing_condition": "缺失",
        "closing_condition": "补齐",
        "limit": limit,
        "written_limit": limit,
        **changed,
    }


FIRST = numbered([a_rule(), a_rule("3 working_days"), a_rule("1 day", "lamp")])
SECOND = numbered([a_rule("4 urgent_hours"), a_rule("1 day", "lamp")])
THIRD = numbered([a_rule("5 days", "tree")])


def at(day: date, hour: int = 12) -> datetime:
    """That hour of a local day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


def adopted(*versions: tuple[str, date, tuple[Rule, ...]]) -> Catalogue:
    """The catalogue with these versions, all adopted before any of them is effective."""
    catalogue = Catalogue.begin(administrator, EARLY)
    for nth, version in enumerate(versions):
        catalogue.adopt(Adopt(*version), administrator, EARLY + timedelta(minutes=nth))
    catalogue.collect_events()
    return catalogue


def both() -> Catalogue:
    """Two versions, the second one from April on."""
    return adopted(("2026-03", MARCH, FIRST), ("2026-04", APRIL, SECOND))


def then_refused(catalogue: Catalogue, adopt: Adopt, refusal: type[Refusal], says: str) -> None:
    """Refused for this reason, and nothing has changed."""
    before = catalogue.versions
    with pytest.raises(refusal, match=says):
        catalogue.adopt(adopt, administrator, EARLY + timedelta(hours=1))
    assert catalogue.versions == before
    assert not catalogue.collect_events()


def test_a_version_is_in_force_from_the_first_moment_of_its_day_until_the_next_one_is() -> None:
    versions = both().versions
    midnight = at(APRIL, 0)
    assert in_force(versions, midnight - timedelta(microseconds=1)).name == "2026-03"
    assert in_force(versions, midnight).name == "2026-04"
    assert in_force(versions, midnight.astimezone(None)).name == "2026-04"
    assert in_force(versions, at(MARCH, 0) - timedelta(microseconds=1)) is EXAMPLE


def test_the_order_of_adoption_does_not_matter_only_the_day_does() -> None:
    versions = adopted(("later", APRIL, SECOND), ("earlier", MARCH, FIRST)).versions
    assert in_force(versions, at(MARCH)).name == "earlier"
    assert in_force(versions, at(MAY)).name == "later"


def test_of_two_versions_of_one_day_the_one_adopted_last_counts() -> None:
    versions = adopted(("one", MARCH, FIRST), ("corrected", MARCH, SECOND)).versions
    assert in_force(versions, at(MARCH)).name == "corrected"


def test_what_is_adopted_later_with_an_earlier_day_changes_nothing_that_was_decided_before() -> None:
    catalogue = adopted(("2026-03", MARCH, FIRST))
    noon = at(date(2026, 3, 20))
    catalogue.adopt(Adopt("late", date(2026, 3, 10), SECOND), administrator, noon)
    assert in_force(catalogue.versions, noon - timedelta(seconds=1)).name == "2026-03"
    assert in_force(catalogue.versions, noon).name == "late"


def test_imported_history_is_judged_by_the_days_alone() -> None:
    catalogue = Catalogue.begin(OPERATOR, at(MAY))
    catalogue.adopt(Adopt("2026-03", MARCH, FIRST), OPERATOR, at(MAY))
    assert in_force(catalogue.versions, at(MARCH)) is EXAMPLE
    assert in_force(as_known_now(catalogue.versions), at(MARCH)).name == "2026-03"


@pytest.mark.parametrize("name", ["2026-03", "another name"])
def test_the_same_rules_again_change_nothing_under_any_name(name: str) -> None:
    catalogue = adopted(("2026-03", MARCH, FIRST))
    then_refused(catalogue, Adopt(name, MARCH, FIRST), CatalogueKnown, "2026-03")
    then_refused(catalogue, Adopt(name, MAY, FIRST), CatalogueKnown, "2026-03")


def test_older_rules_may_come_back_later() -> None:
    catalogue = both()
    catalogue.adopt(Adopt("2026-05", MAY, FIRST), administrator, EARLY + timedelta(hours=1))
    assert [version.name for version in catalogue.versions] == ["2026-03", "2026-04", "2026-05"]


def test_a_name_stands_for_one_version_for_ever() -> None:
    then_refused(both(), Adopt("2026-03", MAY, THIRD), CatalogueExists, "2026-03")
    then_refused(both(), Adopt(EXAMPLE.name, MAY, THIRD), CatalogueExists, EXAMPLE.name)


def test_a_version_that_could_never_be_in_force_is_refused() -> None:
    catalogue = both()
    with pytest.raises(OutOfRange, match="2026-04"):
        catalogue.adopt(Adopt("old", MARCH, THIRD), administrator, at(MAY))


def test_only_an_administrator_of_everything_or_the_operator_adopts() -> None:
    town = somebody("town", (Role.ADMINISTRATOR, "220621100"))
    for nobody in (town, sorter):
        with pytest.raises(NotYours, match="an administrator"):
            both().adopt(Adopt("x", MAY, THIRD), nobody, EARLY)
        with pytest.raises(NotYours):
            Catalogue.begin(nobody, EARLY)
    both().adopt(Adopt("x", MAY, THIRD), OPERATOR, EARLY + timedelta(hours=1))


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ((), "are 0: a catalogue has 1 to"),
        ((*FIRST, FIRST[0]), "cover.1 twice"),
        (FIRST * 2000, "are 6000"),
        (numbered([a_rule(), a_rule(category_name="anders")]), "two names"),
        (numbered([a_rule(filing_condition=" ")]), "filing_condition is empty"),
        (numbered([a_rule(closing_condition="")]), "closing_condition is empty"),
        (numbered([a_rule("3天")]), "limit is"),
        (numbered([a_rule("soon")]), "limit is"),
        (numbered([a_rule(category="x" * 51)]), "category has 51"),
        (numbered([a_rule(handling_unit="x" * 2001)]), "handling_unit has 2001"),
    ],
)
def test_a_catalogue_that_is_none_is_refused(rules: tuple[Rule, ...], says: str) -> None:
    then_refused(both(), Adopt("2026-05", MAY, rules), OutOfRange, says)


def test_the_event_has_all_rules_as_data() -> None:
    catalogue = Catalogue.begin(administrator, EARLY)
    catalogue.adopt(Adopt("2026-03", MARCH, FIRST), administrator, EARLY)
    begun, event = catalogue.collect_events()
    assert isinstance(event, CatalogueAdopted)
    assert (event.name, event.effective_from, event.rules, event.by.account) == (
        "2026-03", MARCH, FIRST, "admin",
    )  # fmt: skip
    again = None
    for each in (begun, event):
        again = read_back(each).mutate(again)  # type: ignore[arg-type]
    assert isinstance(again, Catalogue)
    assert again.versions == (Version("2026-03", MARCH, EARLY, FIRST, "admin"),)


def reported(catalogue: Catalogue, when: datetime, category: str | None = None) -> Ticket:
    """A ticket reported at that moment."""
    report = Report("井盖没了", "路口的井盖没了", GRID, category=category)
    return Ticket.report(report, PLACE, TICKET, worker, when, catalogue.versions)


def test_a_ticket_is_reported_and_sorted_by_the_version_in_force_at_that_moment() -> None:
    catalogue = both()
    ticket = reported(catalogue, at(MARCH), "cover")
    ticket.sort(Sort("cover", Urgency.URGENT, rule="cover.2"), sorter, at(MARCH), catalogue.versions)
    assert (ticket.category, ticket.rule, ticket.catalogue) == ("cover", "cover.2", "2026-03")
    late = reported(catalogue, at(APRIL))
    with pytest.raises(UnknownRule, match=r"2026-04 has no rule cover\.2"):
        late.sort(Sort("cover", Urgency.URGENT, rule="cover.2"), sorter, at(APRIL), catalogue.versions)
    with pytest.raises(UnknownCategory):
        late.sort(Sort("drain", Urgency.URGENT), sorter, at(APRIL), catalogue.versions)
    with pytest.raises(UnknownCategory):
        reported(catalogue, at(APRIL), "drain")


def test_without_a_catalogue_of_its_own_a_town_has_the_example() -> None:
    ticket = reported(adopted(), at(MARCH), "manhole")
    ticket.sort(Sort("manhole", Urgency.URGENT, rule="manhole.1"), sorter, at(MARCH))
    assert (ticket.rule, ticket.catalogue) == ("manhole.1", EXAMPLE.name)


def test_a_rule_of_another_category_is_refused() -> None:
    ticket = reported(both(), at(MARCH))
    with pytest.raises(OutOfRange, match="belongs to the category lamp"):
        ticket.sort(Sort("cover", Urgency.URGENT, rule="lamp.1"), sorter, at(MARCH), both().versions)


def test_who_chooses_no_rule_leaves_it_open() -> None:
    ticket = reported(both(), at(MARCH))
    ticket.sort(Sort("cover", Urgency.URGENT), sorter, at(MARCH), both().versions)
    assert (ticket.rule, ticket.catalogue) == (None, None)


def test_a_replay_finds_the_rule_as_it_was_whatever_was_adopted_since() -> None:
    catalogue = both()
    ticket = reported(catalogue, at(MARCH))
    ticket.sort(Sort("cover", Urgency.URGENT, rule="cover.1"), sorter, at(MARCH), catalogue.versions)
    catalogue.adopt(Adopt("2026-05", MAY, THIRD), administrator, at(date(2026, 4, 20)))
    sorted_event = list(ticket.collect_events())[-1]
    again = read_back(sorted_event)  # type: ignore[arg-type]
    assert rule_of(catalogue.versions, again.catalogue, again.rule) == FIRST[0]  # type: ignore[attr-defined]
    assert in_force(catalogue.versions, again.at).rules == FIRST
    assert rule_of(catalogue.versions, EXAMPLE.name, "manhole.1") == EXAMPLE.rules_by_id["manhole.1"]
    assert rule_of(catalogue.versions, "2026-03", "nothing") is None
    assert rule_of(catalogue.versions, "nothing", "cover.1") is None


def test_the_example_has_a_rule_for_each_of_its_categories_and_all_its_departments_are_the_towns() -> None:
    assert EXAMPLE.categories == CATEGORIES
    departments = {rule.department for rule in EXAMPLE.rules}
    assert departments == {"housing", "water", "urban", "traffic", "power", "health", "civil", "market"}
    assert len(EXAMPLE.rules) >= 30
