"""Sessions: tokens, cookies, and rights that are read from the log at every request."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.demonstration.loading import is_loaded
from api.demonstration.town import PASSWORD, members
from tests.api.steps import REPORT, Steps, problem
from tests.conftest import People

WATER = {"account": "water", "password": PASSWORD}
MINE = {"Origin": "http://testserver"}
"""What a browser says of a page of ours; TestClient asks for http://testserver."""


def test_a_session_says_its_token_its_end_its_account_and_its_roles(people: People) -> None:
    answer = people.nobody.post("/api/session", json=WATER)
    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == {"token", "expires_at", "account", "roles"}
    assert session["account"] == "water"
    assert session["roles"] == [{"role": "handler", "unit": "water"}]
    assert len(session["token"]) >= 40
    left = datetime.fromisoformat(session["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=1) < left < timedelta(days=1)


@pytest.mark.parametrize("member", members(), ids=lambda member: member.account)
def test_everybody_of_the_town_signs_in(steps: Steps, member: object) -> None:
    assert isinstance(member, tuple)
    account, _, role, unit = member
    who = steps.get(account, "/api/session")
    assert who == {"account": account, "roles": [{"role": role, "unit": unit}]}


def test_each_sign_in_gives_another_token(people: People) -> None:
    tokens = {people.nobody.post("/api/session", json=WATER).json()["token"] for _ in range(3)}
    assert len(tokens) == 3


def test_without_a_sign_in_nothing_is_shown(people: People) -> None:
    for path in ("/api/tickets", "/api/workload", "/api/overdue", "/api/units", "/api/categories"):
        answer = people.nobody.get(path)
        problem(answer, 401, "NotSignedIn")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer ", "Bearer x", "Bearer " + "a" * 43, "Bearer 你好", "Basic d2F0ZXI6eA==",
        "Bearer " + "x" * 5000, "Bearer a b", "bearer\tx", "Bearer ' OR 1=1 --",
    ],
)  # fmt: skip
def test_a_token_that_was_never_given_is_refused(steps: Steps, header: str) -> None:
    answer = steps.people.nobody.get("/api/session", headers={b"Authorization": header.encode()})
    problem(answer, 401, "NotSignedIn")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_session_ends_when_its_time_is_over(people: People) -> None:
    water = people["water"]
    assert water.get("/api/session").status_code == 200
    with psycopg.connect(people.database.service) as conn:
        conn.execute("UPDATE access.sessions SET expires_at = now() - interval '1 second'")
    problem(water.get("/api/session"), 401, "NotSignedIn")


def test_the_database_never_holds_a_token_or_a_password(people: People) -> None:
    token = people["water"].headers["authorization"].removeprefix("Bearer ")
    with psycopg.connect(people.database.service) as conn:
        stored = str(conn.execute("SELECT token, account::text FROM access.sessions").fetchall())
        hashes = [hashed for (hashed,) in conn.execute("SELECT hash FROM access.passwords")]
    assert token not in stored
    assert token.encode().hex() not in stored
    assert all(hashed.startswith("$argon2id$") for hashed in hashes)
    assert not any(PASSWORD in hashed for hashed in hashes)


def test_a_browser_reads_with_its_cookie(people: People) -> None:
    answer = people.nobody.post("/api/session", json=WATER)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert people.nobody.get("/api/session").json()["account"] == "water"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://evil.example/http://testserver"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", **MINE},
    ],
    ids=str,
)
def test_a_cookie_writes_nothing_for_a_foreign_page(steps: Steps, headers: dict[str, str]) -> None:
    nobody = steps.people.nobody
    nobody.post("/api/session", json={"account": "grid", "password": PASSWORD})
    with steps.nothing_done():
        problem(nobody.post("/api/tickets", json=REPORT, headers=headers), 401, "NotSignedIn")
    problem(nobody.delete("/api/session", headers=headers), 401, "NotSignedIn")
    assert nobody.get("/api/session").status_code == 200
    nobody.cookies.clear()


@pytest.mark.parametrize("headers", [MINE, {"Sec-Fetch-Site": "same-origin"}], ids=str)
def test_a_cookie_writes_for_a_page_of_ours(people: People, headers: dict[str, str]) -> None:
    people.nobody.post("/api/session", json={"account": "grid", "password": PASSWORD})
    assert people.nobody.post("/api/tickets", json=REPORT, headers=headers).status_code == 201


