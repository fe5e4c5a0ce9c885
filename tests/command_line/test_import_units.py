"""`whistle import units`: places and departments from a table, as often as one likes."""

from pathlib import Path

import pytest

from tests.command_line.whistle import SHARED, done, refused, serving

FUSONG = SHARED / "divisions" / "220621_jilin_fusong.csv"
HEADER = "code,name,parent,level\n"


def written(folder: Path, text: str | bytes) -> Path:
    """A table in this folder."""
    path = folder / "units.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.skipif(not FUSONG.exists(), reason=f"{FUSONG} is not here")
def test_the_real_county_goes_into_an_empty_folder_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_bytes(FUSONG.read_bytes())
    data = tmp_path / "data"
    first = done("import", "units", file, "--data", data)
    assert "188 units taken in, 0 known already, 0 refused" in first
    status = done("status", "--data", data)
    assert "position 188" in status
    again = done("import", "units", file, "--data", data)
    assert "0 units taken in, 188 known already, 0 refused" in again
    assert "position 188" in done("status", "--data", data)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "units.csv"]


def test_units_come_in_while_the_service_runs_and_are_seen_at_once(town: str, tmp_path: Path) -> None:
    rows = (
        "220621100009,新社区,220621100,community\n"
        "220621100009-01,新网格,220621100009,grid\n"
        "fire,消防,220621,department\n"
    )
    file = written(tmp_path, HEADER + rows)
    with serving("--database-url", town) as service:
        token = service.token("dispatcher")
        assert "3 units taken in" in done("import", "units", file, "--database-url", town)
        position = service.ask("/api/health")[1]["position"]
        units = {u["code"]: u for u in service.all(f"/api/units?after={position}", token)}
        assert units["220621100009-01"]["parent"] == "220621100009"
        assert units["fire"]["kind"] == "department"
        report = {"title": "x", "description": "y", "grid": "220621100009-01"}
        assert service.ask("/api/tickets", report, token)[0] == 201


def test_the_order_of_rows_does_not_matter_and_another_name_is_a_change(town: str, tmp_path: Path) -> None:
    rows = "220621100009-01,新网格,220621100009,grid\n220621100009,新社区,220621100,village\n"
    file = written(tmp_path, HEADER + rows)
    assert "2 units taken in, 0 known already, 0 refused" in done(
        "import", "units", file, "--database-url", town
    )
    file = written(tmp_path, HEADER + rows.replace("新社区", "新新社区"))
    assert "1 renamed" in done("import", "units", file, "--database-url", town)


def test_refused_rows_are_written_with_their_reason_and_the_rest_goes_in(town: str, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        HEADER
        + "fire,消防,220621,department\n,无码,220621,department\nx,,220621,department\ny,怪,220621,planet\n"
        "water,水,220621,grid\nlong," + "长" * 101 + ",220621,department\n",
    )
    assert "1 units taken in, 0 known already, 5 refused" in done(
        "import", "units", file, "--database-url", town
    )
    lines = Path(f"{file}.refused.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "code,name,parent,level,reason"
    assert len(lines) == 6
    assert all(len(line.split(",", 4)[4]) > 10 for line in lines[1:])


@pytest.mark.parametrize(
    "content", [b"", b"code,name,parent\n", b"\x89PNG\r\n\x1a\n\0\0\0\xff\xfe", b"\n\n\n"], ids=repr
)
def test_what_is_no_table_of_units_is_refused_in_one_line(town: str, tmp_path: Path, content: bytes) -> None:
    file = written(tmp_path, content)
    assert "units.csv" in refused("import", "units", file, "--database-url", town)


def test_a_file_that_is_not_there_is_named(town: str, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        assert str(path) in refused("import", "units", path, "--database-url", town)
