"""The resident's own report: open to all, slowed down, and nothing of theirs where it does not belong."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests.api.steps import GRID, Steps
from tests.conftest import TEMPLATE, People, database_named, drop, execute_as_owner
from tests.pictures import picture

OURS = {"sec-fetch-site": "same-origin"}
NAME, PHONE = "欧阳金丝雀", "13987654321"
SECRET = re.compile(r"http://testserver(/r/[\w-]{20,})")


@pytest.fixture(scope="module")
def of_module(server: Path) -> Iterator[Steps]:
    """A town for all these tests, staff signed in: later that would clear the resident's cookies."""
    name = f"module_{uuid4().hex}"
    execute_as_owner(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    people = People(database_named(name, server))
    assert all(people[account] for account in ("auditor", "grid", "sorter", "dispatcher", "water"))
    yield Steps(people)
    people.close()
    drop(server, name)


@pytest.fixture
def own(of_module: Steps) -> Iterator[Steps]:
    """The town, with every turn left and a browser that holds no link."""
    of_module.people.nobody.cookies.clear()
    with psycopg.connect(of_module.people.database.owner) as conn:
        conn.execute("TRUNCATE access.turns")
    of_module.people.catch_up()
    yield of_module
    of_module.people.nobody.cookies.clear()


def send(own: Steps, files: list[Any] | None = None, headers: Any = OURS, **form: Any) -> Response:
    """The form, sent as a browser does it."""
    said = {"key": uuid4().hex, "grid": GRID, "text": "楼前路灯不亮\r\n三天了", **form}
    attached = [("photos", ("a.jpg", file, "image/jpeg")) for file in files or []]
    answer: Response = own.people.nobody.post(
        "/r/report", data=said, files=attached or None, headers=headers, follow_redirects=False
    )
    return answer


def sent(own: Steps, **form: Any) -> str:
    """The page after a report that was taken in."""
    answer = send(own, **form)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/r/reported"), answer.text
    page = own.people.nobody.get("/r/reported")
    assert page.status_code == 200
    return unescape(page.text)


def newest(own: Steps) -> dict[str, Any]:
    """The ticket that was reported last, as the auditor reads it."""
    (path, *_) = own.ids("auditor")
    return own.read(path)


def test_a_resident_reports_and_has_a_number_a_promise_and_a_link(own: Steps) -> None:
    page = sent(own, name=NAME, phone=PHONE, address="水仙名苑北门")
    ticket = newest(own)
    assert ticket["number"] in page
    assert (ticket["title"], ticket["source"], ticket["urgency"]) == ("楼前路灯不亮", "resident", "ordinary")
    assert "最晚受理" in page
    link = SECRET.search(page)
    assert link
    assert "<svg " in page
    own.people.nobody.cookies.clear()
    opened = own.people.nobody.post(link.group(1), headers=OURS, follow_redirects=True)
    assert ticket["number"] in opened.text
    assert [item["event"] for item in own.history(f"/api/tickets/{ticket['id']}")] == [
        "Reported",
        "LinkGiven",
    ]


def test_it_arrives_at_the_desk_of_the_community(own: Steps) -> None:
    sent(own)
    own.people.catch_up()
    assert "楼前路灯不亮" in own.people["sorter"].get("/").text
    ticket = f"/api/tickets/{newest(own)['id']}"
    own.do("sorter", ticket, "sort", category="drain", urgency="ordinary", keep=True)
    assert "LinkRevoked" not in own.events(ticket)
    assert own.people.nobody.get("/r").status_code == 200


def test_name_and_phone_are_in_no_address_no_log_and_no_table(
    own: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    page = sent(own, name=NAME, phone=PHONE, text=f"我是{NAME}，电话{PHONE}，路灯不亮")
    assert NAME not in page
    assert own.people["sorter"].get(f"/api/tickets/{newest(own)['id']}").json()["reporter"]["phone"] == PHONE
    out = capsys.readouterr()
    with psycopg.connect(own.people.database.owner) as conn:
        rows = conn.execute(
            "SELECT state FROM log.events UNION ALL SELECT receipt::text::bytea FROM log.idempotency"
        )
        everything = b"".join(bytes(row[0]) for row in rows).decode()
    for secret in (NAME, PHONE):
        assert secret not in out.out + out.err + everything


def test_the_same_form_twice_is_one_report(own: Steps) -> None:
    form, photo = {"key": uuid4().hex, "text": "井盖松动"}, picture()
    first, second = send(own, [photo], **form), send(own, [photo], **form)
    assert first.status_code == second.status_code == 303
    assert own.people.nobody.get("/r/reported").status_code == 200
    assert len(own.ids("auditor", q="井盖松动")) == 1
    changed = send(own, key=form["key"], text="另一件事")
    assert changed.status_code == 422
    assert "已经发过一次" in changed.text
    assert "另一件事" in changed.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}],
    ids=["silent", "cross-site", "other-origin", "null-origin"],
)
def test_a_form_of_another_page_does_nothing(own: Steps, headers: dict[str, str]) -> None:
    with own.nothing_done():
        answer = send(own, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_a_program_that_fills_in_every_field_is_not_taken_in_and_a_person_loses_nothing(own: Steps) -> None:
    with own.nothing_done():
        answer = send(own, website="https://spam.example", name=NAME)
    assert answer.status_code == 422
    assert "楼前路灯不亮" in answer.text
    assert NAME in answer.text
    assert "spam.example" not in answer.text


def test_a_refusal_keeps_what_was_typed_and_the_photos(own: Steps) -> None:
    refused = send(own, [picture()], grid="", address="三号楼", name=NAME, phone=PHONE)
    assert refused.status_code == 422
    for kept in ("楼前路灯不亮", "三号楼", NAME, PHONE, "照片已经收到 1 张"):
        assert kept in refused.text
    key, photo = (re.search(rf'name="{name}" value="(\w+)"', refused.text) for name in ("key", "photo"))
    assert key and photo  # noqa: PT018
    sent(own, key=key[1], photo=photo[1])
    assert newest(own)["photos"] == [photo[1]]
    other = send(own, photo=photo[1])  # Another form names it in vain: it is not theirs.
    assert other.status_code == 422


def test_what_is_no_photo_is_refused(own: Steps) -> None:
    with own.nothing_done():
        assert send(own, [b"<svg onload=alert(1)>"]).status_code == 422
    too_large = own.people.nobody.post("/r/report", content=bytes(41 * 1024 * 1024), headers=OURS)
    assert too_large.status_code == 413


def test_a_resident_asks_for_nothing_that_is_not_theirs_to_ask(own: Steps) -> None:
    sent(own, urgency="emergency", handled="我修好了", source="hotline", category="drain", same_as="FS-1")
    ticket = newest(own)
    assert (ticket["stage"], ticket["urgency"], ticket["source"]) == ("reported", "ordinary", "resident")
    assert "FS-1" not in ticket["description"]


def test_open_tickets_alike_are_offered_without_anything_personal(own: Steps) -> None:
    own.report(title="秘密的标题", description="秘密的话", address="秘密的地方", category="drain")
    own.people.catch_up()
    kind = next(k["name"] for k in own.get("auditor", "/api/categories")["items"] if k["code"] == "drain")
    offered = send(own, category_name=kind)
    assert offered.status_code == 200
    assert "同类的事正在办" in offered.text
    assert "秘密" not in offered.text
    assert newest(own)["title"] == "秘密的标题"
    sent(own, category_name=kind, sure="yes")
    assert newest(own)["title"] == "楼前路灯不亮"


def test_a_place_is_found_by_its_name_and_nobodys_own_address_is(own: Steps) -> None:
    own.report(address="藏身巷 7 号")
    for _ in range(3):
        own.report(address="人民路口")
    own.people.catch_up()
    every = len(re.findall("<option value=.2", send(own, find="yes", place="藏身巷").text))
    assert every == 35
    assert len(re.findall("<option value=.2", send(own, find="yes", place="人民路").text)) == 1
    south = send(own, find="yes", place="城南")
    assert len(re.findall("<option value=.2", south.text)) == 6
    assert "楼前路灯不亮" in south.text


def test_a_town_that_does_not_want_it_switches_it_off(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHISTLE_RESIDENT_FORM", "off")
    people = People(database)
    try:
        assert people.nobody.get("/r/report").status_code == 404
        assert send(Steps(people)).status_code == 404
        for path in ("/wall", "/sign-in"):
            assert "/r/report" not in people.nobody.get(path).text
    finally:
        people.close()


def test_while_the_keys_are_away_nothing_personal_is_taken_in_and_nothing_typed_is_lost(
    own: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHISTLE_KEYS_URL", "postgresql://127.0.0.1:1/keys")
    people = People(own.people.database)
    try:
        answer = send(Steps(people), name=NAME, phone=PHONE)
        assert answer.status_code == 503
        assert PHONE in answer.text
        assert send(Steps(people)).status_code == 303
    finally:
        people.close()


def test_the_resident_sees_their_own_photos_and_those_that_were_released(own: Steps) -> None:
    assert send(own, [picture((320, 200))]).status_code == 303
    ticket = newest(own)
    (photo,) = ticket["photos"]
    path = f"/api/tickets/{ticket['id']}"
    own.do("sorter", path, "sort", category="drain", urgency="ordinary")
    own.do("dispatcher", path, "dispatch", lead="water")
    own.do("water", path, "claim")
    after = own.photo("water")
    own.do("water", path, "handle", result="已修好", photos=[after])
    resident: TestClient = own.people.nobody
    page = resident.get("/r").text
    assert f"/r/photos/{photo}" in page
    assert after not in page
    assert resident.get(f"/r/photos/{photo}").headers["content-type"] == "image/jpeg"
    assert resident.get(f"/r/photos/{photo}?size=original").status_code == 404
    assert resident.get(f"/r/photos/{after}").status_code == 404
    token = own.client(resident.cookies["whistle_link"])
    own.people.catch_up()
    for hidden in (f"{photo}?size=original", f"{photo}/facts", after, f"{after}?size=original"):
        assert token.get(f"/api/photos/{hidden}").status_code == 404, hidden
    assert token.get(f"/api/photos/{photo}").status_code == 200
    assert own.people["sorter"].get(f"/api/photos/{after}?size=original").status_code == 200
    assert token.get("/tickets", follow_redirects=False).status_code in (303, 401)
    own.do("sorter", path, "publish", text="已修好", photos=[after])
    assert "办理中和办好以后" in resident.get("/r").text
    assert resident.get(f"/r/photos/{after}").status_code == 200
    own.do("sorter", path, "withdraw")
    assert resident.get(f"/r/photos/{after}").status_code == 404
    resident.cookies.clear()
    assert resident.get(f"/r/photos/{photo}").status_code == 404
