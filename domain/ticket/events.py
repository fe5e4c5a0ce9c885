"""What happened to a ticket, in the past tense; `apply` sets fields and decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from domain.actors import Role
from domain.datum import Location
from domain.event import Created, Event
from domain.ticket.clocks import ClockName, Setting
from domain.ticket.lifting import clocks_of_calls, without_clocks
from domain.ticket.stage import Satisfied, Solved, Source, Stage, Urgency
from domain.ticket.task_events import (
    Attended,
    Claimed,
    Handled,
    ProgressNoted,
    ReturnAccepted,
    ReturnRefused,
    SentBack,
    TaskEvent,
)

if TYPE_CHECKING:
    from domain.ticket.ticket import Ticket

__all__ = [
    "Attended", "Call", "Claimed", "Dispatched", "Gathered", "Handled", "HandledOnSite", "Joined",
    "LinkGiven", "LinkRevoked", "Location", "Parted", "ProgressNoted", "Rejected", "Released",
    "Reopened", "Reported", "Reporter", "ReturnAccepted", "ReturnRefused", "SentBack", "Sorted",
    "TaskEvent", "Verified", "calls",
]  # fmt: skip


@dataclass(frozen=True)
class Reporter:
    """Whose matter it is: personal data, never in a list, a log or a message."""

    name: str | None = None
    phone: str | None = None


class Reported(Created):
    """上报."""

    TOPIC: ClassVar[str] = "ticket.reported"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(without_clocks)
    number: str
    title: str
    description: str
    grid: str
    community: str
    town: str
    county: str
    category: str | None
    address: str | None
    location: Location | None
    urgency: Urgency
    source: Source
    reporter: Reporter | None
    photos: tuple[str, ...]
    clocks: tuple[Setting, ...] = ()

    def numbered(self, serial: int) -> Self:
        """The same with its full number: the series it was drawn from, and the next serial in it."""
        facts = {**vars(self), "number": f"{self.number}-{serial:04d}"}
        return type(self)(**facts)

    def apply(self, ticket: "Ticket") -> None:
        ticket.reported_at = self.at
        ticket.imported = self.by.role is Role.OPERATOR
        ticket.own_photos = self.photos if self.by.role is Role.RESIDENT else ()
        ticket.stage_since = self.at
        ticket.clocks.set(self.clocks)


class HandledOnSite(Event):
    """自行处置: solved on the spot by whoever reported it; `photos` show it afterwards."""

    TOPIC: ClassVar[str] = "ticket.handled_on_site"
    class_version: ClassVar[int] = 3
    upcast_v1_v2 = staticmethod(without_clocks)
    result: str
    clocks: tuple[Setting, ...] = ()
    photos: tuple[str, ...] = ()

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        """The report's photos were the only ones then."""
        state["photos"] = []

    def apply(self, ticket: "Ticket") -> None:
        ticket.result = self.result
        ticket.later_photos |= dict.fromkeys(self.photos)
        ticket.handled_on_site_by = self.by.account
        ticket.clocks.stop(self.at, ticket.community, ClockName.SORT)
        ticket.clocks.set(self.clocks)
        ticket.enter(Stage.HANDLED, self.at)


class Sorted(Event):
    """分拣; `catalogue` is the version of the catalogue that the chosen `rule` stands in."""

    TOPIC: ClassVar[str] = "ticket.sorted"
    class_version: ClassVar[int] = 3
    upcast_v2_v3 = staticmethod(without_clocks)
    category: str
    urgency: Urgency
    note: str | None
    rule: str | None = None
    catalogue: str | None = None
    clocks: tuple[Setting, ...] = ()

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """No rule was chosen at sorting then."""
        state |= {"rule": None, "catalogue": None}

    def apply(self, ticket: "Ticket") -> None:
        ticket.category = self.category
        ticket.rule, ticket.catalogue = self.rule, self.catalogue
        ticket.urgency = self.urgency
        ticket.clocks.stop(self.at, ticket.community, ClockName.SORT)
        ticket.clocks.set(self.clocks)
        ticket.enter(Stage.SORTED, self.at)


class Rejected(Event):
    """不予受理."""

    TOPIC: ClassVar[str] = "ticket.rejected"
    reason: str

    def apply(self, ticket: "Ticket") -> None:
        ticket.clocks.stop(self.at, ticket.community, ClockName.SORT)
        ticket.clocks.stop(self.at, ticket.town, ClockName.DISPATCH)
        ticket.enter(Stage.REJECTED, self.at)


