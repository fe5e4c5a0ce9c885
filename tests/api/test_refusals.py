"""What is refused for its value, its moment or who asks: by name, in words, and nothing half done."""

import json
from typing import Any

import pytest

from tests.api.steps import GRID, REPORT, Steps, problem

RANGE, NO_DEPARTMENT, TASK = "OutOfRange", "UnknownDepartment", "TaskWrongStage"
NONE, CALLED = "NoTask", "AlreadyCalled"
TOWN, COMMUNITY = "dispatcher of 220621100", "sorter of 220621100001"
STAGES = "reported", "sorted", "dispatched", "handled", "verified"


@pytest.fixture(scope="module")
def tickets(steps: Steps) -> dict[str, str]:
    """A ticket at each stage, which nothing here must change."""
    return {
        stage: steps.at_stage(stage) for stage in ("reported", "sorted", "dispatched", "handled", "verified")
    }


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"title": ""}, RANGE), ({"title": "   "}, RANGE),
        ({"title": "\u3000\u00a0\t\n"}, RANGE),
        ({"title": "x" * 201}, RANGE), ({"title": "a\0b"}, RANGE),
        ({"description": ""}, RANGE),
        ({"description": "述" * 8001}, RANGE), ({"description": "\0"}, RANGE),
        ({"address": "x" * 2001}, RANGE), ({"address": "a\0"}, RANGE),
        ({"urgency": "slow"}, RANGE), ({"urgency": ""}, RANGE),
        ({"urgency": "URGENT"}, RANGE),
        ({"source": "dream"}, RANGE), ({"location": {"longitude": 181, "latitude": 0}}, RANGE),
        ({"location": {"longitude": 0, "latitude": -90.01}}, RANGE),
        ({"photos": ["x"] * 10}, RANGE), ({"photos": [""]}, RANGE),
        ({"photos": ["x" * 101]}, RANGE), ({"photos": ["a\0"]}, RANGE),
        ({"reporter": {"name": "x" * 2001}}, RANGE), ({"reporter": {"phone": "1\0"}}, RANGE),
        ({"handled": " "}, RANGE), ({"handled": "x" * 2001}, RANGE),
        ({"category": "nonsense"}, "UnknownCategory"), ({"category": ""}, "UnknownCategory"),
        ({"category": "\0"}, "UnknownCategory"), ({"category": "x" * 5000}, "UnknownCategory"),
        ({"grid": "nonsense"}, "UnknownGrid"), ({"grid": ""}, "UnknownGrid"), ({"grid": "\0"}, "UnknownGrid"),
        ({"grid": "220621100001-99"}, "UnknownGrid"), ({"grid": "x" * 5000}, "UnknownGrid"),
        ({"grid": "220621100001"}, "UnknownGrid"), ({"grid": "water"}, "UnknownGrid"),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_a_report_of_what_cannot_be_is_refused(steps: Steps, changed: dict[str, Any], name: str) -> None:
    with steps.nothing_done():
        detail = problem(steps.people["grid"].post("/api/tickets", json={**REPORT, **changed}), 422, name)
    assert len(detail) < 500


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_place_that_is_no_number_is_refused(steps: Steps, number: str) -> None:
    body = json.dumps({**REPORT, "location": {"longitude": 0.5, "latitude": 1}}).replace("0.5", number)
    with steps.nothing_done():
        answer = steps.people["grid"].post(
            "/api/tickets", content=body.encode(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    ("stage", "account", "verb", "body", "name"),
    [
        ("reported", "sorter", "sort", {"category": "nonsense", "urgency": "urgent"}, "UnknownCategory"),
        ("reported", "sorter", "sort", {"category": "drain", "urgency": "soon"}, RANGE),
        ("reported", "sorter", "sort", {"category": "drain", "urgency": "urgent", "note": "x" * 2001}, RANGE),
        ("reported", "sorter", "reject", {"reason": " "}, RANGE),
        ("sorted", "dispatcher", "dispatch", {"lead": "nonsense"}, NO_DEPARTMENT),
        ("sorted", "dispatcher", "dispatch", {"lead": ""}, NO_DEPARTMENT),
        ("sorted", "dispatcher", "dispatch", {"lead": "\0"}, NO_DEPARTMENT),
        ("sorted", "dispatcher", "dispatch", {"lead": GRID}, NO_DEPARTMENT),
        ("sorted", "dispatcher", "dispatch", {"lead": "water", "assisting": ["nonsense"]}, NO_DEPARTMENT),
        ("sorted", "dispatcher", "dispatch", {"lead": "water", "assisting": ["water"]}, RANGE),
        ("sorted", "dispatcher", "dispatch", {"lead": "water", "assisting": ["power", "power"]}, RANGE),
        ("sorted", "dispatcher", "dispatch", {"lead": "water", "due_at": "2020-01-01T00:00:00Z"}, RANGE),
        ("sorted", "dispatcher", "dispatch", {"lead": "water", "due_at": "2999-01-01T00:00:00Z"}, RANGE),
        ("sorted", "dispatcher", "dispatch", {"lead": "water", "due_at": "2026-12-01T00:00:00"}, RANGE),
        ("dispatched", "housing", "send_back", {"reason": ""}, RANGE),
        ("handled", "sorter", "verify", {"solved": "perhaps"}, RANGE),
        ("handled", "sorter", "verify", {"solved": "solved", "satisfied": "very"}, RANGE),
        ("handled", "sorter", "verify", {"solved": "solved", "note": "\0"}, RANGE),
        ("handled", "sorter", "reopen", {"reason": "\t"}, RANGE),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_verb_with_a_value_out_of_range_is_refused(
    steps: Steps,
    tickets: dict[str, str],
    stage: str,
    account: str,
    verb: str,
    body: dict[str, Any],
    name: str,
) -> None:
    with steps.nothing_done(tickets[stage]):
        problem(steps.people[account].post(f"{tickets[stage]}/{verb}", json=body), 422, name)


@pytest.mark.parametrize(
    ("stage", "account", "verb", "body", "name"),
    [
        ("sorted", "sorter", "sort", {"category": "drain", "urgency": "urgent"}, "WrongStage"),
        ("sorted", "sorter", "reject", {"reason": "x"}, "WrongStage"),
        ("reported", "dispatcher", "dispatch", {"lead": "water"}, "WrongStage"),
        ("handled", "dispatcher", "dispatch", {"lead": "power"}, "WrongStage"),
        ("handled", "water", "claim", {}, "WrongStage"),
        ("dispatched", "sorter", "verify", {"solved": "solved"}, "WrongStage"),
        ("verified", "sorter", "verify", {"solved": "solved"}, "WrongStage"),
        ("reported", "sorter", "reopen", {"reason": "x"}, "WrongStage"),
        ("verified", "sorter", "part", {"reason": "x"}, "WrongStage"),
        ("dispatched", "water", "handle", {"result": "x"}, TASK),
        ("dispatched", "water", "attend", {}, TASK),
        ("dispatched", "water", "note_progress", {"text": "x"}, TASK),
        ("dispatched", "water", "send_back", {"reason": "x"}, "LeadCannotSendBack"),
        ("dispatched", "dispatcher", "accept_return", {"department": "water", "note": "x"}, TASK),
        ("dispatched", "dispatcher", "refuse_return", {"department": "civil", "note": "x"}, NONE),
        ("dispatched", "dispatcher", "accept_return", {"department": "\0", "note": "x"}, NONE),
        ("dispatched", "dispatcher", "dispatch", {"lead": "water", "assisting": ["housing"]}, CALLED),
        ("dispatched", "dispatcher", "dispatch", {"lead": "water"}, "NothingToDispatch"),
        ("verified", "sorter", "reopen", {"reason": "x", "departments": ["power"]}, "NoTask"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_verb_at_the_wrong_moment_is_a_conflict(
    steps: Steps,
    tickets: dict[str, str],
    stage: str,
    account: str,
    verb: str,
    body: dict[str, Any],
    name: str,
) -> None:
    with steps.nothing_done(tickets[stage]):
        problem(steps.people[account].post(f"{tickets[stage]}/{verb}", json=body), 409, name)


@pytest.mark.parametrize(
    ("stage", "account", "verb", "body", "whose"),
    [
        ("reported", "grid", "sort", {"category": "drain", "urgency": "urgent"}, COMMUNITY),
        ("reported", "dispatcher", "sort", {"category": "drain", "urgency": "urgent"}, COMMUNITY),
        ("sorted", "sorter", "dispatch", {"lead": "water"}, TOWN),
        ("sorted", "supervisor", "dispatch", {"lead": "water"}, TOWN),
        ("dispatched", "dispatcher", "claim", {}, "handler of water"),
        ("dispatched", "water", "claim", {"department": "housing"}, "handler of housing"),
        ("dispatched", "housing", "handle", {"result": "x", "department": "water"}, "handler of water"),
        ("dispatched", "auditor", "claim", {}, "handler of water or a handler of housing"),
        ("handled", "water", "verify", {"solved": "solved"}, COMMUNITY),
        ("handled", "dispatcher", "verify", {"solved": "solved"}, "grid worker of 220621100001-01"),
        ("verified", "auditor", "reopen", {"reason": "x"}, TOWN),
        ("verified", "water", "reopen", {"reason": "x"}, COMMUNITY),
        ("dispatched", "water", "accept_return", {"department": "housing", "note": "x"}, TOWN),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_who_may_not_is_told_who_may(
    steps: Steps,
    tickets: dict[str, str],
    stage: str,
    account: str,
    verb: str,
    body: dict[str, Any],
    whose: str,
) -> None:
    with steps.nothing_done(tickets[stage]):
        answer = steps.people[account].post(f"{tickets[stage]}/{verb}", json=body)
        assert whose in problem(answer, 403, "NotYours")


@pytest.mark.parametrize("account", ["water", "housing", "supervisor", "auditor", "admin"])
def test_who_may_not_report_is_told_who_may(steps: Steps, account: str) -> None:
    with steps.nothing_done():
        answer = steps.people[account].post("/api/tickets", json=REPORT)
        assert f"grid worker of {GRID}" in problem(answer, 403, "NotYours")


def test_a_grid_worker_reports_for_her_own_grid_alone(steps: Steps) -> None:
    with steps.nothing_done():
        answer = steps.people["grid"].post("/api/tickets", json={**REPORT, "grid": "220621100001-02"})
        assert "220621100001-02" in problem(answer, 403, "NotYours")


@pytest.mark.parametrize("account", ["power", "admin"])
@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("claim", {}), ("claim", {"department": "power"}), ("dispatch", {"lead": "power"}),
        ("handle", {"result": "x"}), ("sort", {"category": "drain", "urgency": "urgent"}),
        ("verify", {"solved": "solved"}),
        ("reopen", {"reason": "x"}), ("send_back", {"reason": "x"}), ("reject", {"reason": "x"}),
        ("accept_return", {"department": "water", "note": "x"}), ("note_progress", {"text": "x"}),
        ("link", None),
    ],
)  # fmt: skip
def test_a_foreign_units_ticket_is_as_good_as_none(
    steps: Steps, tickets: dict[str, str], account: str, verb: str, body: dict[str, Any] | None
) -> None:
    ticket = tickets["dispatched"]
    none = "/api/tickets/01900000-0000-7000-8000-000000000000"
    with steps.nothing_done(ticket):
        foreign = steps.people[account].post(f"{ticket}/{verb}", json=body)
        unknown = steps.people[account].post(f"{none}/{verb}", json=body)
    said = problem(foreign, 404, "UnknownTicket").replace(ticket.rpartition("/")[2], "ID")
    assert said == problem(unknown, 404, "UnknownTicket").replace(none.rpartition("/")[2], "ID")


def test_a_stale_version_of_a_foreign_ticket_says_nothing_of_it(
    steps: Steps, tickets: dict[str, str]
) -> None:
    answer = steps.people["power"].post(
        f"{tickets['dispatched']}/claim", json={}, headers={"If-Match": '"1"'}
    )
    problem(answer, 404, "UnknownTicket")
