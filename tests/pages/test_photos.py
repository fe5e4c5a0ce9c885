"""Photos on the page of a ticket: seen by whoever sees it, brought by whoever handles it."""

import pytest
from playwright.sync_api import expect

from tests.command_line.whistle import Serving
from tests.pages.reporting import Desk, photos
from tests.pages.visiting import Visits
from tests.pictures import exif


def called(town: Serving, desk: Desk, words: str) -> str:
    """A ticket that water has claimed; gives its id."""
    report = {"title": words, "description": words, "grid": "220621100001-01"}
    id = str(desk.done(town, "grid", "/api/tickets", report)["id"])
    for account, verb, body in (
        ("sorter", "sort", {"category": "drain", "urgency": "ordinary"}),
        ("dispatcher", "dispatch", {"lead": "water"}),
        ("water", "claim", {}),
    ):
        desk.done(town, account, f"/api/tickets/{id}/{verb}", body)
    return id


@pytest.mark.parametrize("scripts", [True, False])
def test_a_department_shows_what_it_did(visits: Visits, town: Serving, desk: Desk, scripts: bool) -> None:
    id = called(town, desk, "消防栓漏水结冰")
    page = visits("water", f"/tickets/{id}", scripts=scripts)
    page.get_by_label("做了什么、结果怎样").fill("已换阀门")
    page.get_by_label("照片（最多 9 张）").set_input_files(photos(2, (3200, 2400), exif=exif()))
    page.get_by_role("button", name="办结").click()
    page.wait_for_url("**done=handle**")
    seen = page.get_by_role("img", name="处置中和处置后 第")
    expect(seen).to_have_count(2)
    ticket = desk.get(f"/api/tickets/{id}")
    assert ticket["stage"] == "handled"
    *_, handled = desk.get(f"/api/tickets/{id}/history")["items"]
    facts = desk.get(f"/api/photos/{handled['data']['photos'][0]}/facts")
    assert max(facts["width"], facts["height"]) == (2048 if scripts else 3200)
    assert facts["location"] == {"longitude": 127.284, "latitude": 42.331}
    page = visits("grid", f"/tickets/{id}")
    seen = page.get_by_role("img", name="处置中和处置后 第")
    expect(seen).to_have_count(2)
    for image in seen.all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") == 320


def test_a_photo_that_is_none_is_refused_and_the_words_stay(
    visits: Visits, town: Serving, desk: Desk
) -> None:
    id = called(town, desk, "窨井盖下陷")
    page = visits("water", f"/tickets/{id}")
    page.get_by_label("做了什么、结果怎样").fill("已换井盖")
    files = photos()
    files[0]["buffer"] = files[0]["buffer"][:500]
    page.get_by_label("照片（最多 9 张）").set_input_files(files)
    page.get_by_role("button", name="办结").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "这张照片收不下：它不是一张完整的 JPEG、PNG 或 WebP 照片。"
    )
    expect(page.get_by_label("做了什么、结果怎样")).to_have_value("已换井盖")
    assert desk.get(f"/api/tickets/{id}")["stage"] == "dispatched"
