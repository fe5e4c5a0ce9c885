"""Signing in: what a stranger can learn, and how guessing is slowed down."""

from contextlib import closing

import psycopg
import pytest
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from adapters.database import Database
from api.demonstration.town import PASSWORD
from domain.account import Account
from tests.adapters.writing import wait_for
from tests.api.steps import Steps, problem
from tests.conftest import People

WRONG = {"account": "water", "password": "not the password"}
RIGHT = {"account": "water", "password": PASSWORD}
FREE = 5


def test_an_unknown_account_and_a_wrong_password_get_the_same_answer(people: People) -> None:
    wrong = people.nobody.post("/api/session", json=WRONG)
    unknown = people.nobody.post("/api/session", json={**WRONG, "account": "nobody-of-that-name"})
    problem(wrong, 401, "WrongPassword")
    assert unknown.status_code == wrong.status_code
    assert {**unknown.json(), "request": wrong.json()["request"]} == wrong.json()
    assert unknown.headers["www-authenticate"] == wrong.headers["www-authenticate"]
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize("account", ["water", "nobody-of-that-name"])
def test_after_five_failures_an_account_waits_even_for_the_right_password(
    people: People, account: str
) -> None:
    guess = {"account": account, "password": "not the password"}
    for _ in range(FREE + 1):
        problem(people.nobody.post("/api/session", json=guess), 401, "WrongPassword")
    answer = people.nobody.post("/api/session", json={**RIGHT, "account": account})
    problem(answer, 429, "TooManyAttempts")
    assert 1 <= int(answer.headers["retry-after"]) <= 3
    assert people.nobody.post("/api/session", json={**RIGHT, "account": "power"}).status_code == 201


def test_the_wait_doubles_with_each_failure_and_ends(people: People) -> None:
    waits = []
    with psycopg.connect(people.database.service, autocommit=True) as conn:
        for _ in range(FREE + 4):
            problem(people.nobody.post("/api/session", json=WRONG), 401, "WrongPassword")
            row = conn.execute("SELECT extract(epoch FROM max(locked_until) - now()) FROM access.failures")
            waits.append(round(float((row.fetchone() or (0,))[0])))
            # The wait is over, as if its seconds had passed.
            conn.execute("UPDATE access.failures SET locked_until = now() - interval '1 millisecond'")
    assert waits[FREE:] == [1, 2, 4, 8]
    assert max(waits[:FREE]) == 0
    assert people.nobody.post("/api/session", json=RIGHT).status_code == 201


def test_a_quarter_of_an_hour_without_a_failure_forgets_how_many_there_were(people: People) -> None:
    with psycopg.connect(people.database.service, autocommit=True) as conn:
        for _ in range(FREE + 1):
            problem(people.nobody.post("/api/session", json=WRONG), 401, "WrongPassword")
        conn.execute("UPDATE access.failures SET failures = 15, locked_until = now() - interval '16 minutes'")
        problem(people.nobody.post("/api/session", json=WRONG), 401, "WrongPassword")
    assert people.nobody.post("/api/session", json=RIGHT).status_code == 201


def test_a_success_forgets_the_failures_before_it(people: People) -> None:
    for _ in range(2):
        for _ in range(FREE):
            problem(people.nobody.post("/api/session", json=WRONG), 401, "WrongPassword")
        assert people.nobody.post("/api/session", json=RIGHT).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({}, 400, "Malformed"),
        ({"account": "water"}, 400, "Malformed"),
        ({"account": 1, "password": PASSWORD}, 400, "Malformed"),
        ({"account": None, "password": None}, 400, "Malformed"),
        ([], 400, "Malformed"),
        ("water", 400, "Malformed"),
        ({"account": "", "password": ""}, 401, "WrongPassword"),
        ({"account": "water", "password": "x" * 100_000}, 401, "WrongPassword"),
        ({"account": "water\0", "password": PASSWORD}, 401, "WrongPassword"),
        ({"account": "water' --", "password": PASSWORD}, 401, "WrongPassword"),
        ({"account": "water" + "x" * 100_000, "password": PASSWORD}, 401, "WrongPassword"),
        ({"account": "WATER", "password": PASSWORD}, 401, "WrongPassword"),
        ({"account": "water", "password": PASSWORD + " "}, 401, "WrongPassword"),
        ({"account": "water", "password": PASSWORD + "\0"}, 401, "WrongPassword"),
    ],
)
def test_a_strange_sign_in_is_refused_in_words(steps: Steps, body: object, status: int, name: str) -> None:
    problem(steps.people.nobody.post("/api/session", json=body), status, name)


