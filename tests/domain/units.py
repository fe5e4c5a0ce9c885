"""The units of one county, as an administrator registered them."""

from typing import Any

from domain.unit import Kind, Register, Unit
from tests.domain.given import NOON
from tests.domain.people import COMMUNITY, COUNTY, GRID, TOWN, administrator


def registered(code: str, kind: Kind, parent: Unit | None = None, **facts: Any) -> Unit:
    """A unit that was just registered, its history collected."""
    command = Register(code, f"name of {code}", kind, parent.code if parent else None, **facts)
    unit = Unit.register(command, parent, administrator, NOON)
    unit.collect_events()
    return unit


def county() -> Unit:
    return registered(COUNTY, Kind.COUNTY)


def town(**facts: Any) -> Unit:
    return registered(TOWN, Kind.TOWN, county(), **facts)


def community(**facts: Any) -> Unit:
    return registered(COMMUNITY, Kind.COMMUNITY, town(**facts))


def grid(**facts: Any) -> Unit:
    return registered(GRID, Kind.GRID, community(**facts))


def department() -> Unit:
    return registered("housing", Kind.DEPARTMENT, town())


def one_of_each() -> dict[Kind, Unit]:
    """One unit of every kind."""
    province = registered("22", Kind.PROVINCE)
    city = registered("2206", Kind.CITY, province)
    units = (province, city, county(), town(), community(), grid(), department())
    return {unit.kind: unit for unit in units}
