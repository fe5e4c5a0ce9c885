"""What is personal is shown on a page to who says why, and nowhere else."""

import pytest

from tests.api.steps import Steps
from tests.conftest import People

NAME, PHONE = "欧阳金丝雀", "13987654321"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def personal(own: Steps) -> str:
    """The page of a ticket with a name and a phone in it."""
    reporter = {"name": NAME, "phone": PHONE}
    ticket = own.report(title=f"{NAME}家漏水", reporter=reporter)
    own.do("sorter", ticket, "sort", category="drain", urgency="urgent", note=f"{NAME}不在家")
    own.people.catch_up()
    return ticket.removeprefix("/api")


def test_a_page_shows_masks_until_somebody_says_why(own: Steps) -> None:
    page, dispatcher = personal(own), own.people["dispatcher"]
    for path in (page, "/", "/tickets", f"{page}/replay"):
        shown = own.people["auditor" if "replay" in path else "dispatcher"].get(path).text
        assert "〔个人信息〕" in shown
        assert NAME not in shown
        assert PHONE not in shown
    answer = dispatcher.post(f"{page}/look", data={"reason": "联系反映人", "other": ""}, headers=OURS)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert f"{NAME}家漏水" in answer.text
    assert f'href="tel:{PHONE}"' in answer.text
    assert f"{NAME}不在家" in answer.text
    own.people.catch_up()
    looks = own.get("auditor", "/api/looks")["items"]
    assert [(each["account"], each["reason"]) for each in looks] == [("dispatcher", "联系反映人")]


def test_another_reason_is_what_is_written_and_somebody_else_sees_nothing(own: Steps) -> None:
    page = personal(own)
    said = {"reason": "联系反映人", "other": "信访回访"}
    assert own.people["supervisor"].post(f"{page}/look", data=said, headers=OURS).status_code == 200
    assert own.people["water"].post(f"{page}/look", data=said, headers=OURS).status_code == 404
    own.people.catch_up()
    assert [each["reason"] for each in own.get("auditor", "/api/looks")["items"]] == ["信访回访"]


def test_a_ticket_without_anything_personal_asks_nobody(own: Steps) -> None:
    page = own.report().removeprefix("/api")
    own.people.catch_up()
    assert "查看个人信息" not in own.people["sorter"].get(page).text
