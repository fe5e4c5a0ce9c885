"""`/api/terms` and the hours of units: adopted and entered by administrators, read by everybody signed in."""

from tests.api.steps import Steps, problem

TODAY = "2026-03-02"


def test_terms_are_adopted_over_http_and_listed(steps: Steps) -> None:
    (example,) = steps.get("water", "/api/terms")["items"]
    assert (example["name"], example["in_force"], example["adopted_at"]) == (
        "example terms 2026-01",
        True,
        None,
    )
    rows = [{**row, "ordinary": "9"} if row["what"] == "holds" else row for row in example["rows"]]
    asked = {"name": "ours", "effective_from": TODAY, "rows": rows}
    problem(steps.people["dispatcher"].post("/api/terms", json=asked), 403, "NotYours")
    answer = steps.people["admin"].post("/api/terms", json=asked)
    assert answer.status_code == 201, answer.text
    problem(steps.people["admin"].post("/api/terms", json=asked), 409, "TermsKnown")
    bad = {**asked, "name": "odd", "rows": [*rows, {**rows[0], "clock": "lunch"}]}
    problem(steps.people["admin"].post("/api/terms", json=bad), 422, "OutOfRange")
    listed = steps.get("water", "/api/terms")["items"]
    assert [(each["name"], each["in_force"]) for each in listed] == [(example["name"], False), ("ours", True)]
    assert listed[1]["rows"] == rows


def test_a_unit_has_hours_of_its_own_from_then_on(steps: Steps) -> None:
    path = "/api/units/water/hours"
    assert steps.get("water", path) == {"unit": "water", "hours": "08:30-12:00,14:00-17:30", "own": False}
    problem(steps.people["water"].post(path, json={"hours": "09:00-12:00"}), 403, "NotYours")
    problem(steps.people["admin"].post(path, json={"hours": "morning"}), 422, "OutOfRange")
    unknown = steps.people["admin"].post("/api/units/nothing/hours", json={"hours": "09:00-12:00"})
    problem(unknown, 404, "UnknownUnit")
    for hours in ("09:00-12:00,13:00-17:00", "00:00-24:00"):
        answer = steps.people["admin"].post(path, json={"hours": hours})
        assert answer.status_code == 200, answer.text
        assert steps.get("water", path) == {"unit": "water", "hours": hours, "own": True}
    problem(steps.people["admin"].post(path, json={"hours": "00:00-24:00"}), 409, "HoursKnown")
