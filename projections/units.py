"""Places and departments as a list (单位名录)."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from adapters.reading import Rows
from domain.unit import Kind, Unit
from projections.view import Row, Table, View

UNIT = Table(
    "units_unit",
    {"code": "text", "name": "text", "kind": "text", "parent": "text", "closed": "boolean"},
    key=1,
    indexes=("(kind, code)", "(parent, code)"),
)


class Units(View):
    """Every unit."""

    name: ClassVar[str] = "units"
    version: ClassVar[int] = 1
    of = Unit
    tables = (UNIT,)

    def rows(self, history: Unit) -> Iterable[tuple[Table, Row]]:
        """One row for the unit."""
        yield UNIT, (history.code, history.name, history.kind, history.parent, history.closed)


LIST = """
SELECT code, name, kind, parent
  FROM views.units_unit
 WHERE NOT closed
   AND (%(kind)s::text IS NULL OR kind = %(kind)s)
   AND (%(parent)s::text IS NULL OR parent = %(parent)s)
   AND (%(after)s::text IS NULL OR code > %(after)s)
 ORDER BY code
 LIMIT %(limit)s
"""


async def units(
    reading: Rows,
    limit: int,
    after: str | None = None,
    kind: Kind | None = None,
    parent: str | None = None,
) -> list[dict[str, Any]]:
    """The units in use, by code."""
    parameters = {"kind": kind, "parent": parent, "after": after, "limit": limit}
    return await reading.rows(LIST, parameters)


NAMES = "SELECT code, name FROM views.units_unit WHERE code = ANY (%(codes)s)"


async def names_of(reading: Rows, codes: Collection[str]) -> dict[str, str]:
    """The names of these units by their codes, also of those that are closed."""
    if not codes:
        return {}
    rows = await reading.rows(NAMES, {"codes": list(codes)})
    return {row["code"]: row["name"] for row in rows}
