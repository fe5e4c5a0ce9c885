"""A resident (居民) whose personal data were held, as far as the log knows of them: that they are erased."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Actor, Person, Role
from domain.consent import consented
from domain.errors import UnknownResident
from domain.event import Aggregate, Created
from domain.text import check_text
from domain.unit import administrator


@dataclass(frozen=True)
class Erase:
    """Ask that nobody can read a resident's personal data any more; `order` says who ordered it and why."""

    order: str


class Erased(Created):
    """删除个人信息: the key is gone; the tickets keep all else, and the proofs hold."""

    TOPIC: ClassVar[str] = "resident.erased"
    order: str
    consent: str
    """The account that signed for it beside `by`."""
    tickets: tuple[UUID, ...]


class Resident(Aggregate):
    """Somebody by a number that says nothing; their name is nowhere in the log."""

    TOPIC: ClassVar[str] = "resident"

    order: str
    consent: str
    tickets: tuple[UUID, ...]

    @classmethod
    def unknown(cls, id: UUID) -> UnknownResident:
        """That we hold nothing of such a resident."""
        return UnknownResident()

    @classmethod
    def erase(
        cls,
        resident: UUID,
        command: Erase,
        tickets: tuple[UUID, ...],
        by: Person,
        second: Person | None,
        at: datetime,
    ) -> Self:
        """An administrator of everything, or whoever works at the machine, asks; a second one consents."""
        actor = administrator(by, "erase personal data")
        consent = consented(by, second, "erase personal data")
        check_text("order", command.order)
        return cls._begin(Erased, resident, actor, at, order=command.order, consent=consent, tickets=tickets)


def finder(by: Person) -> Actor | None:
    """The person as somebody who may look for a resident by phone: who takes reports in, or oversees."""
    roles = (
        Role.GRID_WORKER,
        Role.SORTER,
        Role.DISPATCHER,
        Role.SUPERVISOR,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    )
    return next((Actor(by.account, held.role, held.unit) for held in by.roles if held.role in roles), None)
