"""Signing in and out in a browser."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from api.demonstration.town import PASSWORD
from tests.pages.visiting import Visits, sign_in


def test_who_signs_in_comes_where_they_wanted_to_go(visits: Visits) -> None:
    page = visits.window()
    page.goto("/?what=dispatch")
    assert urlsplit(page.url).path == "/sign-in"
    sign_in(page, "dispatcher")
    assert page.url == f"{visits.address}/?what=dispatch"
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def test_a_wrong_password_is_said_and_the_account_stays_written(visits: Visits) -> None:
    page = visits.window(scripts=False)
    page.goto("/sign-in")
    sign_in(page, "dispatcher", "not this one")
    expect(page.get_by_role("alert")).to_have_text("账号或密码不对，请核对后再试。")
    expect(page.get_by_label("账号")).to_have_value("dispatcher")


def test_nobody_is_sent_to_another_site_after_signing_in(visits: Visits) -> None:
    page = visits.window()
    page.goto("/sign-in?next=//evil.example/")
    sign_in(page, "water")
    assert page.url == f"{visits.address}/"


def test_who_signs_out_is_out(visits: Visits) -> None:
    page = visits("water")
    page.locator(".me summary").click()
    page.get_by_role("button", name="退出", exact=True).click()
    page.goto("/")
    assert urlsplit(page.url).path == "/sign-in"


def test_a_page_can_be_read_in_english_and_in_chinese_again(visits: Visits) -> None:
    page = visits("dispatcher")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="My desk")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def test_a_password_is_changed_by_who_knows_it_and_signed_in_with_on_every_device(visits: Visits) -> None:
    page = visits("market")
    page.locator(".me summary").click()
    page.get_by_role("link", name="改密码").click()
    new = "market-2026-新"
    for now, once, again, said in (
        ("not this one", new, new, "账号或密码不对，请核对后再试。"),
        (PASSWORD, new, "something else", "「再写一遍新密码」填得不对：和上面的不一样，请再写一遍。"),
    ):
        page.get_by_label("现在的密码").fill(now)
        page.get_by_label("新密码（至少 8 个字）").fill(once)
        page.get_by_label("再写一遍新密码").fill(again)
        page.get_by_role("button", name="改密码").click()
        expect(page.get_by_role("alert")).to_have_text(said)
    for now, then in ((PASSWORD, new), (new, PASSWORD)):
        page.goto("/password")
        page.get_by_label("现在的密码").fill(now)
        page.get_by_label("新密码（至少 8 个字）").fill(then)
        page.get_by_label("再写一遍新密码").fill(then)
        page.get_by_role("button", name="改密码").click()
        page.wait_for_url("**/sign-in")
        sign_in(page, "market", then)
        expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
