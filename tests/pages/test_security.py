"""What the browser may do with a page, and who may send a form."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.demonstration.town import PASSWORD
from tests.api.steps import REPORT
from tests.conftest import People

OURS = {"sec-fetch-site": "same-origin"}
ELSEWHERE_SAYS = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}


@pytest.fixture
def browser(people: People) -> Iterator[TestClient]:
    """A browser in which the sorter is signed in."""
    (
        people["grid"],
        people["auditor"],
        people["sorter"],
    )  # Whoever signs in here later would clear its cookies.
    client = people.nobody
    client.follow_redirects = False
    form = {"account": "sorter", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers=OURS)
    assert answer.status_code == 303
    yield client
    client.cookies.clear()


def ticket(people: People) -> str:
    """A new ticket; gives its path."""
    answer = people["grid"].post("/api/tickets", json=REPORT)
    return str(answer.headers["location"]).removeprefix("/api")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/static/page.js", "/tickets", "/tickets/x"])
def test_every_page_runs_only_what_we_wrote(browser: TestClient, people: People, path: str) -> None:
    people.catch_up()
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_the_cookie_is_for_our_pages_and_for_no_script(browser: TestClient) -> None:
    answer = browser.post("/sign-in", data={"account": "water", "password": PASSWORD}, headers=OURS)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
     {"origin": "https://evil.example"}, {"origin": "null"}],
    ids=["silent", "cross-site", "same-site", "none", "other-origin", "null-origin"],
)  # fmt: skip
def test_a_form_of_another_page_does_nothing(
    browser: TestClient, people: People, headers: dict[str, str]
) -> None:
    path = ticket(people)
    form = {"category": "drain", "urgency": "urgent"}
    refused = browser.post(f"{path}/sort", data=form, headers=headers)
    assert refused.status_code == 401
    assert people["auditor"].get(f"/api{path}").json()["stage"] == "reported"
    accepted = browser.post(f"{path}/sort", data=form, headers={"origin": "http://testserver"})
    assert accepted.status_code == 303


def test_nobody_is_signed_in_by_another_page(people: People) -> None:
    form = {"account": "water", "password": PASSWORD}
    answer = people.nobody.post("/sign-in", data=form, headers={"sec-fetch-site": "cross-site"})
    assert "set-cookie" not in answer.headers


def test_signing_out_everywhere_ends_every_session(browser: TestClient, people: People) -> None:
    other = people["sorter"]
    assert browser.post("/sign-out", data={"everywhere": "true"}, headers=OURS).status_code == 303
    assert other.get("/api/session").status_code == 401


def test_what_people_wrote_is_text_and_never_markup(browser: TestClient, people: People) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    answer = people["grid"].post("/api/tickets", json={**REPORT, "title": evil, "description": evil})
    people.catch_up()
    path = str(answer.headers["location"]).removeprefix("/api")
    for page in (path, "/", "/tickets", f"/tickets?q={evil}"):
        text = browser.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_link_from_elsewhere_is_asked_again_by_a_page_of_ours(people: People) -> None:
    answer = people.nobody.get("/sign-in?next=/tickets", headers=ELSEWHERE_SAYS)
    assert 'http-equiv="refresh" content="0;url=/tickets"' in answer.text


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(people: People, next: str) -> None:
    people.nobody.follow_redirects = False
    form = {"account": "sorter", "password": PASSWORD, "next": next}
    assert people.nobody.post("/sign-in", data=form, headers=OURS).headers["location"] == "/"


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/tickets/none", 404), ("/?skip=x", 400), ("/?what=all", 400)]
)
def test_a_problem_is_a_page_with_a_sentence(browser: TestClient, path: str, status: int) -> None:
    answer = browser.get(path, headers={"accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有办成" in answer.text


def test_what_programs_ask_for_is_answered_as_before(people: People) -> None:
    for path, status in (("/api/nothing", 404), ("/api/tickets", 401), ("/openapi.json", 200)):
        answer = people.nobody.get(path)
        assert answer.status_code == status
        assert "json" in answer.headers["content-type"]
        assert "content-security-policy" not in answer.headers
