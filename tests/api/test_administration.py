"""Accounts and units: who may change them, what is refused, and what follows at once."""

from typing import Any

import pytest

from api.demonstration.town import PASSWORD
from tests.api.steps import REPORT, Steps, body_of, problem

WANG = {"account": "wang", "name": "王"}
CIVIL = {"role": "handler", "unit": "civil"}
SECOND = {"account": "admin2", "password": PASSWORD}


def test_an_account_is_opened_gets_a_password_and_a_role_and_works(own: Steps) -> None:
    admin, nobody = own.people["admin"], own.people.nobody
    secret = {"password": "a long secret"}
    opened = admin.post("/api/accounts", json=WANG)
    assert opened.status_code == 201
    assert body_of(opened)["version"] == 1
    problem(nobody.post("/api/session", json={"account": "wang", **secret}), 401, "WrongPassword")
    assert admin.post("/api/accounts/wang/password", json=secret).status_code == 200
    assert admin.post("/api/accounts/wang/grant", json=CIVIL).status_code == 200
    session = nobody.post("/api/session", json={"account": "wang", **secret})
    assert session.status_code == 201
    assert session.json()["roles"] == [CIVIL]
    own.people.catch_up()
    accounts = {item["account"]: item for item in own.get("admin", "/api/accounts", limit=200)["items"]}
    assert accounts["wang"] == {**WANG, "roles": ["handler civil"], "closed": False}


@pytest.mark.parametrize("account", ["grid", "sorter", "dispatcher", "water", "supervisor", "auditor"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/accounts", WANG), ("/api/accounts/water/grant", CIVIL), ("/api/accounts/civil/revoke", CIVIL),
        ("/api/accounts/civil/close", None), ("/api/accounts/civil/password", {"password": "a long secret"}),
        ("/api/units", {"code": "new", "name": "新", "kind": "department"}),
        ("/api/units/civil/amend", {"name": "新"}), ("/api/units/civil/close", None),
    ],
)  # fmt: skip
def test_only_an_administrator_administers(
    steps: Steps, account: str, path: str, body: dict[str, Any] | None
) -> None:
    with steps.nothing_done():
        assert "administrator" in problem(steps.people[account].post(path, json=body), 403, "NotYours")


