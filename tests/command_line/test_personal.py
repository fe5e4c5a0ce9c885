"""Canaries through every door: in clear where docs/personal-data.md says alone, and nowhere once erased."""

import csv
import json
import re
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen
from uuid import uuid4
from zipfile import ZipFile

import psycopg
import pytest
from PIL import ExifTags, Image

from adapters.database import database
from adapters.embedded import BIN
from adapters.personal.residents import prepare
from adapters.settings import Settings
from api.demonstration.town import PASSWORD
from tests.adapters.listening import Server, listening
from tests.adapters.test_telling import KEY
from tests.adapters.writing import wait_for
from tests.command_line.whistle import Serving, done, refused, serving, whistle

NAME, PHONE, HOME = "欧阳金丝雀", "13987654321", "七单元壹玖零叁"
CANARIES = (NAME, PHONE, "139 8765 4321", HOME, "Canary Ouyang")
GRID = "220621100001-01"
REPORT = {
    "title": f"{NAME}家漏水",
    "description": f"请打 139 8765 4321，[[{HOME}]]。",
    "grid": GRID,
    "address": f"水仙名苑[[{HOME}]]",
    "source": "hotline",
    "reporter": {"name": NAME, "phone": PHONE},
}


@pytest.fixture
def hook() -> Iterator[Server]:
    """A system of somebody else's, which is told of all tickets."""
    with listening() as found:
        yield found


@pytest.fixture
def service(own: Path) -> Iterator[Serving]:
    """A town of the test's own, running, with a second administrator."""
    told = ("--name", "复核", "--role", "administrator:", "--data", own)
    done("account", "open", "second", *told, said=PASSWORD)
    with serving("--data", own, WHISTLE_TELL_NETWORKS="127.0.0.0/8", WHISTLE_SECRET_HOOK=KEY) as found:
        yield found


def post(service: Serving, account: str, path: str, body: object) -> dict[str, str]:
    """What is accepted."""
    status, answer = service.ask(path, body, service.token(account))
    assert status < 300, answer
    found: dict[str, str] = answer
    return found


def photo(service: Serving) -> str:
    """A photo whose EXIF names somebody; gives its id."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Canary Ouyang"
    written = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(written, "JPEG", exif=exif)
    sent = Request(f"{service.address}/api/photos", written.getvalue())  # noqa: S310
    sent.add_header("Authorization", f"Bearer {service.token('grid')}")
    with urlopen(sent) as answer:  # noqa: S310
        return str(json.load(answer)["id"])


def report_as_resident(service: Serving) -> None:
    """A report through the form that is open to all."""
    facts = {
        "text": f"{NAME}家漏水，电话{PHONE}，[[{HOME}]]。", "address": f"水仙名苑[[{HOME}]]",
        "grid": GRID, "name": NAME, "phone": PHONE, "key": uuid4().hex,
    }  # fmt: skip
    sent = Request(f"{service.address}/r/report", urlencode(facts).encode())  # noqa: S310
    sent.add_header("Origin", service.address)
    with build_opener(HTTPCookieProcessor()).open(sent) as answer:
        assert answer.url.endswith("/r/reported"), answer.read().decode()


def taken_along(service: Serving) -> bytes:
    """The list of tickets as tables, what is compressed in them opened."""
    found = b""
    for form in ("csv", "xlsx"):
        asked = Request(f"{service.address}/tickets.{form}")  # noqa: S310
        asked.add_header("Authorization", f"Bearer {service.token('sorter')}")
        with urlopen(asked) as answer:  # noqa: S310
            content = answer.read()
        if form == "xlsx":
            with ZipFile(BytesIO(content)) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        found += content
    return found


def lived(service: Serving, folder: Path, hook: Server) -> str:
    """A ticket with canaries through every door; gives its number."""
    receiver = {"code": "desk", "name": "水务", "way": "inbox", "topics": ["ticket.*"], "unit": "water"}
    post(service, "admin", "/api/receivers", receiver)
    webhook = {
        "code": "hook", "name": "平台", "way": "webhook", "topics": ["ticket.*"], "unit": "",
        "address": f"http://127.0.0.1:{hook.port}/told", "secret": "hook",
    }  # fmt: skip
    post(service, "admin", "/api/receivers", webhook)
    report_as_resident(service)
    receipt = post(service, "grid", "/api/tickets", {**REPORT, "photos": [photo(service)]})
    ticket = f"/api/tickets/{receipt['id']}"
    note = f"问过{NAME}，电话{PHONE}"
    post(service, "sorter", f"{ticket}/sort", {"category": "drain", "urgency": "urgent", "note": note})
    post(service, "dispatcher", f"{ticket}/dispatch", {"lead": "water", "note": f"[[{HOME}]]有老人"})
    post(service, "water", f"{ticket}/claim", {})
    post(service, "water", f"{ticket}/handle", {"result": f"已到{NAME}家修好"})
    table = folder / "rows.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("title", "description", "grid", "reporter_name", "reporter_phone"))
        rows.writerow((f"{NAME}家", f"电话{PHONE}", GRID, NAME, PHONE))
        rows.writerow((f"{NAME}家", "没有这个网格", "none", NAME, PHONE))
    whistle("import", "tickets", table, "--data", folder)
    service.ask(f"/api/tickets?q={quote(NAME)}", token=service.token("sorter"))
    wait_for(lambda: not any(v["lag"] for v in service.ask("/api/health")[1]["views"].values()))
    return receipt["number"]


def dumped(folder: Path) -> str:
    """All databases of the folder as text, and every state of the log decoded."""
    host = str(next(folder.rglob(".s.PGSQL.5432")).parent)
    dump = subprocess.run(
        [str(BIN / "pg_dumpall"), "--host", host, "--username", "postgres"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    with psycopg.connect(f"postgresql://postgres@/whistle?host={quote(host, safe='')}") as conn:
        states = conn.execute("SELECT convert_from(state, 'UTF8') FROM log.events").fetchall()
    return dump.stdout + "\n".join(state for (state,) in states)


def clear_in(text: str | bytes) -> list[str]:
    """The canaries that stand there, however they are written."""
    ways = (lambda c: c.encode(), lambda c: c.encode("unicode_escape"), lambda c: quote(c).encode())
    data = text.encode() if isinstance(text, str) else text
    return [canary for canary in CANARIES if any(way(canary) in data for way in ways)]


def clear_files(folder: Path) -> set[str]:
    """Where in the folder a canary stands in clear, write-ahead log and all, by a file's place."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        re.sub(r"photos/[0-9a-f]{2}/[0-9a-f]{8,}", "photos/…", str(path.relative_to(folder)))
        for path in files
        if clear_in(path.read_bytes())
    }