def test_a_password_of_more_than_the_longest_does_not_match_by_its_beginning(people: People) -> None:
    longest = "x" * 200
    changed = people["admin"].post("/api/accounts/water/password", json={"password": longest})
    assert changed.status_code == 200
    longer = {"account": "water", "password": longest + "anything"}
    problem(people.nobody.post("/api/session", json=longer), 401, "WrongPassword")
    assert people.nobody.post("/api/session", json={**longer, "password": longest}).status_code == 201


def test_the_answer_is_kept_by_nobody_on_the_way(people: People) -> None:
    answer = people.nobody.post("/api/session", json=RIGHT)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


def arriving_from(people: People, address: str) -> TestClient:
    """A client of nobody's at this address."""
    client = TestClient(people.nobody.app, raise_server_exceptions=False, client=(address, 50000))
    client.portal = people.nobody.portal
    return client


@pytest.mark.parametrize(
    ("stranger", "neighbour", "owner"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"),
    ],
)
def test_a_stranger_locks_nobody_out_but_their_own_address(
    people: People, stranger: str, neighbour: str, owner: str
) -> None:
    for _ in range(FREE + 1):
        problem(arriving_from(people, stranger).post("/api/session", json=WRONG), 401, "WrongPassword")
    with psycopg.connect(people.database.service) as conn:
        failures = str(conn.execute("SELECT who FROM access.failures").fetchall())
    assert failures.count(Account.id_of("water").hex) == 2  # From here, and from anywhere.
    assert stranger not in failures
    answer = arriving_from(people, neighbour).post("/api/session", json=RIGHT)
    problem(answer, 429, "TooManyAttempts")
    assert arriving_from(people, owner).post("/api/session", json=RIGHT).status_code == 201


def test_very_many_failures_lock_an_account_wherever_they_come_from(people: People) -> None:
    with psycopg.connect(people.database.service, autocommit=True) as conn:
        problem(people.nobody.post("/api/session", json=WRONG), 401, "WrongPassword")
        conn.execute("UPDATE access.failures SET failures = 100")  # As if 99 more had come from elsewhere.
    problem(arriving_from(people, "192.0.2.7").post("/api/session", json=WRONG), 401, "WrongPassword")
    answer = arriving_from(people, "192.0.2.8").post("/api/session", json=RIGHT)
    problem(answer, 429, "TooManyAttempts")


def test_many_failures_of_one_address_over_all_accounts_end_its_guessing_and_nobody_elses(
    people: People,
) -> None:
    stranger = arriving_from(people, "192.0.2.1")
    problem(stranger.post("/api/session", json=WRONG), 401, "WrongPassword")
    with psycopg.connect(people.database.service, autocommit=True) as conn:
        assert conn.execute("SELECT taken FROM access.turns WHERE what = 'GUESS'").fetchall() == [(1,)]
        conn.execute("UPDATE access.turns SET taken = 299")  # As if it had tried 298 other accounts.
    problem(stranger.post("/api/session", json={**WRONG, "account": "power"}), 401, "WrongPassword")
    problem(stranger.post("/api/session", json={**RIGHT, "account": "civil"}), 429, "TooOften")
    assert arriving_from(people, "192.0.2.2").post("/api/session", json=RIGHT).status_code == 201


OLD = """
INSERT INTO access.failures
VALUES ('old', 9, now() - interval '25 hours'), ('new', 9, now() - interval '23 hours');
INSERT INTO log.idempotency
SELECT 'water', name, '', '{}', at
  FROM (VALUES ('old', now() - interval '31 days'), ('new', now() - interval '29 days')) AS kept (name, at)
"""


def test_old_failures_and_keys_are_forgotten_by_a_service_that_runs(database: Database) -> None:
    with psycopg.connect(database.service, autocommit=True) as conn:
        conn.execute(OLD)
        with closing(People(database)):
            for query in ("SELECT who FROM access.failures", "SELECT key FROM log.idempotency"):
                wait_for(lambda query=query: conn.execute(query).fetchall() == [("new",)])  # type: ignore[misc]


def test_a_cookie_that_came_by_https_goes_by_nothing_else(people: People) -> None:
    def cookie(client: TestClient, **headers: str) -> str:
        return client.post("/api/session", json=RIGHT, headers=headers).headers["set-cookie"].lower()

    assert "; secure" not in cookie(people.nobody)
    claimed = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
    assert "; secure" not in cookie(people.nobody, **claimed)
    # As the server has it around the application.
    behind = ProxyHeadersMiddleware(people.nobody.app)  # type: ignore[arg-type]
    for peer, secure in (("127.0.0.1", True), ("192.0.2.1", False)):
        client = TestClient(behind, client=(peer, 50000))  # type: ignore[arg-type]
        client.portal = people.nobody.portal
        assert ("; secure" in cookie(client, **claimed)) is secure
