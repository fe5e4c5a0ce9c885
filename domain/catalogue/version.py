"""Versions of the catalogue (目录版本), and which of them is in force at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property

from domain.calendar import CHINA
from domain.catalogue.example import EXAMPLE_RULES
from domain.catalogue.rule import Rule
from domain.category import CATEGORIES, Category, check_category
from domain.errors import OutOfRange, UnknownRule

ALWAYS = datetime(1, 1, 1, tzinfo=CHINA)


@dataclass(frozen=True)
class Version:
    """All rules of the catalogue, from a day on."""

    name: str
    effective_from: date
    """The first local day it is in force."""
    adopted_at: datetime
    """When it was adopted: before that moment nobody decided by it, whatever day it is effective from."""
    rules: tuple[Rule, ...]
    adopted_by: str | None = None
    """The account of whoever adopted it."""

    @cached_property
    def categories(self) -> Mapping[str, Category]:
        """What a matter can be about, by code."""
        return {rule.category: Category(rule.category, rule.category_name) for rule in self.rules}

    @cached_property
    def rules_by_id(self) -> Mapping[str, Rule]:
        """The rules by their ids."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def rules_by_category(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules by the codes of their categories, as they are listed."""
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            found[rule.category] = (*found.get(rule.category, ()), rule)
        return found

    def check(self, category: str, rule: str | None = None) -> None:
        """Refuse a category or rule that this version does not have, and a rule of another category."""
        check_category(category, self.categories)
        if rule is None:
            return
        found = self.rules_by_id.get(rule)
        if found is None:
            raise UnknownRule(rule=rule, catalogue=self.name)
        if found.category != category:
            raise OutOfRange(
                field="rule", why=f"belongs to the category {found.category}: sort into that, or leave it out"
            )


Versions = tuple[Version, ...]
"""In the order they were adopted."""

EXAMPLE = Version("示例", date(1, 1, 1), ALWAYS, EXAMPLE_RULES)
"""The catalogue that ships, in force where a town has not adopted one of its own."""
if EXAMPLE.categories.keys() != CATEGORIES.keys():
    raise ValueError("The example rules and the example categories do not fit each other.")


def in_force(versions: Versions, at: datetime) -> Version:
    """The version in force at `at`: of those adopted by then, the one effective latest; else the example.

    What is adopted later, even with an earlier day, changes nothing that was decided before.
    """
    day = at.astimezone(CHINA).date()
    found = EXAMPLE
    for version in versions:
        if found.effective_from <= version.effective_from <= day and version.adopted_at <= at:
            found = version
    return found


def as_known_now(versions: Versions) -> Versions:
    """The versions as imported history is judged: by the days they are effective from alone."""
    return tuple(replace(version, adopted_at=ALWAYS) for version in versions)


def standing_on(versions: Versions, day: date) -> Version:
    """The version in force on that day, by all that is known now."""
    return in_force(as_known_now(versions), datetime.combine(day, time(), CHINA))


def rule_of(versions: Versions, catalogue: str, rule: str) -> Rule | None:
    """The rule as a history names it, by the version it was taken from, whether that is in force or not."""
    for version in (EXAMPLE, *versions):
        if version.name == catalogue:
            return version.rules_by_id.get(rule)
    return None
