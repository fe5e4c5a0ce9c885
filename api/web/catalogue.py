"""The catalogue over HTTP: its rules in force, its versions, and what it proposes for a text and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.adopted import versions
from api.web import shapes
from api.web.paging import Code, CursorParameter, Limit, page, read_cursor
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route
from api.web.tickets import seen
from domain.catalogue import EXAMPLE, Proposal, Reason, Rule, Version, in_force, propose
from domain.errors import OutOfRange
from domain.text import OTHER

router = APIRouter(prefix="/api", tags=["catalogue"], route_class=Route)


@dataclass(frozen=True)
class About:
    """What is to be reported; in a body, so that nobody's words are in an address or a log."""

    text: Annotated[str, Field(min_length=1, max_length=OTHER)]
    category: Annotated[str | None, Field(max_length=50)] = None
    at: datetime | None = None


@dataclass(frozen=True)
class RuleShape:
    """A rule, and the version of the catalogue it stands in."""

    catalogue: str
    id: str
    category: str
    category_name: str
    group: str
    filing_condition: str
    closing_condition: str
    limit: str
    written_limit: str
    note: str | None
    department: str | None
    handling_unit: str
    supervising_unit: str


@dataclass(frozen=True)
class ProposalShape:
    """A rule that may fit, how well compared with the others, and which words say so."""

    rule: RuleShape
    score: float
    why: list[Reason]


@dataclass(frozen=True)
class VersionShape:
    """A version of the catalogue; the example was never adopted."""

    name: str
    effective_from: date | None
    adopted_at: datetime | None
    adopted_by: str | None
    rules: int
    in_force: bool


@router.get("/catalogue", response_model=shapes.Page[RuleShape], openapi_extra=SIGNED_IN)
async def read_catalogue(
    calling: Calling,
    at: datetime | None = None,
    category: Code = None,
    limit: Limit = 200,
    cursor: CursorParameter = None,
) -> Response:
    """The rules in force now, or at a time, as the catalogue lists them; on request those of a category."""
    name, start = read_cursor(cursor, tuple[str, int]) or (None, 0)
    version = await _version(calling, at)
    if name not in (None, version.name):
        raise OutOfRange(field="cursor", why="is of another version of the catalogue: begin again without it")
    listed = version.rules if category is None else version.rules_by_category.get(category, ())
    numbers = range(max(start, 0), len(listed))[: limit + 1]
    shown = page(numbers, limit, lambda nth: [version.name, nth + 1])
    shown["items"] = [_rule(version, listed[nth]) for nth in shown["items"]]
    return Json(shown)


@router.get("/catalogue/versions", response_model=shapes.Page[VersionShape], openapi_extra=SIGNED_IN)
async def read_versions(calling: Calling, limit: Limit = 50, cursor: CursorParameter = None) -> Response:
    """All versions in the order they were adopted, after the example that ships."""
    (start,) = read_cursor(cursor, tuple[int]) or (0,)
    adopted = await versions(calling.serving.store)
    now = in_force(adopted, calling.serving.store.now())
    items = [
        {
            "name": version.name,
            "effective_from": None if version is EXAMPLE else version.effective_from,
            "adopted_at": None if version is EXAMPLE else version.adopted_at,
            "adopted_by": version.adopted_by,
            "rules": len(version.rules),
            "in_force": version is now,
            "nth": nth,
        }
        for nth, version in enumerate((EXAMPLE, *adopted), 1)
    ]
    shown = page(items[max(start, 0) :][: limit + 1], limit, lambda item: [item["nth"]])
    for item in shown["items"]:
        del item["nth"]
    return Json(shown)


@router.post("/catalogue/proposal", response_model=shapes.Page[ProposalShape], openapi_extra=SIGNED_IN)
async def propose_for_text(about: About, calling: Calling) -> Response:
    """The rules in force that fit a text best, at most five, best first, and why; before it is reported."""
    version = await _version(calling, about.at)
    return _proposed(version, propose(version, about.text, "", about.category))


@router.get("/tickets/{id}/proposal", response_model=shapes.Page[ProposalShape], openapi_extra=SIGNED_IN)
async def propose_for_ticket(id: str, calling: Calling, at: datetime | None = None) -> Response:
    """The rules in force that fit the ticket best, at most five, best first, and why; the sorter decides."""
    ticket = await seen(calling, id)
    title, description, category = ticket.title, ticket.description, ticket.category
    version = await _version(calling, at)
    return _proposed(version, propose(version, title, description, category))


async def _version(calling: Calling, at: datetime | None) -> Version:
    """The version in force now, or at a time."""
    if at is not None and at.tzinfo is None:
        raise OutOfRange(field="at", why="needs a zone: 2026-11-22T09:00:00+08:00")
    store = calling.serving.store
    try:
        return in_force(await versions(store), at or store.now())
    except OverflowError:
        raise OutOfRange(field="at", why="lies at the end of all time: give a year of this age") from None


def _proposed(version: Version, proposals: list[Proposal]) -> Response:
    items = [{"rule": _rule(version, p.rule), "score": p.score, "why": p.why} for p in proposals]
    return Json({"items": items, "next": None})


def _rule(version: Version, rule: Rule) -> dict[str, Any]:
    facts = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    return {"catalogue": version.name, **facts}
