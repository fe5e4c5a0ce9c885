"""Requests of the wrong form or size: each its own clear answer, and nothing done."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.steps import GRID, REPORT, Steps, problem

MEBIBYTE = 1024 * 1024
HALF = "a\ud800b"
"""Half a pair: JSON can write it, no database can keep it."""


@pytest.fixture(scope="module")
def ticket(steps: Steps) -> str:
    """A ticket that nothing here must change."""
    return steps.at_stage("dispatched")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"{'title': 'x'}", b"nonsense", b'{"title": "x",}', b"\xff\xfe{}",
        b'{"title": "\xe4\xb8"}',         b"[" * 100_000, b'{"title": ' + b"9" * 5000 + b"}", b"null", b"[]",
        b'"text"', b"3", b"\x00",
        b"title=x&description=y&grid=z",
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_no_json_object_is_malformed(steps: Steps, ticket: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    with steps.nothing_done(ticket):
        for account, path in (("grid", "/api/tickets"), ("water", f"{ticket}/claim")):
            answer = steps.people[account].post(path, content=body, headers=headers)
            problem(answer, 400, "Malformed")


def test_a_body_of_another_content_type_is_malformed(steps: Steps, ticket: str) -> None:
    with steps.nothing_done(ticket):
        answer = steps.people["grid"].post("/api/tickets", data={"title": "x", "grid": GRID})
        problem(answer, 400, "Malformed")


@pytest.mark.parametrize("missing", ["title", "description", "grid"])
def test_a_report_without_a_needed_field_is_malformed(steps: Steps, missing: str) -> None:
    body = {name: value for name, value in REPORT.items() if name != missing}
    with steps.nothing_done():
        assert missing in problem(steps.people["grid"].post("/api/tickets", json=body), 400, "Malformed")


@pytest.mark.parametrize(
    "changed",
    [
        {"title": 1}, {"title": None}, {"title": ["x"]}, {"title": {"a": 1}}, {"description": True},
        {"grid": 220621},         {"category": 1}, {"address": []}, {"location": "here"},
        {"location": [1, 2]}, {"location": {}},
        {"location": {"longitude": 1}}, {"location": {"longitude": "east", "latitude": 1}},
        {"reporter": "me"},
        {"reporter": {"name": 1}}, {"photos": "a"}, {"photos": [1]}, {"photos": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_field_of_the_wrong_type_is_malformed(steps: Steps, changed: dict[str, Any]) -> None:
    with steps.nothing_done():
        answer = steps.people["grid"].post("/api/tickets", json={**REPORT, **changed})
        assert next(iter(changed)) in problem(answer, 400, "Malformed")


@pytest.mark.parametrize(
    ("account", "verb", "body"),
    [
        ("sorter", "sort", {}), ("sorter", "sort", {"category": "drain"}), ("sorter", "reject", {}),
        ("dispatcher", "dispatch", {}), ("dispatcher", "dispatch", {"lead": "power", "assisting": "civil"}),
        ("dispatcher", "dispatch", {"lead": "power", "due_at": "soon"}), ("water", "handle", {}),
        ("water", "handle", {"result": 1}), ("water", "note_progress", {}), ("housing", "send_back", {}),
        ("dispatcher", "accept_return", {}), ("dispatcher", "refuse_return", {"department": "housing"}),
        ("sorter", "verify", {}), ("sorter", "reopen", {}), ("sorter", "reopen", {"reason": None}),
        ("sorter", "join", {}), ("sorter", "join", {"into": "nonsense"}), ("sorter", "part", {}),
        ("water", "claim", {"department": 1}),
    ],
)  # fmt: skip
def test_a_verb_without_what_it_needs_is_malformed(
    steps: Steps, ticket: str, account: str, verb: str, body: dict[str, Any]
) -> None:
    with steps.nothing_done(ticket):
        problem(steps.people[account].post(f"{ticket}/{verb}", json=body), 400, "Malformed")


@pytest.mark.parametrize(
    ("account", "path", "body"),
    [
        *(
            ("grid", "/api/tickets", REPORT | {field: HALF})
            for field in ("title", "description", "grid", "category", "address", "urgency")
        ),
        ("grid", "/api/tickets", REPORT | {"reporter": {"name": HALF}}),
        ("grid", "/api/tickets", REPORT | {"photos": [HALF]}),
        ("water", "{ticket}/claim", {"department": HALF}),
        ("dispatcher", "{ticket}/dispatch", {"lead": HALF}),
        ("dispatcher", "{ticket}/accept_return", {"department": HALF, "note": "x"}),
        ("sorter", "{ticket}/reject", {"reason": HALF}),
        ("admin", "/api/accounts", {"account": HALF, "name": "x"}),
        ("admin", "/api/accounts/water/grant", {"role": "handler", "unit": HALF}),
        ("admin", "/api/accounts/water/password", {"password": HALF * 10}),
        ("admin", "/api/units", {"code": "x", "name": HALF, "kind": "grid"}),
        ("admin", "/api/units", {"code": HALF, "name": "x", "kind": "grid", "parent": HALF}),
        ("admin", "/api/session", {"account": HALF, "password": "x"}),
        ("admin", "/api/session", {"account": "water", "password": HALF}),
    ],
    ids=lambda value: ascii(value)[-60:],
)
def test_half_a_character_is_refused_wherever_it_stands(
    steps: Steps, ticket: str, account: str, path: str, body: dict[str, Any]
) -> None:
    with steps.nothing_done(ticket):
        answer = steps.people[account].post(
            path.format(ticket=ticket),
            content=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert "halves of characters" in problem(answer, 400, "Malformed")


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "large"}], ids=["without key", "with key"])
@pytest.mark.parametrize("path", ["/api/tickets", "/api/session", "{ticket}/handle"])
@pytest.mark.parametrize("size", [MEBIBYTE + 1, 10 * MEBIBYTE])
def test_too_large_a_body_is_refused_with_a_length_and_in_pieces(
    steps: Steps, ticket: str, path: str, key: dict[str, str], size: int
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"title": "'
        for _ in range(size // 65536 + 1):
            yield b"x" * 65536

    headers = {"Content-Type": "application/json", **key}
    with steps.nothing_done(ticket):
        for content in (b"x" * size, pieces()):
            answer = steps.people["water"].post(path.format(ticket=ticket), content=content, headers=headers)
            assert "1 MiB" in problem(answer, 413, "TooLarge")


def test_the_largest_report_there_can_be_is_taken(steps: Steps) -> None:
    ticket = steps.report(title="题" * 200, description="\U0001f6b0" * 8000, address="址" * 2000)
    assert len(steps.read(ticket)["description"]) == 8000


def test_an_unknown_path_is_not_found(steps: Steps) -> None:
    for path in ("/api", "/api/nonsense", "/nonsense", "/api/tickets/x/y/z", "/api/log/../../etc/passwd"):
        problem(steps.people["auditor"].get(path), 404, "NotFound")
    problem(steps.people["auditor"].post("/api/tickets/x/fly", json={}), 404, "NotFound")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/tickets", {"GET", "POST"}), ("DELETE", "/api/tickets", {"GET", "POST"}),
        ("POST", "/api/workload", {"GET"}), ("PATCH", "/api/session", {"GET", "POST", "DELETE"}),
        ("DELETE", "{ticket}", {"GET"}), ("PUT", "{ticket}", {"GET"}), ("GET", "{ticket}/claim", {"POST"}),
        ("DELETE", "{ticket}/history", {"GET"}), ("POST", "/api/health", {"GET"}),
    ],
)  # fmt: skip
def test_a_wrong_method_is_refused_and_says_which_are_right(
    steps: Steps, ticket: str, method: str, path: str, allowed: set[str]
) -> None:
    with steps.nothing_done(ticket):
        answer = steps.people["auditor"].request(method, path.format(ticket=ticket))
        problem(answer, 405, "MethodNotAllowed")
    given = {name.strip() for name in answer.headers["allow"].split(",")} - {"HEAD"}
    assert given == allowed


def test_every_answer_carries_an_id_and_is_nobodys_to_keep(steps: Steps, ticket: str) -> None:
    auditor = steps.people["auditor"]
    ids = set()
    for path in (ticket, "/api/tickets", "/api/nonsense", "/api/tickets/nonsense", "/openapi.json"):
        answer = auditor.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        ids.add(answer.headers["x-request-id"])
    assert len(ids) == 5
