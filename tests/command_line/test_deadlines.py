"""`whistle deadlines` and `whistle import calendar`: limits tried on a table, years from a notice."""

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

from tests.command_line.whistle import PATIENCE, WHISTLE, done, position, refused, whistle

DAYS = [{"name": "春节", "date": "2027-02-05", "isOffDay": True}]
YEAR_2027 = {"year": 2027, "papers": ["示例〔2026〕1号"], "days": DAYS}


def written(folder: Path, content: str | bytes, name: str = "limits.csv") -> Path:
    """A file in this folder."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_same_table_comes_back_with_a_column_due(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'limit,note,start\n4 working_hours,"a, b",2026-02-13 16:10\n'
        '5 working_days,"q""q\nz",2026-02-13T16:10\n'
        "2 urgent_hours,,2026-02-13 23:10:05\n10 days,x,2026-12-31T16:10:00.250\n",
    )
    out = done("deadlines", "--calendar", "china", "--hours", "08:30-12:00,14:00-17:00", "--input", file)
    assert list(csv.reader(io.StringIO(out))) == [
        ["limit", "note", "start", "due"],
        ["4 working_hours", "a, b", "2026-02-13 16:10", "2026-02-14 11:40"],
        ["5 working_days", 'q"q\nz', "2026-02-13T16:10", "2026-02-27T16:10"],
        ["2 urgent_hours", "", "2026-02-13 23:10:05", "2026-02-14 01:10:05"],
        ["10 days", "x", "2026-12-31T16:10:00.250", "2027-01-10T16:10:00.250"],
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfstart,limit\r\n2026-03-03 12:00,1 working_day\r\n",
        "注, START ,Limit\n春,2026-03-03 12:00,1 WORKING_DAY\n".encode("gb18030"),
        '\n"start","limit","",""\n\n"2026-3-3  12:00"," 1  working days ",,\n\n,,,\n',
        "start,limit\n2026\uff0d03\uff0d03\u300012\uff1a00,\uff11 working_day\n",
        "start,limit,x\n2026-03-03 12:00,1 working_day\n",
        "start,limit\n2026-03-03 12:00,1 working_day,\n",
        "start,limit\n2026-03-03 12:00,1 working_day",
    ],
    ids=[
        "BOM and CRLF",
        "GB 18030",
        "blank and quoted",
        "full-width",
        "short row",
        "long row",
        "no end of line",
    ],
)
def test_tables_are_read_as_programs_write_them(tmp_path: Path, content: str | bytes) -> None:
    out = done("deadlines", "--calendar", "china", "--input", written(tmp_path, content))
    assert out.count("2026-03-04 14:00") == 1


def test_line_ends_stay_what_they_were(tmp_path: Path) -> None:
    for end in ("\n", "\r\n"):
        file = written(tmp_path, f"start,limit{end}2026-03-03 12:00,1 day{end}")
        command = [WHISTLE, "deadlines", "--calendar", "china", "--input", str(file)]
        raw = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout
        assert raw.decode() == f"start,limit,due{end}2026-03-03 12:00,1 day,2026-03-04 12:00{end}"


def test_a_row_that_cannot_be_computed_is_named_and_the_others_are_answered(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "start,limit\n2026-12-31 17:00,1 working_day\n2026-03-03 12:00,1 day\nsoon,1 day\n"
        "2026-02-30 12:00,1 day\n"
        "2026-03-03 12:00,1 week\n2026-03-03,1 day\n2026-03-03 12:00,1 day,more\n,1 day\n",
    )
    code, out, err = whistle("deadlines", "--calendar", "china", "--input", file)
    assert code == 1
    assert [row[2] for row in list(csv.reader(io.StringIO(out)))[1:]] == ["", "2026-03-04 12:00", *[""] * 6]
    said = err.splitlines()
    assert [line.partition(":")[0] for line in said] == [f"row {n}" for n in (2, 4, 5, 6, 7, 8, 9)]
    assert "lacks the year 2027" in said[0]
    assert "there is no such time" in said[2]


def test_an_offset_is_understood_and_another_zone_can_be_chosen(tmp_path: Path) -> None:
    file = written(
        tmp_path, "start,limit\n2026-03-07T12:00:00Z,1 day\n2026-03-07T12:00:00-05:00,24 urgent_hours\n"
    )
    out = done("deadlines", "--calendar", "china", "--input", file)
    assert "2026-03-08T20:00:00+08:00" in out
    out = done("deadlines", "--calendar", "china", "--zone", "America/New_York", "--input", file)
    assert "2026-03-08T07:00:00-04:00" in out.splitlines()[1]
    assert "2026-03-08T13:00:00-04:00" in out.splitlines()[2]


def test_a_calendar_can_be_a_file_of_one_year_or_of_several(tmp_path: Path) -> None:
    rows = written(tmp_path, "start,limit\n2027-02-04 10:00,1 working_day\n")
    for content in (YEAR_2027, [YEAR_2027, {"year": 2028, "papers": [], "days": []}]):
        file = written(tmp_path, "\ufeff" + json.dumps(content), "year.json")
        assert "2027-02-08 10:00" in done("deadlines", "--calendar", file, "--input", rows)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--calendar", "none.json"), "there is no such file"),
        (("--calendar", "mars"), "There is no calendar mars"),
        (("--calendar", "limits.csv"), "no column year"),
        (("--calendar", "china", "--hours", "17:00-08:00"), "backwards"),
        (("--calendar", "china", "--hours", ""), "hours hold an empty slot"),
        (("--calendar", "china", "--zone", "Mars/Crater"), "There is no zone"),
        (("--calendar", "china", "--input", "none.csv"), "cannot be read"),
        (("--calendar", "china", "--input", "."), "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    written(tmp_path, "start,limit\n2026-03-03 12:00,1 day\n")
    assert why in refused("deadlines", "--input", "limits.csv", *arguments, cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["limits.csv"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no column start: it has none"),
        ("start\n", "no column limit"),
        ("start,limit,Start\n", "more than one column start"),
        ("start,limit,due\n", "column due already"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path: Path, content: str | bytes, why: str) -> None:
    assert why in refused("deadlines", "--calendar", "china", "--input", written(tmp_path, content))


def test_a_hundred_thousand_rows_are_answered(tmp_path: Path) -> None:
    rows = [f"2026-{n % 9 + 1:02}-{n % 28 + 1:02} {n % 24:02}:{n % 60:02},{n % 5 + 1} working_days" for n in range(100_000)]  # fmt: skip  # noqa: E501
    file = written(tmp_path, "start,limit\n" + "\n".join(rows) + "\n")
    out = done("deadlines", "--calendar", "china", "--input", file).splitlines()
    assert len(out) == 100_001
    assert all(line.count(",") == 2 and line[-16:-12] == "2026" for line in out[1:])


def test_a_year_is_entered_once_and_is_known_from_then_on(town: str, tmp_path: Path) -> None:
    rows = written(tmp_path, "start,limit\n2026-12-31 17:00,1 working_day\n")
    year = written(tmp_path, json.dumps(YEAR_2027), "2027.json")
    at = "--database-url", town
    assert "lacks the year 2027" in refused("deadlines", "--calendar", "china", "--input", rows, *at)
    assert "There is no calendar mine" in refused("deadlines", "--calendar", "mine", "--input", rows, *at)
    before = position(town)
    assert "china knows 2027 from now on" in done("import", "calendar", year, *at)
    assert position(town) == before + 2
    assert "2027-01-01 17:00" in done("deadlines", "--calendar", "china", "--input", rows, *at)
    assert "nothing was changed" in done("import", "calendar", year, *at)
    assert position(town) == before + 2
    written(tmp_path, json.dumps({**YEAR_2027, "days": [{**DAYS[0], "date": "2027-01-01"}]}), "2027.json")
    assert "2027 from now on" in done("import", "calendar", year, *at)
    assert position(town) == before + 3
    assert "2027-01-04 17:00" in done("deadlines", "--calendar", "china", "--input", rows, *at)
    assert "2027 from now on" in done("import", "calendar", year, "--name", "mine", *at)
    assert "lacks the year 2026" in refused("deadlines", "--calendar", "mine", "--input", rows, *at)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        (json.dumps({**YEAR_2027, "papers": []}), "name no notice"),
        (json.dumps({**YEAR_2027, "days": [*DAYS, {**DAYS[0], "isOffDay": False}]}), "given twice"),
    ],
    ids=["cut off", "too deep", "without notice", "contradicting itself"],
)
def test_a_calendar_that_is_wrong_enters_nothing(town: str, tmp_path: Path, content: str, why: str) -> None:
    before = position(town)
    file = written(tmp_path, content, "year.json")
    assert why in refused("import", "calendar", file, "--database-url", town)
    assert position(town) == before
