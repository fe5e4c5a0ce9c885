"""`whistle status`, `rebuild` and `replay`: looking at a service that runs."""

import re
from typing import Any

import pytest

from tests.command_line.whistle import Serving, done, refused, whistle

VIEWS = {
    "board",
    "workload",
    "overdue",
    "units",
    "accounts",
    "receivers",
    "photos",
    "looks",
    "wall",
    "figures",
}


@pytest.fixture(scope="module")
def ticket(demo: Serving) -> dict[str, Any]:
    """A ticket that came back, with its whole history."""
    token = demo.token("auditor")
    lines = demo.all("/api/tickets?stage=verified", token)
    line = next(line for line in lines if line["reopened"])
    path = f"/api/tickets/{line['id']}"
    return {**demo.ask(path, token=token)[1], "history": demo.all(f"{path}/history", token)}


def test_status_says_where_log_and_views_stand(demo: Serving, kept: object) -> None:
    health = demo.ask("/api/health")[1]
    out = done("status", "--data", kept)
    assert f"position {health['position']}" in out
    assert re.search(r"sealed up to [1-9]\d*\.", out)
    rows = [line.split() for line in out.splitlines() if " version " in line]
    assert {row[0] for row in rows} == VIEWS
    assert all("up to date" in line for line in out.splitlines() if " version " in line)


def test_rebuilding_all_views_changes_nothing_that_is_seen(demo: Serving, kept: object) -> None:
    token = demo.token("dispatcher")

    def seen() -> list[Any]:
        departments = demo.ask("/api/workload", token=token)[1]["departments"]
        for row in departments:
            row.pop("overdue")
        overdue = [(c["ticket"], c["clock"]) for c in demo.all("/api/overdue", token)]
        return [demo.all("/api/tickets", token), departments, overdue[:50], demo.all("/api/units", token)]

    before = seen()
    found = whistle("rebuild", "--data", kept)
    assert found.code == 0
    assert set(re.findall(r"\w+", found.out)) >= VIEWS
    assert seen() == before
    health = demo.ask("/api/health")[1]
    assert health["status"] == "ok"
    assert {view["lag"] for view in health["views"].values()} == {0}


def test_one_view_is_rebuilt_by_its_name_while_the_service_runs(demo: Serving, kept: object) -> None:
    out = done("rebuild", "board", "--data", kept)
    assert "board" in out
    assert "workload" not in out
    report = {"title": "重建之后", "description": "一", "grid": "220621100001-01"}
    status, receipt = demo.ask("/api/tickets", report, demo.token("grid"))
    assert status == 201
    page = demo.ask(f"/api/tickets?limit=1&after={receipt['position']}", token=demo.token("grid"))[1]
    assert page["items"][0]["id"] == receipt["id"]


def test_a_view_that_there_is_not_is_refused_with_the_names_there_are(demo: Serving, kept: object) -> None:
    line = refused("rebuild", "board", "nonsense", "--data", kept)
    assert "nonsense" in line
    assert all(view in line for view in VIEWS)


def test_a_replay_shows_the_ticket_and_every_event(
    demo: Serving, kept: object, ticket: dict[str, Any]
) -> None:
    out = done("replay", ticket["number"], "--data", kept)
    assert out.splitlines()[0] == f"{ticket['number']}  {ticket['title']}"
    for item in ticket["history"]:
        assert re.search(rf"^ *{item['version']} .*{item['event']}.*{item['by']['account']}", out, re.M)
        assert f"position {item['position']}" in out
    for task in ticket["tasks"]:
        assert task["department"] in out


def test_a_replay_of_deadlines_explains_every_clock(
    demo: Serving, kept: object, ticket: dict[str, Any]
) -> None:
    out = done("replay", ticket["number"], "--deadlines", "--data", kept)
    assert out.splitlines()[0] == f"{ticket['number']}  {ticket['title']}"
    for task in ticket["tasks"]:
        for name in ("claim", "contact", "attend", "handle"):
            assert re.search(rf"^{name} of {task['department']}: \w+.*, due ", out, re.M), name
    assert "example terms 2026-01, handle, " in out
    first = done("replay", ticket["number"], "--deadlines", "--version", 1, "--data", kept)
    assert re.search(r"^sort of \d{12}: running, due ", first, re.M)
    assert "handle of" not in first


def test_a_replay_stops_at_a_version_or_a_time(demo: Serving, kept: object, ticket: dict[str, Any]) -> None:
    nth = [item["event"] for item in ticket["history"]].index("Sorted")
    second, third = ticket["history"][nth : nth + 2]
    out = done("replay", ticket["number"], "--version", nth + 1, "--data", kept)
    assert f"  {second['event']}  " in out
    assert "sorted since" in out
    assert f"position {third['position']}" not in out
    by_time = done("replay", ticket["number"], "--at", second["at"], "--data", kept)
    assert by_time == out


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("nonsense",), "nonsense"),
        (("' OR 1=1 --",), "OR"),
        (("{number}", "--at", "yesterday"), "yesterday"),
        (("{number}", "--at", "2001-01-01"), "not there yet"),
        (("{number}", "--at", "9999-99-99"), "9999"),
        (("{number}", "--version", "99"), "choose 1 to "),
    ],
    ids=str,
)
def test_what_cannot_be_replayed_is_said_so(
    demo: Serving, kept: object, ticket: dict[str, Any], options: tuple[str, ...], word: str
) -> None:
    given = (option.format(number=ticket["number"]) for option in options)
    assert word in refused("replay", *given, "--data", kept)
