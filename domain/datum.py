"""Where a point is, and by which datum (坐标系): China's public maps are shifted, positioning is not."""

import math
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Location:
    """A point on the earth, in degrees; WGS-84 where nothing else is said."""

    longitude: float
    latitude: float


class Datum(StrEnum):
    """What degrees are counted by."""

    WGS84 = "wgs84"  # GPS and BeiDou receivers, EXIF, and browsers by their standard
    GCJ02 = "gcj02"  # 火星坐标: what is read off public maps in China, and some apps' positions


# The shift is not published by who decreed it. These are the constants and series that the open tools for
# Chinese coordinates share since 2010 ("China map deviation", on the ellipsoid of Krasovsky 1940), exact to
# about a metre.
EQUATOR = 6_378_245.0
"""Half the longer axis of that ellipsoid, in metres."""
ECCENTRICITY = 0.006_693_421_622_965_943
"""Squared."""
CENTRE = 105.0, 35.0
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""Beyond these nothing is shifted."""
ENOUGH = 1e-9
"""Degrees, a tenth of a millimetre."""
ROUNDS = 30


def to_wgs84(where: Location, datum: Datum) -> Location:
    """The same point by WGS-84, in which all places are kept."""
    if datum is Datum.WGS84 or not _is_shifted(where):
        return where
    found = where
    # The shift hardly changes over its own length: each round is a thousand times nearer.
    for _ in range(ROUNDS):
        there = to_gcj02(found)
        east, north = where.longitude - there.longitude, where.latitude - there.latitude
        found = Location(found.longitude + east, found.latitude + north)
        if abs(east) < ENOUGH and abs(north) < ENOUGH:
            break
    return Location(round(found.longitude, 7), round(found.latitude, 7))


def to_gcj02(where: Location) -> Location:
    """The point as China's public maps show it."""
    if not _is_shifted(where):
        return where
    x, y = where.longitude - CENTRE[0], where.latitude - CENTRE[1]
    waves = (20 * _wave(6, x) + 20 * _wave(2, x)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (
        (20 * _wave(1, x) + 40 * _wave(1 / 3, x) + 150 * _wave(1 / 12, x) + 300 * _wave(1 / 30, x)) * 2 / 3
    )
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (
        (20 * _wave(1, y) + 40 * _wave(1 / 3, y) + 160 * _wave(1 / 12, y) + 320 * _wave(1 / 30, y)) * 2 / 3
    )
    latitude = math.radians(where.latitude)
    bend = 1 - ECCENTRICITY * math.sin(latitude) ** 2
    per_degree_east = math.radians(EQUATOR / math.sqrt(bend) * math.cos(latitude))
    per_degree_north = math.radians(EQUATOR * (1 - ECCENTRICITY) / bend**1.5)
    return Location(where.longitude + east / per_degree_east, where.latitude + north / per_degree_north)


def metres(one: Location, other: Location) -> float:
    """How far two points are apart, as the crow flies; exact enough for a town."""
    north = math.radians(other.latitude - one.latitude)
    middle = math.radians((one.latitude + other.latitude) / 2)
    east = math.radians(other.longitude - one.longitude) * math.cos(middle)
    return 6_371_000 * math.hypot(north, east)


def _wave(per_half_turn: float, degrees: float) -> float:
    return math.sin(per_half_turn * degrees * math.pi)


def _is_shifted(where: Location) -> bool:
    return WEST <= where.longitude <= EAST and SOUTH <= where.latitude <= NORTH
