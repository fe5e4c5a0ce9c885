"""What every refusal and fault has in common: its form, its sentence, and its id in the log."""

import psycopg

from tests.api.steps import Steps, problem


def test_every_refusal_carries_the_id_of_its_request(steps: Steps) -> None:
    large = b"x" * (1024 * 1024 + 1)
    grid, nobody = steps.people["grid"], steps.people.nobody
    ids = set()
    for answer, status in (
        (nobody.get("/api/tickets"), 401),
        (nobody.get("/nonsense"), 404),
        (nobody.delete("/api/tickets"), 405),
        (grid.get("/api/tickets/nonsense"), 404),
        (grid.post("/api/tickets", content=b"{"), 400),
        (grid.post("/api/tickets", json={}), 400),
        (grid.post("/api/tickets", content=large), 413),
        (grid.get("/api/units", params={"limit": 0}), 422),
        (grid.get("/api/accounts"), 403),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request"] == answer.headers["x-request-id"]
        ids.add(answer.headers["x-request-id"])
    assert len(ids) == 9


def test_a_fault_of_ours_is_told_without_what_is_inside(own: Steps) -> None:
    own.people.catch_up()
    with psycopg.connect(own.people.database.owner) as conn:
        conn.execute("ALTER TABLE views.board_ticket ALTER COLUMN community TYPE boolean USING true")
    answer = own.people["auditor"].get("/api/tickets?community=220621100001")
    said = problem(answer, 500, "Fault")
    assert answer.json()["request"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    for inside in ("boolean", "syntax", "views", "psycopg", "SELECT"):
        assert inside not in answer.text
    assert "administrator" in said
    assert own.people["auditor"].get("/api/units").status_code == 200


def test_a_view_that_is_built_anew_is_waited_for(own: Steps) -> None:
    """As after an upgrade, while the view of the version before still stands."""
    own.people.catch_up()
    with psycopg.connect(own.people.database.owner) as conn:
        conn.execute("ALTER TABLE views.board_ticket RENAME COLUMN title TO heading")
    problem(own.people["auditor"].get("/api/tickets"), 503, "Unavailable")


BROKEN = """
ALTER TABLE views.units_unit RENAME TO units_kept;
CREATE VIEW views.units_unit AS
SELECT code, name, kind, parent, 1 / (length(code) - length(code)) = 1 AS closed FROM views.units_kept;
"""


def test_what_the_database_cannot_compute_is_not_blamed_on_who_asked(own: Steps) -> None:
    own.people.catch_up()
    with psycopg.connect(own.people.database.service) as conn:
        conn.execute(BROKEN)
    problem(own.people["auditor"].get("/api/units"), 500, "Fault")
