"""Who acts: a person holds roles, an actor is that person in one of them."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may be for a unit (角色)."""

    GRID_WORKER = "grid_worker"  # 网格员
    SORTER = "sorter"  # 分拣员
    DISPATCHER = "dispatcher"  # 派单员
    HANDLER = "handler"  # 经办人
    SUPERVISOR = "supervisor"  # 督查 / 领导
    RESIDENT = "resident"  # 居民: the unit is the one ticket of the secret link
    AUDITOR = "auditor"  # 审计: reads everything, changes nothing
    ADMINISTRATOR = "administrator"  # 管理员: units and accounts, no tickets
    HOLDER = "holder"  # 本人: whoever an account belongs to, for that account alone; never granted
    CLOCK = "clock"  # 时钟: the service itself, when time is up; never granted
    OPERATOR = "operator"  # 运维: the command line of the machine itself, imports

    @property
    def spoken(self) -> str:
        """The role as a sentence names it: 'grid worker'."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Actor:
    """One person in one role for one unit, as every event names who did it."""

    account: str
    role: Role
    unit: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role held for a unit, by its code; an empty unit stands for all of them."""

    role: Role
    unit: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in, with all roles held at this moment."""

    account: str
    roles: tuple[Assignment, ...]

    def acting_as(self, role: Role, *units: str) -> Actor | None:
        """This person as an actor in `role` for one of `units`, or None where the role is not held."""
        for held in self.roles:
            if held.role is role and (held.unit in units or held.unit == ""):
                return Actor(self.account, role, held.unit)
        return None

    def units(self, role: Role) -> frozenset[str]:
        """The codes of all units this person holds `role` for."""
        return frozenset(held.unit for held in self.roles if held.role is role)


CLOCK = Person("clock", (Assignment(Role.CLOCK, ""),))
"""Whatever happens because time goes by."""
OPERATOR = Person("operator", (Assignment(Role.OPERATOR, ""),))
"""Whoever works at the command line of the machine: has the files, so has the right."""
