"""Lists of tickets: filters, pages, bounds and searching."""

from typing import Any

import pytest

from tests.api.steps import GRID, Steps, problem

HERE = "reported sorted dispatched handled verified rejected"
EVERY = f"{HERE} elsewhere"
STAGES = ("reported", "sorted", "dispatched", "handled", "verified")


@pytest.fixture(scope="module")
def town(steps: Steps) -> tuple[Steps, dict[str, str]]:
    """A town with one ticket at each stage, a rejected one, and one of another grid and department."""
    tickets = {stage: steps.at_stage(stage, title=f"{stage} 的事") for stage in STAGES}
    tickets["rejected"] = steps.report(title="不受理的事")
    steps.do("sorter", tickets["rejected"], "reject", reason="不属于受理范围。")
    elsewhere = steps.report(
        "dispatcher", grid="220621100002-03", title="别处的事", address="南甸子 ABC 巷 7 号"
    )
    steps.people["admin"].post("/api/accounts/sorter/grant", json={"role": "sorter", "unit": "220621100002"})
    steps.do("sorter", elsewhere, "sort", category="noise", urgency="ordinary")
    steps.people["admin"].post("/api/accounts/sorter/revoke", json={"role": "sorter", "unit": "220621100002"})
    steps.do("dispatcher", elsewhere, "dispatch", lead="urban")
    tickets["elsewhere"] = elsewhere
    return steps, tickets


Town = tuple[Steps, dict[str, str]]


def test_a_line_says_what_a_list_needs(town: Town) -> None:
    steps, tickets = town
    steps.people.catch_up()
    page = steps.get("auditor", "/api/tickets", stage="handled")
    assert set(page) == {"items", "next"}
    (line,) = page["items"]
    ticket = steps.read(tickets["handled"])
    for name in ("id", "number", "stage", "version", "title", "category", "urgency", "grid", "community"):
        assert line[name] == ticket[name]
    assert line["departments"] == ["water", "housing"]
    assert "reporter" not in line
    assert "description" not in line


def test_the_newest_comes_first(town: Town) -> None:
    steps, tickets = town
    assert steps.ids("auditor") == list(reversed(tickets.values()))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        *(({"stage": stage}, stage) for stage in ("reported", "sorted", "handled", "verified", "rejected")),
        ({"stage": "dispatched"}, "dispatched elsewhere"),
        ({"stage": "joined"}, ""),
        ({"department": "water"}, "dispatched handled verified"),
        ({"department": "housing", "stage": "verified"}, "verified"),
        ({"department": "urban"}, "elsewhere"),
        ({"department": "nonsense"}, ""),
        ({"community": "220621100002"}, "elsewhere"),
        ({"grid": "220621100002-03"}, "elsewhere"),
        ({"grid": GRID, "stage": "reported"}, "reported"),
        ({"category": "noise"}, "elsewhere"),
        ({"category": "drain"}, "sorted dispatched handled verified"),
        ({"overdue": "true"}, ""),
        ({"overdue": "false", "department": "urban"}, "elsewhere"),
        ({"q": "handled 的"}, "handled"),
        ({"q": "别处"}, "elsewhere"),
        ({"q": "abc 巷"}, "elsewhere"),
        ({"q": "ABC"}, "elsewhere"),
        ({"q": "  别处的事 "}, "elsewhere"),
        ({"q": "别的事"}, ""),
        ({"q": "%%"}, ""),
        ({"q": "__"}, ""),
        ({"q": "'; DROP TABLE views.board_ticket; --"}, ""),
        ({"q": "一楼返水", "stage": "verified", "department": "water"}, "verified"),
        ({"grid": "' OR 1=1 --"}, ""),
        ({"stage": "sorted", "category": "noise"}, ""),
    ],
    ids=str,
)  # fmt: skip
def test_each_filter_shows_what_fits_and_nothing_else(town: Town, asked: dict[str, str], names: str) -> None:
    steps, tickets = town
    found = steps.ids("auditor", **asked)
    assert len(found) == len(set(found))
    assert set(found) == {tickets[name] for name in names.split()}


