"""Small promises of the interface: repeats, headers, empty filters, absent bodies, what is said again."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.api.steps import REPORT, Steps, body_of, problem

DEPARTMENT = {"code": "parks", "name": "园林", "kind": "department"}


def test_a_repeated_report_gets_its_receipt_even_where_it_would_be_refused_now(own: Steps) -> None:
    key, grid, admin = {"Idempotency-Key": "again"}, own.people["grid"], own.people["admin"]
    first = grid.post("/api/tickets", json=REPORT, headers=key)
    held = {"role": "grid_worker", "unit": REPORT["grid"]}
    assert admin.post("/api/accounts/grid/revoke", json=held).status_code == 200
    assert admin.post(f"/api/units/{REPORT['grid']}/close").status_code == 200
    with own.nothing_done():
        again = grid.post("/api/tickets", json=REPORT, headers=key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["location"] == first.headers["location"]
        problem(grid.post("/api/tickets", json={**REPORT, "title": "别的"}, headers=key), 422, "KeyReused")
        assert grid.post("/api/tickets", json=REPORT).status_code >= 400


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("/api/units", DEPARTMENT, {**DEPARTMENT, "name": "绿化"}),
        ("/api/accounts", {"account": "li", "name": "李"}, {"account": "li", "name": "梅"}),
    ],
)
def test_a_repeated_opening_gets_its_receipt_from_who_may_not_open_any_more(
    own: Steps, path: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    key, admin = {"Idempotency-Key": "again"}, own.people["admin"]
    first = admin.post(path, json=body, headers=key)
    assert first.status_code == 201
    problem(admin.post(path, json=other, headers=key), 422, "KeyReused")
    held = {"role": "administrator", "unit": ""}
    assert admin.post("/api/accounts/admin/revoke", json=held).status_code == 200
    with own.nothing_done():
        again = admin.post(path, json=body, headers=key)
        assert (again.status_code, again.json()) == (201, first.json())
        problem(admin.post(path, json=body), 403, "NotYours")


@pytest.mark.parametrize("headers", [{"If-Match": "nonsense"}, {"Idempotency-Key": "x" * 201}], ids=str)
def test_headers_of_writes_mean_nothing_to_a_read(steps: Steps, headers: dict[str, str]) -> None:
    assert steps.people["auditor"].get("/api/tickets", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("account", "path", "body"),
    [
        ("grid", "/api/tickets", REPORT),
        ("admin", "/api/units", DEPARTMENT),
        ("admin", "/api/accounts", {"account": "li", "name": "李"}),
    ],
)
def test_what_is_yet_to_be_made_is_at_no_version_but_0(
    own: Steps, account: str, path: str, body: dict[str, Any]
) -> None:
    client = own.people[account]
    with own.nothing_done():
        problem(client.post(path, json=body, headers={"If-Match": '"1"'}), 412, "VersionDiffers")
    assert client.post(path, json=body, headers={"If-Match": '"0"'}).status_code == 201


FILTERS = (
    ("/api/tickets", "department"), ("/api/tickets", "community"), ("/api/tickets", "grid"),
    ("/api/tickets", "category"), ("/api/overdue", "department"), ("/api/overdue", "community"),
    ("/api/units", "parent"),
)  # fmt: skip


@pytest.mark.parametrize(("path", "name"), FILTERS)
def test_an_empty_filter_is_refused_and_an_unknown_one_finds_nothing(
    steps: Steps, path: str, name: str
) -> None:
    steps.at_stage("dispatched")
    steps.people.catch_up()
    auditor = steps.people["auditor"]
    for refused in ("", "x" * 51):
        assert name in problem(auditor.get(path, params={name: refused}), 422, "OutOfRange")
    assert steps.get("auditor", path, **{name: "nonsense"}) == {"items": [], "next": None}


def test_a_verb_that_needs_no_words_needs_no_body(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    water = steps.people["water"]
    for verb, version in (("claim", 4), ("attend", 5)):
        answer = water.post(f"{ticket}/{verb}")
        assert answer.status_code == 200, answer.text
        assert body_of(answer)["version"] == version
    with steps.nothing_done(ticket):
        problem(water.post(f"{ticket}/handle"), 400, "Malformed")
        problem(steps.people["grid"].post("/api/tickets"), 400, "Malformed")


def test_a_ticket_is_joined_only_to_one_that_is_seen(steps: Steps) -> None:
    mine = steps.report()
    foreign = steps.report("dispatcher", grid="220621100002-01")
    unknown = "00000000-0000-0000-0000-000000000000"
    with steps.nothing_done(mine, foreign):
        for into in (foreign.rpartition("/")[2], unknown):
            answer = steps.people["sorter"].post(f"{mine}/join", json={"into": into})
            assert into in problem(answer, 404, "UnknownTicket")


LONG = "好" * 1000
ECHOED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("grid", "/api/tickets", {**REPORT, "grid": LONG}),
    ("grid", "/api/tickets", {**REPORT, "category": LONG}),
    ("dispatcher", "{ticket}/dispatch", {"lead": LONG}),
    ("dispatcher", "{ticket}/accept_return", {"department": LONG, "note": "x"}),
    ("water", "{ticket}/claim", {"department": LONG}),
    ("water", f"/api/tickets/{LONG}/claim", {}),
    ("admin", f"/api/accounts/{LONG}/close", {}),
    ("admin", f"/api/units/{LONG}/close", {}),
    ("admin", "/api/accounts/water/grant", {"role": "handler", "unit": LONG}),
    ("admin", "/api/units", {**DEPARTMENT, "extra": {LONG: "\0"}}),
    ("admin", "/api/units", {**DEPARTMENT, "extra": {LONG: 1}}),
)


def test_a_refusal_repeats_50_characters_of_what_was_written_at_most(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    with steps.nothing_done(ticket):
        for account, path, body in ECHOED:
            answer = steps.people[account].post(path.format(ticket=ticket), json=body)
            assert 400 <= answer.status_code < 500, (path, answer.text)
            assert answer.json()["detail"].count("好") <= 50, (path, answer.text)


def test_the_log_says_who_changed_something(steps: Steps) -> None:
    with capture_logs() as lines:
        steps.report()
    (accepted,) = (line for line in lines if line["event"] == "command_accepted")
    assert accepted["account"] == "grid"
