"""Datums (坐标系): what is read off a Chinese map lies where positioning says it does."""

from random import Random

import pytest

from domain.datum import Datum, metres, to_gcj02, to_wgs84
from domain.ticket.commands import Report
from domain.ticket.events import Location, Reported
from tests.domain.given import given
from tests.domain.people import GRID, worker

TOWN = Location(127.284, 42.331)


def test_there_and_back_is_the_same_point_to_a_tenth_of_a_metre() -> None:
    random = Random(4)
    for _ in range(2_000):
        where = Location(random.uniform(73, 137), random.uniform(1, 55))
        back = to_wgs84(to_gcj02(where), Datum.GCJ02)
        assert metres(where, back) < 0.1, where


def test_the_shift_is_some_hundred_metres_and_steady() -> None:
    random = Random(5)
    for _ in range(500):
        where = Location(random.uniform(75, 130), random.uniform(20, 50))
        near = Location(where.longitude + 0.0001, where.latitude)
        assert 20 < metres(where, to_gcj02(where)) < 1_200, where
        assert 6 < metres(to_gcj02(where), to_gcj02(near)) < 12


@pytest.mark.parametrize(
    ("by_receiver", "on_the_map"),
    [
        (Location(121.5272106, 31.1774276), Location(121.5315419, 31.1753040)),
        (Location(113.912316, 22.543847), Location(113.9171765, 22.5407961)),
        (Location(116.377817, 39.911954), Location(116.3840472, 39.9133455)),
    ],
    ids=["Shanghai", "Shenzhen", "Beijing"],
)
def test_what_other_tools_say_of_three_cities_is_what_we_say(
    by_receiver: Location, on_the_map: Location
) -> None:
    assert metres(to_gcj02(by_receiver), on_the_map) < 0.1
    assert metres(to_wgs84(on_the_map, Datum.GCJ02), by_receiver) < 0.1


@pytest.mark.parametrize("where", [Location(2.35, 48.85), Location(-74, 40.7), Location(151.2, -33.9)])
def test_nothing_is_shifted_elsewhere(where: Location) -> None:
    assert to_gcj02(where) == to_wgs84(where, Datum.GCJ02) == where


def test_what_was_positioned_is_kept_as_it_is() -> None:
    assert to_wgs84(TOWN, Datum.WGS84) == TOWN


def test_a_report_keeps_its_place_by_wgs84_whichever_it_was_given_in() -> None:
    for given_in, where in ((Datum.WGS84, TOWN), (Datum.GCJ02, to_gcj02(TOWN))):
        report = Report("路灯不亮", "不亮", GRID, location=where, datum=given_in)
        kept = given().when(worker(report)).then(Reported).location
        assert kept is not None
        assert metres(kept, TOWN) < 0.1