def test_a_token_writes_wherever_it_comes_from(people: People) -> None:
    answer = people["grid"].post("/api/tickets", json=REPORT, headers={"Origin": "http://other.example"})
    assert answer.status_code == 201


def test_signing_out_ends_this_session_alone(people: People) -> None:
    here = people["water"]
    there = people.nobody.post("/api/session", json=WATER).json()["token"]
    assert here.delete("/api/session").status_code == 204
    problem(here.get("/api/session"), 401, "NotSignedIn")
    people.nobody.cookies.clear()
    answer = people.nobody.get("/api/session", headers={"Authorization": f"Bearer {there}"})
    assert answer.status_code == 200


def test_signing_out_everywhere_ends_all_sessions_of_that_account_alone(people: People) -> None:
    there = people.nobody.post("/api/session", json=WATER).json()["token"]
    people.nobody.cookies.clear()
    power = people["power"]
    assert people["water"].delete("/api/session", params={"everywhere": True}).status_code == 204
    answer = people.nobody.get("/api/session", headers={"Authorization": f"Bearer {there}"})
    problem(answer, 401, "NotSignedIn")
    assert power.get("/api/session").status_code == 200


def test_a_revoked_role_is_gone_at_the_next_request(people: People) -> None:
    steps = Steps(people)
    ticket = steps.at_stage("dispatched")
    assert people["water"].get(ticket).status_code == 200
    taken = people["admin"].post("/api/accounts/water/revoke", json={"role": "handler", "unit": "water"})
    assert taken.status_code == 200
    with steps.nothing_done(ticket):
        problem(people["water"].post(f"{ticket}/claim", json={}), 404, "UnknownTicket")
    problem(people["water"].get(ticket), 404, "UnknownTicket")
    assert steps.get("water", "/api/session")["roles"] == []
    assert steps.ids("water") == []


def test_a_granted_role_is_there_at_the_next_request(people: People) -> None:
    steps = Steps(people)
    ticket = steps.at_stage("dispatched")
    problem(people["power"].get(ticket), 404, "UnknownTicket")
    given = people["admin"].post("/api/accounts/power/grant", json={"role": "handler", "unit": "water"})
    assert given.status_code == 200
    steps.do("power", ticket, "claim", department="water")


def test_a_closed_account_is_signed_out_and_stays_out(people: People) -> None:
    water = people["water"]
    assert water.get("/api/session").status_code == 200
    assert people["admin"].post("/api/accounts/water/close").status_code == 200
    problem(water.get("/api/session"), 401, "NotSignedIn")
    problem(people.nobody.post("/api/session", json=WATER), 401, "WrongPassword")


def test_another_password_ends_all_sessions_of_the_account(people: People) -> None:
    water = people["water"]
    changed = people["admin"].post("/api/accounts/water/password", json={"password": "another secret"})
    assert changed.status_code == 200
    problem(water.get("/api/session"), 401, "NotSignedIn")
    problem(people.nobody.post("/api/session", json=WATER), 401, "WrongPassword")
    fresh = people.nobody.post("/api/session", json={"account": "water", "password": "another secret"})
    assert fresh.status_code == 201


def test_a_town_counts_as_the_demonstration_until_no_open_account_has_the_known_password(own: Steps) -> None:
    admin, names = own.people["admin"], [member.account for member in members()]
    for name in names:
        if name not in ("admin", "auditor", "power"):
            by = own.people[name] if name == "admin2" else admin  # Nobody alone sets an administrator's.
            asked = {"password": "another one", "current": PASSWORD}
            changed = by.post(f"/api/accounts/{name}/password", json=asked)
            assert changed.status_code == 200
    assert admin.post("/api/accounts/power/close").status_code == 200
    mine = {"password": "another one", "current": PASSWORD}
    assert admin.post("/api/accounts/admin/password", json=mine).status_code == 200
    assert asyncio.run(is_loaded(own.people.database))
    for_all = {"account": "admin", "password": "another one"}
    again = own.people.nobody.post("/api/session", json=for_all).json()["token"]
    closed = own.people.nobody.post(
        "/api/accounts/auditor/close", headers={"Authorization": f"Bearer {again}"}
    )
    assert closed.status_code == 200
    assert not asyncio.run(is_loaded(own.people.database))
