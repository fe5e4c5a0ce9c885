"""Reporting on a phone with signal, with scripts and without."""

import re

import httpx2
from playwright.sync_api import expect

from tests.command_line.whistle import Serving
from tests.pages.reporting import Desk, photos, ready, take
from tests.pages.test_looks import look_at
from tests.pages.visiting import PHONE, Visits
from tests.pictures import exif, picture


def test_a_matter_is_reported_from_a_phone_in_a_few_taps(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE)
    ready(page)
    take(page, photos(2, exif=exif(orientation=6)))
    expect(page.locator(".where output")).to_have_text("位置取自照片")
    kind = page.locator("label.chip:has([name=category])").first
    kind.click()
    code = kind.locator("input").input_value()
    page.get_by_label("情况").fill("三单元门口污水井冒水\n味道很大")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    expect(page.get_by_text("等「分拣」")).to_be_visible()
    (ticket,) = desk.reported("三单元门口污水井冒水")
    expect(page.get_by_role("heading")).to_have_text(ticket["number"])
    assert (ticket["title"], ticket["category"], len(ticket["photos"])) == (
        "三单元门口污水井冒水",
        code,
        2,
    )
    assert ticket["location"] == {"longitude": 127.284, "latitude": 42.331}
    facts = desk.get(f"/api/photos/{ticket['photos'][0]}/facts")
    assert facts["location"] == ticket["location"]
    assert facts["taken_at"].startswith("2026-11-22T01:30:05")
    assert (facts["width"], facts["height"]) == (1200, 1600)


def test_it_works_without_scripts(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE, scripts=False)
    page.locator("input[name=photos][multiple]").set_input_files(photos(2))
    page.get_by_label("其他类别").fill("路灯不亮")
    page.get_by_label("情况").fill("幼儿园后墙整排路灯灭了")
    page.get_by_label("地点").fill("幼儿园后墙")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (ticket,) = desk.reported("幼儿园后墙整排路灯灭了")
    assert (ticket["category"], ticket["address"], len(ticket["photos"])) == ("street_light", "幼儿园后墙", 2)


def test_a_form_sent_twice_is_one_report(town: Serving, desk: Desk) -> None:
    with httpx2.Client(base_url=town.address, timeout=20) as client:
        client.headers["Authorization"] = f"Bearer {town.token('grid')}"
        fields = {"key": "a" * 32, "grid": "220621100001-01", "text": "车库坡道灯带掉落"}
        files = [("photos", ("1.jpg", picture(), "image/jpeg"))]
        first, again = (client.post("/report", data=fields, files=files) for _ in range(2))
        assert first.status_code == again.status_code == 303
        assert first.headers["location"] == again.headers["location"]
        other = client.post("/report", data=fields | {"text": "别的事"})
    assert other.status_code == 422
    assert "这张表单已经用过" in other.text
    assert len(desk.reported("车库坡道灯带掉落")) == 1


def test_what_is_refused_is_said_and_what_was_written_stays(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE, scripts=False)
    page.locator("input[name=photos][multiple]").set_input_files(photos())
    page.get_by_label("其他类别").fill("外星人")
    page.get_by_label("情况").fill("天上有不明飞行物盘旋")
    page.get_by_role("button", name="上报").click()
    expect(page.get_by_role("alert")).to_have_text("没有事项类别 外星人，请从目录里选。")
    expect(page.get_by_label("情况")).to_have_value("天上有不明飞行物盘旋")
    expect(page.get_by_text("照片已经收到 1 张。")).to_be_visible()
    page.get_by_label("其他类别").fill("")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (ticket,) = desk.reported("天上有不明飞行物盘旋")
    assert len(ticket["photos"]) == 1


def test_a_similar_ticket_is_offered_before_sending(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE)
    ready(page)
    page.get_by_label("情况").fill("老粮库围墙倒塌砖头散在路上")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (first,) = desk.reported("老粮库围墙倒塌")
    page.goto("/report")
    ready(page)
    page.get_by_label("情况").fill("老粮库围墙倒了,砖头散在路上")
    expect(page.get_by_role("link", name=first["number"])).to_be_visible()
    page.get_by_label("是同一件，补充上报").check()
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (again,) = desk.reported("老粮库围墙倒了")
    assert first["number"] in again["description"]


def test_what_was_handled_on_the_spot_has_its_photo_of_afterwards(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE)
    ready(page)
    take(page, photos())
    page.get_by_label("情况").fill("护栏底座歪倒在人行道")
    page.get_by_text("已经当场处置").click()
    page.get_by_label("怎么处置的").fill("已扶正固定")
    take(page, photos(), "after")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (ticket,) = desk.reported("护栏底座歪倒在人行道")
    assert (ticket["stage"], ticket["result"], len(ticket["photos"])) == ("handled", "已扶正固定", 1)
    *_, handled = desk.get(f"/api/tickets/{ticket['id']}/history")["items"]
    assert len(handled["data"]["photos"]) == 1


def test_a_draft_that_is_refused_is_kept_and_may_be_changed(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE)
    ready(page)
    take(page, photos())
    page.get_by_label("其他类别").fill("外星人")
    page.get_by_label("情况").fill("天台有异响半夜不停")
    page.get_by_role("button", name="上报").click()
    expect(page.get_by_text("没有收下：没有事项类别 外星人")).to_be_visible()
    page.get_by_role("button", name="修改再发").click()
    expect(page.get_by_label("情况")).to_have_value("天台有异响半夜不停")
    page.get_by_label("其他类别").fill("噪声")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (ticket,) = desk.reported("天台有异响半夜不停")
    assert (ticket["category"], len(ticket["photos"])) == ("noise", 1)


def test_the_form_is_within_reach_of_everybody(visits: Visits) -> None:
    page = visits("grid", "/report")
    ready(page)
    take(page, photos())
    page.get_by_text("已经当场处置").click()
    page.get_by_text("紧急吗？").click()
    page.get_by_text("坐标", exact=True).click()
    look_at(page, "report")


def test_what_is_said_after_sending_is_within_reach_too(visits: Visits) -> None:
    page = visits("grid", "/report")
    ready(page)
    page.get_by_label("情况").fill("单元楼梯扶手松动")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    look_at(page, "reported")


def test_it_reads_in_english(visits: Visits) -> None:
    page = visits("grid", "/report", PHONE)
    page.get_by_role("button", name="English").click()
    ready(page)
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    said = page.locator("form.report").inner_text() + str(
        page.locator("#words").evaluate("e => ({...e.dataset})")
    )
    kinds = page.locator("label.chip").all_inner_texts()
    for text in (*kinds, page.locator(".grid").inner_text()):  # Names of the town's own.
        said = said.replace(text, "")
    assert not re.findall("[\u4e00-\u9fff]+", said)
