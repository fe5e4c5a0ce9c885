"""The life of a joint ticket through the pages alone, each person at their own desk."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.command_line.whistle import Serving
from tests.pages.visiting import PHONE, Visits

REPORT = {
    "title": "水仙名苑北楼下水堵塞",
    "description": "一楼返水，已经两天了。\n<b>不要</b>当成标签。",
    "grid": "220621100001-01",
    "source": "visit",
}


def reported(town: Serving, **changed: Any) -> str:
    """A new ticket; gives its path. The page to report is tested by itself."""
    status, receipt = town.ask("/api/tickets", {**REPORT, **changed}, town.token("grid"))
    assert status == 201, receipt
    return f"/tickets/{receipt['id']}"


def done(page: Page, said: str) -> None:
    """What the page says once a step is done."""
    expect(page.locator(".ticket [role=status]").first).to_contain_text(said)


def button(page: Page, name: str) -> None:
    """Press the button of this name in an open form."""
    page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()


def unfold(page: Page, name: str) -> None:
    """Open the form under this heading."""
    page.get_by_role("heading", name=name, exact=True).click()


def test_a_joint_ticket_lives_from_its_report_to_its_verification(visits: Visits, town: Serving) -> None:
    path = reported(town)

    sorter = visits("sorter", path)
    expect(sorter.get_by_text("<b>不要</b>当成标签。")).to_be_visible()
    expect(sorter.locator(".proposal").first).to_contain_text("下水堵塞")
    expect(sorter.locator(".steps ~ .shown")).to_have_count(1)  # The next step comes before photos and map.
    sorter.get_by_label("紧急", exact=True).check()
    button(sorter, "分拣")
    done(sorter, "已分拣")

    dispatcher = visits("dispatcher", path)
    expect(dispatcher.get_by_label("水务主办")).to_be_checked()
    dispatcher.get_by_label("住建协办").check()
    button(dispatcher, "派单")
    done(dispatcher, "已派单")

    water, housing = visits("water", path), visits("housing", path, width=PHONE)
    for page in (water, housing):
        button(page, "报到")
        done(page, "已报到")
        button(page, "到场")
        done(page, "已记到场")

    unfold(housing, "住建退单")
    housing.get_by_label("理由").locator("visible=true").fill("不归我们管")
    button(housing, "退单")
    done(housing, "已退单")
    dispatcher.reload()
    expect(dispatcher.get_by_role("heading", name="住建退单，请裁定")).to_be_visible()
    dispatcher.get_by_label("裁定说明").fill("立管归贵单位。")
    button(dispatcher, "不准退单")
    done(dispatcher, "已不准退单")

    for page, result in ((water, "已疏通主管道。"), (housing, "已更换立管。")):
        page.goto(path)
        page.get_by_label("做了什么、结果怎样").fill(result)
        button(page, "办结")
        done(page, "已办结")

    sorter.goto(path)
    sorter.get_by_label("已解决").check()
    button(sorter, "核查")
    done(sorter, "核查结果已记下")
    expect(sorter.locator(".station.verified")).to_have_class(re.compile("reached"))
    told = sorter.locator(".told .said").all_text_contents()
    assert told[0] == "核查：已解决"
    assert told[-1] == "上报「水仙名苑北楼下水堵塞」"
    assert "派给水务、住建，水务主办" in told
    expect(sorter.locator(".steps")).to_contain_text("要求重办")


def test_without_scripts_everything_works_too(visits: Visits, town: Serving) -> None:
    path = reported(town, title="路灯不亮")
    sorter = visits("sorter", path, scripts=False)
    button(sorter, "分拣")
    done(sorter, "已分拣")
    dispatcher = visits("dispatcher", path, scripts=False)
    dispatcher.get_by_label("城管主办").check()
    button(dispatcher, "派单")
    done(dispatcher, "已派单")
    assert urlsplit(dispatcher.url).path == path


def test_who_decides_on_a_stale_page_is_told_and_loses_nothing(visits: Visits, town: Serving) -> None:
    path = reported(town, title="井盖缺失")
    first, second = (visits("sorter", path, scripts=False) for _ in range(2))
    button(first, "分拣")
    unfold(second, "不予受理")
    second.get_by_label("理由").locator("visible=true").fill("不属本社区")
    button(second, "不予受理")
    expect(second.get_by_role("alert")).to_contain_text("工单又有了变化")
    expect(second.locator(".stage").first).to_have_text("已分拣")
    expect(second.get_by_text("您写的：不属本社区")).to_be_visible()


def test_pressing_twice_does_it_once(visits: Visits, town: Serving) -> None:
    path = reported(town, title="垃圾没有清运")
    sorter = visits("sorter", path)
    sent = sorter.locator("form[action*='/sort']").evaluate(
        """form => Promise.all([1, 2].map(() => fetch(form.action, {
               method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual"})))
           .then(answers => answers.map(answer => answer.type))"""
    )
    assert sent == ["opaqueredirect"] * 2
    history = town.all(f"/api{path}/history", town.token("auditor"))
    assert [item["event"] for item in history] == ["Reported", "Sorted"]


def test_a_department_claims_several_at_once(visits: Visits, town: Serving) -> None:
    paths = [reported(town, title=f"占道经营 {nth}") for nth in range(2)]
    for path in paths:
        api = f"/api{path}"
        town.ask(f"{api}/sort", {"category": "stall", "urgency": "ordinary"}, town.token("sorter"))
        town.ask(f"{api}/dispatch", {"lead": "market"}, town.token("dispatcher"))
    market = visits("market", "/?what=claim")
    for nth in range(2):
        market.get_by_label(f"报到：占道经营 {nth}").check()
    market.get_by_role("button", name="勾选的一起报到").click()
    expect(market.locator(".queue [role=status]")).to_have_text("报到 2 件。")
    assert {
        town.ask(f"/api{path}", token=town.token("auditor"))[1]["tasks"][0]["stage"] for path in paths
    } == {"claimed"}


@pytest.mark.parametrize("account", ["water", "auditor"])
def test_who_may_not_do_it_is_offered_nothing_and_refused_by_name(
    visits: Visits, town: Serving, account: str
) -> None:
    path = reported(town, title="电梯困人")
    page = visits(account, path)
    if account == "water":
        expect(page.get_by_role("heading", name="没有办成")).to_be_visible()
    else:
        expect(page.locator(".steps")).to_have_count(0)
        answer = page.evaluate(
            "path => fetch(path, {method: 'POST', body: new URLSearchParams({category: 'drain', "
            "urgency: 'urgent'})}).then(async a => [a.status, await a.text()])",
            f"{path}/sort",
        )
        assert answer[0] == 403
        assert "只有东北社区 分拣员可以分拣。" in answer[1]


def test_who_urges_by_hand_is_told_of_in_the_history(visits: Visits, town: Serving) -> None:
    path = reported(town)
    status, _ = town.ask(f"/api{path}/urge", {"text": "请今天分拣。"}, town.token("dispatcher"))
    assert status == 200
    expect(visits("sorter", path).locator(".told .Urged")).to_contain_text("请今天分拣。")
