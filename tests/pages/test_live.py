"""What moves by itself, and what never moves under somebody's hands."""

from playwright.sync_api import Page, expect

from tests.command_line.whistle import Serving
from tests.pages.test_life import reported, unfold
from tests.pages.visiting import Visits


def live(page: Page) -> None:
    """Wait until the page hears of moves."""
    expect(page.locator("body")).to_have_attribute("data-live", "yes")


def test_a_new_ticket_appears_by_itself_and_what_is_typed_stays(visits: Visits, town: Serving) -> None:
    path = reported(town, title="先来的一件")
    sorter = visits("sorter", path)
    live(sorter)
    unfold(sorter, "不予受理")
    box = sorter.get_by_label("理由").locator("visible=true").first
    box.fill("正在写")
    newer = reported(town, title="后来的一件")
    expect(sorter.locator(f".queue [href^='{newer}']")).to_be_visible()
    expect(box).to_have_value("正在写")
    expect(box).to_be_focused()


def test_a_ticket_that_changes_is_shown_anew_and_the_form_under_way_is_kept(
    visits: Visits, town: Serving
) -> None:
    path = reported(town, title="变化中的一件")
    sorter = visits("sorter", path)
    live(sorter)
    unfold(sorter, "不予受理")
    box = sorter.get_by_label("理由").locator("visible=true").first
    box.fill("正在写")
    town.ask(f"/api{path}/sort", {"category": "drain", "urgency": "urgent"}, town.token("sorter"))
    expect(sorter.locator(".ticket-head .stage")).to_have_text("已分拣")
    expect(sorter.get_by_text("这件工单刚有变化")).to_be_visible()
    expect(box).to_have_value("正在写")


def test_the_keyboard_goes_through_the_queue(visits: Visits) -> None:
    dispatcher = visits("dispatcher")
    second = dispatcher.locator(".queue .line").nth(1)
    dispatcher.keyboard.press("j")
    expect(second).to_be_focused()
    dispatcher.keyboard.press("k")
    expect(dispatcher.locator(".queue .line").first).to_be_focused()
    dispatcher.keyboard.press("j")
    href = second.get_attribute("href")
    dispatcher.keyboard.press("Enter")
    expect(dispatcher).to_have_url(f"{dispatcher.url.partition('/tickets')[0].rstrip('/')}{href}")
