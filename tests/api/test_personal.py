"""What is personal is kept apart: in no table of log or views, shown to who may, gone where erased."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
from starlette.testclient import TestClient

from adapters.settings import Settings
from api.app import application
from api.demonstration.town import PASSWORD
from tests.api.steps import Steps, problem

NAME, PHONE, HOME = "欧阳金丝雀", "13987654321", "7 单元 1903"
REPORTER = {"name": NAME, "phone": PHONE}
CONSENT = {"account": "admin2", "password": PASSWORD}


def canary(steps: Steps, **more: Any) -> str:
    """A ticket with a name, a phone and an exact home in every text that a report has."""
    return steps.report(
        title=f"{NAME}家漏水",
        description=f"请打 139 8765 4321 找{NAME}，[[{HOME}]]。",
        address=f"水仙名苑 [[{HOME}]]",
        reporter=REPORTER,
        source="hotline",
        **more,
    )


def everything(steps: Steps) -> str:
    """All that stands in the database of the log and the views, as text."""
    with psycopg.connect(steps.people.database.owner) as conn:
        tables = conn.execute(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
            " WHERE table_schema IN ('log', 'views', 'access', 'building', 'photo', 'outbox', 'public')"
        ).fetchall()
        found = []
        for (table,) in tables:
            for (row,) in conn.execute(f"SELECT t::text FROM {table} AS t").fetchall():
                found.append(row)
        for (state,) in conn.execute("SELECT convert_from(state, 'UTF8') FROM log.events").fetchall():
            found.append(state)
    return "\n".join(found)


def erase(steps: Steps, resident: str) -> dict[str, Any]:
    """A resident erased by two."""
    asked = {"order": "居民来函", "consent": CONSENT}
    answer = steps.people["admin"].post(f"/api/residents/{resident}/erase", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def resident_of(steps: Steps, account: str = "sorter", phone: str = PHONE) -> dict[str, Any]:
    """Who is found by a phone number."""
    answer = steps.people[account].post("/api/residents/find", json={"phone": phone})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_is_personal_is_read_by_who_is_at_work_and_stands_nowhere_in_clear(own: Steps) -> None:
    ticket = canary(own)
    own.do("sorter", ticket, "sort", category="drain", urgency="urgent", note=f"已问过{NAME}")
    own.people.catch_up()
    found = own.read(ticket, "sorter")
    assert found["reporter"] == REPORTER
    assert found["title"] == f"{NAME}家漏水"
    assert found["description"] == f"请打 139 8765 4321 找{NAME}，[[{HOME}]]。"
    assert found["address"] == f"水仙名苑 [[{HOME}]]"
    notes = [item["data"].get("note") for item in own.history(ticket)]
    assert notes == [None, f"已问过{NAME}"]
    said = everything(own)
    assert "漏水" in said
    for secret in (NAME, PHONE, "139 8765 4321", HOME, "单元 1903"):
        assert secret not in said


def test_a_name_is_found_in_a_later_text_by_a_service_that_did_not_take_the_report(own: Steps) -> None:
    ticket = canary(own)
    same_keys = replace(Settings.read(), data=own.people.data)
    asked = {"category": "drain", "urgency": "urgent", "note": f"已问过{NAME}"}
    with TestClient(application(own.people.database, same_keys)) as other:
        answer = other.post(f"{ticket}/sort", json=asked, headers=own.people["sorter"].headers)
    assert answer.status_code == 200, answer.text
    assert own.history(ticket)[1]["data"]["note"] == f"已问过{NAME}"
    assert NAME not in everything(own)


def test_lists_and_searches_show_a_mask(own: Steps) -> None:
    canary(own)
    own.people.catch_up()
    (line,) = own.get("sorter", "/api/tickets")["items"]
    assert line["title"] == "〔个人信息〕家漏水"
    assert own.get("sorter", "/api/tickets", q=NAME)["items"] == []
    assert len(own.get("sorter", "/api/tickets", q="家漏水")["items"]) == 1


def test_erased_is_gone_in_the_past_too_and_all_else_stays(own: Steps) -> None:
    ticket = canary(own)
    own.do("sorter", ticket, "sort", category="drain", urgency="urgent", note=f"{NAME}不在家")
    own.people.catch_up()
    found = resident_of(own)
    assert [each["id"] for each in found["tickets"]] == [ticket.rpartition("/")[2]]
    assert erase(own, found["resident"])["tickets"] == [ticket.rpartition("/")[2]]
    for version in (None, 1):
        shown = own.read(ticket, "sorter", **({"version": version} if version else {}))
        assert shown["reporter"] == {"name": "〔已删除〕", "phone": "〔已删除〕"}
        assert shown["title"] == "〔已删除〕家漏水"
        assert shown["address"] == "水仙名苑 〔已删除〕"
    assert resident_of(own) == {"resident": None, "tickets": []}
    history = own.history(ticket)
    assert history[1]["data"]["note"] == "〔已删除〕不在家"
    # Somebody with this number who comes again is somebody new.
    canary(own)
    assert resident_of(own)["resident"] not in (None, found["resident"])


def test_one_phone_is_one_resident_however_it_is_written(own: Steps) -> None:
    for phone in (PHONE, "+86 139-8765-4321", "１３９８７６５４３２１"):
        own.report(reporter={"phone": phone})
    assert len(resident_of(own, phone="0086 139 8765 4321")["tickets"]) == 3
    assert resident_of(own, phone="13900000000") == {"resident": None, "tickets": []}


def test_who_only_supervises_says_why_once_a_ticket(own: Steps) -> None:
    ticket = canary(own)
    boss = own.people["supervisor"]
    assert boss.get(ticket).json()["reporter"] == {"name": "〔个人信息〕", "phone": "〔个人信息〕"}
    problem(boss.post(f"{ticket}/look", json={}), 422, "ReasonNeeded")
    answer = boss.post(f"{ticket}/look", json={"reason": "信访回访"})
    assert answer.status_code == 200
    assert answer.json()["reporter"] == REPORTER
    own.people.catch_up()
    assert boss.get(ticket).json()["reporter"] == REPORTER
    assert boss.get(f"{ticket}/history").json()["items"][0]["data"]["reporter"] == REPORTER
    other = canary(own)
    assert boss.get(other).json()["reporter"]["name"] == "〔个人信息〕"


def test_neither_the_reason_of_a_look_nor_the_order_of_an_erasure_names_anybody(own: Steps) -> None:
    ticket = canary(own)
    resident = resident_of(own)["resident"]
    for said in (f"{NAME}来电催办", f"{PHONE} 来电催办", "13800138000 来电", f"[[{HOME}]] 来电"):
        answer = own.people["supervisor"].post(f"{ticket}/look", json={"reason": said})
        problem(answer, 422, "OutOfRange")
        order = {"order": said, "consent": CONSENT}
        problem(own.people["admin"].post(f"/api/residents/{resident}/erase", json=order), 422, "OutOfRange")
    own.people.catch_up()
    for secret in (NAME, PHONE, "13800138000", HOME):
        assert secret not in everything(own)
    assert own.people["supervisor"].post(f"{ticket}/look", json={"reason": "来电催办"}).status_code == 200


def test_every_look_is_told_to_the_auditor_and_to_nobody_else(own: Steps) -> None:
    ticket = canary(own)
    own.read(ticket, "sorter")
    own.people["supervisor"].post(f"{ticket}/look", json={"reason": "信访回访"})
    own.people.catch_up()
    looks = own.get("auditor", "/api/looks", ticket=ticket.rpartition("/")[2])["items"]
    assert [(each["account"], each["role"], each["reason"]) for each in looks] == [
        ("supervisor", "supervisor", "信访回访"),
        ("sorter", "sorter", "at work"),
    ]
    assert {each["resident"] for each in looks} == {resident_of(own)["resident"]}
    assert len(own.people["auditor"].get("/api/looks?account=sorter").json()["items"]) == 1
    assert len(own.get("auditor", "/api/looks", limit=1)["items"]) == 1
    problem(own.people["sorter"].get("/api/looks"), 403, "NotYours")
    # The history of the ticket is about the ticket.
    assert [item["event"] for item in own.history(ticket)] == ["Reported"]


def test_a_ticket_without_anything_personal_is_looked_at_without_a_record(own: Steps) -> None:
    ticket = own.report()
    before = own.get("auditor", "/api/health")["position"]
    own.read(ticket, "sorter")
    own.history(ticket)
    assert own.get("auditor", "/api/health")["position"] == before


def test_erasing_needs_a_second_administrator(own: Steps) -> None:
    ticket = canary(own)
    resident = resident_of(own)["resident"]
    path, admin = f"/api/residents/{resident}/erase", own.people["admin"]
    own_word = {"account": "admin", "password": PASSWORD}
    no_admin = {"account": "sorter", "password": PASSWORD}
    problem(admin.post(path, json={"order": "来函"}), 403, "SecondNeeded")
    problem(admin.post(path, json={"order": "来函", "consent": own_word}), 403, "SecondNeeded")
    problem(admin.post(path, json={"order": "来函", "consent": no_admin}), 403, "NotYours")
    wrong = {**CONSENT, "password": "wrong-password"}
    problem(admin.post(path, json={"order": "来函", "consent": wrong}), 401, "WrongPassword")
    problem(own.people["sorter"].post(path, json={"order": "来函", "consent": CONSENT}), 403, "NotYours")
    problem(admin.post(path, json={"order": " ", "consent": CONSENT}), 422, "OutOfRange")
    unknown = f"/api/residents/{uuid4()}/erase"
    problem(admin.post(unknown, json={"order": "来函", "consent": CONSENT}), 404, "UnknownResident")
    assert own.read(ticket, "sorter")["reporter"] == REPORTER


def test_erasing_again_finishes_what_was_interrupted_and_says_nothing_twice(own: Steps) -> None:
    canary(own)
    resident = resident_of(own)["resident"]
    first = erase(own, resident)
    asked = {"order": "再来函", "consent": CONSENT}
    again = own.people["admin"].post(f"/api/residents/{resident}/erase", json=asked)
    assert again.json() == first


def test_a_part_moved_to_another_event_is_not_shown(own: Steps) -> None:
    one = own.report(reporter={"phone": PHONE, "name": NAME})
    other = own.report(reporter={"phone": PHONE, "name": "赵六"})
    with psycopg.connect(own.people.database.owner) as conn:
        conn.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_kept")
        conn.execute(
            "UPDATE log.events AS e SET metadata = o.metadata FROM log.events AS o"
            " WHERE e.originator_id = %s AND o.originator_id = %s",
            [other.rpartition("/")[2], one.rpartition("/")[2]],
        )
    assert own.read(one, "sorter")["reporter"]["name"] == NAME
    assert own.read(other, "sorter")["reporter"] == {"name": "〔已删除〕", "phone": "〔已删除〕"}
