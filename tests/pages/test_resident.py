"""The resident's pages: a secret link, one ticket, the last word; nothing of it where it does not belong."""

import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.steps import Steps
from tests.conftest import People

OURS = {"Sec-Fetch-Site": "same-origin"}
NOW = re.compile(r'data-now="[^"]*"')
SECRET = re.compile(r"/r/([\w-]{20,})")


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def same(page: str) -> str:
    """The page without the moment and the address it was asked for."""
    return re.sub(r'name="next" value="[^"]*"', "", NOW.sub("", page))


def link_of(own: Steps, ticket: str) -> str:
    """The path of a link, as the page gives it."""
    page = own.people["grid"].post(f"{ticket.removeprefix('/api')}/link", headers=OURS)
    assert page.status_code == 200, page.text
    assert "<svg " in page.text
    found = SECRET.search(page.text)
    assert found
    return found.group()


def resident(own: Steps, ticket: str) -> TestClient:
    """A browser of somebody who has opened their link."""
    path = link_of(own, ticket)
    browser = TestClient(own.people.nobody.app, raise_server_exceptions=False)
    browser.portal = own.people.nobody.portal
    answer = browser.post(path, headers=OURS, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/r")
    return browser


def said(browser: TestClient, **form: Any) -> str:
    """The page after a form was sent."""
    answer = browser.post("/r", data=form, headers=OURS)
    return unescape(answer.text)


def test_looking_ahead_at_a_link_tells_nothing_and_uses_nothing_up(own: Steps) -> None:
    path = link_of(own, own.report())
    good, bad = own.people.nobody.get(path), own.people.nobody.get("/r/" + "x" * 43)
    assert good.status_code == bad.status_code == 200
    assert same(good.text) == same(bad.text)
    assert "set-cookie" not in good.headers
    assert good.headers["cache-control"] == "no-store"
    assert "noindex" in good.headers["x-robots-tag"]


def test_the_secret_leaves_the_address_for_a_cookie_no_script_reads(own: Steps) -> None:
    path = link_of(own, own.report())
    answer = own.people.nobody.post(path, headers=OURS, follow_redirects=False)
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "path=/r" in kept
    assert "samesite=lax" in kept
    own.people.nobody.cookies.clear()


def test_a_link_that_is_wrong_revoked_or_an_accounts_is_answered_alike(own: Steps) -> None:
    ticket = own.report()
    revoked = link_of(own, ticket)
    browser = resident(own, ticket)  # Another link ends the one before.
    account = own.people["sorter"].headers["authorization"].split()[1]
    answers = [
        own.people.nobody.post(path, headers=OURS)
        for path in (revoked, "/r/wrong", f"/r/{account}", "/r/%00")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({same(answer.text) for answer in answers}) == 1
    own.do("grid", ticket, "revoke_link")
    assert browser.get("/r").status_code == 404


def test_the_resident_sees_the_promised_date_and_no_names(own: Steps) -> None:
    ticket = own.at_stage("dispatched", reporter={"name": "欧阳金丝雀", "phone": "13987654321"})
    browser = resident(own, ticket)
    page = browser.get("/r").text
    assert "答应办好" in page
    assert "水务" in page
    for name in ("欧阳金丝雀", "13987654321", "grid", "water", "一楼返水"):
        assert f">{name}<" not in page
    for path in (f"{ticket.removeprefix('/api')}", "/tickets", "/"):
        assert "登录" in browser.get(path).text


def test_the_resident_has_the_last_word(own: Steps) -> None:
    ticket = own.at_stage("handled")
    browser = resident(own, ticket)
    assert "已疏通" in browser.get("/r").text
    page = said(browser, verb="verify", solved="not_solved", satisfied="not_satisfied", note="还在返水")
    assert "您的评价" not in page
    assert own.events(ticket)[-2:] == ["Verified", "Reopened"]
    assert own.history(ticket)[-2]["by"]["role"] == "resident"


def test_an_answer_is_given_once_and_what_is_no_answer_is_refused(own: Steps) -> None:
    ticket = own.at_stage("handled")
    browser = resident(own, ticket)
    for form in ({"verb": "verify", "solved": "maybe"}, {"verb": "sort"}, {"verb": "verify"}):
        assert browser.post("/r", data=form, headers=OURS).status_code == 422
    assert "您的评价" in said(browser, verb="verify", solved="solved", satisfied="basically")
    assert browser.post("/r", data={"verb": "verify", "solved": "solved"}, headers=OURS).status_code == 409
    assert "返工" in said(browser, verb="reopen", note="返工：又堵了") or own.events(ticket)[-1] == "Reopened"


def test_another_site_opens_and_answers_nothing(own: Steps) -> None:
    ticket = own.at_stage("handled")
    browser = resident(own, ticket)
    with own.nothing_done(ticket):
        foreign = {"Sec-Fetch-Site": "cross-site"}
        form = {"verb": "verify", "solved": "solved"}
        assert browser.post("/r", data=form, headers=foreign).status_code == 404
        assert own.people.nobody.post(link_of_none(), headers=foreign).status_code == 404


def link_of_none() -> str:
    """A link that was never given."""
    return "/r/" + "y" * 43


def test_who_may_not_reach_the_resident_is_offered_no_link(own: Steps) -> None:
    ticket = own.at_stage("dispatched").removeprefix("/api")
    own.people.catch_up()
    assert "给居民发链接" in own.people["grid"].get(ticket).text
    assert "给居民发链接" not in own.people["water"].get(ticket).text
    assert own.people["water"].post(f"{ticket}/link", headers=OURS).status_code == 403


def test_leaving_forgets_the_link_in_this_browser(own: Steps) -> None:
    browser = resident(own, own.report())
    assert "已退出" in said(browser, verb="leave")
    assert browser.get("/r").status_code == 404
