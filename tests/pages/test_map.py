"""Maps: a point is where it is, a tap is a place, a circle is a list; with the town's tiles and without."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from adapters.settings import BadSetting, Tiles
from api.pages.page import LIBRARY
from domain.datum import Location, metres, to_gcj02
from tests.adapters.writing import wait_for
from tests.command_line.whistle import Serving, serving
from tests.pages.conftest import visiting
from tests.pages.reporting import Desk, photos, ready, take
from tests.pages.test_looks import look_at
from tests.pages.test_numbers import taken
from tests.pages.visiting import PHONE, Visits
from tests.pictures import exif, picture

HERE = Location(127.284, 42.331)


def drawn(page: Page) -> None:
    """The map is there."""
    expect(page.locator(".ground[data-drawn]")).to_be_visible()


def facts(page: Page) -> Any:
    """What the page gave the map."""
    return json.loads(page.locator(".ground").get_attribute("data-map") or "")


def in_the_middle(page: Page) -> bool:
    """Whether the points of the map, all together, lie around its middle."""
    boxes = [each.bounding_box() for each in page.locator(".mark-ticket, .mark-photo").all()]
    (ground,) = (each.bounding_box() for each in page.locator(".ground").all())
    assert ground
    lefts = [box["x"] for box in boxes if box]
    rights = [box["x"] + box["width"] for box in boxes if box]
    middle = (min(lefts) + max(rights)) / 2
    return min(lefts) >= ground["x"] and abs(middle - ground["x"] - ground["width"] / 2) < 30


def location(found: dict[str, float]) -> Location:
    return Location(found["longitude"], found["latitude"])


def reported(town: Serving, **more: Any) -> str:
    """A ticket with a place; gives its path."""
    at = {"longitude": HERE.longitude, "latitude": HERE.latitude}
    report = {"title": "井盖松动", "description": "一踩就响。", "grid": "220621100001-01", "location": at}
    status, said = town.ask("/api/tickets", {**report, **more}, town.token("grid"))
    assert status == 201, said
    return f"/tickets/{said['id']}"


def uploaded(town: Serving, at: tuple[float, float]) -> str:
    """A photo that was taken there; gives its id."""
    image = picture(exif=exif(at=at))
    bearer = {"Authorization": f"Bearer {town.token('grid')}", "Content-Type": "image/jpeg"}
    answer = httpx2.post(f"{town.address}/api/photos", content=image, headers=bearer)
    return str(answer.raise_for_status().json()["id"])


def all_of(desk: Desk, grid: str) -> list[dict[str, Any]]:
    """The lines of all tickets of a grid."""
    found = desk.get("/api/tickets", grid=grid, limit=200)
    assert found["next"] is None
    return list(found["items"])


def test_a_ticket_shows_where_it_is_and_a_photo_that_was_taken_elsewhere(
    visits: Visits, town: Serving
) -> None:
    near, far = uploaded(town, (127.2841, 42.3311)), uploaded(town, (127.29, 42.331))
    page = visits("sorter", reported(town, photos=[near, far]))
    drawn(page)
    expect(page.locator(".mark-ticket")).to_have_count(1)
    expect(page.locator(".mark-photo [title='第 2 张照片']")).to_have_count(1)
    expect(page.locator(".mark-photo")).to_have_count(1)
    expect(page.get_by_text("127.284000, 42.331000")).to_be_visible()
    expect(page.locator(".map figcaption")).to_contain_text("坐标系：WGS-84 · 没有底图")
    page.locator(".map").scroll_into_view_if_needed()
    look_at(page, "ticket-map")
    for width in (360, 1280, 420):  # A phone that is turned, and back.
        page.set_viewport_size({"width": width, "height": 800})
        wait_for(lambda: in_the_middle(page))


def test_a_ticket_without_a_place_has_no_map(visits: Visits, town: Serving) -> None:
    page = visits("sorter", reported(town, location=None))
    expect(page.locator(".map")).to_have_count(0)


def test_a_tap_is_the_place_that_arrives(visits: Visits, desk: Desk) -> None:
    page = visits("grid", "/report", PHONE)
    ready(page)
    drawn(page)
    expect(page.locator(".mark-grid")).to_have_text("东北社区第1网格")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": HERE.longitude, "latitude": HERE.latitude, "accuracy": 8})
    page.get_by_role("button", name="在这里").click()
    expect(page.locator(".where output")).to_have_text("已定位，误差约 8 米")
    point, ground = (page.locator(name).bounding_box() for name in (".mark-ticket", ".ground"))
    assert point
    assert ground
    assert abs(point["y"] + point["height"] / 2 - ground["y"] - ground["height"] / 2) < 2
    page.locator(".ground").click(position={"x": 60, "y": 120})
    expect(page.locator(".where output")).to_have_text("位置取自地图")
    expect(page.locator(".mark-ticket")).to_be_visible()
    chosen = [float(page.locator(f"[name={name}]").input_value()) for name in ("longitude", "latitude")]
    page.get_by_label("情况").fill("河边护栏被撞出缺口")
    page.get_by_role("button", name="上报").click()
    page.wait_for_url("**/reported/*")
    (ticket,) = desk.reported("河边护栏被撞出缺口")
    assert list(ticket["location"].values()) == chosen
    assert 20 < metres(location(ticket["location"]), HERE) < 3_000


def test_without_scripts_there_is_no_empty_box(visits: Visits, town: Serving) -> None:
    page = visits("sorter", reported(town), scripts=False)
    expect(page.get_by_text("127.284000, 42.331000")).to_be_visible()
    expect(page.locator(".ground")).to_be_hidden()


def test_each_circle_opens_exactly_the_list_it_counts(visits: Visits, desk: Desk) -> None:
    page = visits("dispatcher", "/leader")
    drawn(page)
    circles = {
        str(circle.get_attribute("href")): int(circle.inner_text())
        for circle in page.locator(".mark-hot a").all()
    }
    assert len(circles) > 20
    largest, smallest = max(circles, key=circles.__getitem__), min(circles, key=circles.__getitem__)
    assert circles[largest] > circles[smallest] > 0
    for link in (largest, smallest):
        assert taken(page, link) == circles[link]
        # The table beside it says the same to whoever sees no map.
        assert page.locator(f"td a[href='{link}']").text_content() == str(circles[link])
    # It lies in the middle of all tickets of its grid that have a place, as the log has them.
    grid = largest.rpartition("=")[2]
    tickets = [desk.get(f"/api/tickets/{line['id']}") for line in all_of(desk, grid)]
    places = [location(ticket["location"]) for ticket in tickets if ticket["location"]]
    (mark,) = (each for each in facts(page)["marks"] if each["link"] == largest)
    middle = Location(
        sum(place.longitude for place in places) / len(places),
        sum(place.latitude for place in places) / len(places),
    )
    assert metres(Location(mark["at"][1], mark["at"][0]), middle) < 1
    page.locator(f".mark-hot a[href='{largest}']").click()
    page.wait_for_url(f"**{largest}")


def test_the_library_is_the_one_its_project_published() -> None:
    brought = Path(str(files(LIBRARY[0]))) / LIBRARY[1] / "leaflet.js"
    assert b64encode(sha256(brought.read_bytes()).digest()) == b"20nQCchB9co0qIjJZRGuk2/Z9VM+kNiyxNV1lvTlZBo="


def test_a_page_with_a_map_is_within_150_kilobytes_and_does_not_jump(visits: Visits) -> None:
    page = visits("dispatcher", "/leader")
    drawn(page)
    loaded = page.evaluate(
        """performance.getEntries().filter(each => each.encodedBodySize)
        .map(each => [each.name, each.encodedBodySize])"""
    )
    assert any("leaflet.js" in name for name, _ in loaded)
    assert sum(size for _, size in loaded) < 150_000, loaded
    jumped = page.evaluate(
        """new Promise(done => {
          const sum = list => list.getEntries().reduce((all, each) => all + each.value, 0);
          new PerformanceObserver(list => done(sum(list))).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(0), 200);
        })"""
    )
    assert jumped < 0.02


class TileServer:
    """A tile server that knows what it was asked for."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.end_headers()
                self.wfile.write(PICTURE)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


