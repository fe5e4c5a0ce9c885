"""One rule of a catalogue (立案处置结案标准): when a case begins, how long it takes, whose it is."""

from dataclasses import dataclass
from typing import Any

from domain.errors import OutOfRange
from domain.text import NAME, OTHER, check_optional_text, check_text
from domain.working_time.limit import Limit

CODE = 50
MOST = 5_000
"""Rules of one catalogue."""


@dataclass(frozen=True, slots=True)
class Rule:
    """category → filing condition → limit → closing condition → responsible department.

    `id` is `<category>.<n>`, n counting the rules of the category as the catalogue lists them; it names the
    rule within one version of the catalogue.
    """

    id: str
    category: str
    """The code of the category (事项类别)."""
    category_name: str
    group: str
    """What the category belongs to (大类), such as 部件 公用设施."""
    filing_condition: str
    """When a case begins (立案条件)."""
    closing_condition: str
    """When it may be closed (结案条件)."""
    limit: str
    """How long handling may take (处置时限), as `Limit` writes it: `2 urgent_hours`."""
    written_limit: str
    """The limit as the catalogue itself writes it."""
    note: str | None = None
    """What else the words of the limit say: when it holds, what has to be done by then."""
    department: str | None = None
    """The code of the responsible department, where it is one of ours."""
    handling_unit: str = ""
    """Who handles it (处置单位), in the catalogue's own words."""
    supervising_unit: str = ""
    """Who supervises it (主管部门), in the catalogue's own words."""

    def read_limit(self) -> Limit:
        """The limit as a value."""
        return Limit.read(self.limit)

    def check(self) -> None:
        """Refuse a rule that lacks something or whose texts are too long."""
        check_text("category", self.category, CODE)
        check_text("category_name", self.category_name, NAME)
        check_text("filing_condition", self.filing_condition)
        check_text("closing_condition", self.closing_condition)
        check_optional_text("group", self.group, NAME)
        check_optional_text("department", self.department, CODE)
        check_optional_text("handling_unit", self.handling_unit, OTHER)
        check_optional_text("supervising_unit", self.supervising_unit, OTHER)
        self.read_limit()


def numbered(drafts: list[dict[str, Any]]) -> tuple[Rule, ...]:
    """The rules, each with its id, from their other facts in the order of the catalogue."""
    counted: dict[str, int] = {}
    rules = []
    for draft in drafts:
        category = draft["category"]
        counted[category] = counted.get(category, 0) + 1
        rules.append(Rule(id=f"{category}.{counted[category]}", **draft))
    return tuple(rules)


def check_all(rules: tuple[Rule, ...]) -> None:
    """Refuse a catalogue without rules, or with two of one id or one category under two names."""
    if not 0 < len(rules) <= MOST:
        raise OutOfRange(field="rules", why=f"are {len(rules)}: a catalogue has 1 to {MOST}")
    seen: set[str] = set()
    names: dict[str, str] = {}
    for rule in rules:
        rule.check()
        if rule.id in seen:
            raise OutOfRange(field="rules", why=f"name {rule.id} twice: give each an id of its own")
        seen.add(rule.id)
        if names.setdefault(rule.category, rule.category_name) != rule.category_name:
            raise OutOfRange(
                field="rules", why=f"give the category {rule.category} two names: keep one of them"
            )
