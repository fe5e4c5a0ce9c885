"""A look (查看) at somebody's personal data: who, when, at which ticket, and why."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Actor, Person, Role
from domain.errors import ReasonNeeded
from domain.event import Aggregate, Created
from domain.text import check_optional_text
from domain.ticket import Ticket

AT_WORK = "at work"
"""The reason of who has to do with the resident by their task."""


class Looked(Created):
    """查看个人信息."""

    TOPIC: ClassVar[str] = "personal.looked"
    ticket: UUID
    town: str
    county: str
    resident: UUID
    reason: str


class Look(Aggregate):
    """One look, apart from the history of the ticket."""

    TOPIC: ClassVar[str] = "look"

    by: Actor
    ticket: UUID
    town: str
    county: str
    resident: UUID
    reason: str

    @classmethod
    def take(
        cls, id: UUID, ticket: Ticket, resident: UUID, reason: str | None, by: Person, at: datetime
    ) -> Self:
        """Look, with a reason where one's task is none. Raises `ReasonNeeded`."""
        actor = at_work(ticket, by)
        check_optional_text("reason", reason)
        said = (reason or "").strip() or (AT_WORK if actor else "")
        actor = actor or by.acting_as(Role.SUPERVISOR, ticket.town, ticket.county)
        if actor is None:
            raise ticket.unknown(ticket.id)
        if not said:
            raise ReasonNeeded()
        facts = {"ticket": ticket.id, "town": ticket.town, "county": ticket.county, "resident": resident}
        return cls._begin(Looked, id, actor, at, **facts, reason=said)


def at_work(ticket: Ticket, by: Person) -> Actor | None:
    """The person as somebody whose task it is to reach the resident, or to audit: they are not asked why."""
    for role, units in (
        (Role.GRID_WORKER, (ticket.grid,)),
        (Role.SORTER, (ticket.community,)),
        (Role.DISPATCHER, (ticket.town,)),
        (Role.HANDLER, tuple(ticket.tasks)),
        (Role.AUDITOR, (ticket.town, ticket.county)),
    ):
        if actor := by.acting_as(role, *units):
            return actor
    return None
