"""`whistle terms` and `whistle import terms`: a table goes out, is edited, and comes in as one whole."""

import csv
import io
from pathlib import Path

from openpyxl import Workbook

from tests.command_line.whistle import done, refused, serving

REPORT = {"title": "路灯不亮", "description": "三天了。", "grid": "220621100001-01"}


def test_terms_go_out_are_edited_and_hold_for_what_is_reported_then(town: str, tmp_path: Path) -> None:
    out = done("terms", "--database-url", town)
    file = tmp_path / "terms.csv"
    edited = out.replace("30 urgent_minutes,2 urgent_hours", "30 urgent_minutes,5 urgent_hours")
    file.write_text(edited, "utf-8")
    with serving("--database-url", town) as service:
        grid, auditor = service.token("grid"), service.token("auditor")

        def sort_clock() -> dict[str, str]:
            _, receipt = service.ask("/api/tickets", REPORT, grid)
            page = service.ask(f"/api/tickets/{receipt['id']}/deadlines", token=auditor)[1]
            found: dict[str, str] = page["items"][0]
            return found

        assert sort_clock()["rule"] == "example terms 2026-01, sort, ordinary"
        said = done("import", "terms", file, "--name", "our terms", "--database-url", town)
        assert "The terms our terms are in force from" in said
        clock = sort_clock()
        assert (clock["rule"], clock["explanation"][0]) == (
            "our terms, sort, ordinary",
            "our terms, sort, ordinary: 5 urgent hours",
        )
        again = done("import", "terms", file, "--name", "other name", "--database-url", town)
        assert "The terms our terms say this already" in again
    assert list(csv.reader(io.StringIO(done("terms", "--database-url", town)))) == list(
        csv.reader(io.StringIO(file.read_text("utf-8")))
    )


def test_one_row_that_is_refused_keeps_all_out(town: str, tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text(done("terms", "--database-url", town).replace("7 days", "a week"), "utf-8")
    said = refused("import", "terms", file, "--database-url", town)
    assert "Nothing was adopted: mend the rows that are refused" in said
    beside = (tmp_path / "terms.csv.refused.csv").read_text("utf-8-sig")
    assert "a week" in beside
    assert "write a number" in beside


def test_a_table_without_a_column_is_refused(town: str, tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text("what,clock\nlimit,sort\n", "utf-8")
    assert "has no column emergency" in refused("import", "terms", file, "--database-url", town)


def test_the_table_may_come_as_a_workbook(town: str, tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in csv.reader(io.StringIO(done("terms", "--database-url", town))):
        sheet.append(["9" if row[0] == "holds" and cell == "1" else cell for cell in row])
    workbook.save(tmp_path / "terms.xlsx")
    said = done("import", "terms", tmp_path / "terms.xlsx", "--name", "2026", "--effective", "2026-04-01",
                "--database-url", town)  # fmt: skip
    assert "The terms 2026 are in force from 2026-04-01 on" in said
    assert "holds,,,,9" in done("terms", "--database-url", town)
