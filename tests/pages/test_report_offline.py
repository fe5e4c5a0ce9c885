"""Reporting without signal: what was written arrives once, after a restart or a lost answer as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from tests.command_line.whistle import Serving
from tests.pages.conftest import ARGUMENTS, chromium
from tests.pages.reporting import Desk, photos, ready, take, until
from tests.pages.visiting import PATIENCE, PHONE, sign_in
from tests.pictures import exif

KEPT = """() => new Promise(done => {
  indexedDB.open("whistle").onsuccess = ({ target }) => {
    const asked = target.result.transaction("drafts").objectStore("drafts").getAll();
    asked.onsuccess = () => done(JSON.stringify(asked.result));
  };
})"""
"""All that the browser keeps of drafts."""


class Phone:
    """A phone whose browser can be closed and opened again, with all it keeps."""

    def __init__(self, playwright: Playwright, address: str, folder: Path) -> None:
        self._playwright, self._address, self._folder = playwright, address, folder

    @contextmanager
    def opened(self, offline: bool = False) -> Iterator[tuple[BrowserContext, Page]]:
        """The browser, with or without signal from the start."""
        context = self._playwright.chromium.launch_persistent_context(
            self._folder,
            executable_path=chromium(),
            args=ARGUMENTS,
            viewport={"width": PHONE, "height": 740},
            base_url=self._address,
            locale="zh-CN",
            offline=offline,
        )
        context.set_default_timeout(PATIENCE)
        yield context, context.pages[0]
        context.close()


@pytest.fixture
def phone(playwright: Playwright, town: Serving, tmp_path: Path) -> Phone:
    """A phone on which the grid worker has signed in and opened the report page once."""
    found = Phone(playwright, town.address, tmp_path)
    with found.opened() as (_, page):
        page.goto("/report")
        sign_in(page, "grid")
        ready(page)
        # The worker holds the page: from now on it opens without signal.
        until(page, "Boolean(navigator.serviceWorker.controller)")
        until(page, "async () => Boolean(await caches.match('/report'))")
    return found


def write(page: Page, words: str, number: int = 1) -> None:
    """Fill in the form with photos, and press the button."""
    ready(page)
    take(page, photos(number, exif=exif()))
    page.get_by_label("情况").fill(words)
    page.locator("button.send").click()
    expect(page.locator(".drafts li", has_text=words)).to_be_visible()


def test_two_reports_written_without_signal_arrive_once_each_after_a_restart(
    phone: Phone, desk: Desk
) -> None:
    first, second = "楼道堆放旧沙发堵了消防通道", "单元门禁坏了三天没人修"
    with phone.opened(offline=True) as (_, page):
        page.goto("/report")
        expect(page.get_by_role("button", name="存下，有信号自动发送")).to_be_visible()
        expect(page.locator(".ground[data-drawn]")).to_be_visible()
        write(page, first, 2)
        write(page, second)
        expect(page.locator(".drafts li[data-state=waiting]")).to_have_count(2)
    with phone.opened(offline=True) as (context, page):
        page.goto("/report")
        expect(page.locator(".drafts li[data-state=waiting]")).to_have_count(2)
        assert desk.reported(first) == desk.reported(second) == []
        context.set_offline(False)
        expect(page.locator(".drafts li[data-state=sent]")).to_have_count(2)
        kept = page.evaluate(KEPT)
        assert "sent" in kept
        assert [words for words in (first, second) if words in kept] == []
    for words, number in ((first, 2), (second, 1)):
        (ticket,) = desk.reported(words)
        assert len(ticket["photos"]) == number
        for photo in ticket["photos"]:
            facts = desk.get(f"/api/photos/{photo}/facts")
            assert facts["location"] == {"longitude": 127.284, "latitude": 42.331}


def test_a_report_whose_answer_was_lost_arrives_once(phone: Phone, desk: Desk) -> None:
    words = "健身器材断裂有尖角"
    lost = []

    def lose(route: Route) -> None:
        """Hand the report on, and let its answer never arrive."""
        route.fetch()
        lost.append(route.request.url)
        route.abort("connectionreset")

    with phone.opened() as (context, page):
        page.goto("/report")
        context.route(
            "**/report", lambda route: lose(route) if route.request.method == "POST" else route.fallback()
        )
        # Routes are served while the browser is waited for, and not while anything else is.
        with context.expect_event("requestfailed", lambda request: request.method == "POST"):
            write(page, words)
        expect(page.locator(".drafts li[data-state=waiting]")).to_have_count(1)
        assert len(desk.reported(words)) == 1
    assert lost
    with phone.opened() as (_, page):
        page.goto("/report")
        expect(page.locator(".drafts li[data-state=sent]")).to_have_count(1)
        number = page.locator(".drafts li[data-state=sent] a").inner_text()
    (ticket,) = desk.reported(words)
    assert ticket["number"] in number


def test_who_is_signed_out_meanwhile_is_told_and_loses_nothing(phone: Phone, desk: Desk) -> None:
    words = "广告牌松动快要掉下来"
    with phone.opened() as (context, page):
        page.goto("/report")
        ready(page)
        context.clear_cookies()
        write(page, words)
        expect(page.locator(".drafts li", has_text=words)).to_contain_text("登录后自动发送")
        page.goto("/report")
        sign_in(page, "grid")
        expect(page.locator(".drafts li[data-state=sent]")).to_have_count(1)
    assert len(desk.reported(words)) == 1


def test_a_draft_is_sent_by_nobody_but_whoever_wrote_it(phone: Phone, desk: Desk) -> None:
    words = "河边护栏缺了一段很危险"
    with phone.opened(offline=True) as (context, page):
        page.goto("/report")
        write(page, words)
        context.set_offline(False)
        context.clear_cookies()
        page.goto("/report")
        sign_in(page, "sorter")
        ready(page)
        expect(page.locator(".drafts li")).to_contain_text("账号 grid 的草稿")
        expect(page.get_by_text(words)).to_have_count(0)
    assert desk.reported(words) == []


def test_nothing_of_who_was_here_is_left_for_who_comes_next(phone: Phone) -> None:
    with phone.opened() as (context, page):
        page.goto("/")
        kept = "async () => (await Promise.all((await caches.keys()).map(async name =>"
        kept += " (await (await caches.open(name)).keys()).map(each => new URL(each.url).pathname)))).flat()"
        everything = page.evaluate(kept)
        assert "/report" in everything
        assert all(path == "/report" or path.startswith("/static/") for path in everything)
        page.locator(".me summary").click()
        page.get_by_role("button", name="退出", exact=True).click()
        page.wait_for_url("**/sign-in")
        until(page, "async () => !(await caches.match('/report'))")
        context.set_offline(True)
        with pytest.raises(Exception, match="ERR_"):
            page.goto("/report")


def test_a_draft_never_goes_out_under_the_account_of_whoever_signed_in_since(
    phone: Phone, desk: Desk
) -> None:
    words = "旧报刊亭玻璃碎了一地"
    with phone.opened() as (context, page):
        page.goto("/report")
        ready(page)
        other = context.new_page()
        context.clear_cookies()
        other.goto("/report")
        sign_in(other, "sorter")
        ready(other)
        write(page, words)  # On a page that is still the grid worker's.
        expect(page.locator(".drafts li[data-state=signed_out]")).to_have_count(1)
        assert desk.reported(words) == []
        context.clear_cookies()
        other.goto("/report")
        sign_in(other, "grid")
        expect(other.locator(".drafts li[data-state=sent]")).to_have_count(1)
    (ticket,) = desk.reported(words)
    assert len(ticket["photos"]) == 1
