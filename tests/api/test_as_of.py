"""As of a position or a time: every view answers what it answered then."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from adapters.event_store import utc_now
from api.demonstration.town import PASSWORD
from api.projector import VIEWS
from projections.recall import Recall
from tests.api.steps import LIFE, Steps, problem

VIEWED = (
    "/api/tickets", "/api/units", "/api/accounts", "/api/tickets?stage=dispatched", "/api/tickets?q=水仙",
    "/api/looks", "/api/receivers",
)  # fmt: skip
Then = dict[str, Any]


def keep_past(steps: Steps) -> None:
    """Keep the past up to the end of the log."""
    keeper = Recall(steps.people.database.service, VIEWS)
    with psycopg.connect(steps.people.database.service, autocommit=True) as conn:
        while keeper.advance(conn):
            pass


def position(steps: Steps) -> int:
    """Where the log stands."""
    return int(steps.get("auditor", "/api/health")["position"])


def answers(steps: Steps, **asked: Any) -> Then:
    """What each view answers; of the workload what does not depend on the moment it is asked."""
    found = {path: _get(steps, path, asked)["items"] for path in VIEWED}
    load = _get(steps, "/api/workload", asked)
    return {**found, "workload": load["departments"]}


def _get(steps: Steps, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    joined = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = steps.people["auditor" if path != "/api/accounts" else "admin"].get(
        f"{path}{'&' if '?' in path else '?'}{joined}"
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def lived(own: Steps) -> tuple[Steps, dict[int, Then]]:
    """A town in which something happened, and what was answered at each position on the way."""
    said = {}
    for life in range(2):
        ticket = own.report(title=f"水仙名苑第 {life} 件", reporter={"name": "欧阳", "phone": "13987654321"})
        for stage, steps in LIFE.items():
            if stage == "sorted":
                looked = own.people["supervisor"].post(f"{ticket}/look", json={"reason": "核对"})
                assert looked.status_code == 200
            for account, verb, body in steps:
                own.do(account, ticket, verb, **body)
            own.people.catch_up()
            said[position(own)] = answers(own)
    own.people["admin"].post("/api/units/water/amend", json={"name": "水利"})
    keep_past(own)
    return own, said


def test_every_view_answers_what_it_answered_then(lived: tuple[Steps, dict[int, Then]]) -> None:
    own, said = lived
    assert len({str(then) for then in said.values()}) == len(said)
    for at, then in said.items():
        assert answers(own, position=at) == then
    assert own.get("auditor", "/api/workload", position=3)["position"] == 3
    assert own.get("auditor", "/api/tickets", position=0)["items"] == []


def test_a_time_is_all_that_was_recorded_until_then(lived: tuple[Steps, dict[int, Then]]) -> None:
    own, said = lived
    history = [
        item
        for line in own.get("auditor", "/api/tickets")["items"]
        for item in own.history(f"/api/tickets/{line['id']}")
    ]
    recorded = {item["position"]: item["recorded_at"] for item in history}
    for at, then in said.items():
        found = own.get("auditor", "/api/tickets", at=recorded[at])
        assert found["items"] == then["/api/tickets"]
    assert own.get("auditor", "/api/tickets", at="2020-01-01T00:00:00Z")["items"] == []


def test_what_had_run_out_then_is_told_as_of_then(own: Steps) -> None:
    ticket = own.report(urgency="emergency")
    keep_past(own)
    own.people.catch_up()
    at = position(own)
    later = utc_now() + timedelta(days=3)
    assert own.get("auditor", "/api/overdue", position=at)["items"] == []
    problem(own.people["auditor"].get("/api/overdue", params={"at": later.isoformat()}), 422, "OutOfRange")
    assert ticket


def test_a_ticket_is_read_as_of_a_position(lived: tuple[Steps, dict[int, Then]]) -> None:
    own, _ = lived
    id = own.get("auditor", "/api/tickets")["items"][0]["id"]
    for item in own.history(f"/api/tickets/{id}"):
        found = own.read(f"/api/tickets/{id}", position=item["position"])
        assert found == own.read(f"/api/tickets/{id}", version=item["version"])
    problem(own.people["auditor"].get(f"/api/tickets/{id}?position=1"), 404, "UnknownTicket")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("position=9999999", 422), ("at=2999-01-01T00:00:00Z", 422), ("at=2026-01-01T00:00:00", 422),
        ("at=2026-01-01T00:00:00Z&position=1", 422), ("position=-1", 422), ("at=yesterday", 400),
        ("position=a", 400),
    ],
)  # fmt: skip
def test_a_moment_that_is_none_is_refused(steps: Steps, query: str, status: int) -> None:
    for path in ("/api/tickets", "/api/workload", "/api/overdue", "/api/units"):
        assert steps.people["auditor"].get(f"{path}?{query}").status_code == status, path


def test_what_is_not_kept_yet_is_not_answered_with_something_else(own: Steps) -> None:
    own.report()
    answer = own.people["auditor"].get(f"/api/tickets?position={position(own)}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


def test_the_auditor_sees_the_desk_as_somebody_saw_it(own: Steps) -> None:
    ticket = own.report(title="路灯不亮")
    id = ticket.rpartition("/")[2]
    before = position(own)
    own.do("sorter", ticket, "sort", category="drain", urgency="urgent")
    keep_past(own)
    own.people.catch_up()
    auditor = own.people["auditor"]
    desk = auditor.get(f"/desk?account=sorter&position={before}").text
    assert "路灯不亮" in desk
    assert f"/tickets/{id}/replay?version=1" in desk
    assert "路灯不亮" not in auditor.get(f"/desk?account=sorter&position={before + 1}").text
    assert "路灯不亮" in auditor.get(f"/desk?account=dispatcher&position={before + 1}").text
    replay = auditor.get(f"/tickets/{id}/replay?version=2").text
    assert f"/desk?account=sorter&amp;position={before}" in replay
    assert own.people["sorter"].get(f"/desk?account=sorter&position={before}").status_code == 403
    assert auditor.get(f"/desk?account=nobody&position={before}").status_code == 404


def test_the_auditor_of_a_part_sees_of_a_desk_what_lies_there(own: Steps) -> None:
    own.report(title="路灯不亮")
    town = {"code": "220621101", "name": "邻镇", "kind": "town", "parent": "220621", "letters": "LZ"}
    assert own.people["admin"].post("/api/units", json=town).status_code == 201
    for account, role, unit in (
        ("power", "auditor", "220621100"), ("civil", "auditor", "220621101"),
        ("market", "sorter", "220621100001"), ("market", "auditor", ""),
    ):  # fmt: skip
        signed = {"role": role, "unit": unit, "consent": {"account": "admin2", "password": PASSWORD}}
        given = own.people["admin"].post(f"/api/accounts/{account}/grant", json=signed)
        assert given.status_code == 200, given.text
    keep_past(own)

    def desk(by: str, account: str) -> str:
        answer = own.people[by].get(f"/desk?account={account}&position={position(own)}")
        return answer.text if answer.status_code == 200 else str(answer.status_code)

    # A department works for many towns: whoever audits one of them sees what it has to do there.
    for by, account, sees in (
        ("auditor", "market", True), ("power", "market", True), ("civil", "market", False),
        ("power", "sorter", True),
    ):  # fmt: skip
        shown = desk(by, account)
        assert ("路灯不亮" in shown, "待办 1 件" in shown) == (sees, sees), (by, account)
    assert "全部单位" in desk("auditor", "market")
    assert "审计" not in desk("power", "market").split("</h1>")[1].split("<table")[0]
    assert desk("civil", "sorter") == "404"
