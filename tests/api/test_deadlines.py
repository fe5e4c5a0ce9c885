"""`GET /api/tickets/{id}/deadlines`: every clock of a ticket, and why it is due when it is."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.terminal.managing import at_work
from domain.actors import OPERATOR
from domain.calendar import CHINA
from domain.working_time import CHINESE, Day, Year
from domain.working_time.entered import EnteredCalendar, EnterYears
from tests.api.steps import Steps, problem
from tests.api.test_views import dispatched_ago, keep

SHAPE = {"clock", "unit", "started_at", "due_at", "state", "rule", "explanation"}
OF_DEPARTMENT = ("claim", "contact", "attend", "handle")
PAPER = "试〔1〕号"


def clocks(steps: Steps, ticket: str, account: str = "auditor", **asked: Any) -> dict[tuple[str, str], Any]:
    """The clocks of the ticket, by name and unit."""
    items = steps.get(account, f"{ticket}/deadlines", **asked)["items"]
    return {(item["clock"], item["unit"]): item for item in items}


def test_every_clock_says_whose_it_is_where_it_stands_and_why(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    found = clocks(steps, ticket)
    assert {key: item["state"] for key, item in found.items()} == {
        ("sort", "220621100001"): "stopped",
        ("dispatch", "220621100"): "stopped",
        **{(name, department): "running" for name in OF_DEPARTMENT for department in ("water", "housing")},
    }
    for item in found.values():
        assert set(item) >= SHAPE
        assert item["rule"] in item["explanation"][0]
        assert any(line.startswith("started ") for line in item["explanation"])
        assert item["late"] is False
    for task in steps.read(ticket)["tasks"]:
        assert found["handle", task["department"]]["due_at"] == task["due_at"]
        assert found["claim", task["department"]]["due_at"] == task["claim_by"]


def test_clocks_are_seen_as_they_stood_at_a_version_or_a_time(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    second = steps.history(ticket)[1]
    assert {key: item["state"] for key, item in clocks(steps, ticket, version=1).items()} == {
        ("sort", "220621100001"): "running"
    }
    stood = clocks(steps, ticket, at=second["at"])
    assert {key[0]: item["state"] for key, item in stood.items()} == {
        "sort": "stopped",
        "dispatch": "running",
    }
    later = datetime.now(UTC) + timedelta(days=30)
    states = {item["state"] for item in clocks(steps, ticket, at=later.isoformat()).values()}
    assert states == {"stopped", "overdue"}
    problem(steps.people["auditor"].get(f"{ticket}/deadlines", params={"version": 99}), 422, "OutOfRange")


def test_a_return_stops_the_departments_clocks_and_starts_the_dispatchers(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    steps.do("housing", ticket, "send_back", reason="不归我们管。")
    found = clocks(steps, ticket)
    assert {found[name, "housing"]["state"] for name in OF_DEPARTMENT} == {"paused"}
    town = found["dispatch", "220621100"]
    assert (town["state"], town["about"]) == ("running", "housing")
    steps.do("dispatcher", ticket, "refuse_return", department="housing", note="请继续。")
    resumed = clocks(steps, ticket)["handle", "housing"]
    assert resumed["state"] == "running"
    assert any("stood still" in line for line in resumed["explanation"])


def test_the_deadline_and_its_rule_are_in_the_event(steps: Steps) -> None:
    history = steps.history(steps.at_stage("dispatched"))
    (dispatched,) = (item for item in history if item["event"] == "Dispatched")
    rules = {clock["rule"] for clock in dispatched["data"]["clocks"]}
    assert {f"example terms 2026-01, {name}, urgent" for name in OF_DEPARTMENT} == rules


def test_whoever_sees_the_ticket_sees_its_clocks_and_nobody_else(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    for account in ("grid", "sorter", "dispatcher", "water", "supervisor"):
        assert clocks(steps, ticket, account)
    problem(steps.people["civil"].get(f"{ticket}/deadlines"), 404, "UnknownTicket")
    problem(steps.people.nobody.get(f"{ticket}/deadlines"), 401, "NotSignedIn")
    link = steps.people["sorter"].post(f"{ticket}/link").json()["token"]
    assert steps.client(link).get(f"{ticket}/deadlines").status_code == 200


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_of_clocks_are_all_of_them(steps: Steps, limit: int) -> None:
    ticket = steps.at_stage("dispatched")
    whole = steps.get("auditor", f"{ticket}/deadlines")
    assert (len(whole["items"]), whole["next"]) == (10, None)
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = steps.get("auditor", f"{ticket}/deadlines", limit=limit, **cursor)
        found += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole["items"]


def test_a_calendar_that_was_entered_decides_from_then_on(own: Steps) -> None:
    today = datetime.now(CHINA).date()
    off = [Day(today + timedelta(days=n), "试验", True) for n in range(15)]
    years = tuple(
        Year(year, (PAPER,), tuple(day for day in off if day.date.year == year))
        for year in (today.year, today.year + 1)
    )

    async def enter() -> None:
        async with at_work(own.people.database) as service:
            begun = EnteredCalendar.begin(CHINESE.name, by=OPERATOR, at=service.store.now())
            begun.enter(EnterYears(years), by=OPERATOR, at=service.store.now())
            await service.store.create(begun)

    before = own.at_stage("handled")
    asyncio.run(enter())
    after = clocks(own, own.at_stage("handled"))["verify", "220621100001"]
    assert datetime.fromisoformat(after["due_at"]) > datetime.now(UTC) + timedelta(days=14)
    assert any(PAPER in line for line in after["explanation"])
    kept = clocks(own, before)["verify", "220621100001"]
    assert not any(PAPER in line for line in kept["explanation"])


def test_a_department_asks_for_more_time_and_the_dispatcher_decides(steps: Steps) -> None:
    ticket = steps.at_stage("claimed")
    before = datetime.fromisoformat(steps.read(ticket)["tasks"][0]["due_at"])
    steps.do("water", ticket, "request_extension", reason="等材料。")
    with steps.nothing_done(ticket):
        decision = {"department": "water", "note": "同意。"}
        problem(steps.people["water"].post(f"{ticket}/grant_extension", json=decision), 403, "NotYours")
    assert steps.read(ticket)["tasks"][0]["extension_asked_at"] is not None
    steps.do("dispatcher", ticket, "grant_extension", department="water", note="同意。")
    task = steps.read(ticket)["tasks"][0]
    assert datetime.fromisoformat(task["due_at"]) == before + timedelta(days=1)
    assert (task["extensions"], task["extension_asked_at"]) == (1, None)
    steps.do("water", ticket, "request_extension", reason="还缺一件。")
    steps.do("dispatcher", ticket, "refuse_extension", department="water", note="来得及。")
    assert steps.read(ticket)["tasks"][0]["extensions"] == 1
    with steps.nothing_done(ticket):
        problem(steps.people["dispatcher"].post(f"{ticket}/grant_extension", json=decision), 409, "NotAsked")


def test_what_is_on_hold_is_counted_apart_until_it_is_resumed(own: Steps) -> None:
    def load() -> tuple[int, int, int]:
        own.people.catch_up()
        rows = own.get("dispatcher", "/api/workload")["departments"]
        (line,) = (row for row in rows if row["department"] == "water")
        return line["open"], line["in_hand"], line["on_hold"]

    ticket = own.at_stage("claimed")
    assert load() == (1, 1, 0)
    review = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    own.do("dispatcher", ticket, "hold", department="water", reason="等批复。", review_at=review)
    assert load() == (0, 0, 1)
    assert clocks(own, ticket)["handle", "water"]["state"] == "paused"
    with own.nothing_done(ticket):
        problem(own.people["water"].post(f"{ticket}/handle", json={"result": "好了。"}), 409, "OnHold")
    own.do("dispatcher", ticket, "resume", department="water")
    assert load() == (1, 1, 0)
    task = own.read(ticket)["tasks"][0]
    assert (task["held_at"], task["review_at"]) == (None, None)


def test_an_appeal_that_is_upheld_changes_what_counts_and_never_the_fact(own: Steps) -> None:
    made = dispatched_ago(2)
    asyncio.run(keep(own.people, made))
    ticket = f"/api/tickets/{made.id}"
    own.do("water", ticket, "appeal", clock="claim", reason="路面结冰。")
    decision = {"department": "water", "clock": "claim", "note": "属实。"}
    problem(own.people["dispatcher"].post(f"{ticket}/uphold_appeal", json=decision), 403, "NotYours")
    own.do("supervisor", ticket, "uphold_appeal", **decision)
    claim = clocks(own, ticket)["claim", "water"]
    assert (claim["state"], claim["late"], claim["counts"]) == ("overdue", True, False)
    own.people.catch_up()
    listed = own.get("water", "/api/overdue")["items"]
    assert ("claim", str(made.id)) in {(item["clock"], item["ticket"]) for item in listed}
