"""`?after=POSITION`: a reader who has written sees what was written, or is told to come back."""

import time

import pytest

from tests.api.steps import Steps, problem
from tests.conftest import projecting

VIEWS = ("/api/tickets", "/api/workload", "/api/overdue", "/api/units", "/api/accounts")


def test_who_reads_after_her_own_write_finds_it(steps: Steps) -> None:
    with projecting(steps.people.database):
        for _ in range(20):
            receipt = (
                steps.people["grid"]
                .post(
                    "/api/tickets", json={"title": "刚写的事", "description": "一", "grid": "220621100001-01"}
                )
                .json()
            )
            page = steps.get("grid", "/api/tickets", after=receipt["position"], limit=1)
            assert page["items"][0]["id"] == receipt["id"]


@pytest.mark.parametrize("path", VIEWS)
def test_every_view_waits_until_it_has_passed_the_position(steps: Steps, path: str) -> None:
    steps.report()
    position = steps.position()
    with projecting(steps.people.database):
        found = steps.get("auditor", path, after=position)
        assert found.get("position", position) >= position
        standing = steps.people.nobody.get("/api/health").json()["views"]
        view = {"tickets": "board"}.get(path.rpartition("/")[2], path.rpartition("/")[2])
        assert standing[view]["position"] >= position


def test_a_position_long_passed_is_not_waited_for(steps: Steps) -> None:
    steps.people.catch_up()
    begun = time.monotonic()
    steps.get("auditor", "/api/tickets", after=0)
    steps.get("auditor", "/api/workload", after=steps.position())
    assert time.monotonic() - begun < 2


def test_without_a_projector_the_reader_is_told_to_come_back_after_five_seconds(steps: Steps) -> None:
    steps.report()
    begun = time.monotonic()
    answer = steps.people["auditor"].get("/api/tickets", params={"after": steps.position()})
    waited = time.monotonic() - begun
    problem(answer, 503, "NotYet")
    assert int(answer.headers["retry-after"]) >= 1
    assert 4.5 < waited < 8
