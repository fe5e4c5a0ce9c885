"""Every page in light and dark, wide and on a phone: no barrier, no sideways scrolling, a screenshot each."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from domain.calendar import CHINA
from tests.command_line.whistle import Serving
from tests.pages.reporting import photos
from tests.pages.test_life import reported
from tests.pages.visiting import DESK, PHONE, Visits

SHOTS = Path(__file__).parents[2] / "screenshots"
WIDE = 1600
LOOKS: tuple[tuple[int, Literal["light", "dark"], Sequence[str]], ...] = (
    (DESK, "light", ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")),
    (DESK, "dark", ("color-contrast",)),
    (PHONE, "light", ("target-size", "color-contrast", "scrollable-region-focusable")),
    (PHONE, "dark", ("color-contrast",)),
    (WIDE, "light", ()),
)
"""Widths and colours, and what is asked of each: structure once, then what colour and width can break."""
DESKS = ("grid", "sorter", "dispatcher", "water", "supervisor", "auditor")


def look_at(page: Page, name: str) -> None:
    """The page as it stands, in all ways people look at it."""
    SHOTS.mkdir(exist_ok=True)
    wrong = []
    for width, colours, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=colours)
        page.screenshot(path=SHOTS / f"{name}-{width}-{colours}.png", full_page=width == PHONE)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{width}: scrolls sideways")
        if rules:
            found = Axe().run(page, options={"runOnly": [*rules]}).response["violations"]
            wrong += [f"{width} {colours}: {told(violation)}" for violation in found]
    assert wrong == []


def told(violation: dict[str, Any]) -> str:
    """What is wrong, and where first."""
    first = violation["nodes"][0]
    return f"{violation['id']}: {first['html'][:200]}: {first['failureSummary']}"


def test_to_sign_in(visits: Visits) -> None:
    page = visits.window()
    page.goto("/sign-in")
    look_at(page, "sign-in")


@pytest.mark.parametrize("account", DESKS)
def test_the_desk_of(visits: Visits, account: str) -> None:
    look_at(visits(account), f"desk-{account}")


Done = tuple[str, str, dict[str, Any]]
REVIEW = f"{datetime.now(CHINA).year + 1}-01-05T09:00:00+08:00"
HOLD = {"department": "power", "reason": "等批复", "review_at": REVIEW}
LIFE: dict[str, tuple[str, list[Done]]] = {
    "reported": ("sorter", []),
    "sorted": ("dispatcher", [("sorter", "sort", {"category": "drain", "urgency": "urgent"})]),
    "dispatched": (
        "dispatcher",
        [
            ("dispatcher", "dispatch", {"lead": "water", "assisting": ["housing", "urban", "power"]}),
            ("water", "claim", {}),
            ("water", "attend", {}),
            ("housing", "claim", {}),
            ("housing", "request_extension", {"reason": "等配件"}),
            ("urban", "send_back", {"reason": "不归我们管"}),
            ("power", "claim", {}),
            ("dispatcher", "hold", HOLD),
        ],
    ),
    "handled": (
        "sorter",
        [
            ("dispatcher", "accept_return", {"department": "urban", "note": "同意"}),
            ("dispatcher", "resume", {"department": "power"}),
            *((name, "handle", {"result": "已处理。"}) for name in ("water", "housing", "power")),
        ],
    ),
    "verified": ("sorter", [("sorter", "verify", {"solved": "solved"})]),
}
"""What has happened until a ticket stands at a stage, and who looks at it then."""


def test_a_ticket_at_every_stage(visits: Visits, town: Serving) -> None:
    path = reported(town, title="一件走遍五个阶段的工单")
    for stage, (who, happens) in LIFE.items():
        for account, verb, body in happens:
            status, said = town.ask(f"/api{path}/{verb}", body, town.token(account))
            assert status == 200, (verb, said)
        look_at(visits(who, path), f"ticket-{stage}")


@pytest.mark.parametrize("path", ["tickets", "overdue", "workload", "leader"])
def test_a_list(visits: Visits, path: str) -> None:
    page = visits("dispatcher", f"/{path}")
    assert page.locator("tbody tr").count() > 3
    look_at(page, f"list-{path}")


@pytest.mark.parametrize("path", ["", "/units", "/accounts/water", "/catalogue", "/receivers"])
def test_a_page_of_the_administration(visits: Visits, path: str) -> None:
    page = visits("admin", f"/administration{path}")
    if forms := page.locator("main summary").all():
        forms[0].click()
    look_at(page, f"administration{path.replace('/', '-')}")


def test_the_replay_of_a_ticket(visits: Visits, town: Serving) -> None:
    path = reported(town, title="一件要回放的工单")
    for stage in ("sorted", "dispatched"):
        for account, verb, body in LIFE[stage][1]:
            assert town.ask(f"/api{path}/{verb}", body, town.token(account))[0] == 200
    page = visits("auditor", path)
    page.get_by_role("link", name="一步一步回放").click()
    page.wait_for_url("**/replay")
    page.goto(f"{path}/replay?version=2")
    assert not page.get_by_role("button", name="看这一步").is_visible()  # The handle goes there by itself.
    page.get_by_role("slider").press("ArrowLeft")
    page.wait_for_url("**/replay?version=1")
    page.get_by_role("link", name="后一步 ›").click()
    page.wait_for_url("**/replay?version=2")
    look_at(page, "replay")


def test_a_page_that_is_not_there(visits: Visits) -> None:
    page = visits("water")
    page.goto("/nothing")
    look_at(page, "problem")


def test_the_desk_in_english(visits: Visits) -> None:
    page = visits("dispatcher")
    page.get_by_role("button", name="English").click()
    look_at(page, "desk-english")


def test_a_ticket_printed_shows_what_it_is_and_nothing_to_press(visits: Visits, town: Serving) -> None:
    page = visits("sorter", reported(town, title="打印的一件"))
    page.emulate_media(media="print")
    assert not page.locator("button:visible").count()
    assert page.get_by_role("heading", name="打印的一件").is_visible()
    page.screenshot(path=SHOTS / "ticket-print.png")


def test_the_resident_from_the_link_to_the_last_word(visits: Visits, town: Serving) -> None:
    path = reported(town, title="一件居民说了算的工单", reporter={"name": "欧阳", "phone": "13987654321"})
    for stage in ("sorted", "dispatched", "handled"):
        for account, verb, body in LIFE[stage][1]:
            assert town.ask(f"/api{path}/{verb}", body, town.token(account))[0] == 200
    staff = visits("dispatcher", path)
    staff.get_by_role("button", name="给居民发链接").click()
    link = staff.locator(".address").inner_text()
    look_at(staff, "link")
    page = visits.window(PHONE)
    page.goto(link)
    look_at(page, "resident-arrive")
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.get_by_role("button", name="查看办理进度").click()
    page.wait_for_url("**/r")
    look_at(page, "resident")
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.get_by_label("未解决").check()
    page.get_by_role("button", name="提交评价").click()
    page.get_by_text("答应办好").wait_for()
    assert page.get_by_text("您的评价").count() == 0


def test_what_is_personal_is_asked_for(visits: Visits, town: Serving) -> None:
    path = reported(town, title="一件有电话的工单", reporter={"name": "欧阳", "phone": "13987654321"})
    page = visits("sorter", path)
    page.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("13987654321").wait_for()
    look_at(page, "ticket-personal")


def test_a_desk_as_it_stood(visits: Visits, town: Serving) -> None:
    position = town.ask("/api/health")[1]["position"]
    page = visits("auditor", f"/desk?account=dispatcher&position={position}")
    page.get_by_role("heading", name="当时所见").wait_for()
    look_at(page, "past-desk")


@pytest.mark.parametrize("path", ["log", "looks"])
def test_what_is_kept_for_auditors(visits: Visits, path: str) -> None:
    look_at(visits("auditor", f"/{path}"), f"auditor-{path}")


def test_a_list_as_of_a_moment(visits: Visits, town: Serving) -> None:
    position = town.ask("/api/health")[1]["position"]
    page = visits("auditor", f"/tickets?position={position}")
    page.get_by_text("看过去的某一刻").click()
    look_at(page, "list-tickets-then")


def test_the_echo_wall(visits: Visits, town: Serving) -> None:
    path = reported(town, title="一件要公开的工单")
    for stage in ("sorted", "dispatched", "handled"):
        for account, verb, body in LIFE[stage][1]:
            assert town.ask(f"/api{path}/{verb}", body, town.token(account))[0] == 200
    page = visits("sorter", path)
    page.get_by_role("heading", name="公开到回音壁").click()
    page.get_by_label("这件事办得怎么样").fill("下水已疏通，井盖换了新的。")
    page.get_by_role("button", name="公开到回音壁").click()
    page.get_by_text("已公开到回音壁。").wait_for()
    page.goto("/wall")
    page.get_by_text("下水已疏通").wait_for()
    look_at(page, "wall")


def test_the_words_of_the_field(visits: Visits) -> None:
    page = visits.window()
    page.goto("/terms")
    look_at(page, "terms")


def test_changing_ones_password(visits: Visits) -> None:
    page = visits("water", "/password")
    look_at(page, "password")


def test_a_resident_reports_without_an_account_and_without_scripts(visits: Visits, town: Serving) -> None:
    page = visits.window()
    page.goto("/sign-in")
    page.get_by_role("link", name="我要反映").click()
    look_at(page, "resident-report")
    phone = visits.window(PHONE, scripts=False)
    phone.goto("/r/report")
    phone.get_by_label("什么事").fill("单元门口的路灯一直不亮")
    phone.get_by_label("照片").set_input_files(photos())
    phone.get_by_label("按社区、小区或街道的名字找网格").fill("城南")
    phone.get_by_role("button", name="找", exact=True).click()
    phone.get_by_text("照片已经收到 1 张").wait_for()
    phone.get_by_label("社区和网格").select_option(label="城南社区第2网格")
    phone.get_by_label("姓名").fill("欧阳")
    phone.get_by_label("电话").fill("13987654321")
    phone.screenshot(path=SHOTS / "resident-report-filled.png", full_page=True)
    phone.get_by_role("button", name="发出").click()
    phone.get_by_role("heading", name="收到了").wait_for()
    assert "最晚受理的时间" in phone.inner_text("main")
    page.goto(phone.locator(".address").inner_text())
    page.get_by_role("button", name="查看办理进度").click()
    page.get_by_role("heading", name="单元门口的路灯一直不亮").wait_for()
    look_at(page, "resident-own")
    page.goto("/r/reported")
    look_at(page, "resident-reported")
