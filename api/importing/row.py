"""One line of a table, and the refusal of one that is none."""

from collections.abc import Mapping

from domain.refusal import Refusal


class BadTable(Refusal):
    """{what} {why}."""


class Row(dict[str, str]):
    """What one line of a table says, column by column, and which line that is."""

    def __init__(self, says: Mapping[str, str] | None = None, line: int = 0) -> None:
        super().__init__(says or {})
        self.line = line
        """Counted as a spreadsheet does: the headings of a CSV file are line 1."""