def test_canaries_are_nowhere_in_clear_and_nowhere_at_all_once_erased(
    service: Serving, own: Path, hook: Server
) -> None:
    number = lived(service, own, hook)
    sorter = service.token("sorter")
    found = service.ask("/api/residents/find", {"phone": PHONE}, sorter)[1]
    assert len(found["tickets"]) == 3
    ticket = f"/api/tickets/{next(t['id'] for t in found['tickets'] if t['number'] == number)}"
    assert service.ask(ticket, token=sorter)[1]["reporter"] == REPORT["reporter"]
    for name in ("one.jsonl", "one.html"):
        done("export", "--data", own, "--ticket", number, "--output", own / name)
    assert clear_in(dumped(own)) == []
    assert clear_files(own) == {"photos/….original", "rows.csv", "rows.csv.refused.csv"}
    assert clear_in("".join((*service.out, *service.err))) == []
    assert clear_in(taken_along(service)) == []
    wait_for(lambda: any("ticket.handled" in heard.body.decode() for heard in hook.heard))
    assert clear_in(b"".join(str(heard).encode() + heard.body for heard in hook.heard)) == []
    said = done("erase", number, "--order", "居民来函", "--consent", "second", "--data", own, said=PASSWORD)
    assert "3 tickets" in said
    for table in own.glob("rows*.csv"):
        table.unlink()
    assert clear_in(dumped(own)) == []
    assert clear_files(own) == set()
    assert clear_in("".join((*service.out, *service.err))) == []
    shown = service.ask(ticket, token=sorter)[1]
    assert clear_in(json.dumps(shown, ensure_ascii=False)) == []
    assert shown["reporter"] == {"name": "〔已删除〕", "phone": "〔已删除〕"}
    history = service.ask(f"{ticket}/history", token=sorter)[1]["items"]
    assert history[-1]["data"]["result"] == "已到〔已删除〕家修好"
    verified = done("verify", "--data", own)
    assert verified.startswith("intact: ")
    assert "of 0 residents, and 1 who were erased by order" in verified


def test_a_key_that_is_gone_without_an_order_is_missed(service: Serving, own: Path) -> None:
    for phone in (PHONE, "13812345678"):
        post(service, "grid", "/api/tickets", {**REPORT, "reporter": {"name": NAME, "phone": phone}})
    done("erase", PHONE, "--order", "居民来函", "--data", own, "--consent", "second", said=PASSWORD)
    wait_for(lambda: whistle("verify", "--data", own)[0] == 0)  # Once it is sealed.
    assert "of 1 residents, and 1 who were erased by order" in done("verify", "--data", own)
    away = {"WHISTLE_KEYS_URL": "postgresql://127.0.0.1:1/none"}
    assert "were not compared" in done("verify", "--data", own, **away)
    with database(Settings(own)) as found, psycopg.connect(prepare(Settings(own), found).service) as keys:
        keys.execute("DELETE FROM keys.resident")
    assert "nobody erased 1 residents" in refused("verify", "--data", own)


