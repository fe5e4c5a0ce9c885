"""Who looked at whose personal data (查看记录): when, why, and at which ticket; for auditors."""

from asyncio import gather
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.pages import words
from api.pages.downloads import MOST, Form, table
from api.pages.language import N_, say
from api.pages.page import Visiting, Visitor, render
from api.pages.tickets import LINES, Chosen
from api.web.paging import read_cursor, write_cursor
from domain.actors import Role
from domain.errors import NotYours, OutOfRange
from domain.look import AT_WORK
from domain.ticket import Ticket
from projections import looks
from projections.accounts import names_of as account_names
from projections.units import names_of

router = APIRouter()

COLUMNS = N_("时间"), N_("账号"), N_("角色"), N_("单位"), N_("编号"), N_("居民编号"), N_("为何查看")


@dataclass(frozen=True)
class Filters:
    """What stands in the address of the list, as it stands there."""

    account: Chosen = ""
    ticket: Chosen = ""
    resident: Chosen = ""

    @property
    def address(self) -> str:
        """Those that are set, as they stand in an address."""
        return urlencode({name: said for name, said in asdict(self).items() if said})

    @property
    def wanted(self) -> tuple[str | None, UUID | None, UUID | None]:
        """What they mean. Raises `OutOfRange`."""
        return self.account.strip() or None, _id("ticket", self.ticket), _id("resident", self.resident)


Filtered = Annotated[Filters, Depends()]


@router.get("/looks")
async def show_looks(
    request: Request,
    visitor: Visiting,
    filters: Filtered,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The looks at personal data in the towns that one audits, newest first."""
    place: tuple[datetime, UUID] | None = read_cursor(cursor, looks.Cursor)
    rows = await _found(visitor, filters, LINES + 1, place)
    lines = rows[:LINES]
    following = None
    if len(rows) > LINES:
        last = urlencode({"cursor": write_cursor([lines[-1]["at"], lines[-1]["look"]])})
        following = f"/looks?{filters.address}&{last}"
    return render(request, "looks.html", visitor, lines=lines, chosen=filters, following=following)


@router.get("/looks.{form}")
async def take_looks(visitor: Visiting, filters: Filtered, form: Form) -> Response:
    """The same as a table. Raises `OutOfRange` where it is too long."""
    rows = await _found(visitor, filters, MOST + 1, None)
    names = "at", "account", "spoken_role", "unit_name", "number", "resident", "said"
    return await table("looks", form, COLUMNS, [[row[name] for name in names] for row in rows])


async def _found(
    visitor: Visitor, filters: Filters, limit: int, place: looks.Cursor | None
) -> list[dict[str, Any]]:
    """The rows that fit, with the names of what they are about."""
    towns = visitor.person.units(Role.AUDITOR)
    if not towns:
        raise NotYours(verb="see who looked at personal data", who="an auditor")
    serving = visitor.serving
    account, ticket, resident = filters.wanted
    scope = None if "" in towns else sorted(towns)
    rows = await looks.looks(serving.reading, limit, place, account, ticket, resident, scope)
    people = await account_names(serving.reading, {row["account"] for row in rows})
    units = await names_of(serving.reading, {row["unit"] for row in rows} - {"", None})
    asked = {UUID(row["ticket"]) for row in rows if row["ticket"]}
    tickets = await gather(*(serving.store.find(Ticket, id) for id in asked))
    numbers = {str(ticket.id): ticket.number for ticket in tickets if ticket}
    return [
        row
        | {
            "name": people.get(row["account"], row["account"]),
            "unit_name": units.get(row["unit"], row["unit"]),
            "number": numbers.get(row["ticket"], ""),
            "spoken_role": say(words.ROLES[Role(row["role"])]) if row["role"] else "",
            "said": say(N_("在办，按职责")) if row["reason"] == AT_WORK else row["reason"],
        }
        for row in rows
    ]


def _id(field: str, said: str) -> UUID | None:
    try:
        return UUID(said) if said else None
    except ValueError:
        raise OutOfRange(field=field, why="is no id: open the list from a line of it") from None
