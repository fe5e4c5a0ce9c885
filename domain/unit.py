"""Places and departments (单位): county, town, community, grid, department."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Actor, Person, Role
from domain.errors import AlreadyClosed, NotYours, OutOfRange, PlaceClosed, UnknownGrid, UnknownUnit
from domain.event import Aggregate, Created, Event, id_of
from domain.text import NAME, check_optional_text, check_text


class Kind(StrEnum):
    """What a unit is; the order is from the largest place to the smallest."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"
    GRID = "grid"
    DEPARTMENT = "department"

    @property
    def may_lie_in(self) -> tuple["Kind", ...]:
        """The kinds of units it may lie in: any larger place; a department in a town or county."""
        places = tuple(kind for kind in Kind if kind is not Kind.DEPARTMENT)
        return (Kind.COUNTY, Kind.TOWN) if self is Kind.DEPARTMENT else places[: places.index(self)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a matter is: a grid and all that it lies in, by their codes."""

    grid: str
    community: str
    town: str
    county: str
    series: str
    """The letters a town's ticket numbers begin with, its code where it has none."""


@dataclass(frozen=True)
class Register:
    """Ask for a unit to be taken in; codes follow the national statistics codes, local ones are welcome."""

    code: str
    name: str
    kind: Kind
    parent: str | None = None
    letters: str | None = None
    """What ticket numbers of a town begin with, such as FS."""
    extra: dict[str, str] = field(default_factory=dict)
    """Whatever else the source said of the unit, kept as it is."""


@dataclass(frozen=True)
class Amend:
    """Ask for another name from now on, or other letters; those it has stay where none are said."""

    name: str
    letters: str | None = None


class UnitRegistered(Created):
    """A unit was taken in (单位登记)."""

    TOPIC: ClassVar[str] = "unit.registered"
    code: str
    name: str
    kind: Kind
    parent: str | None
    within: dict[Kind, str]
    letters: str | None
    extra: dict[str, str]


class UnitAmended(Event):
    """A unit has another name from now on (单位变更)."""

    TOPIC: ClassVar[str] = "unit.amended"
    name: str
    letters: str | None

    def apply(self, unit: "Unit") -> None:
        unit.name, unit.letters = self.name, self.letters


class UnitClosed(Event):
    """A unit takes nothing new from now on (单位撤销)."""

    TOPIC: ClassVar[str] = "unit.closed"

    def apply(self, unit: "Unit") -> None:
        unit.closed = True


class Unit(Aggregate):
    """One place or department."""

    TOPIC: ClassVar[str] = "unit"

    code: str
    name: str
    kind: Kind
    parent: str | None
    within: dict[Kind, str]
    letters: str | None
    closed: bool = field(default=False, init=False)

    @staticmethod
    def id_of(code: str) -> UUID:
        """The id of the unit with this code."""
        return id_of("unit", code)

    @classmethod
    def unknown(cls, id: UUID) -> UnknownUnit:
        """That there is no such unit."""
        return UnknownUnit(unit=id)

    @classmethod
    def register(cls, command: Register, parent: "Unit | None", by: Person, at: datetime) -> Self:
        """Take a unit in; `parent` is the unit it lies in, which for a community or grid must be known."""
        within = {} if parent is None else {**parent.within, parent.kind: parent.code}
        actor = administrator(by, "register units", command.code, *within.values())
        if parent is not None and parent.closed:
            raise UnknownUnit(unit=parent.code)
        check_text("code", command.code, 50)
        check_text("name", command.name, NAME)
        check_optional_text("parent", command.parent, 50)
        check_optional_text("letters", command.letters, 20)
        for name, value in command.extra.items():
            check_optional_text(name, value)
        _check_parent(command, parent)
        return cls._begin(
            UnitRegistered,
            cls.id_of(command.code),
            actor,
            at,
            code=command.code,
            name=command.name,
            kind=command.kind,
            parent=command.parent,
            within=within,
            letters=command.letters or (parent.letters if parent else None),
            extra=dict(command.extra),
        )

    def amend(self, command: Amend, by: Person, at: datetime) -> None:
        """Give the unit another name."""
        actor = administrator(by, "amend units", self.code, *self.within.values())
        check_text("name", command.name, NAME)
        check_optional_text("letters", command.letters, 20)
        self._record(UnitAmended, actor, at, name=command.name, letters=command.letters or self.letters)

    def close(self, by: Person, at: datetime) -> None:
        """Take nothing new for this unit from now on."""
        actor = administrator(by, "close units", self.code, *self.within.values())
        if self.closed:
            raise AlreadyClosed(what=f"The unit {self.code}")
        self._record(UnitClosed, actor, at)

    def place(self, around: Iterable["Unit"]) -> Place:
        """This grid as a place for something new; `around` are the units it lies in, as they stand now."""
        if self.kind is not Kind.GRID:
            raise UnknownGrid(grid=self.code)
        lies_in = {unit.kind: unit for unit in around}
        if closed := next((unit for unit in (self, *lies_in.values()) if unit.closed), None):
            raise PlaceClosed(grid=self.code, closed=closed.code)
        town = self.within.get(Kind.TOWN, "")
        letters = lies_in[Kind.TOWN].letters if Kind.TOWN in lies_in else None
        return Place(
            grid=self.code,
            community=self.within.get(Kind.COMMUNITY, ""),
            town=town,
            county=self.within.get(Kind.COUNTY, ""),
            series=letters or self.letters or town or "WH",
        )


def _check_parent(command: Register, parent: Unit | None) -> None:
    """Refuse a community or grid that lies nowhere yet, and whatever lies in what is not larger."""
    kind, fits = command.kind, command.kind.may_lie_in
    if parent is None and kind in (Kind.COMMUNITY, Kind.GRID):
        raise OutOfRange(field="parent", why=f"of this {kind} is not known: register the parent first")
    if parent is not None and parent.kind not in fits:
        needed = f"lies in a {' or '.join(fits)}" if fits else "lies in nothing"
        raise OutOfRange(field="parent", why=f"is a {parent.kind}, but a {kind} {needed}: name another one")


def administrator(by: Person, verb: str, *units: str) -> Actor:
    """This person as an administrator of one of `units`, or of all; anybody else is refused."""
    actor = by.acting_as(Role.ADMINISTRATOR, *units) or by.acting_as(Role.OPERATOR)
    if actor is None:
        raise NotYours(verb=verb, who="an administrator")
    return actor


def check_kind(value: str) -> Kind:
    """The kind a table of places means; the statistics office says township and village."""
    try:
        return Kind({"township": "town", "street": "town", "village": "community"}.get(value, value))
    except ValueError:
        raise OutOfRange(field="level", why=f"is {value[:30]!r}: use one of {', '.join(Kind)}") from None
