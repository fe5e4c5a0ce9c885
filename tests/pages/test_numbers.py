"""Pages of numbers: each opens exactly the list that it counts, for everybody who sees it."""

import csv
import io
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.command_line.whistle import Serving
from tests.pages.test_looks import SHOTS
from tests.pages.visiting import Visits

LINK = re.compile(r'<a class="count[^"]*" href="([^"]+)">(\d+)</a>')
LINE = '<td class="number small">'
FOLLOWING = re.compile(r'<a href="([^"]+)">后 50 件</a>')
BY = ("department", "community", "category", "age")


def body(page: Page, path: str) -> str:
    """What is answered to whoever is signed in at this page."""
    answer = page.request.get(path)
    assert answer.status == 200, (path, answer.text()[:300])
    return answer.text()


def numbers(page: Page, path: str) -> dict[str, int]:
    """Every number of a page by the address of its list."""
    return {link.replace("&amp;", "&"): int(n) for link, n in LINK.findall(body(page, path))}


def taken(page: Page, link: str) -> int:
    """How many rows the list has as it is taken along: that is all of it at once."""
    table = body(page, link.replace("/tickets?", "/tickets.csv?"))
    return len(list(csv.reader(io.StringIO(table)))) - 1


def paged(page: Page, link: str) -> int:
    """How many lines the list has, page after page."""
    found, path = 0, link
    while path:
        text = body(page, path)
        found += text.count(LINE)
        more = FOLLOWING.search(text)
        path = more[1].replace("&amp;", "&") if more else ""
    return found


def check(page: Page, path: str) -> int:
    """Every number against its list; where a deadline went by meanwhile, once more."""
    for _ in range(3):
        shown = numbers(page, path)
        lists = {link: taken(page, link) for link in shown}
        if numbers(page, path) == shown:
            break
    assert lists == shown
    assert shown
    return len(shown)


@pytest.mark.parametrize(
    ("account", "paths"),
    [
        ("dispatcher", [f"/workload?by={by}" for by in BY]),
        ("auditor", ["/leader"]),
        ("water", ["/workload", "/workload?by=community"]),
    ],
)
def test_every_number_opens_exactly_the_list_that_it_counts(
    visits: Visits, account: str, paths: list[str]
) -> None:
    page = visits(account)
    assert sum(check(page, path) for path in paths) > 15


@pytest.mark.parametrize("path", ["/workload", "/leader"])
def test_a_number_counts_all_pages_of_its_list(visits: Visits, path: str) -> None:
    page = visits("auditor")
    longest = sorted(numbers(page, path).items(), key=lambda each: -each[1])[:3]
    assert longest[0][1] > 50
    assert [(link, paged(page, link)) for link, _ in longest] == longest


def test_the_page_says_of_all_departments_what_programs_are_told(visits: Visits, town: Serving) -> None:
    shown = numbers(visits("auditor"), "/workload")
    for line in town.ask("/api/workload", token=town.token("auditor"))[1]["departments"]:
        for name in ("open", "to_claim", "in_hand", "due_today", "overdue", "handled_30d"):
            link = f"/tickets?{urlencode({'task': name, 'department': line['department']})}"
            assert shown.get(link, 0) == line[name], link


def test_the_workload_of_a_handler_is_that_of_their_department(visits: Visits) -> None:
    page = visits("water", "/workload")
    assert page.locator("tbody tr").count() == 1
    assert page.locator("tbody th").inner_text() == "水务"


def test_the_workload_is_taken_along(visits: Visits) -> None:
    page = visits("dispatcher", "/workload?by=community")
    rows = list(csv.reader(io.StringIO(body(page, "/workload.csv?by=community").removeprefix("\ufeff"))))
    assert rows[0][:3] == ["社区", "在手", "待报到"]
    shown = page.locator("table.numbers tr").all_inner_texts()
    assert [row[0] for row in rows[1:]] == [text.split("\n")[0].split("\t")[0] for text in shown[1:]]
    assert page.request.get("/workload.xlsx").status == 200


def test_the_leaders_page_is_for_those_who_lead(visits: Visits) -> None:
    page = visits("water", "/leader")
    assert "只有督查、派单员或审计可以看总览" in page.locator("main").inner_text()
    assert not page.get_by_role("link", name="总览").count()


def test_the_leaders_page_is_printed_on_one_sheet(visits: Visits) -> None:
    page = visits("supervisor", "/leader")
    printed = page.pdf(format="A4", prefer_css_page_size=True, path=SHOTS / "leader.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("path", ["/tickets", "/overdue"])
def test_a_mistyped_filter_is_said_to_be_one(visits: Visits, path: str) -> None:
    page = visits("dispatcher", f"{path}?department=watre")
    assert "没有在用的单位 watre" in page.get_by_role("alert").inner_text()
    page.goto(f"{path}?community=220621100009")
    assert "没有在用的单位 220621100009" in page.get_by_role("alert").inner_text()


def test_what_is_overdue_is_narrowed_down_to_a_grid_and_a_category(visits: Visits) -> None:
    page = visits("dispatcher", "/overdue")
    whole = page.locator("tbody tr").count()
    page.get_by_label("社区").select_option(index=1)
    page.get_by_role("button", name="筛选").click()
    page.get_by_label("网格").select_option(index=1)
    page.get_by_role("button", name="筛选").click()
    assert page.url.count("grid=220621100001-01")
    grids = set(page.locator("tbody tr td:nth-child(6)").all_inner_texts())
    assert grids <= {"东北社区第1网格"}
    assert page.locator("tbody tr").count() < whole