class Joined(Event):
    """并件: this ticket rests from now on, `into` goes on for both."""

    TOPIC: ClassVar[str] = "ticket.joined"
    into: UUID
    number: str
    reason: str | None

    def apply(self, ticket: "Ticket") -> None:
        ticket.stage_before_joining = ticket.stage
        ticket.joined_into = self.into
        ticket.clocks.pause(self.at)
        ticket.enter(Stage.JOINED, self.at)


class Gathered(Event):
    """并入: another ticket about the same problem was joined into this one."""

    TOPIC: ClassVar[str] = "ticket.gathered"
    ticket: UUID
    number: str

    def apply(self, ticket: "Ticket") -> None:
        ticket.gathered = (*ticket.gathered, self.ticket)


class Parted(Event):
    """拆件: this ticket goes on by itself, where it stood before."""

    TOPIC: ClassVar[str] = "ticket.parted"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(without_clocks)
    reason: str
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.joined_into = None
        ticket.clocks.go_on(self.clocks)
        ticket.enter(ticket.stage_before_joining, self.at)


class Released(Event):
    """拆出: a ticket that had been joined into this one goes on by itself."""

    TOPIC: ClassVar[str] = "ticket.released"
    ticket: UUID
    number: str

    def apply(self, ticket: "Ticket") -> None:
        ticket.gathered = tuple(other for other in ticket.gathered if other != self.ticket)


@dataclass(frozen=True, slots=True)
class Call:
    """One department is called: when its clocks to claim and to handle run out."""

    department: str
    claim_by: datetime
    due_at: datetime


def calls(clocks: tuple[Setting, ...]) -> tuple[Call, ...]:
    """Those who are called with these clocks."""
    due = {clock.key: clock.due_at for clock in clocks if clock.due_at}
    return tuple(
        Call(unit, due[ClockName.CLAIM, unit], due[ClockName.HANDLE, unit])
        for unit in dict.fromkeys(clock.unit for clock in clocks)
        if (ClockName.HANDLE, unit) in due
    )


class Dispatched(Event):
    """派单 / 加派: these departments are called; those that are at work already are not named again."""

    TOPIC: ClassVar[str] = "ticket.dispatched"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(clocks_of_calls)
    lead: str
    calls: tuple[Call, ...]
    note: str | None
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        for call in self.calls:
            ticket.call(call, self.at)
        for task in ticket.tasks.values():
            task.lead = task.department == self.lead
        ticket.clocks.stop(self.at, ticket.town, ClockName.DISPATCH)
        ticket.clocks.set(self.clocks, self.at)
        if ticket.stage is not Stage.DISPATCHED:
            ticket.enter(Stage.DISPATCHED, self.at)


class Verified(Event):
    """核查 by staff on site, or 回访: the resident's own answer, told apart by the role."""

    TOPIC: ClassVar[str] = "ticket.verified"
    solved: Solved
    satisfied: Satisfied | None
    note: str | None

    def apply(self, ticket: "Ticket") -> None:
        ticket.clocks.stop(self.at, ticket.community, ClockName.VERIFY)
        ticket.hear(self)


class LinkGiven(Event):
    """发链接: `link` names the secret link from now on; neither the secret nor its hash is ever here."""

    TOPIC: ClassVar[str] = "ticket.link_given"
    link: UUID

    def apply(self, ticket: "Ticket") -> None:
        ticket.link = self.link
        ticket.link_given_by = None if self.by.role is Role.RESIDENT else self.by.account


class LinkRevoked(Event):
    """收回链接."""

    TOPIC: ClassVar[str] = "ticket.link_revoked"
    link: UUID

    def apply(self, ticket: "Ticket") -> None:
        ticket.link = ticket.link_given_by = None


class Reopened(Event):
    """返工 / 重办: these departments begin again, with fresh clocks; without any, it is sorted anew."""

    TOPIC: ClassVar[str] = "ticket.reopened"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(clocks_of_calls)
    reason: str
    calls: tuple[Call, ...]
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        for call in self.calls:
            ticket.tasks[call.department].begin_again(self.at, call.claim_by, call.due_at)
        ticket.clocks.stop(self.at, ticket.community, ClockName.VERIFY)
        ticket.clocks.set(self.clocks)
        ticket.begin_again(self.at)
