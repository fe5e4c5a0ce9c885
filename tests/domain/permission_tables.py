"""Reads docs/permissions.md: what the tables say of one step, one person and one stage."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from domain import errors

Table = dict[str, dict[str, str]]
"""Cells by the English names of row and column."""

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
SEES = "✓"


class Answer(NamedTuple):
    """What has to come of it: these events here and in the other ticket, or this refusal."""

    here: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True)
class Permissions:
    """The tables of the page."""

    refusals: dict[str, str]
    """What each sign that refuses stands for."""
    who: Table
    when: Table
    task: Table

    def answer(self, step: str, person: str, stage: str, task_stage: str | None) -> Answer:
        """What the page says; whoever asks is looked at first, then where the ticket stands."""
        who, when = self.who[step][person], self.when[step][stage]
        if when == "task":
            when = self.task[step][str(task_stage)]
        if who in self.refusals:
            return Answer(refused=self.refusals[who])
        if when in self.refusals or hasattr(errors, when):
            return Answer(refused=self.refusals.get(when, when))
        if who[0].isupper() and not hasattr(errors, who):
            when = who
        only, _, refusal = who.partition(": ")
        if only in self.when[step] and only != stage:
            return Answer(refused="WrongStage")
        if refusal or hasattr(errors, who):
            return Answer(refused=refusal or who)
        here, _, there = when.partition(" / ")
        return Answer(tuple(here.split(" + ")), tuple(there.split(" + ")) if there else ())


def read() -> Permissions:
    """The page as it stands now."""
    legend, who, when, task = tables(PAGE.read_text(encoding="utf-8"))
    signs = {sign.strip("`"): row["refused as"].strip("`") for sign, row in legend.items()}
    return Permissions({sign: signs[sign] for sign in "✗·–~"}, who, when, task)


def tables(text: str) -> list[Table]:
    """All tables of a page, in their order."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip()[1:-1].split("|")])
        elif found[-1]:
            found.append([])
    return [_table(rows) for rows in found if rows]


def _table(rows: list[list[str]]) -> Table:
    (_, *columns), _, *lines = rows
    names = [_english(column) for column in columns]
    return {_english(name): dict(zip(names, cells, strict=True)) for name, *cells in lines}


def _english(name: str) -> str:
    """`grid worker 网格员` is the grid worker."""
    return re.split("[\u4e00-\u9fff]", name)[0].strip()
