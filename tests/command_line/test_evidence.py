"""`whistle seal`, `verify`, `export` and verify_whistle.py: the evidence as an auditor asks for it."""

import json
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest

from adapters.embedded import embedded_postgres
from evidence.sealer import notes_of
from tests.adapters.writing import wait_for
from tests.command_line.whistle import Serving, done, refused
from tests.conftest import database_named

VERIFIER = Path(__file__).parents[2] / "verify_whistle.py"


def verified(file: Path, *arguments: object) -> tuple[int, str]:
    """What the verifier says of a file, and how it ends; run where nothing of ours can be imported."""
    ended = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(file), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=file.parent,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout + ended.stderr


def text(demo: Serving, path: str) -> str:
    """An answer about the log that is plain text; empty where nothing is sealed yet."""
    with suppress(HTTPError), urlopen(f"{demo.address}/api/log/{path}") as answer:  # noqa: S310
        return str(answer.read().decode())
    return "\n0"


@pytest.fixture
def number(demo: Serving) -> str:
    """The number of a ticket of the demonstration; all of it is sealed."""
    head = demo.ask("/api/health")[1]["position"]
    wait_for(lambda: int(text(demo, "checkpoint").split("\n")[1]) >= head)
    return str(demo.all("/api/tickets?stage=verified", demo.token("auditor"))[0]["number"])


def test_the_log_of_a_running_service_is_intact(demo: Serving, kept: Path, number: str) -> None:
    assert done("verify", "--data", kept).startswith("intact: ")
    key = text(demo, "key").strip()
    assert "intact" in done(
        "verify", "--data", kept, "--key", key, "--checkpoint", kept / "seal" / "checkpoints"
    )
    secret = kept / "seal" / "key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text("utf-8") not in "".join(demo.err)


