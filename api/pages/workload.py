"""What is on whose hands (工作量): by department, community, category or age, each number with its list."""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.adopted import versions
from api.moments import Moment
from api.pages import words
from api.pages.language import N_, say
from api.pages.page import Visiting, Visitor, render
from api.pages.viewing import Viewing
from api.web.lists import must_be_staff
from domain.actors import Role
from domain.catalogue import in_force
from domain.unit import Kind
from projections.tallies import AT_HAND, NUMBERS, tally
from projections.units import names_of, units

router = APIRouter()

By = Literal["department", "community", "category", "age"]
TITLES: dict[By, str] = {
    "department": N_("部门"),
    "community": N_("社区"),
    "category": N_("类别"),
    "age": N_("上报至今"),
}
OF_PLACES = tuple(role for role in Role if role not in (Role.HANDLER, Role.ADMINISTRATOR))
"""Who sees tickets of whatever department: their page shows all departments, also those without work."""


@dataclass(frozen=True)
class Row:
    """The numbers of one department, community, kind of matter or age, or of all together."""

    name: str
    numbers: dict[str, int]
    median: float | None
    """Seconds from call to closing, of what was closed."""
    filter: dict[str, str]
    """What the lists behind its numbers are narrowed down to."""

    def link(self, number: str) -> str:
        """The list of exactly what this number counts."""
        return f"/tickets?{urlencode({'task': number, **self.filter})}"


@router.get("/workload")
async def show_workload(
    request: Request, visitor: Visiting, then: Viewing, by: By = "department"
) -> Response:
    """Table and chart together, of what one may see."""
    rows = await rows_of(visitor, then, by)
    return render(
        request,
        "workload.html",
        visitor,
        rows=rows,
        most=max([row.numbers["open"] for row in rows[:-1]] + [1]),
        columns=columns(by),
        by=by,
        titles=TITLES,
        then=then,
        now=then.now,
    )


def columns(by: By) -> tuple[str, ...]:
    """The numbers that are shown: of ages, only those of what is still to be done."""
    return AT_HAND if by == "age" else NUMBERS


async def rows_of(visitor: Visitor, then: Moment, by: By) -> list[Row]:
    """One row each in the order of their codes, ages from the oldest, and the last one of all."""
    must_be_staff(visitor.person, "see the workload")
    counted = await tally(then.rows, visitor.person, then.now, by)
    found: dict[str, dict[str, Any]] = {row["key"]: row for row in counted if not row["total"]}
    names = await _names(visitor, then, by, set(found))
    order = names if by == "age" else sorted({*names, *found})
    rows = [_row(names.get(key, key), found.get(key, {}), by, {by: key}) for key in order]
    return [*rows, _row(say(N_("合计")), next(row for row in counted if row["total"]), by, {})]


async def _names(visitor: Visitor, then: Moment, by: By, keys: set[str]) -> dict[str, str]:
    """What the rows are called, also those that have nothing to count."""
    if by == "age":
        return {age: say(word) for age, word in words.AGES.items()}
    if by == "category":
        known = in_force(await versions(visitor.serving.store), then.now).categories
        return {key: known[key].name for key in keys if key in known}
    if by == "department":
        keys = keys | visitor.person.units(Role.HANDLER)
        if visitor.holds(*OF_PLACES):
            keys |= {unit["code"] for unit in await units(then.rows, 200, None, Kind.DEPARTMENT)}
    return await names_of(then.rows, keys)


def _row(name: str, found: dict[str, Any], by: By, narrowed: dict[str, str]) -> Row:
    numbers = {number: found.get(number, 0) for number in columns(by)}
    return Row(name, numbers, None if by == "age" else found.get("median_handling_seconds"), narrowed)