def test_a_ticket_is_found_by_its_number(town: Town) -> None:
    steps, tickets = town
    number = steps.read(tickets["sorted"])["number"]
    assert steps.ids("auditor", q=number) == [tickets["sorted"]]
    assert steps.ids("auditor", q=number.lower()) == [tickets["sorted"]]


@pytest.mark.parametrize(
    ("account", "names"),
    [
        ("grid", HERE), ("sorter", HERE),
        ("dispatcher", EVERY), ("supervisor", EVERY),
        ("water", "dispatched handled verified"), ("housing", "dispatched handled verified"),
        ("urban", "elsewhere"), ("power", ""), ("admin", ""),
    ],
)  # fmt: skip
def test_everybody_sees_what_is_theirs(town: Town, account: str, names: str) -> None:
    steps, tickets = town
    assert set(steps.ids(account)) == {tickets[name] for name in names.split()}
    for name, ticket in tickets.items():
        answer = steps.people[account].get(ticket)
        assert answer.status_code == (200 if name in names.split() else 404)
        shown = steps.people[account].get(f"{ticket}/history")
        assert shown.status_code == answer.status_code


def test_no_filter_shows_more_than_is_ones_own(town: Town) -> None:
    steps, tickets = town
    own = set(steps.ids("water"))
    for asked in (
        {"department": "urban"},
        {"department": "housing"},
        {"community": "220621100002"},
        {"q": "的事"},
    ):
        assert set(steps.ids("water", **asked)) <= own
    assert tickets["elsewhere"] not in steps.ids("grid", grid="220621100002-03")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"limit": 0}, 422), ({"limit": 201}, 422), ({"limit": -1}, 422), ({"limit": "x"}, 400),
        ({"limit": ""}, 400),        ({"limit": 10**30}, 422), ({"limit": "1.5"}, 400),
        ({"stage": "lost"}, 422), ({"overdue": "perhaps"}, 400), ({"q": "水"}, 422), ({"q": ""}, 422),
        ({"q": "   "}, 422), ({"q": "水" * 201}, 422), ({"q": "a\0b"}, 422), ({"grid": "a\0b"}, 422),
        ({"cursor": "nonsense"}, 422), ({"cursor": "你好"}, 422), ({"cursor": "x" * 1001}, 422),
        ({"cursor": ""}, 422),        ({"cursor": "WzFd"}, 422),
        ({"cursor": "bnVsbA"}, 422), ({"after": -1}, 422), ({"after": "x"}, 400),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_list_cannot_be_asked_is_refused(steps: Steps, asked: dict[str, Any], status: int) -> None:
    answer = steps.people["auditor"].get("/api/tickets", params=asked)
    problem(answer, status, {400: "Malformed", 422: "OutOfRange"}[status])


@pytest.mark.parametrize("path", ["/api/overdue", "/api/units", "/api/categories", "/api/accounts"])
def test_every_list_has_the_same_bounds(steps: Steps, path: str) -> None:
    steps.people.catch_up()
    auditor = steps.people["auditor"]
    for limit in (0, 201):
        problem(auditor.get(path, params={"limit": limit}), 422, "OutOfRange")
    for limit in (1, 200):
        page = steps.get("auditor", path, limit=limit)
        assert set(page) == {"items", "next"}
        assert len(page["items"]) <= limit
    problem(auditor.get(path, params={"cursor": "nonsense"}), 422, "OutOfRange")


def test_pages_lose_and_double_nothing_while_new_tickets_arrive(own: Steps) -> None:
    steps = own
    old = [steps.report(title=f"旧事 {n}") for n in range(7)]
    steps.people.catch_up()
    found: list[str] = []
    cursor = None
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = steps.get("auditor", "/api/tickets", **asked)
        found += [f"/api/tickets/{item['id']}" for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        steps.report(title="新事")
        steps.people.catch_up()
    assert found == list(reversed(old))


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 9])
def test_a_page_of_any_size_shows_the_same_list(town: Town, limit: int) -> None:
    steps, tickets = town
    for asked in ({}, {"department": "water"}, {"q": "的事"}):
        assert steps.ids("auditor", limit=limit, **asked) == steps.ids("auditor", **asked)
    assert len(steps.ids("auditor", limit=limit)) == len(tickets)
