"""The resident's secret link: one ticket, the last word, and nothing else."""

import hashlib
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.steps import REPORT, Steps, problem


def resident_of(steps: Steps, ticket: str, account: str = "grid") -> TestClient:
    """A client with the secret link of this ticket."""
    answer = steps.people[account].post(f"{ticket}/link")
    assert answer.status_code == 201
    link = answer.json()
    assert set(link) >= {"token", "expires_at"}
    return steps.client(link["token"])


def said(steps: Steps, resident: TestClient, ticket: str, **body: Any) -> Any:
    """The ticket after the resident has answered."""
    answer = resident.post(f"{ticket}/verify", json=body)
    assert answer.status_code == 200, answer.text
    return steps.read(ticket)


def test_a_resident_sees_her_ticket_and_its_promised_date(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    resident = resident_of(steps, ticket)
    found = resident.get(ticket).json()
    assert found["stage"] == "dispatched"
    assert all(task["due_at"] for task in found["tasks"])
    assert resident.get(f"{ticket}/history").status_code == 200


def test_a_resident_sees_no_other_ticket(steps: Steps) -> None:
    ticket, other = steps.at_stage("handled"), steps.at_stage("handled")
    resident = resident_of(steps, ticket)
    with steps.nothing_done(other):
        problem(resident.get(other), 404, "UnknownTicket")
        problem(resident.get(f"{other}/history"), 404, "UnknownTicket")
        problem(resident.post(f"{other}/verify", json={"solved": "solved"}), 404, "UnknownTicket")
    steps.people.catch_up()
    listed = resident.get("/api/tickets").json()["items"]
    assert [f"/api/tickets/{item['id']}" for item in listed] == [ticket]
    for path in ("/api/workload", "/api/overdue"):
        problem(resident.get(path), 403, "NotYours")


@pytest.mark.parametrize("answer", ["solved", "partly"])
def test_the_resident_verifies_what_was_handled(steps: Steps, answer: str) -> None:
    ticket = steps.at_stage("handled")
    found = said(steps, resident_of(steps, ticket), ticket, solved=answer, satisfied="basically", note="还行")
    assert found["stage"] == "verified"
    assert found["answer"]["solved"] == answer
    assert found["answer"]["satisfied"] == "basically"
    assert found["verification"] is None
    last = steps.history(ticket)[-1]
    assert (last["event"], last["by"]["role"]) == ("Verified", "resident")


def test_not_solved_reopens_the_ticket_by_itself_with_fresh_clocks(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    before = steps.read(ticket)["tasks"]
    found = said(steps, resident_of(steps, ticket), ticket, solved="not_solved", satisfied="not_satisfied")
    assert steps.events(ticket)[-2:] == ["Verified", "Reopened"]
    assert (found["stage"], found["reopened"]) == ("dispatched", 1)
    assert [task["stage"] for task in found["tasks"]] == ["dispatched", "dispatched"]
    for old, new in zip(before, found["tasks"], strict=True):
        assert new["due_at"] > old["due_at"]
        assert new["claimed_at"] is new["handled_at"] is None


def test_the_resident_has_the_last_word_after_staff_have_verified(steps: Steps) -> None:
    ticket = steps.at_stage("verified")
    found = said(steps, resident_of(steps, ticket), ticket, solved="not_solved")
    assert found["stage"] == "dispatched"


def test_the_resident_answers_once_a_round(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    resident = resident_of(steps, ticket)
    said(steps, resident, ticket, solved="solved")
    for link in ("the same", "a new one"):
        again = resident if link == "the same" else resident_of(steps, ticket)
        with steps.nothing_done(ticket):
            problem(again.post(f"{ticket}/verify", json={"solved": "partly"}), 409, "AlreadyAnswered")


def test_the_resident_may_reopen(steps: Steps) -> None:
    ticket = steps.at_stage("verified")
    answer = resident_of(steps, ticket).post(f"{ticket}/reopen", json={"reason": "又堵了"})
    assert answer.status_code == 200
    assert steps.read(ticket)["stage"] == "dispatched"


@pytest.mark.parametrize("account", ["sorter", "grid"])
def test_what_staff_say_of_satisfaction_is_never_the_residents_answer(steps: Steps, account: str) -> None:
    ticket = steps.at_stage("handled")
    steps.do(account, ticket, "verify", solved="solved", satisfied="satisfied")
    found = steps.read(ticket)
    assert found["answer"] is None
    assert found["stage"] == "verified"


def test_staff_cannot_change_the_residents_answer(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    found = said(steps, resident_of(steps, ticket), ticket, solved="partly", satisfied="not_satisfied")
    with steps.nothing_done(ticket):
        again = {"solved": "solved", "satisfied": "satisfied"}
        for account in ("sorter", "grid"):
            problem(steps.people[account].post(f"{ticket}/verify", json=again), 409, "WrongStage")
    assert steps.read(ticket)["answer"] == found["answer"]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("sort", {"category": "drain", "urgency": "urgent"}), ("reject", {"reason": "x"}),
        ("dispatch", {"lead": "power"}), ("claim", {}), ("claim", {"department": "water"}), ("attend", {}),
        ("handle", {"result": "x"}), ("note_progress", {"text": "x"}), ("send_back", {"reason": "x"}),
        ("accept_return", {"department": "housing", "note": "x"}), ("part", {"reason": "x"}), ("link", None),
    ],
)  # fmt: skip
def test_a_resident_does_no_work_of_staff(steps: Steps, verb: str, body: dict[str, Any] | None) -> None:
    ticket = steps.at_stage("dispatched")
    resident = resident_of(steps, ticket)
    with steps.nothing_done(ticket):
        answer = resident.post(f"{ticket}/{verb}", json=body)
        assert answer.status_code in (403, 409), answer.text


def test_a_resident_administers_nothing(steps: Steps) -> None:
    resident = resident_of(steps, steps.report())
    with steps.nothing_done():
        assert resident.post("/api/tickets", json=REPORT).status_code == 403
        assert resident.get("/api/accounts").status_code == 403
        assert resident.post("/api/accounts", json={"account": "x", "name": "x"}).status_code == 403
        assert (
            resident.post("/api/accounts/water/password", json={"password": "long enough"}).status_code == 403
        )


@pytest.mark.parametrize("account", ["water", "auditor", "supervisor"])
def test_who_works_on_it_does_not_hand_out_the_link(steps: Steps, account: str) -> None:
    ticket = steps.at_stage("handled")
    problem(steps.people[account].post(f"{ticket}/link"), 403, "NotYours")


@pytest.mark.parametrize("name", ["resident", "operator"])
def test_nobody_gets_an_account_in_the_name_of_residents_or_the_machine(own: Steps, name: str) -> None:
    """Whoever holds a link acts as `resident`: an account of that name would be theirs to change."""
    admin = own.people["admin"]
    with own.nothing_done():
        problem(admin.post("/api/accounts", json={"account": name, "name": "x"}), 422, "OutOfRange")


def test_a_link_dies_with_its_sign_out_and_leaves_those_of_other_tickets(steps: Steps) -> None:
    ticket, other = steps.at_stage("handled"), steps.at_stage("handled")
    one, two = resident_of(steps, ticket), resident_of(steps, other)
    assert one.delete("/api/session", params={"everywhere": True}).status_code == 204
    problem(one.get(ticket), 401, "NotSignedIn")
    assert two.get(other).status_code == 200


def test_a_new_link_ends_the_one_before(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    one, two = resident_of(steps, ticket), resident_of(steps, ticket, "sorter")
    problem(one.post(f"{ticket}/verify", json={"solved": "solved"}), 401, "NotSignedIn")
    assert two.get(ticket).status_code == 200


def test_a_revoked_link_works_no_more(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    resident = resident_of(steps, ticket)
    steps.do("dispatcher", ticket, "revoke_link")
    problem(resident.get(ticket), 401, "NotSignedIn")
    problem(steps.people["dispatcher"].post(f"{ticket}/revoke_link", json={}), 409, "NoLink")


def test_the_history_says_who_gave_a_link_and_never_its_secret(steps: Steps) -> None:
    ticket = steps.at_stage("handled")
    token = steps.people["grid"].post(f"{ticket}/link").json()["token"]
    history = steps.get("auditor", f"{ticket}/history")["items"]
    assert (history[-1]["event"], history[-1]["by"]["account"]) == ("LinkGiven", "grid")
    assert set(history[-1]["data"]) == {"link"}
    hashed = hashlib.sha256(token.encode()).hexdigest()
    assert not any(secret in str(history) for secret in (token, hashed))
