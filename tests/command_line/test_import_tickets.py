"""`whistle import tickets`: reports from a table, each once, refused ones by name and reason."""

import asyncio
import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from adapters.database import Database
from adapters.recorder import Unavailable
from api.importing.row import Row
from api.importing.table import AT_ONCE
from api.terminal.importing import import_tickets
from api.terminal.table import outcome_of
from domain.unit import Unit
from tests.adapters.proxy import wire
from tests.command_line.whistle import SHARED, done, position, refused, serving

PETITIONS = SHARED / "open" / "cn_petitions_hot.csv"
FUSONG = SHARED / "divisions" / "220621_jilin_fusong.csv"
MAPPED = (
    "--map", "subject=title", "--map", "body=description", "--map", "created_at=at",
    "--map", "id=external_id", "--set", "grid=220621100001-01",
)  # fmt: skip
HEADER = "external_id,title,description,grid,at\n"
GOOD = '1,一,"描述\n两行",220621100001-01,2026-01-02 03:04:05\n2,二,描述,220621100001-01,2026/01/03\n'


def written(folder: Path, content: str | bytes, name: str = "tickets.csv") -> Path:
    """A table in this folder."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def taken(said: str) -> tuple[int, int, int]:
    """How many rows went in, were known already and were refused."""
    words = said.splitlines()[-1].replace(":", ",").split(", ")
    return int(words[0].split()[0]), int(words[1].split()[0]), int(words[2].split()[0])


def refusals(file: Path) -> list[dict[str, str]]:
    """The rows that were refused, with their reasons."""
    with Path(f"{file}.refused.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.skipif(not PETITIONS.exists(), reason=f"{PETITIONS} is not here")
def test_real_petitions_go_in_once_beside_a_running_service_and_on_an_empty_folder(tmp_path: Path) -> None:
    units = written(tmp_path, FUSONG.read_bytes(), "units.csv")
    file = written(tmp_path, PETITIONS.read_bytes())
    data = tmp_path / "data"
    with PETITIONS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 2205
    done("import", "units", units, "--data", data)
    first = taken(done("import", "tickets", file, *MAPPED, "--data", data))
    assert sum(first) == len(rows)
    assert first[0] >= 2195
    out = len(refusals(file)) if first[2] else 0
    assert out == first[2]
    with serving("--data", data) as service:
        before = service.ask("/api/health")[1]["position"]
        again = taken(done("import", "tickets", file, *MAPPED, "--data", data))
        assert again == (0, first[0] + first[1], first[2])
        assert service.ask("/api/health")[1]["position"] == before
        eye = ("eye", "--name", "审计", "--role", "auditor")
        done("account", "open", *eye, "--data", data, said="eye-secret\n")
        auditor = service.token("eye", "eye-secret")
        lines_ = service.all(f"/api/tickets?after={before}", auditor)
        assert len(lines_) == first[0]
        titles = {row["subject"] for row in rows}
        assert {line["title"] for line in lines_} <= titles
        texts = {row["body"] for row in rows}
        for line in lines_[::400]:
            assert service.ask(f"/api/tickets/{line['id']}", token=auditor)[1]["description"] in texts


def test_rows_go_in_once_with_the_time_they_happened(town: str, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + GOOD)
    assert taken(done("import", "tickets", file, "--database-url", town)) == (2, 0, 0)
    assert taken(done("import", "tickets", file, "--database-url", town)) == (0, 2, 0)
    assert not Path(f"{file}.refused.csv").exists()
    with serving("--database-url", town) as service:
        token = service.token("auditor")
        newest, oldest = service.all(f"/api/tickets?after={position(town)}", token)
        assert (newest["title"], oldest["title"]) == ("二", "一")
        assert oldest["reported_at"].startswith("2026-01-01T19:04:05")
        path = f"/api/tickets/{oldest['id']}"
        assert service.ask(path, token=token)[1]["description"] == "描述\n两行"
        (reported,) = service.all(f"{path}/history", token)
        assert reported["at"] < "2026-01-03" < reported["recorded_at"]
        assert reported["by"]["role"] == "operator"


def test_every_bad_row_is_refused_for_its_own_reason_and_the_rest_goes_in(town: str, tmp_path: Path) -> None:
    bad = {
        "b1,题,述,220621100001-01,yesterday": "at",
        "b2,题,述,220621100001-01,2026-02-30 10:00:00": "at",
        "b3,题,述,220621100001-01,2999-01-01": "future",
        "b4,题,述,nonsense,2026-01-01": "grid",
        "b5,题,述,,2026-01-01": "grid",
        "b6,,述,220621100001-01,2026-01-01": "title",
        f"b7,{'长' * 201},述,220621100001-01,2026-01-01": "title",
        "b8,题,,220621100001-01,2026-01-01": "description",
        "b9,题,述,220621100001-01,2026-01-01,one,too,many": "fields",
        "b10,题": "grid",
    }
    file = written(tmp_path, HEADER + GOOD + "\n".join(bad) + "\n")
    assert taken(done("import", "tickets", file, "--database-url", town)) == (2, 0, len(bad))
    found = refusals(file)
    assert sorted(row["external_id"] for row in found) == sorted(line.partition(",")[0] for line in bad)
    why = {row["external_id"]: row["reason"] for row in found}
    for line, word in bad.items():
        assert word in why[line.partition(",")[0]], (line, why[line.partition(",")[0]])
    # Mended, the refused file itself goes in.
    mended = written(tmp_path, HEADER + "b1,题,述,220621100001-01,2026-01-01\n", "mended.csv")
    assert taken(done("import", "tickets", mended, "--database-url", town)) == (1, 0, 0)


def test_what_is_no_longer_refused_leaves_no_old_list_of_refusals(town: str, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "1,题,述,nonsense,2026-01-01\n")
    done("import", "tickets", file, "--database-url", town)
    assert len(refusals(file)) == 1
    written(tmp_path, HEADER + "1,题,述,220621100001-01,2026-01-01\n")
    assert taken(done("import", "tickets", file, "--database-url", town)) == (1, 0, 0)
    assert not Path(f"{file}.refused.csv").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_saved_by_a_spreadsheet_is_read(town: str, tmp_path: Path, encoding: str) -> None:
    file = written(tmp_path, (HEADER + GOOD).replace("\n", "\r\n").encode(encoding))
    assert taken(done("import", "tickets", file, "--database-url", town)) == (2, 0, 0)


def test_the_same_external_id_twice_in_one_table_is_one_report(town: str, tmp_path: Path) -> None:
    row = "7,题,述,220621100001-01,2026-01-01\n"
    file = written(tmp_path, HEADER + row * 3)
    assert taken(done("import", "tickets", file, "--database-url", town)) == (1, 2, 0)


def test_rows_without_an_external_id_are_known_by_what_they_say(town: str, tmp_path: Path) -> None:
    rows = "title,description,grid\n一,述,220621100001-01\n二,述,220621100001-01\n"
    file = written(tmp_path, rows)
    assert taken(done("import", "tickets", file, "--database-url", town)) == (2, 0, 0)
    assert taken(done("import", "tickets", file, "--database-url", town)) == (0, 2, 0)


@pytest.mark.parametrize(
    ("content", "options", "word"),
    [
        (b"", (), "title"),
        (b"subject\nx\n", (), "title"),
        (b"a,b\n1,2\n", ("--map", "subject=title"), "it has a, b"),
        (b"title,description\n1,2\n", (), "grid"),
        (HEADER.encode(), ("--map", "title=nonsense"), "nonsense"),
        (HEADER.encode(), ("--set", "nonsense=x"), "nonsense"),
        (HEADER.encode(), ("--map", "title"), "title"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff\xfe", (), "tickets.csv"),
        (b'title,description\n"x' + b"y" * 100 + b"\0\xff\n", (), "tickets.csv"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_table_of_reports_is_refused_in_one_line(
    town: str, tmp_path: Path, content: bytes, options: tuple[str, ...], word: str
) -> None:
    file = written(tmp_path, content)
    assert word in refused("import", "tickets", file, *options, "--database-url", town)
    assert not Path(f"{file}.refused.csv").exists()


def test_a_grid_that_cannot_be_registered_refuses_its_row_and_the_rest_goes_in(
    town: str, tmp_path: Path
) -> None:
    codes = {
        "1": "220621100001-77",
        "2": "220621100001-" + "7" * 60,
        "3": "220621100001-²",
        "4": "220621100001-٣",
        "5": "220621100099-01",
        "6": "220621100001-77",
        "7": " 220621100002-01 ",
    }
    file = written(tmp_path, HEADER + "".join(f"{id},题,述,{code},\n" for id, code in codes.items()))
    assert taken(done("import", "tickets", file, "--database-url", town)) == (3, 0, 4)
    why = {row["external_id"]: row["reason"] for row in refusals(file)}
    assert set(why) == {"2", "3", "4", "5"}
    assert "code has 73 characters" in why["2"]
    assert all("no grid" in why[id] for id in "345")


def test_odd_bytes_refuse_their_row_and_stand_in_the_list_of_refusals_as_they_were(
    town: str, tmp_path: Path
) -> None:
    odd = {
        "o1": "o1,题,述\0述,220621100001-01,\n".encode(),
        "o2": "o2,题,述".encode() + b"\xff" + b",220621100001-01,\n",
        "o3": b"o3,t,\xed\xa0\x80,220621100001-01,\n",
    }
    file = written(tmp_path, HEADER.encode() + GOOD.encode() * 3 + b"".join(odd.values()))
    assert taken(done("import", "tickets", file, "--database-url", town)) == (2, 4, 3)
    noted = Path(f"{file}.refused.csv").read_bytes()
    for id, line in odd.items():
        assert line.rstrip(b"\n") in noted, id
    assert noted.count(b"description holds a byte that is no text") == 3


@pytest.mark.anyio
async def test_a_database_that_goes_away_stops_the_import_and_what_was_refused_is_noted(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = "220621100006-01"
    lines = ["bad,题,述,nonsense,"]
    lines += [f"{nth},题,述,{'220621100001-01' if nth < AT_ONCE else later}," for nth in range(1, 500)]
    file = written(tmp_path, HEADER + "\n".join(lines) + "\n")
    with TemporaryDirectory(prefix="whistle-wire-") as folder:
        async with wire(database, Path(folder)) as cut:
            cut.cut_before(Unit.id_of(later).hex.encode(), then_refuse=True)
            importing = asyncio.create_task(
                import_tickets(Database(database.owner, cut.conninfo), file, [], [])
            )
            while not cut.cuts:  # noqa: ASYNC110  # It waits for no time, only for its turn.
                await asyncio.sleep(0)
            await cut.cut_all()
            with pytest.raises(Unavailable):
                await importing
    assert taken(capsys.readouterr().out) == (AT_ONCE - 1, 0, 1)
    assert [row["external_id"] for row in refusals(file)] == ["bad"]
    await import_tickets(database, file, [], [])
    assert taken(capsys.readouterr().out) == (500 - AT_ONCE, AT_ONCE - 1, 1)


@pytest.mark.anyio
async def test_a_fault_of_ours_in_one_row_refuses_that_row_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def take(row: Row) -> None:
        outcome.taken += 100 // int(row["n"])

    with outcome_of("rows", tmp_path / "table.csv") as outcome:
        await outcome.take([Row({"n": number}) for number in ("100", "0", "50")], take)
    assert outcome.taken == 3
    ((row, why),) = outcome.refused
    assert row == {"n": "0"}
    assert "our fault (ZeroDivisionError)" in str(why)
    assert "Traceback" not in capsys.readouterr().err


def test_a_table_without_rows_is_taken_as_it_is(town: str, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER)
    assert taken(done("import", "tickets", file, "--database-url", town)) == (0, 0, 0)
