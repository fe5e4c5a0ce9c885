"""`whistle import catalogue`: each row is a rule or is refused by name, and a version is adopted once."""

import asyncio
import csv
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import DEFUSEDXML, Workbook

from adapters.database import Database, database
from adapters.settings import Settings
from api.adopted import versions
from api.terminal.managing import at_work
from domain.calendar import CHINA
from domain.catalogue import Rule, in_force
from tests.command_line.whistle import SHARED, done, position, refused, serving

CSV = SHARED / "categories" / "yuncheng_case_standards.csv"
WORKBOOK = SHARED / "categories" / "yuncheng_muban_original.xlsx"
REWRITTEN = SHARED / "categories" / "yuncheng_components_v2_workday_units.csv"
HEADER = "category,minor_name,filing_condition,closing_condition,time_limit,department\n"
RULES = (
    "cover,井盖,缺失,补齐,1紧急工作时制止,urban\n"
    "cover,井盖,松动,固定,种植季节15工作日,\n"
    "lamp,路灯,不亮,点亮,3天,power\n"
)


def written(folder: Path, rows: str, header: str = HEADER, name: str = "catalogue.csv") -> Path:
    """A table in this folder."""
    path = folder / name
    path.write_text(header + rows, encoding="utf-8")
    return path


def rules(town: str, at: datetime | None = None) -> tuple[Rule, ...]:
    """All rules in force."""

    async def read(found: Database) -> tuple[Rule, ...]:
        async with at_work(found) as service:
            return in_force(await versions(service.store), at or service.store.now()).rules

    with database(Settings.read(None, town)) as found:
        return asyncio.run(read(found))


def test_rules_come_in_while_the_service_runs_and_are_sorted_by_at_once(town: str, tmp_path: Path) -> None:
    with serving("--database-url", town) as service:
        sorter = service.token("sorter")
        report = {"title": "井盖没了", "description": "路口", "grid": "220621100001-01"}
        status, receipt = service.ask("/api/tickets", report, service.token("grid"))
        assert status == 201
        sort = f"/api/tickets/{receipt['id']}/sort"
        said = done(
            "import", "catalogue", written(tmp_path, RULES), "--version", "2026-02", "--database-url", town
        )
        assert "3 rules taken in, 0 known already, 0 refused" in said
        assert "The catalogue 2026-02 with 3 rules is in force from" in said
        first, second, third = service.all("/api/catalogue", sorter)
        assert (first["id"], first["limit"], first["note"]) == ("cover.1", "1 urgent_hour", "制止")
        assert (first["department"], first["written_limit"]) == ("urban", "1紧急工作时制止")
        assert (second["id"], second["limit"], second["note"]) == ("cover.2", "15 working_days", "种植季节")
        assert (third["limit"], third["catalogue"]) == ("3 working_days", "2026-02")
        categories = service.ask("/api/categories", token=sorter)[1]["items"]
        assert categories == [{"code": "cover", "name": "井盖"}, {"code": "lamp", "name": "路灯"}]
        assert service.ask(sort, {"category": "manhole", "urgency": "urgent"}, sorter)[0] == 422
        asked = {"category": "cover", "urgency": "urgent", "rule": "cover.1"}
        assert service.ask(sort, asked, sorter)[0] == 200
        ticket = service.ask(f"/api/tickets/{receipt['id']}", token=sorter)[1]
        assert (ticket["rule"], ticket["catalogue"]) == ("cover.1", "2026-02")


def test_the_same_file_again_changes_nothing_and_another_one_is_a_version(town: str, tmp_path: Path) -> None:
    file = written(tmp_path, RULES)
    done("import", "catalogue", file, "--database-url", town)
    before = position(town)
    again = done("import", "catalogue", file, "--database-url", town)
    assert "0 rules taken in, 3 known already, 0 refused" in again
    assert "nothing was changed" in again
    assert position(town) == before
    file = written(tmp_path, RULES.replace("3天", "2天"))
    later = done("import", "catalogue", file, "--database-url", town)
    assert "1 rules taken in, 2 known already, 0 refused" in later
    assert position(town) == before + 1
    assert rules(town)[2].limit == "2 working_days"


def test_a_version_waits_for_its_day(town: str, tmp_path: Path) -> None:
    done("import", "catalogue", written(tmp_path, RULES), "--database-url", town)
    file = written(tmp_path, RULES.replace("3天", "2天"))
    done(
        "import", "catalogue", file, "--effective", "2099-03-01", "--version", "later", "--database-url", town
    )
    assert rules(town)[2].limit == "3 working_days"
    assert rules(town, datetime(2099, 3, 1, tzinfo=CHINA))[2].limit == "2 working_days"
    said = refused(
        "import", "catalogue", written(tmp_path, RULES.replace("3天", "9天")), "--version", "later",
        "--database-url", town,
    )  # fmt: skip
    assert "another name" in said


