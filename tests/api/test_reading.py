"""One ticket: how it stands, how it stood, and its history."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.steps import GRID, Steps, problem

TASK = {"department", "lead", "stage", "due_at", "claimed_at", "handled_at"}
ALL = {
    "id", "number", "version", "stage", "title", "description", "category", "urgency", "source", "grid",
    "community", "address", "location", "reporter", "photos", "tasks",
}  # fmt: skip
FULL: dict[str, Any] = {
    "title": "路灯不亮", "description": "整条街。", "grid": GRID, "category": "street_light",
    "address": "抚松大街 12 号", "location": {"longitude": 127.28, "latitude": 42.33},
    "urgency": "emergency", "source": "visit", "reporter": {"name": "李某", "phone": "13800000000"},
}  # fmt: skip


def test_a_ticket_says_all_that_was_reported(steps: Steps) -> None:
    full = {**FULL, "photos": [steps.photo(), steps.photo()]}
    found = steps.read(steps.report(**full))
    assert set(found) >= ALL
    assert {name: found[name] for name in full} == full
    assert (found["stage"], found["version"], found["tasks"]) == ("reported", 1, [])
    assert found["community"] == "220621100001"


def test_what_was_not_said_has_its_default(steps: Steps) -> None:
    found = steps.read(steps.report())
    assert (found["urgency"], found["source"], found["photos"]) == ("ordinary", "grid", [])
    assert found["category"] is found["address"] is found["location"] is found["reporter"] is None


def test_each_department_has_its_own_task(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    steps.do("water", ticket, "claim")
    water, housing = steps.read(ticket)["tasks"]
    assert set(water) >= TASK
    assert (water["department"], water["lead"], water["stage"]) == ("water", True, "claimed")
    assert (housing["department"], housing["lead"], housing["stage"]) == ("housing", False, "dispatched")
    assert datetime.fromisoformat(water["claimed_at"]).tzinfo is not None
    assert housing["claimed_at"] is water["handled_at"] is housing["handled_at"] is None


@pytest.mark.parametrize(
    ("urgency", "claim", "handle"),
    [("emergency", 0.5, 2), ("urgent", 1, 24), ("ordinary", 24, 7 * 24)],
)
def test_urgency_says_until_when(steps: Steps, urgency: str, claim: float, handle: float) -> None:
    ticket = steps.report()
    steps.do("sorter", ticket, "sort", category="drain", urgency=urgency)
    steps.do("dispatcher", ticket, "dispatch", lead="water")
    at = datetime.fromisoformat(steps.history(ticket)[-1]["at"])
    (task,) = steps.read(ticket)["tasks"]
    assert datetime.fromisoformat(task["claim_by"]) - at == timedelta(hours=claim)
    assert datetime.fromisoformat(task["due_at"]) - at == timedelta(hours=handle)


def test_the_dispatcher_may_say_until_when(steps: Steps) -> None:
    ticket = steps.at_stage("sorted")
    now = datetime.fromisoformat(steps.history(ticket)[-1]["at"])
    due_at = now + timedelta(days=3)
    steps.do("dispatcher", ticket, "dispatch", lead="water", due_at=due_at.isoformat())
    assert datetime.fromisoformat(steps.read(ticket)["tasks"][0]["due_at"]) == due_at


def test_every_version_can_be_read_as_it_stood(steps: Steps) -> None:
    ticket = steps.report()
    stood = [steps.read(ticket)]
    for account, verb, body in (
        ("sorter", "sort", {"category": "drain", "urgency": "urgent"}),
        ("dispatcher", "dispatch", {"lead": "water"}),
        ("water", "claim", {}),
    ):
        steps.do(account, ticket, verb, **body)
        stood.append(steps.read(ticket))
    assert [steps.read(ticket, version=version) for version in (1, 2, 3, 4)] == stood
    answer = steps.people["auditor"].get(ticket, params={"version": 2})
    assert answer.headers["etag"] == '"2"'
    for version in (0, -1, 5, 10**30):
        problem(steps.people["auditor"].get(ticket, params={"version": version}), 422, "OutOfRange")


def test_a_ticket_can_be_read_as_it_stood_at_any_time(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    moments = [datetime.fromisoformat(item["at"]) for item in steps.history(ticket)]
    now = steps.read(ticket)
    assert steps.read(ticket, at=moments[-1].isoformat()) == now
    assert steps.read(ticket, at=(moments[-1] + timedelta(days=1)).isoformat()) == now
    before = (moments[1] - timedelta(microseconds=1)).isoformat()
    assert steps.read(ticket, at=before) == steps.read(ticket, version=1)
    earlier = (moments[0] - timedelta(microseconds=1)).isoformat()
    problem(steps.people["auditor"].get(ticket, params={"at": earlier}), 404, "UnknownTicket")


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2026-11-22T09:00:00", 422), ("yesterday", 400), ("", 400), ("2026-13-01T00:00:00Z", 400),
        ("0001-01-01T00:00:00+14:00", 404), ("0001-01-01T00:00:00Z", 404),
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_refused(steps: Steps, at: str, status: int) -> None:
    ticket = steps.report()
    answer = steps.people["auditor"].get(ticket, params={"at": at})
    problem(answer, status, {400: "Malformed", 404: "UnknownTicket", 422: "OutOfRange"}[status])


def test_the_last_moment_there_is_shows_the_ticket_as_it_stands(steps: Steps) -> None:
    ticket = steps.report()
    assert steps.read(ticket, at="9999-12-31T23:59:59-12:00") == steps.read(ticket)


def test_the_history_says_who_did_what_when_and_on_which_position(steps: Steps) -> None:
    ticket = steps.at_stage("verified")
    items = steps.history(ticket)
    assert [item["version"] for item in items] == list(range(1, len(items) + 1))
    positions = [item["position"] for item in items]
    assert positions == list(range(positions[0], positions[0] + len(items)))
    assert [(item["event"], item["topic"], item["by"]) for item in items[:4]] == [
        ("Reported", "ticket.reported", {"account": "grid", "role": "grid_worker", "unit": GRID}),
        ("Sorted", "ticket.sorted", {"account": "sorter", "role": "sorter", "unit": "220621100001"}),
        ("Dispatched", "ticket.dispatched",
         {"account": "dispatcher", "role": "dispatcher", "unit": "220621100"}),
        ("Claimed", "ticket.claimed", {"account": "water", "role": "handler", "unit": "water"}),
    ]  # fmt: skip
    for item in items:
        assert set(item) >= {"position", "version", "event", "topic", "at", "recorded_at", "by", "data"}
        happened, recorded = (datetime.fromisoformat(item[name]) for name in ("at", "recorded_at"))
        assert abs(recorded - happened) < timedelta(minutes=1)
    assert items[1]["data"]["category"] == "drain"
    assert items[2]["data"]["lead"] == "water"
    assert items[5]["data"]["result"] == "已疏通。"


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 200])
def test_a_history_pages_without_losing_or_doubling(steps: Steps, limit: int) -> None:
    ticket = steps.at_stage("verified")
    found, cursor = [], None
    while True:
        asked = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        page = steps.get("auditor", f"{ticket}/history", **asked)
        assert set(page) == {"items", "next"}
        assert 1 <= len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == steps.history(ticket)


@pytest.mark.parametrize(
    "path",
    [
        "/api/tickets/00000000-0000-0000-0000-000000000000", "/api/tickets/nonsense", "/api/tickets/%00",
        "/api/tickets/' OR 1=1 --", "/api/tickets/" + "x" * 3000,
        "/api/tickets/{id}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("rest", ["", "/history"])
def test_what_is_no_ticket_is_not_found(steps: Steps, path: str, rest: str) -> None:
    problem(steps.people["auditor"].get(path + rest), 404, "UnknownTicket")
