"""Lists to take along hold what the same list over HTTP holds, in a form that a spreadsheet only shows."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from openpyxl import load_workbook

from api.pages import downloads
from tests.api.steps import Steps
from tests.api.test_supervising import waiting_since
from tests.conftest import People


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def taken(own: Steps, path: str, account: str = "dispatcher") -> list[list[str]]:
    """A list as CSV, without its heading, which Excel must say too."""
    name, _, filters = path.partition("?")
    answers = [own.people[account].get(f"/{name}.{form}?{filters}") for form in ("csv", "xlsx")]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    assert f'filename="{name}.csv"' in answers[0].headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answers[0].content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(answers[1].content)).active
    assert sheet is not None
    assert [[shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] == rows
    return rows[1:]


def shown(cell: Any) -> str:
    """A cell of Excel as CSV has it."""
    return "" if cell is None else str(cell)


def test_the_tickets_of_a_filter_are_taken_along(own: Steps) -> None:
    own.at_stage("verified")
    own.at_stage("dispatched")
    own.report(title="=HYPERLINK(1)", description="@一楼\t返水")
    own.people.catch_up()
    for filters in ("", "stage=dispatched", "department=housing", "q=HYPERLINK"):
        listed = own.get("dispatcher", "/api/tickets", **dict(parse_qsl(filters)))["items"]
        assert [row[0] for row in taken(own, f"tickets?{filters}")] == [item["number"] for item in listed]
    (row,) = taken(own, "tickets?stage=dispatched")
    assert {"水务", "住建"} <= set(row[6].split("、"))
    (row,) = taken(own, "tickets?q=HYPERLINK")
    assert row[1] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("一楼　返水\u00a0两天", "一楼　返水\u00a0两天"),
        ("=1+1", "'=1+1"),
        (" =1+1", "' =1+1"),
        ("\n@SUM(A1)", "'\n@SUM(A1)"),
        ("\u3000-1", "'\u3000-1"),
        ("\t一", "'\t一"),
        ("＝1+1", "'＝1+1"),
        ("一\x07二", "一二"),
        ("1-2 号楼", "1-2 号楼"),
    ],
)
def test_a_text_is_shown_as_it_is_and_never_obeyed(text: str, cell: str) -> None:
    assert downloads.cell(text) == cell


def test_whoever_sees_fewer_tickets_takes_fewer_along(own: Steps) -> None:
    own.at_stage("dispatched")
    own.report()
    own.people.catch_up()
    assert [len(taken(own, "tickets", account)) for account in ("dispatcher", "water", "power")] == [2, 1, 0]


def test_what_has_run_out_is_taken_along(own: Steps) -> None:
    waiting_since(own.people.database, timedelta(days=2))
    own.report()
    own.people.catch_up()
    listed = own.get("dispatcher", "/api/overdue")["items"]
    rows = taken(own, "overdue")
    assert [row[0] for row in rows] == [item["number"] for item in listed]
    assert float(rows[0][7]) > 40
    assert taken(own, "overdue?department=water") == []


@pytest.mark.parametrize(
    "path", ["tickets.csv?stage=nowhere", "tickets.xlsx?overdue=maybe", "tickets.csv?q=一"]
)
def test_a_filter_that_means_nothing_is_refused(own: Steps, path: str) -> None:
    assert own.people["dispatcher"].get(f"/{path}").status_code == 422


def test_too_long_a_table_is_refused_in_a_sentence(own: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    own.report()
    own.report()
    own.people.catch_up()
    monkeypatch.setattr(downloads, "MOST", 1)
    answer = own.people["dispatcher"].get("/tickets.csv")
    assert answer.status_code == 422
    assert "筛选" in answer.text


def test_nobody_takes_anything_along_without_signing_in(own: Steps) -> None:
    for path in ("/tickets.csv", "/overdue.xlsx"):
        answer = own.people.nobody.get(path, follow_redirects=False)
        assert answer.status_code in (303, 401)
        assert "attachment" not in answer.headers.get("content-disposition", "")
