"""Lists as tables to take along: CSV and Excel, with the filters of the page they are taken from."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from openpyxl import Workbook
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.adopted import versions
from api.pages import overdue, words, workload
from api.pages.language import N_, say
from api.pages.page import Visiting
from api.pages.tickets import Filtered, known_units
from api.pages.viewing import Viewing
from domain.calendar import CHINA
from domain.catalogue import in_force
from domain.errors import OutOfRange
from projections import board
from projections.units import names_of

router = APIRouter()

MOST = 20_000
"""Rows of one table; whoever wants more narrows it down."""
OBEYED = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for a formula at the beginning of a text, some of them behind blanks too."""
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Signs that no cell of Excel can hold."""

TICKETS = (
    N_("编号"), N_("工单"), N_("阶段"), N_("类别"), N_("社区"), N_("网格"), N_("部门"),
    N_("上报时间"), N_("最近的时限"),
)  # fmt: skip
OVERDUE = (
    N_("编号"),
    N_("工单"),
    N_("谁的时限"),
    N_("时限"),
    N_("社区"),
    N_("网格"),
    N_("到期时间"),
    N_("超时小时"),
    N_("牌"),
    N_("类别"),
)

MEDIAN = N_("办结中位小时")

Cell = str | float | datetime | None


class Form(StrEnum):
    """In which form a table is wanted."""

    CSV = "csv"
    XLSX = "xlsx"


@router.get("/tickets.{form}")
async def take_tickets(visitor: Visiting, filters: Filtered, then: Viewing, form: Form) -> Response:
    """The tickets that fit, newest first. Raises `OutOfRange` where they are too many."""
    await known_units(then.rows, filters.units)
    rows = await board.tickets(then.rows, visitor.person, filters.wanted, then.now, MOST + 1, None)
    known = in_force(await versions(visitor.serving.store), then.now).categories
    named = {row[name] for row in rows for name in ("community", "grid")}
    names = await names_of(then.rows, named | {unit for row in rows for unit in row["departments"]})
    stages = {code: say(name) for code, name in words.STAGES.items()}
    lines = [
        (
            row["number"],
            row["title"],
            stages[row["stage"]],
            known[row["category"]].name if row["category"] in known else row["category"],
            names.get(row["community"], row["community"]),
            names.get(row["grid"], row["grid"]),
            say(N_("、")).join(names.get(unit, unit) for unit in row["departments"]),
            row["reported_at"],
            row["next_due_at"],
        )
        for row in rows
    ]
    return await table("tickets", form, TICKETS, lines)


@router.get("/overdue.{form}")
async def take_overdue(visitor: Visiting, filters: overdue.Filtered, then: Viewing, form: Form) -> Response:
    """The clocks that have run out, oldest first. Raises `OutOfRange` where they are too many."""
    rows = await overdue.run_out(visitor, then, filters, MOST + 1)
    known = in_force(await versions(visitor.serving.store), then.now).categories
    names = await names_of(
        then.rows, {row[name] for row in rows for name in ("department", "community", "grid")}
    )
    clocks, cards = ({code: say(name) for code, name in each.items()} for each in (words.CLOCKS, words.CARDS))
    lines = [
        (
            row["number"],
            row["title"],
            names.get(row["department"], row["department"]),
            clocks[row["clock"]],
            names.get(row["community"], row["community"]),
            names.get(row["grid"], row["grid"]),
            row["due_at"],
            round(row["overdue_seconds"] / 3600, 1),
            cards.get(row["card"]),
            known[row["category"]].name if row["category"] in known else row["category"],
        )
        for row in rows
    ]
    return await table("overdue", form, OVERDUE, lines)


@router.get("/workload.{form}")
async def take_workload(
    visitor: Visiting, then: Viewing, form: Form, by: workload.By = "department"
) -> Response:
    """What every department has on its hands, or every community, kind of matter, or age."""
    rows = await workload.rows_of(visitor, then, by)
    columns = (workload.TITLES[by], *(words.NUMBERS[name] for name in workload.columns(by)), MEDIAN)
    lines = [
        (row.name, *row.numbers.values(), None if row.median is None else round(row.median / 3600, 1))
        for row in rows
    ]
    return await table("workload", form, columns, lines)


async def table(name: str, form: Form, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> Response:
    """These lines as a file to take along. Raises `OutOfRange` where they are too many."""
    if len(lines) > MOST:
        raise OutOfRange(field="the table", why=f"would have more than {MOST} rows: choose a filter more")
    cells = [tuple(say(column) for column in columns), *(tuple(map(cell, line)) for line in lines)]
    write, kind = {
        Form.CSV: (_csv, "text/csv; charset=utf-8"),
        Form.XLSX: (_excel, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    }[form]
    body = await run_in_threadpool(write, cells)
    named = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, media_type=kind, headers=named)


def cell(value: Any) -> Cell:
    """A value as a spreadsheet shows it: times by the clocks of China, and no text that it would obey."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).replace(tzinfo=None, microsecond=0)
    if isinstance(value, str):
        shown = UNFIT.sub("", value)
        return f"'{shown}" if shown.lstrip().startswith(OBEYED) or shown.startswith(("\t", "\r")) else shown
    found: Cell = value
    return found


def _csv(table: Sequence[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(table)
    return written.getvalue().encode("utf-8-sig")


def _excel(table: Sequence[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Whistle")
    for line in table:
        sheet.append(line)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
