"""The catalogue (目录): the version in force, bringing the next one, and who adopted which."""

from datetime import date
from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.adopted import versions
from api.importing.catalogue import adopt, read_sheet
from api.importing.table import Outcome
from api.pages import downloads
from api.pages.administration import administers, must_oversee_something
from api.pages.entering import NOTHING, Given, Said, bring, one, told
from api.pages.language import N_, say
from api.pages.page import Visiting, Visitor, render
from domain.calendar import CHINA
from domain.catalogue import EXAMPLE, PLAIN, Catalogue, Rule, in_force, read_limit
from domain.catalogue.limits import MAY_MEAN
from domain.errors import OutOfRange
from domain.refusal import Refusal
from domain.working_time.limit import Measure
from projections.units import names_of

router = APIRouter()

LIST = "/administration/catalogue"
LINES = 200
COLUMNS = (
    "category", "major_name", "minor_name", "filing_condition", "closing_condition", "time_limit",
    "department", "handling_unit", "supervising_unit",
)  # fmt: skip
MEASURES = {
    Measure.WORKING_DAYS: N_("工作日"),
    Measure.DAYS: N_("自然日"),
    Measure.WORKING_HOURS: N_("工作时"),
    Measure.URGENT_HOURS: N_("紧急工作时"),
}
"""What 天 and 小时 may stand for."""


@router.get(LIST)
async def show_catalogue(request: Request, visitor: Visiting) -> Response:
    """The rules in force, all versions, and who adopted them."""
    return await _catalogue(request, visitor, NOTHING)


async def _catalogue(request: Request, visitor: Visitor, said: Said) -> Response:
    must_oversee_something(visitor)
    store, now = visitor.serving.store, visitor.serving.store.now()
    adopted = await versions(store)
    version = in_force(adopted, now)
    found = await store.find(Catalogue, Catalogue.the_id())
    return render(
        request,
        "catalogue.html",
        visitor,
        said.status,
        said=said,
        version=version,
        example=version is EXAMPLE,
        versions=list(reversed(adopted)),
        rules=version.rules[:LINES],
        today=now.astimezone(CHINA).date(),
        means={word: [(each, say(MEASURES[each])) for each in several] for word, several in MAY_MEAN.items()},
        names=await names_of(visitor.serving.reading, {rule.department or "" for rule in version.rules}),
        events=await told(visitor, found) if found else [],
        may=administers(visitor),
    )


@router.post(LIST)
async def bring_catalogue(request: Request, visitor: Visiting) -> Response:
    """Adopt a version, all of it: where one row is refused, the one before stays in force."""

    async def takes(named: str, content: bytes, given: Given, outcome: Outcome) -> Said | None:
        plain = {**PLAIN, **{word: _meant(word, one(given, word)) for word in MAY_MEAN if one(given, word)}}
        day = _day(one(given, "effective_from")) or visitor.serving.store.now().astimezone(CHINA).date()
        name, sheet = one(given, "name").strip() or None, await run_in_threadpool(read_sheet, named, content)
        by, serving = visitor.person, visitor.serving
        command = await adopt(serving, sheet, outcome, by, day, name, plain, whole=True)
        if command is None:
            text = say(N_("目录没有换：一行不对，整张都不启用。改好这些行，再上传整张表。"))
            return Said(text, 422, given)
        return None

    must_oversee_something(visitor)
    return await bring(request, visitor, takes, partial(_catalogue, request, visitor))


@router.get("/administration/catalogue.{form}")
async def take_along(visitor: Visiting, form: downloads.Form) -> Response:
    """The rules in force, in the columns in which they are brought."""
    must_oversee_something(visitor)
    version = in_force(await versions(visitor.serving.store), visitor.serving.store.now())
    lines = [
        (
            rule.category, rule.group, rule.category_name, rule.filing_condition, rule.closing_condition,
            _written(rule), rule.department, rule.handling_unit, rule.supervising_unit,
        )
        for rule in version.rules
    ]  # fmt: skip
    return await downloads.table("catalogue", form, COLUMNS, lines)


def _written(rule: Rule) -> str:
    """The limit as the catalogue writes it, where that means the same wherever it is brought."""
    try:
        same = read_limit(rule.written_limit).limit == rule.read_limit()
    except Refusal:
        same = False
    return rule.written_limit if same else rule.limit


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise OutOfRange(field="effective_from", why="is no day: write it as 2026-02-01") from None


def _meant(word: str, said: str) -> Measure:
    if said not in MAY_MEAN[word]:
        raise OutOfRange(field=word, why="is none of those offered: choose one")
    return Measure(said)
