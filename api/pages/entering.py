"""Forms of the administration: asked as programs ask; a refusal is said above the form as it was."""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import Response

from adapters.batch import Receipt
from api.calling import Caller
from api.importing.row import BadTable, Row
from api.importing.table import Outcome, refused_table
from api.pages import history
from api.pages.acting import given_in, key_of, text_of
from api.pages.language import say
from api.pages.page import Visitor, go
from api.pages.problems import UNREADABLE
from api.pages.refusals import sentence
from api.service import NotYet
from api.web.problems import STATUS
from domain.errors import NotSignedIn
from domain.event import Aggregate
from domain.refusal import Refusal
from projections import accounts
from projections.history import history as events_of
from projections.units import names_of, units

FIELDS, FILES = 200, 1
OFFERED = 500
EVENTS = 1_000
"""The newest events of a history that its page tells."""
MOST = 1_000_000
"""Bytes of the table of refused rows: browsers take no longer address."""
SECRETS = {"password", "second_password", "current"}
"""Fields that nobody may read again."""
After = Annotated[int, Query(ge=0)]
"""The position of what was just done, which the page has to show."""
Chosen = Annotated[str, Query(max_length=50)]
Given = Mapping[str, Sequence[str]]
T = TypeVar("T")


@dataclass(frozen=True)
class Brought:
    """What became of the rows of a table, as its page says it."""

    outcome: Outcome

    @cached_property
    def refused(self) -> list[tuple[Row, str]]:
        """The refused rows with their reasons, in the order of the file, as many as can be shown."""
        found, bytes = [], 0
        for row, refusal in sorted(self.outcome.refused, key=lambda each: each[0].line):
            bytes += sum(len(str(cell).encode("utf-8", "replace")) + 3 for cell in row.values()) + 300
            if bytes > MOST:
                break
            found.append((row, sentence(refusal)))
        return found

    @property
    def table(self) -> str:
        """The refused rows as a file that the page holds itself."""
        content = refused_table(self.refused).encode("utf-8-sig", "surrogateescape")
        return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(content).decode()}"


@dataclass(frozen=True)
class Said:
    """What a page says above its forms, the form as it was, and what became of a table."""

    text: str = ""
    """Why something was refused."""
    status: int = 200
    given: Given = field(default_factory=dict)
    brought: Brought | None = None
    done: str = ""
    secret: str = ""
    """Said this once."""


NOTHING = Said()
Shows = Callable[[Said], Awaitable[Response]]


async def take(
    request: Request,
    visitor: Visitor,
    asks: Callable[[Caller, Given], Awaitable[Receipt]],
    shows: Shows,
    to: str,
    named: str = "",
) -> Response:
    """Take a form and go on to a page that shows what it did, or show the form again with the refusal.

    What is made anew has its page below `to`, by the field that names it.
    """
    form = await request.form(max_fields=FIELDS, max_files=0)
    given = given_in(form)
    # Nothing may be kept of a password, so a form with one has no key; what it asks for is refused twice.
    key = None if SECRETS & given.keys() else key_of(visitor.person.account, request.url.path, form)
    try:
        receipt = await asks(Caller(visitor.serving, visitor.person, None, key), given)
    except NotSignedIn:
        raise
    except (Refusal, ValidationError) as refusal:
        return await shows(await refused(visitor, refusal, given))
    page = f"{to}/{quote(one(given, named).strip(), safe='')}" if named else to
    return go(f"{page}?after={receipt.position}")


async def bring(
    request: Request,
    visitor: Visitor,
    takes: Callable[[str, bytes, Given, Outcome], Awaitable[Said | None]],
    shows: Shows,
    view: str = "",
) -> Response:
    """Take a table, and show what became of its rows; what `takes` gives is said above that.

    The list that is shown is of a `view`, and holds all that was taken in.
    """
    async with request.form(max_fields=FIELDS, max_files=FILES) as form:
        file = form.get("file")
        named = (isinstance(file, UploadFile) and file.filename) or ""
        content = await file.read() if isinstance(file, UploadFile) else b""
        given = {name: [text_of(form[name])] for name in form if name != "file"}
    outcome = Outcome()
    try:
        if not content:
            raise BadTable(what=named or "file", why="is empty: choose a file that holds a table")
        said = await takes(named, content, given, outcome) or NOTHING
    except NotSignedIn:
        raise
    except (Refusal, ValidationError) as refusal:
        said = await refused(visitor, refusal, given)
    if view:
        standing = visitor.serving.standing
        head, _ = await standing.positions()
        with suppress(NotYet):
            await standing.passed(view, head)
    says_it = bool(said.text or said.done) and not outcome.refused
    return await shows(replace(said, brought=None if says_it else Brought(outcome)))


async def refused(visitor: Visitor, refusal: Refusal | ValidationError, given: Given) -> Said:
    """A refusal as the page says it, with the form as it was, but for what nobody may read again."""
    if isinstance(refusal, ValidationError):
        return Said(say(UNREADABLE), 422, given)
    names = await names_of(visitor.serving.reading, {str(fact) for fact in refusal.facts.values()})
    kept = {name: values for name, values in given.items() if name not in SECRETS}
    return Said(sentence(refusal, names), STATUS.get(type(refusal), 409), kept)


def read(kind: type[T], given: Given, *lists: str) -> T:
    """A command of this kind from a form; `lists` are fields of several values, an empty one is none."""
    facts: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]  # A command is a dataclass.
        value = one(given, each.name).strip()
        if each.name in lists:
            facts[each.name] = [value for value in given.get(each.name, ()) if value]
        elif value or each.default is each.default_factory is MISSING:  # Else it may be left out.
            facts[each.name] = value
    return TypeAdapter(kind).validate_python(facts)


def one(given: Given, name: str) -> str:
    """The one value of a field, empty where it was not sent."""
    return given.get(name, [""])[-1]


async def offered(visitor: Visitor) -> list[dict[str, Any]]:
    """Units in use, for forms that name one; where there are more, their codes are typed all the same."""
    return await units(visitor.serving.reading, OFFERED)


async def told(visitor: Visitor, *histories: Aggregate, only: str = "") -> list[history.Told]:
    """What happened to these and who did it, newest first; of hours `only` those of one unit."""
    reading = visitor.serving.reading
    items = []
    for each in histories:
        after = max(0, each.version - EVENTS)
        items += await events_of(reading, each.id, EVENTS, after)
    if only:
        items = [i for i in items if i["event"] != "HoursBegun" and i["data"].get("unit", only) == only]
    return await tell(visitor, sorted(items, key=lambda item: item["position"]))


async def tell(visitor: Visitor, items: Sequence[Mapping[str, Any]]) -> list[history.Told]:
    """Events as sentences, newest first."""
    reading = visitor.serving.reading
    names = await names_of(reading, history.units(items))
    people = await accounts.names_of(reading, history.accounts(items))
    return history.told(items, names, people, {}, visitor.serving.store.now())
