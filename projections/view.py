"""What a view is: tables, and what they say of one history; everything else follows from that.

A view is a function of the state of each history. The engine writes the difference between what the view
said of a history before its new events and what it says after them, so live and rebuilt cannot differ.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.event import Aggregate

Row = tuple[Any, ...]

STANDING = """
SELECT h.position AS head, v.name, v.version, v.position, v.error
  FROM log.head AS h LEFT JOIN views.view AS v ON true
 ORDER BY v.name
"""
"""Where the log stands, and each view; one row without a view where none is built yet."""


@dataclass(frozen=True, eq=False)
class Table:
    """One table of a view."""

    name: str
    columns: dict[str, str]
    """The columns and their types; those of the key come first."""
    key: int
    """How many columns make the key."""
    indexes: tuple[str, ...] = ()
    """What follows `CREATE INDEX ON table`."""
    counts: bool = False
    """Whether the last column is a number that rows of the same key add up to."""
    fleeting: str = "false"
    """Which rows soon end, as a condition: of those there ever were, few stand at any moment."""

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The names of the key's columns."""
        return tuple(self.columns)[: self.key]

    def create(self) -> str:
        """The table, still without key and indexes, which are made faster once it is filled."""
        columns = ", ".join(f"{name} {type}" for name, type in self.columns.items())
        return f"CREATE TABLE {self.name} ({columns})"

    def create_indexes(self) -> list[str]:
        """Its key and indexes."""
        key = f"ALTER TABLE {self.name} ADD PRIMARY KEY ({', '.join(self.key_columns)})"
        return [key, *(f"CREATE INDEX ON {self.name} {index}" for index in self.indexes)]


class View:
    """Something people look at; subclasses give the facts and their queries stand beside them."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Raised whenever tables or rows change; the engine then builds it anew beside the old one."""
    of: ClassVar[type[Aggregate]]
    """The kind of history it looks at."""
    tables: ClassVar[tuple[Table, ...]]

    def rows(self, history: Any) -> Iterable[tuple[Table, Row]]:
        """What the view says of one history."""
        raise NotImplementedError


class Said:
    """What a view says of a history, or of many: rows by key, and counts."""

    def __init__(self) -> None:
        self.rows: dict[Table, dict[Row, Row]] = {}
        self.counts: dict[Table, Counter[Row]] = {}

    def add(self, said: Iterable[tuple[Table, Row]], sign: int = 1) -> "Said":
        """Take in what a view says; with the sign -1, counts are taken back."""
        for table, row in said:
            if table.counts:
                self.counts.setdefault(table, Counter())[row[:-1]] += sign * row[-1]
            else:
                self.rows.setdefault(table, {})[row[: table.key]] = row
        return self
