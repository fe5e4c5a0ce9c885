"""`whistle serve`: the demonstration, starting again, and ending in good order."""

import json
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from adapters.database import Database
from api.demonstration.loading import TICKETS
from api.demonstration.town import members
from tests.adapters.writing import wait_for
from tests.command_line.whistle import (
    ADDRESS,
    EVERYWHERE,
    PATIENCE,
    Serving,
    done,
    position,
    servers_of,
    serving,
)

STAGES = {"reported", "sorted", "dispatched", "handled", "verified"}


def test_it_prints_where_it_answers_and_who_can_sign_in(demo: Serving) -> None:
    printed = "".join(demo.out)
    assert ADDRESS.search(printed)
    assert "whistle-demo" in printed
    for member in members():
        assert f" {member.account} " in printed
        assert demo.token(member.account)
    assert demo.ask("/api/health")[1]["status"] == "ok"


def test_the_demonstration_has_some_hundred_tickets_in_every_state(demo: Serving) -> None:
    auditor = demo.token("auditor")
    position = demo.ask("/api/health")[1]["position"]
    lines = demo.all(f"/api/tickets?after={position}", auditor)
    assert 100 <= len(lines) <= 1000
    assert {line["stage"] for line in lines} >= STAGES
    assert all(sum(line["stage"] == stage for line in lines) >= 3 for stage in STAGES)
    assert len({line["title"] for line in lines}) >= 25
    assert len({line["community"] for line in lines}) == 6
    assert any(len(line["departments"]) >= 3 for line in lines)
    assert sum(len(line["departments"]) >= 2 for line in lines) >= 20
    assert any(line["reopened"] for line in lines)
    dates = {line["reported_at"][:10] for line in lines}
    assert 20 <= len(dates) <= 31
    overdue = demo.all("/api/overdue", auditor)
    assert {clock["clock"] for clock in overdue} >= {"claim", "handle"}
    assert all(clock["overdue_seconds"] > 0 for clock in overdue)
    events = {
        item["event"]
        for line in lines[:150]
        if line["reopened"] or len(line["departments"]) > 1
        for item in demo.all(f"/api/tickets/{line['id']}/history", auditor)
    }
    assert {"SentBack", "ReturnAccepted", "ReturnRefused", "Reopened", "Attended", "ProgressNoted"} <= events


def test_every_department_and_the_shown_grid_worker_have_something_to_do(demo: Serving) -> None:
    rows = demo.ask("/api/workload", token=demo.token("dispatcher"))[1]["departments"]
    assert all(row["open"] + row["handled_30d"] > 0 for row in rows)
    assert any(row["overdue"] for row in rows)
    assert any(row["sent_back"] for row in rows)
    for account in ("grid", "sorter", "water"):
        assert demo.all("/api/tickets", demo.token(account))


def test_a_second_start_loads_nothing_and_keeps_what_is_there(kept: Path, demo: Serving) -> None:
    """The demonstration of the other tests is itself a second start on its folder."""
    assert not [line for line in demo.err if "demonstration_loaded" in line]

    def tickets(service: Serving) -> list[str]:
        """All there are; time goes on meanwhile, and the ladder with it."""
        return [line["number"] for line in service.all("/api/tickets", service.token("auditor"))]

    before = tickets(demo)
    with serving("--demo", "--data", kept) as beside:
        assert tickets(beside) == before
        assert beside.stop(signal.SIGINT) == 0
    assert not [line for line in beside.err if "demonstration_loaded" in line]
    assert tickets(demo) == before


def test_killed_hard_or_told_to_stop_it_keeps_what_was_accepted_and_leaves_no_postgres(own: Path) -> None:
    def reported(service: Serving) -> int:
        report = {"title": "刚报的事", "description": "一", "grid": "220621100001-01"}
        token = service.token("grid")
        return max(int(service.ask("/api/tickets", report, token)[1]["position"]) for _ in range(20))

    with serving("--demo", "--data", own) as killed:
        newest = reported(killed)
        killed.stop(signal.SIGKILL)
    with serving("--demo", "--data", own) as again:
        assert again.ask("/api/health")[1]["position"] == newest
        newest = reported(again)
        assert servers_of(own)
        assert again.stop(signal.SIGTERM) == 0
    assert not servers_of(own)
    said = [json.loads(line)["event"] for line in again.err if line.startswith("{")]
    assert "postgres_stopped" in said
    assert f"position {newest}" in done("status", "--data", own)


def test_a_loading_that_was_killed_goes_on_at_the_next_start_and_is_quiet(folder: Path) -> None:
    host = quote(str(folder / "postgres"), safe="")
    log = f"postgresql://postgres@/whistle?host={host}"

    def loading() -> bool:
        with suppress(psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return position(log) > 100
        return False

    cut_short = Serving("--demo", "--data", folder, "--port", 0, until="schema_migrated")
    wait_for(loading, PATIENCE)
    cut_short.stop(signal.SIGKILL)
    with serving("--demo", "--data", folder) as again:
        token, head = again.token("auditor"), again.ask("/api/health")[1]["position"]
        lines = again.all(f"/api/tickets?after={head}", token)
        assert len({line["number"] for line in lines}) == len(lines) == TICKETS
        assert again.stop() == 0
    said = [json.loads(line)["event"] for line in again.err if line.startswith("{")]
    assert said.count("demonstration_loaded") == 1
    assert "command_accepted" not in said


HOSTS = [
    ("{name}", 200), ("localhost:{port}", 200), ("LOCALHOST.", 200), ("[::1]:{port}", 200),
    ("127.1.2.3", 200), ("town.example.org", 200), ("town.example.org:443", 200),
    ("evil.example.org", 400), ("evil.example.org:{port}", 400), ("127.0.0.1.example.org", 400),
    ("localhost@evil.example.org", 400), ("192.0.2.1", 400), ("", 400), ("[::1", 400), ("[evil]", 400),
]  # fmt: skip


def test_on_loopback_only_known_names_are_answered_to(kept: Path, demo: Serving) -> None:
    """A foreign page that gives its own name our address reaches nothing (DNS rebinding)."""
    with serving("--data", kept, WHISTLE_PUBLIC_HOST="Town.example.org") as service:
        name = service.address.removeprefix("http://")
        for given, expected in HOSTS:
            host = given.format(name=name, port=name.rpartition(":")[2])
            status, said = service.ask("/api/health", headers={"Host": host})
            assert status == expected, host
            if expected == 400:
                assert said["type"].endswith("/UnknownHost")
                assert "WHISTLE_PUBLIC_HOST" in said["detail"]
    assert demo.ask("/api/health", headers={"Host": "town.example.org"})[0] == 400


def test_on_other_addresses_any_name_is_answered_to(empty: Database) -> None:
    with serving("--host", EVERYWHERE, "--database-url", empty.owner) as service:
        service.address = service.address.replace(EVERYWHERE, "127.0.0.1")
        assert service.ask("/api/health", headers={"Host": "any.example.org"})[0] == 200
