"""Receivers, dead letters and inboxes over HTTP."""

from typing import Any

import psycopg
import pytest

from adapters.event_store import utc_now
from projections.outbox import Feed
from tests.api.steps import GRID, Steps, body_of, problem

TOWN, COMMUNITY = "220621100", "220621100001"
HOOK: dict[str, Any] = {
    "code": "hook", "name": "水务系统", "way": "webhook", "topics": ["ticket.dispatched"], "unit": TOWN,
    "address": "https://example.org/told", "secret": "hook-key",
}  # fmt: skip
INBOX: dict[str, Any] = {
    "code": "sorters", "name": "东北社区", "way": "inbox", "topics": ["ticket.*"], "unit": COMMUNITY,
    "address": "", "secret": None,
}  # fmt: skip


def register(own: Steps, account: str = "admin", **changed: Any) -> dict[str, Any]:
    """A receiver that is registered; gives the receipt."""
    answer = own.people[account].post("/api/receivers", json={**HOOK, **changed})
    assert answer.status_code == 201, answer.text
    return body_of(answer)


def feed(own: Steps) -> None:
    """Carry the outbox and the views to the end of the log."""
    with psycopg.connect(own.people.database.service, autocommit=True) as conn:
        found = Feed()
        while found.advance(conn):
            pass
    own.people.catch_up()


def give_up(own: Steps) -> None:
    """As if three days had gone by in vain."""
    with psycopg.connect(own.people.database.owner) as conn:
        conn.execute(
            "UPDATE outbox.message SET dead_at = %s, attempts = 9, problem = 'it answered 500'", [utc_now()]
        )


def test_a_receiver_is_registered_amended_listed_and_closed_and_its_history_says_who_did_it(
    own: Steps,
) -> None:
    receipt = register(own)
    assert receipt["version"] == 1
    problem(own.people["admin"].post("/api/receivers", json=HOOK), 409, "ReceiverExists")
    amended = {"name": "水务", "topics": ["ticket.*"], "address": "https://example.org/x", "secret": "other"}
    assert own.people["admin"].post("/api/receivers/hook/amend", json=amended).status_code == 200
    feed(own)
    (item,) = own.get("admin", "/api/receivers")["items"]
    assert item == {
        **HOOK, **amended, "closed": False, "paused": False, "waiting": 0,
        "dead": 0, "failures": 0, "problem": None, "next_attempt_at": None,
    }  # fmt: skip
    for verb in ("pause", "resume", "close"):
        assert own.people["admin"].post(f"/api/receivers/hook/{verb}").status_code == 200
    problem(own.people["admin"].post("/api/receivers/hook/close"), 409, "AlreadyClosed")
    history = own.get("auditor", "/api/receivers/hook/history")["items"]
    happened = ["Registered", "Amended", "Paused", "Resumed", "Closed"]
    assert [each["event"] for each in history] == [f"Receiver{what}" for what in happened]
    assert all(each["by"]["account"] == "admin" for each in history)


@pytest.mark.parametrize("account", ["grid", "sorter", "dispatcher", "water", "supervisor"])
def test_only_administrators_and_auditors_see_receivers_and_only_administrators_change_them(
    own: Steps, account: str
) -> None:
    register(own)
    own.people.catch_up()
    client = own.people[account]
    for path in ("/api/receivers", "/api/receivers/hook/dead", "/api/receivers/hook/history"):
        problem(client.get(path), 403, "NotYours")
        assert own.people["auditor"].get(path).status_code == 200
    for who in (client, own.people["auditor"]):
        problem(who.post("/api/receivers", json={**HOOK, "code": "x"}), 403, "NotYours")
        problem(who.post("/api/receivers/hook/close"), 403, "NotYours")
        problem(who.post("/api/receivers/hook/retry", json={}), 403, "NotYours")