def test_odd_rows_are_refused_by_name_and_the_rest_goes_in(town: str, tmp_path: Path) -> None:
    odd = (
        "lamp,路灯,闪烁,点亮,尽快,power\nlamp,路灯,倾斜,扶正,3天以上,power\nlamp,路灯,漏电,断电,,power\n"
        "lamp,路灯,,断电,3天,power\nlamp,路灯,断裂,更换,3天,aliens\nlamp,路灯,断裂,,3天,power\n"
        "lamp,灯杆,断裂,更换,3天,power\nlamp,路灯,不亮,更换,4天,power\n"
    )
    file = written(tmp_path, RULES + odd)
    said = done("import", "catalogue", file, "--database-url", town)
    assert "3 rules taken in, 0 known already, 8 refused" in said
    with (tmp_path / "catalogue.csv.refused.csv").open(encoding="utf-8-sig", newline="") as table:
        reasons = [row["reason"] for row in csv.DictReader(table)]
    expected = (
        *("尽快", "以上", "empty", "filing_condition is empty", "aliens", "closing_condition is empty"),
        *("another one than 路灯", "stands above for lamp"),
    )
    for reason, says in zip(reasons, expected, strict=True):
        assert says in reason
    assert len(rules(town)) == 3


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--map", "x=nothing"), "names no field"),
        (("--map", "nothing=kind"), "no column nothing"),
        (("--set", "nothing=x"), "names no field"),
        (("--means", "天=urgent_hours"), "天=working_days"),
        (("--means", "周=days"), "--means 周"),
        (("--effective", "soon"), "2026-02-01"),
        (("--version", "示例"), "another name"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    shared_town: str, tmp_path: Path, asked: tuple[str, ...], says: str
) -> None:
    before = position(shared_town)
    file = written(tmp_path, RULES)
    assert says in refused("import", "catalogue", file, *asked, "--database-url", shared_town)
    assert position(shared_town) == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04 no workbook", "no workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel"),
        (b"code,name\n1,2\n", "no column minor_name"),
        (b"", "no column"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(
    shared_town: str, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "catalogue.xlsx"
    file.write_bytes(content)
    assert says in refused("import", "catalogue", file, "--database-url", shared_town)


def test_a_workbook_says_by_merged_and_blank_cells_what_the_rows_have_in_common(
    town: str, tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "部件"
    for row in (
        ("某市立案处置结案标准",),
        ("大类代码", "大类名称", "小类\n代码", "小类名称", "立案条件", "结案条件", "处置时限", "说明"),
        (1, "公用设施", 1, "井\n盖", "缺失", "补齐", "2紧急工作时"),
        (None, None, None, None, "松动", "固定", "2天"),
        (None, None, 2.0, "路灯", "不亮", "点亮", "3天"),
        (None, None, None, None, None, None, None),
        ("大类代码", "大类名称", "小类代码", "小类名称", "立案条件", "结案条件", "处置时限", "说明"),
        ("02", "道路", "01", "路面", "坑洼", "修补", "5天"),
    ):
        sheet.append(row)
    sheet.merge_cells("A3:A5")
    sheet.merge_cells("A8:A9")
    sheet.merge_cells("E8:E9")
    book.create_sheet("说明").append(["此表供参考"])
    file = tmp_path / "book.xlsx"
    book.save(file)
    assert "4 rules taken in, 0 known already, 0 refused" in done(
        "import", "catalogue", file, "--means", "天=days", "--database-url", town
    )
    said = [(r.id, r.category_name, r.group, r.filing_condition, r.limit) for r in rules(town)]
    assert said == [
        ("部件-01-01.1", "井盖", "部件 公用设施", "缺失", "2 urgent_hours"),
        ("部件-01-01.2", "井盖", "部件 公用设施", "松动", "2 days"),
        ("部件-01-02.1", "路灯", "部件 公用设施", "不亮", "3 days"),
        ("部件-02-01.1", "路面", "部件 道路", "坑洼", "5 days"),
    ]  # fmt: skip


@pytest.mark.skipif(not CSV.exists(), reason=f"{CSV} is not here")
def test_the_real_table_and_the_workbook_it_was_made_from_are_the_same_519_rules(
    town: str, tmp_path: Path
) -> None:
    table, book = tmp_path / CSV.name, tmp_path / WORKBOOK.name
    table.write_bytes(CSV.read_bytes())
    book.write_bytes(WORKBOOK.read_bytes())
    said = done("import", "catalogue", table, "--version", "2026-02", "--database-url", town)
    assert "519 rules taken in, 0 known already, 0 refused" in said
    again = done("import", "catalogue", book, "--version", "2026-03", "--database-url", town)
    assert "0 rules taken in, 519 known already, 0 refused" in again
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([table.name, book.name])
    found = rules(town)
    assert len(found) == 519
    notes = {rule.note: rule.limit for rule in found if rule.note}
    assert notes == {"制止": "1 urgent_hour"}


@pytest.mark.skipif(not REWRITTEN.exists(), reason=f"{REWRITTEN} is not here")
def test_a_table_with_other_names_of_columns_is_mapped(town: str, tmp_path: Path) -> None:
    table = tmp_path / REWRITTEN.name
    table.write_bytes(REWRITTEN.read_bytes())
    said = done(
        "import", "catalogue", table, "--map", "responsible_unit=handling_unit", "--set", "kind=部件",
        "--database-url", town,
    )  # fmt: skip
    assert "279 rules taken in, 0 known already, 0 refused" in said
    assert {rule.note for rule in rules(town)} == {None, "种植季节"}


def test_imported_history_is_judged_by_the_catalogue_of_its_day(town: str, tmp_path: Path) -> None:
    file = written(tmp_path, RULES)
    done("import", "catalogue", file, "--effective", "2024-02-01", "--database-url", town)
    rows = "旧案,说明,220621100001-01,{},{}\n"
    tickets = rows.format("lamp", "2024-02-01 09:00") + rows.format("lamp", "2024-01-31 09:00")
    history = written(tmp_path, tickets, "title,description,grid,category,at\n", "tickets.csv")
    said = done("import", "tickets", history, "--database-url", town)
    assert "1 tickets taken in, 0 known already, 1 refused" in said
    assert "no category lamp" in (tmp_path / "tickets.csv.refused.csv").read_text(encoding="utf-8-sig")


def test_a_workbook_that_would_take_for_ever_is_refused(shared_town: str, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["小类代码", "小类名称", "立案条件", "结案条件", "处置时限"])
    sheet["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    assert "far outside" in refused(
        "import", "catalogue", tmp_path / "far.xlsx", "--database-url", shared_town
    )
    del sheet["XFD1048576"]
    for row in range(1, 1_100):
        sheet.append([row] * 1_000)
    book.save(tmp_path / "full.xlsx")
    assert "more than 1000000 cells" in refused(
        "import", "catalogue", tmp_path / "full.xlsx", "--database-url", shared_town
    )


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("xl/worksheets/sheet1.xml", b'<mergeCell ref="A1:XFD1048576" />'),
        ("xl/worksheets/sheet1.xml", b"<mergeCell\n ref = 'A1:XFD1048576'/>"),
        ("xl/elsewhere.bin", b'<mergeCell ref="A1:XFD1048576" />'),
    ],
)
def test_a_workbook_that_merges_everything_is_refused_however_it_says_so(
    shared_town: str, tmp_path: Path, place: str, written: bytes
) -> None:
    book = Workbook()
    book.worksheets[0].merge_cells("A1:B2")
    book.save(tmp_path / "small.xlsx")
    whole = tmp_path / "whole.xlsx"
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(tmp_path / "small.xlsx") as parts, zipfile.ZipFile(whole, "w") as changed:
        for name in parts.namelist():
            content = parts.read(name).replace(sheet.encode(), place.encode())
            assert name != sheet or b'<mergeCell ref="A1:B2" />' in content
            content = content.replace(b'<mergeCell ref="A1:B2" />', written)
            changed.writestr(place if name == sheet else name, content)
    assert "merges whole" in refused("import", "catalogue", whole, "--database-url", shared_town)


def test_a_workbook_with_an_entity_that_grows_is_refused(shared_town: str, tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    plain, grown = tmp_path / "plain.xlsx", tmp_path / "grown.xlsx"
    Workbook().save(plain)
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(grown, "w") as changed:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "xl/workbook.xml":
                begins = content.find(b"?>") + 2 if b"?>" in content else 0
                content = content[:begins] + bomb + content[begins:]
            changed.writestr(name, content)
    assert "no workbook that can be read" in refused(
        "import", "catalogue", grown, "--database-url", shared_town
    )
    assert DEFUSEDXML, "The library reads without defusedxml, and would let entities grow."
