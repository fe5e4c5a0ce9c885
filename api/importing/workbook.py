"""Workbooks of Excel as tables: headings are found, merged cells stand for all they cover."""

import re
import warnings
import zipfile
from collections.abc import Collection
from contextlib import suppress
from datetime import date
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.sax import parseString
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from api.importing.row import BadTable, Row

LARGEST = 50 * 1024 * 1024
"""Bytes of a workbook, unpacked."""
MOST_CELLS = 1_000_000
"""Cells of a workbook, cells that are merged, and cells of a sheet from its first to its last one."""
ZIP, OLD = b"PK", b"\xd0\xcf\x11\xe0"
"""What a workbook begins with, and one of Excel before 2007."""
FIRST_ROWS = 20
"""The headings stand within so many rows."""
FEWEST = 3
"""A row with so many headings that are known is the row of headings."""
SHEET = "sheet"
"""The column that says from which sheet a row is, where somebody has named it."""
UNNAMED = re.compile(r"(?i:sheet|工作表)\s*\d*")


def is_workbook(named: str, content: bytes) -> bool:
    """Whether this is a workbook, whatever it is called. Refuses one of an Excel before 2007."""
    if content.startswith(OLD):
        raise BadTable(what=named, why="is a workbook of an old Excel: save it as .xlsx or as CSV")
    return content.startswith(ZIP)


def read_workbook(named: str, content: bytes, known: Collection[str]) -> tuple[list[str], list[Row]]:
    """The names of its columns, and the rows of each sheet that has some of the `known` as headings."""
    sheets = [_rows(sheet, known) for sheet in _sheets(named, content)]
    found = [rows for rows in sheets if rows is not None]
    if not found:
        listed = ", ".join(sorted(known)[:8])
        raise BadTable(what=named, why=f"has no sheet with headings: three of {listed} … must be in a row")
    names = dict.fromkeys(name for headings, _ in found for name in headings)
    rows = [
        Row({name: row.get(name, "") for name in names}, row.line) for _, several in found for row in several
    ]
    return list(names), rows


def _sheets(named: str, content: bytes) -> list[Worksheet]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise BadTable(what=named, why="is too large: save the table alone, as CSV")
            counting = _Counting(named)
            for name in parts.namelist():
                with suppress(SAXParseException):  # No XML, so no sheet: a picture, say.
                    parseString(parts.read(name), counting)
        with warnings.catch_warnings(action="ignore"):  # Of styles and such, which nobody asked about.
            sheets: list[Worksheet] = [
                s for s in load_workbook(BytesIO(content), data_only=True) if isinstance(s, Worksheet)
            ]
        if any(sheet.max_row * sheet.max_column > MOST_CELLS for sheet in sheets):
            raise BadTable(what=named, why="has a cell far outside its table: save the table alone, as CSV")
        return sheets
    except BadTable:
        raise
    except Exception as problem:  # Whatever a foreign file makes the library raise, it means this.
        name = type(problem).__name__
        raise BadTable(what=named, why=f"is no workbook that can be read ({name}): save it as CSV") from None


class _Counting(ContentHandler):
    """Counts the cells of all parts before the library makes any; it makes one for each that is merged."""

    def __init__(self, named: str) -> None:
        super().__init__()
        self._named = named
        self._cells = self._merged = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """One more cell, or one more range that is merged. Refuses what is too much."""
        match name.rpartition(":")[2]:
            case "c":
                self._cells += 1
            case "mergeCell":
                self._merged += _size(attrs["ref"])
        if self._merged > MOST_CELLS:
            raise BadTable(
                what=self._named, why="merges whole columns or sheets: merge only what the table needs"
            )
        if self._cells > MOST_CELLS:
            raise BadTable(what=self._named, why=f"has more than {MOST_CELLS} cells: bring it in parts")


def _rows(sheet: Worksheet, known: Collection[str]) -> tuple[list[str], list[Row]] | None:
    """The headings and rows of one sheet, or None where it has no headings."""
    cells = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    own = [any(cell.strip() for cell in row) for row in cells]
    """Rows that say something of their own; others only carry on a merged cell, or are blank."""
    for merged in sheet.merged_cells.ranges:
        if merged.min_row > len(cells) or merged.min_col > len(cells[0]):
            continue
        value = cells[merged.min_row - 1][merged.min_col - 1]
        for row in cells[merged.min_row - 1 : merged.max_row]:
            width = min(merged.max_col, len(row))
            row[merged.min_col - 1 : width] = [value] * (width - merged.min_col + 1)
    top = [_squeezed(row) for row in cells[:FIRST_ROWS]]
    headings = next((row for row in top if len(set(known).intersection(row)) >= FEWEST), None)
    if headings is None:
        return None
    start = top.index(headings) + 1
    columns = [(place, name) for place, name in enumerate(headings) if name]
    title = "" if UNNAMED.fullmatch(sheet.title) else sheet.title
    rows = [
        Row({SHEET: title, **{name: row[place] for place, name in columns}}, line)
        for line, (row, says) in enumerate(zip(cells[start:], own[start:], strict=True), start + 1)
        if says and _squeezed(row) != headings
    ]
    return [SHEET, *(name for _, name in columns)], rows


def _size(merged: str) -> int:
    """How many cells a range such as A1:B3 has."""
    left, top, right, bottom = (int(bound or 0) for bound in range_boundaries(merged))
    return (right - left + 1) * (bottom - top + 1)


def _squeezed(row: list[str]) -> list[str]:
    """The cells without blanks, as headings are compared."""
    return ["".join(cell.split()) for cell in row]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)