@pytest.mark.parametrize(
    ("changed", "status", "name"),
    [
        ({"unit": "nowhere"}, 404, "UnknownUnit"), ({"secret": None}, 422, "OutOfRange"),
        ({"way": "pigeon"}, 422, "OutOfRange"), ({"topics": ["ticket.nothing"]}, 422, "OutOfRange"),
        ({"address": "https://example.org/?key=hidden"}, 422, "OutOfRange"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(
    steps: Steps, changed: dict[str, Any], status: int, name: str
) -> None:
    with steps.nothing_done():
        answer = steps.people["admin"].post("/api/receivers", json={**HOOK, **changed})
        assert "hidden" not in problem(answer, status, name)


def test_an_unknown_receiver_is_said_to_be_none(steps: Steps) -> None:
    admin = steps.people["admin"]
    for answer in (
        admin.get("/api/receivers/none/dead"), admin.get("/api/receivers/none/history"),
        admin.post("/api/receivers/none/close"), admin.post("/api/receivers/none/retry", json={}),
    ):  # fmt: skip
        problem(answer, 404, "UnknownReceiver")


def test_dead_letters_are_listed_page_by_page_and_sent_again_when_asked(own: Steps) -> None:
    register(own)
    own.people.catch_up()
    tickets = [own.at_stage("dispatched") for _ in range(3)]
    feed(own)
    give_up(own)
    first = own.get("admin", "/api/receivers/hook/dead", limit=2)
    rest = own.get("admin", "/api/receivers/hook/dead", limit=2, cursor=first["next"])
    dead = [*first["items"], *rest["items"]]
    assert [each["number"] for each in dead] == [own.read(ticket)["number"] for ticket in tickets]
    assert {(each["what"], each["attempts"], each["problem"]) for each in dead} == {
        ("派单", 9, "it answered 500")
    }
    assert own.get("admin", "/api/receivers")["items"][0]["dead"] == 3
    again = own.people["admin"].post("/api/receivers/hook/retry", json={"position": dead[0]["position"]})
    assert body_of(again) == {"retried": 1}
    assert body_of(own.people["admin"].post("/api/receivers/hook/retry", json={})) == {"retried": 2}
    item = own.get("admin", "/api/receivers")["items"][0]
    assert (item["waiting"], item["dead"]) == (3, 0)
    assert own.people["admin"].post("/api/receivers/hook/close").status_code == 200
    problem(own.people["admin"].post("/api/receivers/hook/retry", json={}), 409, "AlreadyClosed")


def test_an_inbox_is_of_all_who_serve_the_unit_or_of_one_account_and_of_nobody_else(own: Steps) -> None:
    register(own, **INBOX)
    register(own, **{**INBOX, "code": "boss", "unit": TOWN, "address": "supervisor"})
    ticket = own.at_stage("dispatched", title="王小明家漏水", grid=GRID)
    feed(own)
    found = own.get("sorter", "/api/inbox", limit=2)
    rest = own.get("sorter", "/api/inbox", limit=2, cursor=found["next"])
    items = [*found["items"], *rest["items"]]
    assert [item["what"] for item in items] == ["派单", "分拣", "上报"]
    assert {item["number"] for item in items} == {own.read(ticket)["number"]}
    assert items[0]["departments"] == ["水务", "住建"]
    assert "王小明" not in str(items)
    seen = own.get("supervisor", "/api/inbox")["items"]
    assert [item["position"] for item in seen] == [item["position"] for item in items]
    for account in ("grid", "dispatcher", "water", "admin", "auditor"):
        assert own.get(account, "/api/inbox") == {"items": [], "next": None}


def test_what_stands_in_two_inboxes_of_somebody_is_there_once(own: Steps) -> None:
    register(own, **INBOX)
    register(own, **{**INBOX, "code": "mine", "address": "sorter"})
    own.at_stage("sorted")
    feed(own)
    first = own.get("sorter", "/api/inbox", limit=1)
    rest = own.get("sorter", "/api/inbox", limit=1, cursor=first["next"])
    assert [item["what"] for item in (*first["items"], *rest["items"])] == ["分拣", "上报"]
    assert rest["next"] is None
