"""The example catalogue (示例) that ships: our own rules for the example categories, in example.csv."""

import csv
from importlib.resources import files

from domain.catalogue.limits import read_limit
from domain.catalogue.rule import Rule, check_all, numbered
from domain.category import CATEGORIES


def _read() -> tuple[Rule, ...]:
    with files("domain.catalogue").joinpath("example.csv").open("r", encoding="utf-8") as table:
        drafts = []
        for row in csv.DictReader(table):
            read = read_limit(row["time_limit"])
            drafts.append(
                {
                    "category": row["category"],
                    "category_name": CATEGORIES[row["category"]].name,
                    "group": "示例",
                    "filing_condition": row["filing_condition"],
                    "closing_condition": row["closing_condition"],
                    "limit": str(read.limit),
                    "written_limit": row["time_limit"],
                    "note": read.note,
                    "department": row["department"],
                }
            )
    rules = numbered(drafts)
    check_all(rules)
    return rules


EXAMPLE_RULES = _read()