def test_a_key_that_was_exchanged_is_missed_and_the_service_cannot_exchange_any(
    service: Serving, own: Path
) -> None:
    for phone in (PHONE, "13812345678"):
        post(service, "grid", "/api/tickets", {**REPORT, "reporter": {"name": NAME, "phone": phone}})
    wait_for(lambda: whistle("verify", "--data", own)[0] == 0)  # Once it is sealed.
    with database(Settings(own)) as found:
        store = prepare(Settings(own), found)
        with psycopg.connect(store.service, autocommit=True) as conn:
            for change in (
                "UPDATE keys.resident SET wrapped = ''",
                "UPDATE keys.ticket SET resident = resident",
                "UPDATE keys.secret SET master = ''",
                "DELETE FROM keys.ticket",
                "DELETE FROM keys.secret",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(change.encode())
        with psycopg.connect(store.owner) as conn:
            ((one, key), (_, other)) = conn.execute("SELECT resident, wrapped FROM keys.resident").fetchall()
            conn.execute("UPDATE keys.resident SET wrapped = %s WHERE resident = %s", [other, one])
    assert "nobody erased 1 residents" in refused("verify", "--data", own)
    with psycopg.connect(store.owner, autocommit=True) as conn:
        conn.execute("UPDATE keys.resident SET wrapped = %s WHERE resident = %s", [key, one])
    assert "of 2 residents" in done("verify", "--data", own)


def test_tickets_of_an_erasure_are_those_of_the_log_and_one_without_a_name_loses_its_originals(
    service: Serving, own: Path
) -> None:
    receipts = [
        post(service, "grid", "/api/tickets", {**REPORT, "photos": [photo(service)]}) for _ in range(2)
    ]
    with database(Settings(own)) as found, psycopg.connect(prepare(Settings(own), found).owner) as conn:
        conn.execute("DELETE FROM keys.ticket WHERE ticket = %s", [receipts[0]["id"]])
    at = ("--order", "居民来函", "--data", own, "--consent", "second")
    assert "2 tickets" in done("erase", PHONE, *at, said=PASSWORD)
    assert list(own.rglob("*.original")) == []
    quiet = {**REPORT, "title": "漏水", "description": "有水", "address": "门口", "reporter": None}
    number = post(service, "grid", "/api/tickets", {**quiet, "photos": [photo(service)]})["number"]
    assert len(list(own.rglob("*.original"))) == 1
    wait_for(lambda: service.ask(f"/api/tickets?q={number}", token=service.token("sorter"))[1]["items"])
    assert "1 tickets" in done("erase", number, *at, said=PASSWORD)
    assert list(own.rglob("*.original")) == []


def test_erasing_at_the_machine_needs_a_second_person(service: Serving, own: Path) -> None:
    number = post(service, "grid", "/api/tickets", REPORT)["number"]
    at = ("--order", "居民来函", "--data", own)
    assert "second person" in refused("erase", number, *at)
    assert "wrong" in refused("erase", number, *at, "--consent", "second", said="not-the-password")
    assert "administrator" in refused("erase", number, *at, "--consent", "sorter", said=PASSWORD)
    assert "hold no personal data" in refused(
        "erase", "13900000000", *at, "--consent", "second", said=PASSWORD
    )
    done("erase", PHONE, *at, "--consent", "second", said=PASSWORD)


def test_the_master_key_is_rotated_while_the_service_runs_and_a_rotation_cut_short_is_ended(
    service: Serving, own: Path
) -> None:
    receipt = post(service, "grid", "/api/tickets", REPORT)
    file = own / "keys" / "master"
    before = file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "second person" in refused("rotate-key", "--data", own)
    done("rotate-key", "--data", own, "--consent", "second", said=PASSWORD)
    assert file.read_text("utf-8") != before
    shown = service.ask(f"/api/tickets/{receipt['id']}", token=service.token("sorter"))[1]
    assert shown["reporter"] == REPORT["reporter"]
    again = post(service, "grid", "/api/tickets", {**REPORT, "reporter": {"name": "赵六", "phone": PHONE}})
    assert (
        service.ask(f"/api/tickets/{again['id']}", token=service.token("sorter"))[1]["reporter"]["name"]
        == "赵六"
    )
    # As if the rotation had been cut short before the file was exchanged.
    after, following = file.read_text("utf-8"), own / "keys" / "master.next"
    file.write_text(before, "utf-8")
    following.write_text(after, "utf-8")
    shown = service.ask(f"/api/tickets/{receipt['id']}", token=service.token("sorter"))[1]
    assert shown["reporter"] == REPORT["reporter"]
    done("rotate-key", "--data", own, "--consent", "second", said=PASSWORD)
    assert file.read_text("utf-8") == after
    assert not following.exists()
    file.write_text(before, "utf-8")
    status, problem = service.ask(f"/api/tickets/{receipt['id']}", token=service.token("sorter"))
    assert status == 503, problem
    assert problem["type"].endswith("KeysAway")
