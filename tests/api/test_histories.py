"""Histories of accounts and units: who gave whom which right, for administrators and auditors."""

from typing import Any, ClassVar
from uuid import uuid4

import msgspec
import psycopg
import pytest
from eventsourcing.persistence import MapperDeserialisationError

from adapters.mapper import EventMapper
from api.demonstration.town import PASSWORD
from domain.account import Account
from domain.event import Event
from tests.api.steps import Steps, problem

ITEM = {"position", "version", "event", "topic", "at", "recorded_at", "by", "data"}
CIVIL = {"role": "handler", "unit": "civil"}


def test_an_auditor_reads_who_gave_whom_which_right(own: Steps) -> None:
    admin = own.people["admin"]
    admin.post("/api/accounts/water/grant", json=CIVIL)
    admin.post("/api/accounts/water/revoke", json=CIVIL)
    for account in ("auditor", "admin"):
        items = own.get(account, "/api/accounts/water/history")["items"]
        assert all(set(item) == ITEM for item in items)
        assert [item["version"] for item in items] == list(range(1, len(items) + 1))
        assert [(item["event"], item["topic"]) for item in items[-2:]] == [
            ("RoleGranted", "account.role_granted"),
            ("RoleRevoked", "account.role_revoked"),
        ]
        assert items[-1]["data"] == CIVIL
        assert items[-1]["by"] == {"account": "admin", "role": "administrator", "unit": ""}
        assert items[-1]["position"] == own.position()


def test_an_auditor_reads_what_became_of_a_unit_page_by_page(own: Steps) -> None:
    admin = own.people["admin"]
    admin.post("/api/units/water/amend", json={"name": "水利"})
    admin.post("/api/units/water/close")
    events: list[str] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        found = own.get("auditor", "/api/units/water/history", limit=1, **cursor)
        events += [item["event"] for item in found["items"]]
        cursor = {"cursor": found["next"]} if found["next"] else None
    assert events == ["UnitRegistered", "UnitAmended", "UnitClosed"]


@pytest.mark.parametrize("path", ["/api/accounts/water/history", "/api/units/water/history"])
def test_nobody_else_reads_them(steps: Steps, path: str) -> None:
    for account in ("grid", "sorter", "dispatcher", "water", "supervisor"):
        assert "auditor" in problem(steps.people[account].get(path), 403, "NotYours")
    problem(steps.people.nobody.get(path), 401, "NotSignedIn")


def test_what_is_not_there_has_no_history(steps: Steps) -> None:
    auditor = steps.people["auditor"]
    problem(auditor.get("/api/accounts/nonsense/history"), 404, "UnknownAccount")
    problem(auditor.get("/api/units/nonsense/history"), 404, "UnknownUnit")


def test_who_holds_no_role_still_changes_their_own_password(own: Steps) -> None:
    held = {"role": "handler", "unit": "water"}
    assert own.people["admin"].post("/api/accounts/water/revoke", json=held).status_code == 200
    water, secret = own.people["water"], {"password": "a long secret"}
    with own.nothing_done():
        problem(water.post("/api/accounts/civil/password", json=secret), 403, "NotYours")
    problem(water.get("/api/workload"), 403, "NotYours")
    known = {**secret, "current": PASSWORD}
    assert water.post("/api/accounts/water/password", json=known).status_code == 200
    session = own.people.nobody.post("/api/session", json={"account": "water", **secret})
    assert session.status_code == 201
    last = own.get("auditor", "/api/accounts/water/history")["items"][-1]
    assert last["event"] == "PasswordChanged"
    assert last["by"] == {"account": "water", "role": "holder", "unit": ""}


class Lifted(Event):
    """An event that was stored as `label` once, and has a `name` today."""

    TOPIC: ClassVar[str] = "tests.lifted"
    class_version: ClassVar[int] = 2
    name: str

    @staticmethod
    def upcast_v1_v2(facts: dict[str, Any]) -> None:
        """The label is the name."""
        facts["name"] = facts.pop("label")


WATER = Account.id_of("water")
FRAME = {"originator_id": str(WATER), "timestamp": "2026-11-22T09:00:00+08:00"}
BY = {"by": {"account": "admin", "role": "administrator", "unit": ""}}
STORE = """
WITH head AS (UPDATE log.head SET position = position + 1 RETURNING position)
INSERT INTO log.events SELECT position, %s, %s, %s, %s, %s, '{}', now() FROM head
"""


def test_an_event_stored_in_an_older_form_is_shown_in_todays(own: Steps) -> None:
    version = own.get("auditor", "/api/accounts/water/history")["items"][-1]["version"] + 1
    state = msgspec.json.encode({**FRAME, **BY, "originator_version": version, "label": "水"})
    with psycopg.connect(own.people.database.owner) as conn:
        conn.execute(STORE, [uuid4(), WATER, version, Lifted.TOPIC, state])
    last = own.get("auditor", "/api/accounts/water/history")["items"][-1]
    assert (last["event"], last["topic"], last["data"]) == ("Lifted", Lifted.TOPIC, {"name": "水"})
    assert (last["at"], last["by"]) == (FRAME["timestamp"], BY["by"])


@pytest.mark.parametrize(("topic", "newer"), [(Lifted.TOPIC, 3), ("account.closed", 2)])
def test_an_event_of_a_newer_program_is_not_read_as_if_it_were_understood(topic: str, newer: int) -> None:
    facts = {**FRAME, **BY, "originator_version": 9, "name": "水"}
    with pytest.raises(MapperDeserialisationError, match=f"version {newer}.*newer"):
        EventMapper().event(topic, msgspec.json.encode({**facts, "class_version": newer}))


def test_a_text_that_speaks_of_class_versions_is_a_text(own: Steps) -> None:
    text = '"class_version":7'
    opened = own.people["admin"].post("/api/accounts", json={"account": "li", "name": text})
    assert opened.status_code == 201
    extra = {"class_version": "7"}
    unit = {"code": "parks", "name": text, "kind": "department", "extra": extra}
    assert own.people["admin"].post("/api/units", json=unit).status_code == 201
    assert own.get("auditor", "/api/accounts/li/history")["items"][0]["data"]["name"] == text
    assert own.get("auditor", "/api/units/parks/history")["items"][0]["data"]["extra"] == extra
