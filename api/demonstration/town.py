"""The town: places under their public codes, departments, and who works there."""

import math
from typing import NamedTuple

from domain.actors import Assignment, Person, Role
from domain.datum import Location
from domain.unit import Kind, Register

TOWN = "220621100"
PASSWORD = "whistle-demo"  # noqa: S105 - public, and refused on any address but loopback

MIDDLE = Location(127.284, 42.331)
COMMUNITIES = ("东北", "城北", "城南", "西关", "南关", "城内")
GRIDS = (6, 6, 6, 6, 6, 5)
"""How many grids each community has: 35 in all."""

DEPARTMENTS = {
    "housing": "住建",
    "water": "水务",
    "urban": "城管",
    "traffic": "交管",
    "power": "供电",
    "health": "卫健",
    "civil": "民政",
    "market": "市监",
}


def centre(grid: str) -> Location:
    """Where a grid of the town is: each community on a side of it, its grids beside one another."""
    community, nth = int(grid[9:12]), int(grid[-2:])
    angle = math.tau * community / len(COMMUNITIES)
    east, north = math.cos(angle) + 0.5 * (nth % 3 - 1), math.sin(angle) + 0.5 * (nth // 3 - 1)
    return Location(MIDDLE.longitude + 0.012 * east, MIDDLE.latitude + 0.006 * north)


class Member(NamedTuple):
    """Somebody who works here."""

    account: str
    name: str
    role: Role
    unit: str

    @property
    def person(self) -> Person:
        """As whom they act."""
        return Person(self.account, (Assignment(self.role, self.unit),))


def units() -> list[Register]:
    """All units, the larger ones first."""
    county, town = TOWN[:6], TOWN
    found = [
        Register("22", "吉林省", Kind.PROVINCE),
        Register("2206", "白山市", Kind.CITY, "22"),
        Register(county, "抚松县", Kind.COUNTY, "2206"),
        Register(town, "抚松镇", Kind.TOWN, county, letters="FS"),
    ]
    for number, (name, grids) in enumerate(zip(COMMUNITIES, GRIDS, strict=True), 1):
        community = f"{town}{number:03d}"
        found.append(Register(community, f"{name}社区", Kind.COMMUNITY, town))
        found += [
            Register(f"{community}-{grid:02d}", f"{name}社区第{grid}网格", Kind.GRID, community)
            for grid in range(1, grids + 1)
        ]
    found += [Register(code, name, Kind.DEPARTMENT, county) for code, name in DEPARTMENTS.items()]
    return found


def members() -> list[Member]:
    """Everybody whose account is shown."""
    return [
        Member("grid", "网格员", Role.GRID_WORKER, f"{TOWN}001-01"),
        Member("sorter", "分拣员", Role.SORTER, f"{TOWN}001"),
        Member("dispatcher", "派单员", Role.DISPATCHER, TOWN),
        *(Member(code, f"{name}经办人", Role.HANDLER, code) for code, name in DEPARTMENTS.items()),
        Member("supervisor", "督查", Role.SUPERVISOR, TOWN),
        Member("auditor", "审计", Role.AUDITOR, ""),
        Member("admin", "管理员", Role.ADMINISTRATOR, ""),
        Member("admin2", "复核管理员", Role.ADMINISTRATOR, ""),
    ]


def grid_worker(grid: str) -> Person:
    """Whoever walks this grid."""
    shown = members()[0]
    if grid == shown.unit:
        return shown.person
    return Person(f"grid-{grid[9:]}", (Assignment(Role.GRID_WORKER, grid),))


def sorter(community: str) -> Person:
    """Whoever sorts for this community."""
    shown = members()[1]
    if community == shown.unit:
        return shown.person
    return Person(f"sorter-{community[9:]}", (Assignment(Role.SORTER, community),))
