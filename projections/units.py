"""Places and departments as a list (单位名录)."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from adapters.reading import Rows
from domain.unit import Kind, Unit
from projections.view import Row, Table, View

UNIT = Table(
    "units_unit",
    {
        "code": "text", "name": "text", "kind": "text", "parent": "text", "closed": "boolean",
        "letters": "text",
    },
    key=1,
    indexes=("(kind, code)", "(parent, code)"),
)  # fmt: skip


class Units(View):
    """Every unit."""

    name: ClassVar[str] = "units"
    version: ClassVar[int] = 2
    of = Unit
    tables = (UNIT,)

    def rows(self, history: Unit) -> Iterable[tuple[Table, Row]]:
        """One row for the unit."""
        yield UNIT, (
            history.code, history.name, history.kind, history.parent, history.closed, history.letters,
        )  # fmt: skip


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


REGISTER = """
SELECT code, name, kind, parent, closed, letters
  FROM views.units_unit
 WHERE (%(kind)s::text IS NULL OR kind = %(kind)s)
   AND (strpos(name, %(q)s) > 0 OR starts_with(code, %(q)s))
   AND (%(after)s::text IS NULL OR code > %(after)s)
 ORDER BY code
 LIMIT %(limit)s
"""


async def register(
    reading: Rows, limit: int, after: str | None = None, kind: Kind | None = None, q: str = ""
) -> list[dict[str, Any]]:
    """All units, those that are closed too, by code; on request of a kind, or with `q` in their names."""
    return await reading.rows(REGISTER, {"kind": kind, "q": q, "after": after, "limit": limit})


# Words of an address lead to grids where at least three were reported with them: nobody's own is found so.
GRIDS = """
SELECT g.code, g.name, c.name AS community
  FROM views.units_unit AS g
  JOIN views.units_unit AS c ON c.code = g.parent AND NOT c.closed
 WHERE g.kind = 'grid' AND NOT g.closed
   AND (%(words)s = '' OR strpos(g.name, %(words)s) > 0 OR strpos(c.name, %(words)s) > 0
        OR (SELECT count(*) FROM views.board_ticket AS t
             WHERE t.grid = g.code AND strpos(t.address, %(words)s) > 0) >= 3)
 ORDER BY c.code, g.code
 LIMIT 2000
"""


async def grids(reading: Rows, words: str = "") -> list[dict[str, Any]]:
    """All grids in use with their communities, or those that people call so."""
    return await reading.rows(GRIDS, {"words": words})


IN_USE = "SELECT count(*) AS units FROM views.units_unit WHERE NOT closed"


async def in_use(reading: Rows) -> int:
    """How many units are in use."""
    (row,) = await reading.rows(IN_USE)
    return int(row["units"])


NAMES = "SELECT code, name FROM views.units_unit WHERE code = ANY (%(codes)s)"


async def names_of(reading: Rows, codes: Collection[str]) -> dict[str, str]:
    """The names of these units by their codes, also of those that are closed."""
    if not codes:
        return {}
    rows = await reading.rows(NAMES, {"codes": list(codes)})
    return {row["code"]: row["name"] for row in rows}
