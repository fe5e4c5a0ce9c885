"""The report form as any program could send it: who may, how much, and from which page."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.demonstration.town import PASSWORD
from tests.api.steps import GRID
from tests.conftest import People
from tests.pictures import picture

OURS = {"sec-fetch-site": "same-origin", "accept": "application/json"}
ELSEWHERE = {"sec-fetch-site": "cross-site", "accept": "application/json"}
FORM = {"grid": GRID, "text": "楼前路灯不亮", "key": "k1"}


@pytest.fixture
def browser(people: People) -> Iterator[TestClient]:
    """A browser in which the grid worker is signed in by a cookie."""
    assert people["auditor"]  # Whoever signs in here later would clear its cookies.
    client = people.nobody
    client.follow_redirects = False
    form = {"account": "grid", "password": PASSWORD}
    assert client.post("/sign-in", data=form, headers=OURS).status_code == 303
    yield client
    client.cookies.clear()


def position(people: People) -> int:
    """Where the log ends."""
    return int(people["auditor"].get("/api/health").json()["position"])


def test_a_form_that_another_page_sends_does_nothing(browser: TestClient, people: People) -> None:
    before = position(people)
    assert browser.post("/report", data=FORM, headers=ELSEWHERE).status_code == 401
    assert browser.post("/report/photos", content=picture(), headers=ELSEWHERE).status_code == 401
    assert position(people) == before
    assert list(people.data.rglob("*.original")) == []


def test_nobody_who_is_not_signed_in_sends_anything(people: People) -> None:
    for path in ("/report", "/report/photos"):
        answer = people.nobody.post(path, content=picture(), headers=OURS, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    assert list(people.data.rglob("*.original")) == []


def test_what_is_refused_is_told_in_chinese_and_by_name(browser: TestClient, people: People) -> None:
    people.catch_up()
    before = position(people)
    for changed, status, name in (
        ({"text": " "}, 422, "OutOfRange"),
        ({"text": "x" * 8001}, 422, "OutOfRange"),
        ({"grid": "220621100002-01"}, 403, "NotYours"),
        ({"grid": "nonsense"}, 422, "UnknownGrid"),
        ({"category_name": "外星人"}, 422, "UnknownCategory"),
        ({"longitude": "east", "latitude": "1"}, 422, "OutOfRange"),
        ({"longitude": "127", "latitude": ""}, 422, "OutOfRange"),
        ({"longitude": "nan", "latitude": "1"}, 422, "OutOfRange"),
        ({"datum": "moon"}, 422, "OutOfRange"),
        ({"urgency": "never"}, 422, "OutOfRange"),
        ({"photo": "0" * 64}, 422, "PhotoMissing"),
        ({"photo_after": "0" * 64, "handled": "修好了"}, 422, "PhotoMissing"),
        ({"photo": "../../in_use.lock"}, 422, "PhotoMissing"),
    ):
        answer = browser.post("/report", data={**FORM, **changed}, headers=OURS)
        assert (answer.status_code, answer.json()["name"]) == (status, name), changed
        assert any("\u4e00" <= sign <= "\u9fff" for sign in answer.json()["said"]), changed
    assert position(people) == before


def test_a_photo_that_is_none_or_too_large_is_refused(browser: TestClient, people: People) -> None:
    people.catch_up()
    answer = browser.post("/report/photos", content=b"no photo", headers=OURS)
    assert (answer.status_code, answer.json()["name"]) == (422, "NoPhoto")
    assert browser.post("/report/photos", content=bytes(11 * 1024 * 1024), headers=OURS).status_code == 413
    assert browser.post("/report", content=bytes(41 * 1024 * 1024), headers=OURS).status_code == 413


def test_words_are_kept_as_they_were_written_and_the_first_line_is_the_title(
    browser: TestClient, people: People
) -> None:
    people.catch_up()
    text = "<script>alert(1)</script> 单元门\r\n第二行 & 更多"
    told = browser.post("/report", data={**FORM, "text": text}, headers=OURS).json()
    ticket = people["auditor"].get(told["path"].replace("/reported/", "/api/tickets/")).json()
    assert ticket["title"] == "<script>alert(1)</script> 单元门"
    assert ticket["description"] == "<script>alert(1)</script> 单元门\n第二行 & 更多"
    page = browser.get(told["path"], headers={"accept": "text/html"}).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