@pytest.mark.parametrize(("arguments", "said"), [((), "上报「"), (("--english",), "Position")])
def test_an_export_can_be_read_by_people_and_what_they_read_is_proven(
    kept: Path, number: str, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "ticket.html"
    done("export", "--data", kept, "--ticket", number, "--output", file, *arguments)
    page = file.read_text("utf-8")
    told, _, lines = page.partition('<script type="application/jsonl">')
    assert said in told
    assert number in told
    assert "<svg" in told
    assert "<script" not in told
    assert verified(file)[0] == 0
    status, answer = verified(file)
    assert answer.splitlines()[0].startswith("intact: ")
    first = json.loads(lines.splitlines()[2])
    for damage, why in (
        (page.replace(number, "FS-000000-0000", 1), "What people read in the file was altered"),
        (page.replace("<h1>", "<h1>x", 1), "What people read in the file was altered"),
        (page + "<p>x</p>\n", "Something was added after the events"),
        (page.replace("</body>", "<p>x</p></body>"), "Something was added after the events"),
        (page.replace("</script>\n", ""), "added to the events"),
        (page.replace('"version": 1,', '"version": 2,', 1), f"Position {first['position']} was altered"),
        (page.replace('"version": 1,', '"version": 1, "x": "</script><p>x",', 1), "added to the events"),
        (page.replace("</script>\n</body>\n</html>\n", ""), "ends before its end"),
        (told, "holds no events"),
        (lines.removeprefix("\n").partition("</script>")[0], "What people read in the file was altered"),
    ):
        file.write_text(damage, "utf-8", newline="\n")
        status, answer = verified(file)
        assert (status, why in answer) == (1, True), (why, answer)


def test_a_kept_checkpoint_that_cannot_be_read_is_not_passed_over(
    demo: Serving, kept: Path, number: str, tmp_path: Path
) -> None:
    whole = (kept / "seal" / "checkpoints").read_text("utf-8")
    file = tmp_path / "kept.txt"
    for text in (whole.replace("\n", "\r\n"), whole.rstrip()):  # As it comes by mail.
        file.write_bytes(text.encode())
        assert "intact" in done("verify", "--data", kept, "--checkpoint", file)
    for text in ("", "none", whole[:-20] + "\nmore"):
        file.write_text(text, "utf-8")
        assert "kept.txt" in refused("verify", "--data", kept, "--checkpoint", file)


def test_a_ticket_is_exported_and_verified_elsewhere(
    demo: Serving, kept: Path, number: str, tmp_path: Path
) -> None:
    file = tmp_path / "ticket.jsonl"
    done("export", "--data", kept, "--ticket", number, "--output", file)
    key = text(demo, "key").strip()
    code, said = verified(file, "--key", key)
    assert code == 0
    assert said.startswith("intact: ")
    assert f"ticket {number}" in said
    versions = [json.loads(line)["version"] for line in file.read_text("utf-8").splitlines()[1:]]
    assert versions == list(range(1, len(versions) + 1))
    assert "is there already" in refused("export", "--data", kept, "--ticket", number, "--output", file)
    file.write_text(file.read_text("utf-8").replace('"version": 2,', '"version": 3,', 1), "utf-8")
    code, said = verified(file)
    assert code == 1
    assert said.startswith("NOT INTACT: Position ")


def test_a_checkpoint_kept_elsewhere_is_compared_or_said_not_to_be(
    demo: Serving, kept: Path, number: str, tmp_path: Path
) -> None:
    first, *_, newest = notes_of((kept / "seal" / "checkpoints").read_text("utf-8"))
    assert first != newest
    elsewhere = tmp_path / "kept.txt"
    elsewhere.write_text(first, "utf-8")
    chosen = ("--data", kept, "--ticket", number)
    plain, proving = tmp_path / "plain.jsonl", tmp_path / "proving.jsonl"
    done("export", *chosen, "--output", plain)
    code, said = verified(plain, "--checkpoint", elsewhere)
    assert (code, "NOT COMPARED" in said) == (1, True)
    done("export", *chosen, "--output", proving, "--checkpoint", elsewhere)
    code, said = verified(proving, "--checkpoint", elsewhere)
    assert (code, "1 of 1 compared" in said) == (0, True)
    assert verified(proving)[0] == 0
    elsewhere.write_text(first.replace("\n", "0\n", 1), "utf-8")
    assert "NOT INTACT" in verified(proving, "--checkpoint", elsewhere)[1]
    assert "signed" in refused("export", *chosen, "--output", tmp_path / "x", "--checkpoint", elsewhere)


def test_a_department_and_days_are_exported(kept: Path, number: str, tmp_path: Path) -> None:
    for nth, chosen in enumerate((["--department", "water"], ["--from", "2020-01-01", "--to", "2099-12-31"])):
        file = tmp_path / f"{nth}.jsonl"
        done("export", "--data", kept, *chosen, "--output", file)
        assert verified(file)[0] == 0


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ([], "Say what to export"),
        (["--ticket", "FS1", "--department", "water"], "Say what to export"),
        (["--ticket", "FS1"], "FS1"),
        (["--from", "2026-13-01", "--to", "2026-12-31"], "--from"),
        (["--from", "2026-12-01"], "--to"),
        (["--department", "nobody"], "nothing sealed"),
        (["--from", "1999-01-01", "--to", "1999-01-02"], "nothing sealed"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_no_file(
    demo: Serving, kept: Path, number: str, tmp_path: Path, chosen: list[str], said: str
) -> None:
    file = tmp_path / "none.jsonl"
    assert said in refused("export", "--data", kept, *chosen, "--output", file)
    assert not file.exists()


def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "none.jsonl"
    assert verified(file)[0] == 1
    file.write_bytes(b"\xff\xfe\x00")
    assert verified(file)[0] == 1


def test_a_log_that_was_altered_while_nobody_looked_is_not_intact(own: Path) -> None:
    with embedded_postgres(own) as socket:
        with psycopg.connect(database_named("whistle", socket).owner, autocommit=True) as conn:
            conn.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_kept")
            conn.execute(
                "UPDATE log.events SET recorded_at = recorded_at + interval '1 second' WHERE position = 77"
            )
            conn.execute("ALTER TABLE log.events ENABLE TRIGGER events_are_kept")
        assert "NOT INTACT: Position 77 was altered" in refused("verify", "--data", own)


def test_a_log_without_any_checkpoint_is_not_called_intact(own: Path) -> None:
    (own / "seal" / "checkpoints").unlink()
    said = done("verify", "--data", own)
    assert said.startswith("intact: ")
    assert "is not there" in said
    with (
        embedded_postgres(own) as socket,
        psycopg.connect(database_named("whistle", socket).owner, autocommit=True) as conn,
    ):
        conn.execute("ALTER TABLE seal.checkpoint DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM seal.checkpoint")
    assert "NOT SEALED" in refused("verify", "--data", own)


def test_without_its_key_nothing_is_verified_silently(own: Path) -> None:
    key = own / "seal" / "key"
    key.write_text("PRIVATE+KEY+damaged", "utf-8")
    assert "signing key" in refused("verify", "--data", own)
    key.unlink()
    assert "no signing key" in refused("verify", "--data", own)
