"""The hours of units as people entered them (工作时间登记): from then on, for clocks that start or go on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Actor, Person
from domain.errors import HoursKnown
from domain.event import Aggregate, Created, Event, id_of
from domain.unit import Unit, administrator
from domain.working_time.hours import Hours


@dataclass(frozen=True)
class EnterHours:
    """Ask that a unit works these hours, such as `08:30-12:00,14:00-17:30`."""

    hours: str


class HoursBegun(Created):
    """No unit has hours of its own yet (工作时间登记建立)."""

    TOPIC: ClassVar[str] = "hours.begun"


class HoursEntered(Event):
    """A unit works these hours from now on (工作时间登记). Deadlines set before stay."""

    TOPIC: ClassVar[str] = "hours.entered"
    unit: str
    slots: tuple[tuple[int, int], ...]

    def apply(self, entered: "EnteredHours") -> None:
        entered.by_unit[self.unit] = Hours(self.slots)


class EnteredHours(Aggregate):
    """The hours of all units that have their own."""

    TOPIC: ClassVar[str] = "hours"

    by_unit: dict[str, Hours] = field(default_factory=dict, init=False)

    @staticmethod
    def the_id() -> UUID:
        """The id of the one history of hours there is."""
        return id_of("hours", "")

    @classmethod
    def begin(cls, unit: Unit, by: Person, at: datetime) -> Self:
        """Begin, without any hours yet, by who may enter those of this unit."""
        return cls._begin(HoursBegun, cls.the_id(), _administrator(unit, by), at)

    def enter(self, command: EnterHours, unit: Unit, by: Person, at: datetime) -> None:
        """Let a unit work these hours. Raises `OutOfRange`, and `HoursKnown` where it does already."""
        actor = _administrator(unit, by)
        hours = Hours.read(command.hours)
        if self.by_unit.get(unit.code) == hours:
            raise HoursKnown(unit=unit.code, hours=str(hours))
        self._record(HoursEntered, actor, at, unit=unit.code, slots=hours.slots)


def _administrator(unit: Unit, by: Person) -> Actor:
    return administrator(by, "enter hours", unit.code, *unit.within.values())