PICTURE = picture((256, 256))


@contextmanager
def tiled(data: str) -> Iterator[tuple[Serving, TileServer]]:
    """A second service on the demonstration, with tiles by GCJ-02."""
    tiles = TileServer()
    settings = {
        "WHISTLE_TILES": f"{tiles.address}/{{z}}/{{x}}/{{y}}.jpg",
        "WHISTLE_TILES_DATUM": "gcj02",
        "WHISTLE_TILES_ATTRIBUTION": "抚松县 <测绘>",
    }
    alone = ("--no-projector", "--no-messenger", "--no-sealer", "--no-recall")
    with serving("--data", data, *alone, **settings) as town:
        yield town, tiles
    tiles.close()


def test_on_tiles_by_gcj02_points_are_shifted_and_taps_are_turned_back(
    browser: Browser, town: Serving, data: str
) -> None:
    with tiled(data) as (tiled_town, tiles), visiting(browser, tiled_town) as visits:
        page = visits("sorter", reported(tiled_town))
        drawn(page)
        wait_for(lambda: len(tiles.asked) > 3)
        expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
        expect(page.locator(".map figcaption")).to_contain_text("坐标系：GCJ-02 · 抚松县 <测绘>")
        ticket = next(each for each in facts(page)["marks"] if each["kind"] == "ticket")
        assert metres(Location(ticket["at"][1], ticket["at"][0]), to_gcj02(HERE)) < 0.01
        assert metres(HERE, to_gcj02(HERE)) > 100

        page = visits("grid", "/report", PHONE)
        ready(page)
        drawn(page)
        at = page.evaluate(
            """async () => (await import("/static/datum.js"))
            .toGcj02({ longitude: 127.284, latitude: 42.331 })"""
        )
        assert metres(location(at), to_gcj02(HERE)) < 0.01
        back = page.evaluate("""async at => (await import("/static/datum.js")).toWgs84(at)""", at)
        assert metres(location(back), HERE) < 2
        # What the photo says is shown where the tiles have it; a tap there is the same place.
        take(page, photos(exif=exif()))
        expect(page.locator(".mark-ticket")).to_be_visible()
        assert page.locator("[name=datum]").input_value() == "wgs84"
        page.locator(".mark-ticket").click(force=True)
        expect(page.locator(".where output")).to_have_text("位置取自地图")
        assert page.locator("[name=datum]").input_value() == "gcj02"
        page.get_by_label("情况").fill("地图上点出来的地方")
        page.get_by_role("button", name="上报").click()
        page.wait_for_url("**/reported/*")
        desk = Desk(tiled_town)
        (found,) = desk.reported("地图上点出来的地方")
        desk.close()
        assert metres(location(found["location"]), HERE) < 10


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("WHISTLE_TILES", "tiles.example.org", "WHISTLE_TILES is tiles.example.org"),
        ("WHISTLE_TILES", "https://a.example/{z}/{x}.png", "write an address such as"),
        ("WHISTLE_TILES", "https://a.example; script-src *//{z}/{x}/{y}", "write an address such as"),
        ("WHISTLE_TILES_DATUM", "bd09", "write wgs84 or gcj02"),
    ],
)
def test_tiles_that_are_none_are_refused(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, why: str
) -> None:
    monkeypatch.setenv("WHISTLE_TILES", "/tiles/{z}/{x}/{y}.png")
    tiles = Tiles.read()
    assert tiles
    assert tiles.origin == ""
    monkeypatch.setenv(setting, value)
    with pytest.raises(BadSetting, match=why.replace(".", r"\.")):
        Tiles.read()
