"""What everybody looks at: workload, overdue, categories, units, health."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.event_store import new_id
from api.demonstration.lives import DISPATCHER, HANDLERS
from api.demonstration.town import COMMUNITIES, DEPARTMENTS, GRIDS, grid_worker, sorter
from api.terminal.managing import at_work
from domain.category import CATEGORIES
from domain.ticket import Ticket, commands
from domain.ticket.stage import Urgency
from domain.unit import Place
from tests.api.steps import GRID, Steps
from tests.conftest import People

PROMISED = ("claim", "handle")
"""The clocks that the tables below name; those that need a calendar depend on the day the tests run."""
WORKLOAD = {
    "department", "name", "open", "to_claim", "in_hand", "due_today", "overdue", "handled_30d",
    "median_handling_seconds",
}  # fmt: skip


def dispatched_ago(days: float, lead: str = "water", grid: str = GRID, **then: float) -> Ticket:
    """An ordinary ticket of days ago, with what its department did so many days later."""
    at = datetime.now(UTC) - timedelta(days=days)
    place = Place(grid, grid[:12], "220621100", "220621", "FS")
    report = commands.Report(f"{days} 天前的事", "一楼返水。", grid)
    ticket = Ticket.report(report, place, new_id(at), grid_worker(grid), at)
    ticket.sort(commands.Sort("drain", Urgency.ORDINARY), sorter(grid[:12]), at)
    ticket.dispatch(commands.Dispatch(lead), DEPARTMENTS, DISPATCHER, at)
    for verb, later in then.items():
        command = commands.Handle("已疏通。") if verb == "handle" else commands.Claim()
        getattr(ticket, verb)(command, HANDLERS[lead], at + timedelta(days=later))
    return ticket


async def keep(people: People, *tickets: Ticket) -> None:
    """Take tickets of the past into the log."""
    async with at_work(people.database) as service:
        for ticket in tickets:
            await service.store.create(ticket)


@pytest.fixture(scope="module")
def past(steps: Steps) -> Steps:
    """Tickets of days ago: unclaimed, claimed, handled in time and too late, of two departments."""
    tickets = (
        dispatched_ago(0.5),
        dispatched_ago(2),
        dispatched_ago(9, claim=0.5),
        dispatched_ago(8),
        dispatched_ago(8.5, "power", "220621100002-03"),
        dispatched_ago(20, claim=1, handle=2),
        dispatched_ago(21, claim=1, handle=4),
        dispatched_ago(22, claim=1, handle=12),
        dispatched_ago(60, claim=1, handle=3),
    )
    asyncio.run(keep(steps.people, *tickets))
    steps.people.catch_up()
    return steps


def load(steps: Steps, account: str = "dispatcher") -> dict[str, dict[str, Any]]:
    """The workload by department."""
    rows = steps.get(account, "/api/workload")["departments"]
    return {row["department"]: row for row in rows}


def test_the_workload_counts_what_each_department_has_on_its_hands(past: Steps) -> None:
    # Steps of the ladder may be taken meanwhile: it is read once more, while the log stood still.
    while True:
        stands = past.position()
        past.people.catch_up()
        found = past.get("dispatcher", "/api/workload")
        if past.position() == stands:
            break
    assert set(found) >= {"as_of", "position", "departments"}
    assert abs(datetime.fromisoformat(found["as_of"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert found["position"] == stands
    rows = {row["department"]: row for row in found["departments"]}
    assert {code: row["name"] for code, row in rows.items()} == DEPARTMENTS
    assert all(set(row) >= WORKLOAD for row in rows.values())
    water = rows["water"]
    assert (water["open"], water["to_claim"], water["in_hand"]) == (4, 3, 1)
    assert water["overdue"] == 3
    assert water["handled_30d"] == 3
    assert water["median_handling_seconds"] == 4 * 86400
    power = rows["power"]
    assert (power["open"], power["overdue"], power["handled_30d"]) == (1, 1, 0)
    assert power["median_handling_seconds"] is None
    assert rows["civil"]["open"] == rows["civil"]["overdue"] == 0


def test_overdue_lists_every_clock_that_has_run_out_oldest_first(past: Steps) -> None:
    items = past.get("dispatcher", "/api/overdue")["items"]
    due = [datetime.fromisoformat(item["due_at"]) for item in items]
    assert due == sorted(due)
    assert [(i["title"], i["department"], i["clock"]) for i in items if i["clock"] in PROMISED] == [
        ("8.5 天前的事", "power", "claim"),
        ("8 天前的事", "water", "claim"),
        ("9 天前的事", "water", "handle"),
        ("8.5 天前的事", "power", "handle"),
        ("2 天前的事", "water", "claim"),
        ("8 天前的事", "water", "handle"),
    ]
    assert [item["title"].partition(" ")[0] for item in items if item["clock"] == "contact"] == [
        "9",
        "8.5",
        "8",
        "2",
    ]
    now = datetime.now(UTC)
    for item in items:
        assert set(item) >= {"ticket", "number", "title", "department", "clock", "due_at", "overdue_seconds"}
        since = (now - datetime.fromisoformat(item["due_at"])).total_seconds()
        assert abs(item["overdue_seconds"] - since) < 60
        assert past.read(f"/api/tickets/{item['ticket']}")["number"] == item["number"]


@pytest.mark.parametrize(
    ("account", "asked", "titles"),
    [
        ("dispatcher", {"department": "power"}, ["8.5", "8.5"]),
        ("dispatcher", {"community": "220621100002"}, ["8.5", "8.5"]),
        ("dispatcher", {"community": "220621100001"}, ["8", "9", "2", "8"]),
        ("dispatcher", {"community": "220621100001", "department": "power"}, []),
        ("water", {}, ["8", "9", "2", "8"]),
        ("water", {"department": "power"}, []),
        ("power", {}, ["8.5", "8.5"]),
        ("sorter", {}, ["8", "9", "2", "8"]),
        ("civil", {}, []),
        ("admin", {}, []),
    ],
)
def test_overdue_shows_what_is_asked_for_and_ones_own(
    past: Steps, account: str, asked: dict[str, str], titles: list[str]
) -> None:
    items = past.get(account, "/api/overdue", **asked)["items"]
    assert [item["title"].partition(" ")[0] for item in items if item["clock"] in PROMISED] == titles


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7])
def test_overdue_pages_lose_and_double_nothing(past: Steps, limit: int) -> None:
    for account, asked in (("dispatcher", {}), ("water", {}), ("dispatcher", {"department": "water"})):
        whole = past.get(account, "/api/overdue", **asked)["items"]
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = past.get(account, "/api/overdue", limit=limit, **asked, **cursor)
            assert len(page["items"]) <= limit
            found += page["items"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert [(i["ticket"], i["clock"]) for i in found] == [(i["ticket"], i["clock"]) for i in whole]


def test_the_board_and_overdue_agree_on_what_is_overdue(past: Steps) -> None:
    overdue = {item["ticket"] for item in past.get("auditor", "/api/overdue")["items"]}
    assert {path.rpartition("/")[2] for path in past.ids("auditor", overdue="true")} == overdue
    rest = {path.rpartition("/")[2] for path in past.ids("auditor", overdue="false")}
    assert not rest & overdue
    assert len(rest | overdue) == len(past.ids("auditor"))


def test_a_claim_moves_the_task_from_to_claim_to_in_hand(own: Steps) -> None:
    ticket = own.at_stage("dispatched")
    own.people.catch_up()
    assert [(load(own)["water"][n]) for n in ("open", "to_claim", "in_hand")] == [1, 1, 0]
    own.do("water", ticket, "claim")
    own.people.catch_up()
    assert [(load(own)["water"][n]) for n in ("open", "to_claim", "in_hand")] == [1, 0, 1]
    own.do("water", ticket, "handle", result="已疏通。")
    own.people.catch_up()
    water = load(own)["water"]
    assert [water[n] for n in ("open", "to_claim", "in_hand", "handled_30d")] == [0, 0, 0, 1]
    assert load(own)["housing"]["to_claim"] == 1


def test_categories_have_a_code_and_a_name(steps: Steps) -> None:
    items = steps.get("water", "/api/categories")["items"]
    assert [set(item) for item in items] == [{"code", "name"}] * len(CATEGORIES)
    assert {item["code"]: item["name"] for item in items} == {c.code: c.name for c in CATEGORIES.values()}


def test_the_town_has_its_six_communities_its_grids_and_its_departments(steps: Steps) -> None:
    def units(**asked: str) -> list[dict[str, Any]]:
        found = steps.get("grid", "/api/units", limit=200, **asked)["items"]
        assert all(set(item) >= {"code", "name", "kind", "parent"} for item in found)
        return list(found)

    communities = units(kind="community")
    assert [item["code"] for item in communities] == [f"220621100{n:03d}" for n in range(1, 7)]
    assert all(c["name"].startswith(name) for c, name in zip(communities, COMMUNITIES, strict=True))
    assert {item["parent"] for item in communities} == {"220621100"}
    grids = units(kind="grid")
    assert len(grids) == sum(GRIDS) == 35
    assert all(item["code"].rpartition("-")[0] == item["parent"] for item in grids)
    assert {item["code"]: item["name"] for item in units(kind="department")} == DEPARTMENTS
    assert [item["name"] for item in units(kind="town")] == ["抚松镇"]
    assert len(units(parent="220621100001")) == GRIDS[0]
    assert len(units()) == 35 + 6 + 8 + 4


def test_units_page_by_code(steps: Steps) -> None:
    page = steps.get("grid", "/api/units", limit=30)
    rest = steps.get("grid", "/api/units", limit=30, cursor=page["next"])
    codes = [item["code"] for item in (*page["items"], *rest["items"])]
    assert codes == sorted(set(codes))
    assert (len(codes), rest["next"]) == (53, None)


def test_health_says_where_log_and_views_stand_without_a_sign_in(own: Steps) -> None:
    own.report()
    answer = own.people.nobody.get("/api/health")
    assert answer.status_code == 200
    health = answer.json()
    assert health["status"] == "ok"
    assert set(health["views"]) >= {"board", "workload", "overdue"}
    for view in health["views"].values():
        assert view["lag"] == health["position"] - view["position"] == 1
    own.people.catch_up()
    caught_up = own.people.nobody.get("/api/health").json()
    assert {view["lag"] for view in caught_up["views"].values()} == {0}