def test_an_administrator_sees_no_ticket_and_changes_none(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    problem(steps.people["admin"].get(ticket), 404, "UnknownTicket")
    assert steps.ids("admin") == []


@pytest.mark.parametrize(
    ("path", "body", "status", "name"),
    [
        ("/api/accounts", {"account": "water", "name": "x"}, 409, "AccountExists"),
        ("/api/accounts", {"account": "", "name": "x"}, 422, "OutOfRange"),
        ("/api/accounts", {"account": "a b", "name": "x"}, 422, "OutOfRange"),
        ("/api/accounts", {"account": "x" * 51, "name": "x"}, 422, "OutOfRange"),
        ("/api/accounts", {"account": "a\0", "name": "x"}, 422, "OutOfRange"),
        ("/api/accounts", {"account": "x", "name": " "}, 422, "OutOfRange"),
        ("/api/accounts", {"account": "x"}, 400, "Malformed"),
        ("/api/accounts/nobody/grant", CIVIL, 404, "UnknownAccount"),
        ("/api/accounts/nobody/close", None, 404, "UnknownAccount"),
        ("/api/accounts/%00/close", None, 404, "UnknownAccount"),
        ("/api/accounts/water/grant", {"role": "handler", "unit": "nonsense"}, 404, "UnknownUnit"),
        ("/api/accounts/water/grant", {"role": "king", "unit": "water"}, 422, "OutOfRange"),
        ("/api/accounts/water/grant", {"role": "handler", "unit": "220621100"}, 422, "RoleUnfit"),
        ("/api/accounts/water/grant", {"role": "dispatcher", "unit": "water"}, 422, "RoleUnfit"),
        ("/api/accounts/water/grant", {"role": "dispatcher", "unit": ""}, 422, "RoleUnfit"),
        ("/api/accounts/water/grant", {"role": "operator", "unit": ""}, 422, "RoleUnfit"),
        ("/api/accounts/water/grant", {"role": "resident", "unit": ""}, 422, "RoleUnfit"),
        ("/api/accounts/water/grant", {"role": "handler", "unit": "water"}, 409, "AlreadyGranted"),
        ("/api/accounts/water/revoke", CIVIL, 409, "NotGranted"),
        ("/api/units", {"code": "water", "name": "x", "kind": "department"}, 409, "UnitExists"),
        ("/api/units", {"code": "", "name": "x", "kind": "department"}, 422, "OutOfRange"),
        ("/api/units", {"code": "x", "name": "x", "kind": "planet"}, 422, "OutOfRange"),
        ("/api/units", {"code": "x", "name": "x", "kind": "grid", "extra": {"a": "\0"}}, 422, "OutOfRange"),
        ("/api/units/nonsense/amend", {"name": "x"}, 404, "UnknownUnit"),
        ("/api/units/water/amend", {"name": ""}, 422, "OutOfRange"),
        ("/api/units/nonsense/close", None, 404, "UnknownUnit"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_is_refused_and_leaves_no_event(
    steps: Steps, path: str, body: dict[str, Any] | None, status: int, name: str
) -> None:
    with steps.nothing_done():
        problem(steps.people["admin"].post(path, json=body), status, name)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_refused_password_leaves_no_event_and_the_old_one(steps: Steps, password: str) -> None:
    with steps.nothing_done():
        answer = steps.people["admin"].post("/api/accounts/power/password", json={"password": password})
        problem(answer, 422, "OutOfRange")
    assert steps.people["power"].get("/api/session").status_code == 200


def test_everybody_changes_their_own_password_and_nobody_elses(own: Steps) -> None:
    secret, water = {"password": "a long secret"}, own.people["water"]
    path, wrong = "/api/accounts/water/password", {**secret, "current": "not this one"}
    with own.nothing_done():
        assert "current" in problem(water.post(path, json=secret), 422, "OutOfRange")
        problem(water.post(path, json=wrong), 401, "WrongPassword")
        problem(own.people["power"].post("/api/accounts/civil/password", json=secret), 403, "NotYours")
    assert water.post(path, json={**secret, "current": PASSWORD}).status_code == 200
    session = own.people.nobody.post("/api/session", json={"account": "water", **secret})
    assert session.status_code == 201


@pytest.mark.parametrize("account", ["water", "nobody-of-that-name"])
@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("password", {"password": "another password"}), ("close", None),
        ("grant", {"role": "handler", "unit": "power"}), ("revoke", {"role": "handler", "unit": "power"}),
    ],
)  # fmt: skip
def test_who_may_not_change_an_account_does_not_learn_whether_it_is_there(
    steps: Steps, account: str, verb: str, body: dict[str, str] | None
) -> None:
    answer = steps.people["power"].post(f"/api/accounts/{account}/{verb}", json=body)
    problem(answer, 403, "NotYours")


def test_the_directory_of_accounts_is_for_administrators_and_auditors(steps: Steps) -> None:
    steps.people.catch_up()
    for account in ("admin", "auditor"):
        items = steps.get(account, "/api/accounts")["items"]
        assert [item["account"] for item in items] == sorted(item["account"] for item in items)
        assert all(set(item) == {"account", "name", "roles", "closed"} for item in items)
    for account in ("grid", "sorter", "dispatcher", "water", "supervisor"):
        problem(steps.people[account].get("/api/accounts"), 403, "NotYours")


def test_a_unit_is_taken_in_amended_and_closed(own: Steps) -> None:
    admin = own.people["admin"]
    grid = {"code": "220621100001-77", "name": "新网格", "kind": "grid", "parent": "220621100001"}
    assert admin.post("/api/units", json=grid).status_code == 201
    ticket = own.report("sorter", grid=grid["code"])
    assert own.read(ticket)["community"] == "220621100001"
    assert admin.post(f"/api/units/{grid['code']}/amend", json={"name": "旧网格"}).status_code == 200
    own.people.catch_up()
    units = own.get("grid", "/api/units", kind="grid", limit=200)["items"]
    assert {**grid, "name": "旧网格"} in units
    assert admin.post(f"/api/units/{grid['code']}/close").status_code == 200
    problem(admin.post(f"/api/units/{grid['code']}/close"), 409, "AlreadyClosed")
    own.people.catch_up()
    assert grid["code"] not in {unit["code"] for unit in own.get("grid", "/api/units", limit=200)["items"]}
    with own.nothing_done(ticket):
        answer = own.people["sorter"].post("/api/tickets", json={**REPORT, "grid": grid["code"]})
        assert "220621100001-77 is closed" in problem(answer, 422, "PlaceClosed")


def test_a_closed_department_is_called_no_more_and_finishes_what_it_has(own: Steps) -> None:
    ticket, next_one = own.at_stage("claimed"), own.at_stage("sorted")
    assert own.people["admin"].post("/api/units/water/close").status_code == 200
    with own.nothing_done(next_one):
        answer = own.people["dispatcher"].post(f"{next_one}/dispatch", json={"lead": "water"})
        problem(answer, 422, "UnknownDepartment")
    own.do("water", ticket, "handle", result="已疏通。")


def test_an_administrator_of_a_town_administers_that_town_alone(own: Steps) -> None:
    admin = own.people["admin"]
    held = {"role": "administrator", "unit": "220621100"}
    assert admin.post("/api/accounts/supervisor/grant", json={**held, "consent": SECOND}).status_code == 200
    local = own.people["supervisor"]
    sorter = {"role": "sorter", "unit": "220621100002"}
    assert local.post("/api/accounts/civil/grant", json=sorter).status_code == 200
    with own.nothing_done():
        for role in (
            CIVIL,
            {"role": "administrator", "unit": ""},
            {"role": "administrator", "unit": "220621"},
        ):
            problem(local.post("/api/accounts/water/grant", json=role), 403, "NotYours")


def test_a_refused_opening_leaves_nothing_behind(own: Steps) -> None:
    admin = own.people["admin"]
    assert admin.post("/api/accounts", json=WANG).status_code == 201
    assert admin.post("/api/accounts/wang/close").status_code == 200
    with own.nothing_done():
        for verb, body in (("grant", CIVIL), ("password", {"password": "a long secret"}), ("close", None)):
            problem(admin.post(f"/api/accounts/wang/{verb}", json=body), 409, "AlreadyClosed")
        problem(admin.post("/api/accounts", json=WANG), 409, "AccountExists")


def test_nobody_grants_a_role_to_themselves_alone(own: Steps) -> None:
    admin = own.people["admin"]
    asked = {"role": "sorter", "unit": "220621100001"}
    path = "/api/accounts/admin/grant"
    problem(admin.post(path, json=asked), 403, "SecondNeeded")
    mine = {"account": "admin", "password": PASSWORD}
    problem(admin.post(path, json={**asked, "consent": mine}), 403, "SecondNeeded")
    sorter = {"account": "sorter", "password": PASSWORD}
    problem(admin.post(path, json={**asked, "consent": sorter}), 403, "NotYours")
    assert admin.post(path, json={**asked, "consent": SECOND}).status_code == 200
    granted = own.get("auditor", "/api/accounts/admin/history")["items"][-1]
    assert (granted["by"]["account"], granted["data"]["consent"]) == ("admin", "admin2")


@pytest.mark.parametrize("name", ["administrator", "auditor"])
@pytest.mark.parametrize("unit", ["", "220621100"])
def test_nobody_makes_or_takes_over_who_signs_or_reads_all(own: Steps, name: str, unit: str) -> None:
    admin, role = own.people["admin"], {"role": name, "unit": unit}
    assert admin.post("/api/accounts", json=WANG).status_code == 201
    assert admin.post("/api/accounts/wang/password", json={"password": PASSWORD}).status_code == 200
    theirs = {"account": "wang", "password": PASSWORD}
    taken = {"password": "known to admin"}
    with own.nothing_done():
        problem(admin.post("/api/accounts/wang/grant", json=role), 403, "SecondNeeded")
        problem(admin.post("/api/accounts/wang/grant", json={**role, "consent": theirs}), 403, "NotYours")
        problem(admin.post("/api/accounts/admin2/password", json=taken), 403, "SecondNeeded")
        problem(
            admin.post("/api/accounts/admin2/password", json={**taken, "consent": theirs}), 403, "NotYours"
        )
    assert admin.post("/api/accounts/wang/grant", json={**role, "consent": SECOND}).status_code == 200
    signed = {"password": "another secret", "consent": SECOND}
    assert admin.post("/api/accounts/wang/password", json=signed).status_code == 200
    history = own.get("auditor", "/api/accounts/wang/history")["items"]
    assert [each["data"].get("consent") for each in history[-2:]] == ["admin2", "admin2"]


def test_an_account_is_signed_out_everywhere_and_reopened(own: Steps) -> None:
    admin, water = own.people["admin"], own.people["water"]
    assert water.get("/api/session").status_code == 200
    problem(own.people["power"].post("/api/accounts/water/sign-out"), 403, "NotYours")
    assert admin.post("/api/accounts/water/sign-out").status_code == 200
    assert water.get("/api/session").status_code == 401
    problem(admin.post("/api/accounts/water/reopen"), 409, "AlreadySo")
    assert admin.post("/api/accounts/water/close").status_code == 200
    sign_in = {"account": "water", "password": PASSWORD}
    assert own.people.nobody.post("/api/session", json=sign_in).status_code == 401
    assert admin.post("/api/accounts/water/reopen").status_code == 200
    assert own.people.nobody.post("/api/session", json=sign_in).status_code == 201
