"""Taking in a catalogue: each row is a rule or is refused by name, and the rules together are a version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.adopted import enter, versions
from api.importing.row import Row
from api.importing.table import Outcome, must_have, read_any
from api.importing.workbook import SHEET
from api.service import Service
from domain.actors import Person
from domain.catalogue import PLAIN, Adopt, Catalogue, Rule, Versions, numbered, read_limit, standing_on
from domain.errors import CatalogueKnown, OutOfRange, UnknownDepartment
from domain.unit import Kind, Unit
from domain.working_time.limit import Measure

FIELDS = (
    "category", "kind", "major_code", "major_name", "minor_code", "minor_name", "filing_condition",
    "closing_condition", "time_limit", "department", "handling_unit", "supervising_unit",
)  # fmt: skip
"""What a rule can be made of; its category is `category`, or else kind, major and minor code."""
HEADINGS = {
    "类别": "kind", "大类代码": "major_code", "大类编码": "major_code", "大类名称": "major_name",
    "小类代码": "minor_code", "小类编码": "minor_code", "小类名称": "minor_name",
    "立案条件": "filing_condition", "结案条件": "closing_condition",
    "处置时限": "time_limit", "处理时限": "time_limit", "部门代码": "department", "部门编码": "department",
    "处置单位": "handling_unit", "责任单位": "handling_unit", "责任部门": "handling_unit",
    "主管部门": "supervising_unit", SHEET: "kind",
}  # fmt: skip
"""How workbooks head the same columns; a sheet that does not say the kind is named by it."""
BROKEN = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
CARRIED = (
    ("kind",),
    ("major_code", "major_name"),
    ("category", "minor_code", "minor_name"),
    ("department", "handling_unit", "supervising_unit"),
)
"""What a row has in common with the one above where it leaves it blank, from the whole to its parts: once
one of these differs, the rest is its own."""
NEEDED = ("minor_name", "filing_condition", "closing_condition", "time_limit")


@dataclass(frozen=True)
class Sheet:
    """A catalogue as it was brought: its rows, and what each says, field by field."""

    rows: list[Row]
    given: list[dict[str, str]]


def read_sheet(
    named: str,
    content: bytes,
    renamed: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
) -> Sheet:
    """The rows of a file; `renamed` columns mean other fields, `fixed` fields hold for every row.

    Raises `BadTable` where the file is no table, or lacks a column that every catalogue needs.
    """
    renamed, fixed = renamed or {}, fixed or {}
    names, rows = read_any(named, content, {*FIELDS, *HEADINGS, *renamed})
    columns = {**{n: HEADINGS.get(n, n) for n in names if HEADINGS.get(n, n) in FIELDS}, **renamed}
    for wanted in renamed:
        must_have(named, wanted, names)
    for field in (*NEEDED, "category" if "category" in columns.values() else "minor_code"):
        if field not in fixed:
            must_have(named, field, [*names, *columns.values()])
    return Sheet(rows, _given(rows, columns, fixed))


async def adopt(
    service: Service,
    sheet: Sheet,
    outcome: Outcome,
    by: Person,
    day: date,
    name: str | None = None,
    plain: Mapping[str, Measure] = PLAIN,
    whole: bool = False,
) -> Adopt | None:
    """Adopt the rules as a version, in force from that day on; None where none is left to adopt.

    Where it has to be the `whole` sheet, one row that is refused leaves nothing to adopt. Raises
    `CatalogueKnown` where these rules are in force already.
    """
    given = dict(zip(map(id, sheet.rows), sheet.given, strict=True))
    drafting = Drafting(plain, await _departments(service, {says["department"] for says in sheet.given}))

    async def take(row: Row) -> None:
        drafting.take(given[id(row)])

    await outcome.take(sheet.rows, take)
    rules = numbered(drafting.taken)
    if not rules or (whole and outcome.refused):
        return None
    before = await versions(service.store)
    command = Adopt(name or _free_name(before, day), day, rules)
    same = set(standing_on(before, day).rules)
    try:
        await enter(
            service.store, Catalogue, Catalogue.the_id(), Catalogue.begin, Catalogue.adopt, command, by=by
        )
    except CatalogueKnown:
        outcome.known = len(rules)
        raise
    outcome.known = sum(rule in same for rule in rules)
    outcome.taken = len(rules) - outcome.known
    return command


class Drafting:
    """Makes the facts of rules from what rows say, one after the other."""

    def __init__(self, plain: Mapping[str, Measure], departments: frozenset[str]) -> None:
        self.taken: list[dict[str, Any]] = []
        self._plain = plain
        self._departments = departments
        self._names: dict[str, str] = {}
        self._conditions: set[tuple[str, str]] = set()

    def take(self, given: Mapping[str, str]) -> None:
        """Refused where something is missing, is not understood, or contradicts what was taken before."""
        read = read_limit(given["time_limit"], self._plain)
        department = given["department"] or None
        if department is not None and department not in self._departments:
            raise UnknownDepartment(department=department)
        category, name = given["category"] or _code(given), _one_line(given["minor_name"])
        draft: dict[str, Any] = {
            "category": category,
            "category_name": name,
            "group": f"{given['kind']} {_one_line(given['major_name'])}".strip(),
            "filing_condition": given["filing_condition"],
            "closing_condition": given["closing_condition"],
            "limit": str(read.limit),
            "written_limit": given["time_limit"],
            "note": read.note,
            "department": department,
            "handling_unit": given["handling_unit"],
            "supervising_unit": given["supervising_unit"],
        }
        Rule(id="?", **draft).check()
        if self._names.get(category, name) != name:
            raise OutOfRange(
                field="minor_name",
                why=f"is another one than {self._names[category]} above for {category}: keep one of them",
            )
        if (category, given["filing_condition"]) in self._conditions:
            raise OutOfRange(
                field="filing_condition", why=f"stands above for {category} already: keep one of the two rows"
            )
        self._names[category] = name
        self._conditions.add((category, given["filing_condition"]))
        self.taken.append(draft)


def _code(given: Mapping[str, str]) -> str:
    """The code of a category by its kind, major and minor code, as 部件-01-07."""
    parts = [given["major_code"], given["minor_code"]]
    if not parts[-1]:
        raise OutOfRange(field="minor_code", why="is empty: write it, or give the column category")
    padded = [part.zfill(2) if part.isdecimal() else part for part in parts]
    return "-".join(part for part in (given["kind"], *padded) if part)


def _one_line(text: str) -> str:
    """A name that was broken over lines of its cell; Chinese goes on without a blank."""
    return " ".join(BROKEN.sub("", text).split())


def _given(rows: list[Row], columns: Mapping[str, str], fixed: Mapping[str, str]) -> list[dict[str, str]]:
    """What each row says, field by field; what is merged or left blank below another row is as there."""
    found: list[dict[str, str]] = []
    above = dict.fromkeys(FIELDS, "")
    for row in rows:
        says = dict.fromkeys(FIELDS, "")
        for column, field in columns.items():
            says[field] = row.get(column, "").strip() or says[field]
        says |= fixed
        for fields in CARRIED:
            if any(says[field] not in ("", above[field]) for field in fields):
                break
            says |= {field: above[field] for field in fields}
        found.append(says)
        above = says
    return found


async def _departments(service: Service, named: set[str]) -> frozenset[str]:
    """Those of the departments named that there are."""
    units = [await service.store.find(Unit, Unit.id_of(code)) for code in sorted(named - {""})]
    return frozenset(unit.code for unit in units if unit and unit.kind is Kind.DEPARTMENT)


def _free_name(before: Versions, day: date) -> str:
    """The month of the day as a name, with a number where it is taken."""
    taken = {version.name for version in before}
    names = [f"{day:%Y-%m}", *(f"{day:%Y-%m}.{nth}" for nth in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
