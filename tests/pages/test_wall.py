"""The echo wall: open to all, and nothing on it that was not published."""

from html import unescape
from typing import Any

import pytest

from projections.wall import month
from tests.api.steps import Steps
from tests.conftest import People

NAME, PHONE = "欧阳金丝雀", "13987654321"


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def wall(own: Steps, **asked: Any) -> str:
    """The wall as anybody sees it."""
    own.people.catch_up()
    answer = own.people.nobody.get("/wall", params=asked)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_the_wall_shows_what_was_published_and_nothing_else(own: Steps) -> None:
    photo, kept = own.photo(), own.photo()
    reporter = {"name": NAME, "phone": PHONE}
    ticket = own.at_stage(
        "handled", title=f"{NAME}家漏水", reporter=reporter, photos=[photo], address="水仙名苑"
    )
    other = own.at_stage("handled", title="没有公开的一件")
    assert "没有公开的事项" in wall(own)
    own.do("sorter", ticket, "publish", text=f"已疏通，{NAME}很满意。", photos=[photo])
    page = wall(own)
    assert "已疏通，〔个人信息〕很满意。" in page
    assert f"/wall/photos/{photo}" in page
    number = own.read(ticket, "sorter")["number"]
    for secret in (NAME, PHONE, "没有公开", "水仙名苑", number, kept, other.rpartition("/")[2], "已更换"):
        assert secret not in page
    assert own.people.nobody.get(f"/wall/photos/{photo}").status_code == 200
    assert own.people.nobody.get(f"/wall/photos/{photo}?size=original").status_code == 404
    assert own.people.nobody.get(f"/wall/photos/{kept}").status_code == 404
    own.do("sorter", ticket, "withdraw")
    assert "已疏通" not in wall(own)
    assert own.people.nobody.get(f"/wall/photos/{photo}").status_code == 404


def test_the_figures_count_the_residents_word_apart_from_handling(own: Steps) -> None:
    own.report()
    for answer in ("solved", "partly", None):
        ticket = own.at_stage("handled")
        if answer:
            token = own.people["grid"].post(f"{ticket}/link").json()["token"]
            assert own.client(token).post(f"{ticket}/verify", json={"solved": answer}).status_code == 200
    page = wall(own)
    figures = [part.split("</dd>")[0] for part in page.split("<dd>")[1:]]
    assert figures == ["4", "3", "2", "1"]
    assert "0</dd>" in wall(own, month="2020-01")


def test_a_month_that_is_none_is_refused(own: Steps) -> None:
    assert own.people.nobody.get("/wall?month=soon").status_code == 422


def test_a_community_shows_its_own(own: Steps) -> None:
    ticket = own.at_stage("handled")
    own.do("sorter", ticket, "publish", text="路灯亮了")
    assert "路灯亮了" in wall(own, community="220621100001")
    assert "路灯亮了" not in wall(own, community="220621100002")
    assert month(own.people.nobody.app.state.service.store.now()) in wall(own)  # type: ignore[attr-defined]
