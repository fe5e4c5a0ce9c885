"""A database that is away: told so in seconds, nothing lost, and well again by itself when it is back."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from httpx2 import Response
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.database import Database
from api.demonstration.town import PASSWORD
from tests.api.steps import GRID, REPORT, Steps, problem

TOLD = 8.0
"""Seconds after which everybody must have been told."""
SOON = 5.0
"""Seconds after which the service must have found its database again, however long that was away."""
READS = ("/api/tickets", "/api/workload", "/api/overdue", "/api/units", "/api/health", "/api/accounts")

AWAY = """
ALTER DATABASE {name} ALLOW_CONNECTIONS false;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'
"""
BACK = "ALTER DATABASE {name} ALLOW_CONNECTIONS true"


def tell_server(database: Database, statements: str) -> None:
    """Let the server of this database do something to it, from outside."""
    name = conninfo_to_dict(database.owner)["dbname"]
    with psycopg.connect(make_conninfo(database.owner, dbname="postgres"), autocommit=True) as conn:
        for statement in statements.split(";"):
            conn.execute(statement.format(name=name).encode())


def test_everybody_is_told_to_try_again_and_then_it_goes_on(own: Steps) -> None:
    people = own.people
    ticket = own.at_stage("dispatched")
    people.catch_up()
    water, auditor, grid = (people[account] for account in ("water", "auditor", "grid"))
    position = own.position()
    sign_in = {"account": "power", "password": PASSWORD}

    tell_server(people.database, AWAY)
    gone = time.monotonic()
    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(auditor.get, path) for path in READS]
        asked += [
            threads.submit(client.post, path, json=body)
            for client, path, body in (
                (grid, "/api/tickets", REPORT),
                (water, f"{ticket}/claim", {}),
                (people.nobody, "/api/session", sign_in),
            )
        ]
        answers: list[Response] = [answer.result() for answer in asked]
    assert time.monotonic() - gone < TOLD
    for answer in answers:
        assert "try again" in problem(answer, 503, "Unavailable")
        assert int(answer.headers["retry-after"]) >= 1

    tell_server(people.database, BACK)
    back = time.monotonic()
    while people.nobody.get("/api/health").status_code != 200:
        assert time.monotonic() - back < SOON
    for path in READS:
        assert auditor.get(path).status_code == 200
    assert own.position() == position
    assert own.read(ticket)["tasks"][0]["stage"] == "dispatched"
    own.do("water", ticket, "claim")
    assert own.read(own.report())["grid"] == GRID
    assert own.position() == position + 2
    assert people["power"].get("/api/session").status_code == 200
