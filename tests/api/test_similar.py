"""Similar open tickets (相似工单): what is offered before the same matter is reported again."""

from typing import Any

import pytest

from tests.api.steps import GRID, Steps, problem

DRAIN = {"title": "水仙名苑北楼下水堵塞", "description": "一楼返水,味道很大。", "category": "drain"}
HERE: dict[str, Any] = {"longitude": 127.284, "latitude": 42.331}
FAR: dict[str, Any] = {"longitude": 127.31, "latitude": 42.331}


@pytest.fixture
def town(own: Steps) -> Steps:
    """A town with some open matters."""
    own.report(title="占道经营", description="早市摊位占了半条路。")
    own.report(title="路灯不亮", description="抚松大街整条街。")
    return own


def offered(steps: Steps, q: str, account: str = "grid", grid: str = GRID, **asked: Any) -> list[str]:
    """The paths of the tickets that are offered."""
    steps.people.catch_up()
    answer = steps.people[account].post("/api/similar", json={"text": q, "grid": grid, **asked})
    assert answer.status_code == 200, answer.text
    return [f"/api/tickets/{item['id']}" for item in answer.json()["items"]]


def test_the_same_matter_in_other_words_is_offered_and_others_are_not(town: Steps) -> None:
    ticket = town.report(**DRAIN)
    assert offered(town, "北楼下水又堵了,一楼返水") == [ticket]
    assert offered(town, "楼道里堆放杂物") == []


def test_the_category_and_the_spot_help_and_a_spot_far_off_speaks_against_it(town: Steps) -> None:
    ticket = town.report(**DRAIN, location=HERE)
    assert offered(town, "下水井盖冒水") == []
    assert offered(town, "下水井盖冒水", category="drain", **HERE) == [ticket]
    assert offered(town, "北楼下水堵塞", category="drain", **FAR) == []


@pytest.mark.parametrize("stage", ["handled", "verified"])
def test_what_is_done_is_not_offered(town: Steps, stage: str) -> None:
    town.at_stage(stage, **DRAIN)
    assert offered(town, DRAIN["title"]) == []


def test_nothing_is_offered_that_one_may_not_see(town: Steps) -> None:
    town.report(**DRAIN)
    assert len(offered(town, DRAIN["title"], "sorter")) == 1
    assert offered(town, DRAIN["title"], "power") == []
    asked = {"text": "下水", "grid": GRID}
    problem(town.people.nobody.post("/api/similar", json=asked), 401, "NotSignedIn")


def test_three_are_offered_at_most_and_the_likeliest_first(town: Steps) -> None:
    like = [town.report(**DRAIN) for _ in range(4)]
    best = town.report(title="水仙名苑南楼单元门坏", description="关不上。", category="manhole")
    assert len(offered(town, DRAIN["title"])) == 3
    assert offered(town, "水仙名苑南楼单元门坏了")[0] == best
    assert set(offered(town, DRAIN["title"])) < set(like)
