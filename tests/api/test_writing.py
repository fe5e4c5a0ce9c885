"""Writes: the receipt, where the new ticket is, which version it must be at, and repeats that do no harm."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest

from tests.api.steps import LIFE, REPORT, Steps, body_of, problem

RECEIPT = {"id", "number", "version", "position"}


def test_a_report_is_answered_with_a_receipt_and_where_the_ticket_is(steps: Steps) -> None:
    before = steps.position()
    answer = steps.people["grid"].post("/api/tickets", json=REPORT)
    assert answer.status_code == 201
    receipt = body_of(answer)
    assert set(receipt) == RECEIPT
    assert str(UUID(receipt["id"])) == receipt["id"]
    assert receipt["number"].startswith("FS-")
    assert (receipt["version"], receipt["position"]) == (1, before + 1)
    assert answer.headers["location"] == f"/api/tickets/{receipt['id']}"
    assert answer.headers["etag"] == '"1"'
    assert steps.read(answer.headers["location"])["number"] == receipt["number"]


def test_every_verb_of_a_life_is_answered_with_the_same_kind_of_receipt(steps: Steps) -> None:
    ticket = steps.report()
    number, version = steps.read(ticket)["number"], 1
    for account, verb, body in (step for stage in LIFE.values() for step in stage):
        answer = steps.people[account].post(f"{ticket}/{verb}", json=body)
        assert answer.status_code == 200
        receipt = body_of(answer)
        version += 1
        assert set(receipt) == RECEIPT
        assert (receipt["id"], receipt["number"]) == (ticket.rpartition("/")[2], number)
        assert (receipt["version"], receipt["position"]) == (version, steps.position())
        assert answer.headers["etag"] == f'"{version}"'


def test_a_verb_of_two_events_answers_with_the_version_and_position_of_the_last(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    receipt = steps.do("sorter", ticket, "verify", solved="not_solved")
    last = steps.history(ticket)[-1]
    assert (receipt["version"], receipt["position"]) == (last["version"], last["position"])
    assert steps.events(ticket)[-2:] == ["Verified", "Reopened"]


def test_numbers_of_a_day_follow_each_other_without_gap(steps: Steps) -> None:
    numbers = [steps.read(steps.report())["number"] for _ in range(3)]
    serials = [int(number.rpartition("-")[2]) for number in numbers]
    assert serials == [serials[0], serials[0] + 1, serials[0] + 2]
    assert len({number.rpartition("-")[0] for number in numbers}) == 1


def test_the_right_version_is_let_through_and_a_stale_one_is_not(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    etag = steps.people["water"].get(ticket).headers["etag"]
    assert etag == '"3"'
    water = steps.people["water"]
    assert water.post(f"{ticket}/claim", json={}, headers={"If-Match": etag}).status_code == 200
    with steps.nothing_done(ticket):
        stale = steps.people["housing"].post(f"{ticket}/claim", json={}, headers={"If-Match": etag})
        assert "4" in problem(stale, 412, "VersionDiffers")


@pytest.mark.parametrize(
    "given",
    ['"2"', '"0"', '"99"', "nonsense", '""', '"-1"', '"1.0"', '"1" OR 1=1', '"' + "9" * 400 + '"', '"١"'],
)  # fmt: skip
def test_a_version_that_is_not_the_tickets_changes_nothing(steps: Steps, given: str) -> None:
    ticket = steps.report()
    with steps.nothing_done(ticket):
        answer = steps.people["sorter"].post(
            f"{ticket}/sort",
            json={"category": "drain", "urgency": "urgent"},
            headers={b"If-Match": given.encode()},
        )
        problem(answer, 412, "VersionDiffers")


def test_any_version_is_let_through_by_a_star(steps: Steps) -> None:
    ticket = steps.at_stage("sorted")
    answer = steps.people["dispatcher"].post(
        f"{ticket}/dispatch", json={"lead": "water"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 200


def test_the_same_key_and_body_give_the_same_answer_and_one_ticket(steps: Steps) -> None:
    grid, key = steps.people["grid"], {"Idempotency-Key": "one"}
    first = grid.post("/api/tickets", json=REPORT, headers=key)
    position = steps.position()
    again = grid.post("/api/tickets", json=REPORT, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert steps.position() == position


def test_the_same_key_and_verb_give_the_same_answer_however_far_the_ticket_is(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    water, key = steps.people["water"], {"Idempotency-Key": "claim", "If-Match": '"3"'}
    first = water.post(f"{ticket}/claim", json={}, headers=key)
    assert first.status_code == 200
    steps.do("water", ticket, "handle", result="已疏通。")
    with steps.nothing_done(ticket):
        again = water.post(f"{ticket}/claim", json={}, headers=key)
        assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize("other", ["another body", "another ticket", "another verb"])
def test_a_key_used_for_another_request_is_refused(steps: Steps, other: str) -> None:
    ticket, key = steps.at_stage("claimed"), {"Idempotency-Key": other}
    water = steps.people["water"]
    assert water.post(f"{ticket}/handle", json={"result": "甲"}, headers=key).status_code == 200
    elsewhere = steps.at_stage("claimed")
    path, body = {
        "another body": (f"{ticket}/handle", {"result": "乙"}),
        "another ticket": (f"{elsewhere}/handle", {"result": "甲"}),
        "another verb": (f"{ticket}/note_progress", {"result": "甲", "text": "甲"}),
    }[other]
    with steps.nothing_done(ticket, elsewhere):
        problem(water.post(path, json=body, headers=key), 422, "KeyReused")


def test_two_accounts_use_the_same_key_for_different_things(steps: Steps) -> None:
    key = {"Idempotency-Key": "mine"}
    first = steps.people["grid"].post("/api/tickets", json=REPORT, headers=key)
    second = steps.people["sorter"].post("/api/tickets", json={**REPORT, "title": "别的"}, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_request_does_not_use_its_key_up(steps: Steps) -> None:
    ticket, key = steps.at_stage("dispatched"), {"Idempotency-Key": "early"}
    water = steps.people["water"]
    body = {"result": "已疏通。"}
    problem(water.post(f"{ticket}/handle", json=body, headers=key), 409, "TaskWrongStage")
    steps.do("water", ticket, "claim")
    assert water.post(f"{ticket}/handle", json=body, headers=key).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "\x7f"])
def test_a_key_that_is_none_is_refused(steps: Steps, key: str) -> None:
    with steps.nothing_done():
        answer = steps.people["grid"].post("/api/tickets", json=REPORT, headers={"Idempotency-Key": key})
        assert "Idempotency-Key" in problem(answer, 422, "OutOfRange")


def test_repeats_at_the_same_moment_make_one_ticket(steps: Steps) -> None:
    grid, key, before = steps.people["grid"], {"Idempotency-Key": "tapped twice"}, steps.position()
    with ThreadPoolExecutor(8) as threads:
        sent = [threads.submit(grid.post, "/api/tickets", json=REPORT, headers=key) for _ in range(8)]
        answers = [future.result() for future in sent]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert steps.position() == before + 1


def test_administrations_writes_take_key_and_version_too(steps: Steps) -> None:
    admin = steps.people["admin"]
    body, key = {"account": "wang", "name": "王"}, {"Idempotency-Key": "open wang"}
    first = admin.post("/api/accounts", json=body, headers=key)
    again = admin.post("/api/accounts", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    stale = admin.post("/api/units/water/amend", json={"name": "水利"}, headers={"If-Match": '"7"'})
    problem(stale, 412, "VersionDiffers")


def test_a_change_says_when_and_the_events_of_one_request_the_same_moment(steps: Steps) -> None:
    history = steps.history(steps.at_stage("verified"))
    moments = [datetime.fromisoformat(item["at"]) for item in history]
    assert moments == sorted(moments)
    assert all(moment.tzinfo is not None for moment in moments)
