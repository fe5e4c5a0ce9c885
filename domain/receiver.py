"""Who is told, how, of which events, and for which unit (接收方)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Actor, Person
from domain.errors import AlreadyClosed, AlreadySo, OutOfRange, UnknownReceiver
from domain.event import Aggregate, Created, Event, id_of
from domain.text import NAME, check_text
from domain.ticket import Ticket
from domain.ticket.ladder import CARDS
from domain.ticket.supervising_events import Supervised
from domain.unit import Kind, Unit, administrator
from domain.way import SECRET, Way, check_address

EVERYTHING = "ticket.*"
"""Stands for all events of tickets, also those that later programs know."""
MOST_TOPICS = 50
CHINESE = re.compile(r"[一-鿿]+")


@dataclass(frozen=True)
class RegisterReceiver:
    """Ask that somebody is told from now on.

    `address` is where an e-mail or webhook goes, or the account whose inbox it is; an inbox without one is
    that of everybody who holds a role for the unit. `secret` names the secret of a robot or webhook.
    """

    code: str
    name: str
    way: Way
    topics: tuple[str, ...]
    unit: str = ""
    address: str = ""
    secret: str | None = None


@dataclass(frozen=True)
class AmendReceiver:
    """Ask that a receiver is told of these events, in this place, from now on."""

    name: str
    topics: tuple[str, ...]
    address: str = ""
    secret: str | None = None


class ReceiverRegistered(Created):
    """Somebody is told from now on (登记接收方); a secret is named here and never held."""

    TOPIC: ClassVar[str] = "receiver.registered"
    code: str
    name: str
    way: Way
    unit: str
    around: tuple[str, ...]
    topics: tuple[str, ...]
    address: str
    secret: str | None


class ReceiverAmended(Event):
    """It is told of other events, or elsewhere, from now on (变更接收方)."""

    TOPIC: ClassVar[str] = "receiver.amended"
    name: str
    topics: tuple[str, ...]
    address: str
    secret: str | None

    def apply(self, receiver: "Receiver") -> None:
        receiver.name, receiver.topics = self.name, self.topics
        receiver.address, receiver.secret = self.address, self.secret


class ReceiverClosed(Event):
    """It is told nothing from now on (停用接收方)."""

    TOPIC: ClassVar[str] = "receiver.closed"

    def apply(self, receiver: "Receiver") -> None:
        receiver.closed = True


class ReceiverPaused(Event):
    """Nothing is sent to it until it is resumed (暂停接收方); what it is to be told waits."""

    TOPIC: ClassVar[str] = "receiver.paused"

    def apply(self, receiver: "Receiver") -> None:
        receiver.paused = True


class ReceiverResumed(Event):
    """It is sent to again, first what has waited (恢复接收方)."""

    TOPIC: ClassVar[str] = "receiver.resumed"

    def apply(self, receiver: "Receiver") -> None:
        receiver.paused = False


class Receiver(Aggregate):
    """Somebody who is told."""

    TOPIC: ClassVar[str] = "receiver"

    code: str
    name: str
    way: Way
    unit: str
    around: tuple[str, ...]
    """The unit and all that it lies in: whose administrators look after it."""
    topics: tuple[str, ...]
    address: str
    secret: str | None
    closed: bool = field(default=False, init=False)
    paused: bool = field(default=False, init=False)

    @staticmethod
    def id_of(code: str) -> UUID:
        """The id of the receiver with this code."""
        return id_of("receiver", code)

    @classmethod
    def unknown(cls, id: UUID) -> UnknownReceiver:
        """That there is no such receiver."""
        return UnknownReceiver(receiver=id)

    @classmethod
    def register(cls, command: RegisterReceiver, unit: Unit | None, by: Person, at: datetime) -> Self:
        """Tell somebody what happens to the tickets of `unit`, or of all where that is None."""
        around = (unit.code, *unit.within.values()) if unit else ()
        actor = administrator(by, "register receivers", *around)
        check_text("code", command.code, 50)
        if not SECRET.fullmatch(command.code):
            raise OutOfRange(field="code", why="may hold a to z, 0 to 9 and hyphens only: change it")
        if unit is not None and unit.kind in (Kind.PROVINCE, Kind.CITY):
            raise OutOfRange(field="unit", why=f"is a {unit.kind}: name a county or what lies in one")
        _check(command.name, command.topics)
        check_address(command.way, command.address, command.secret, command.unit)
        return cls._begin(
            ReceiverRegistered,
            cls.id_of(command.code),
            actor,
            at,
            code=command.code,
            name=command.name,
            way=command.way,
            unit=command.unit,
            around=around,
            topics=command.topics,
            address=command.address,
            secret=command.secret,
        )

    def amend(self, command: AmendReceiver, by: Person, at: datetime) -> None:
        """Tell it of other events, or elsewhere; its way and unit stay."""
        actor = self.administrator(by, "amend receivers")
        self.must_be_open()
        _check(command.name, command.topics)
        check_address(self.way, command.address, command.secret, self.unit)
        self._record(
            ReceiverAmended,
            actor,
            at,
            name=command.name,
            topics=command.topics,
            address=command.address,
            secret=command.secret,
        )

    def close(self, by: Person, at: datetime) -> None:
        """Tell it nothing more."""
        actor = self.administrator(by, "close receivers")
        self.must_be_open()
        self._record(ReceiverClosed, actor, at)

    def pause(self, by: Person, at: datetime) -> None:
        """Send it nothing for now; what it is to be told waits, and nothing of it is given up."""
        actor = self.administrator(by, "pause receivers")
        self.must_be_open()
        if self.way is Way.INBOX:
            raise OutOfRange(field="way", why="is an inbox, to which nothing is sent: close it instead")
        if self.paused:
            raise AlreadySo(what=f"The receiver {self.code}", state="paused")
        self._record(ReceiverPaused, actor, at)

    def resume(self, by: Person, at: datetime) -> None:
        """Send to it again."""
        actor = self.administrator(by, "resume receivers")
        self.must_be_open()
        if not self.paused:
            raise AlreadySo(what=f"The receiver {self.code}", state="in use")
        self._record(ReceiverResumed, actor, at)

    def administrator(self, by: Person, verb: str) -> Actor:
        """This person as an administrator of the receiver's unit; anybody else is refused."""
        return administrator(by, verb, *self.around)

    def must_be_open(self) -> None:
        """Refuse what makes no sense for a closed one."""
        if self.closed:
            raise AlreadyClosed(what=f"The receiver {self.code}")

    def wants(self, topic: str) -> bool:
        """Whether it is told of such events at all, or of some of them."""
        wanted = (EVERYTHING in self.topics) or any(
            f"{each}.".startswith(f"{topic}.") for each in self.topics
        )
        return wanted and not self.closed

    def is_told(self, event: Event, ticket: Ticket) -> bool:
        """Whether it is told of this event, after which the ticket stands as given.

        A place is told of all tickets within it. A department is told of those it is called to; of another
        department's own task only where it leads.
        """
        if self.closed or not {EVERYTHING, event.TOPIC, _exactly(event)} & set(self.topics):
            return False
        if self.unit in ("", ticket.grid, ticket.community, ticket.town, ticket.county):
            return True
        task = ticket.tasks.get(self.unit)
        return task is not None and (task.lead or getattr(event, "department", self.unit) == self.unit)


def topics() -> dict[str, str]:
    """The topics of all events of tickets, and what each is called in Chinese: how its docstring begins."""
    found = {event.TOPIC: event.__doc__ or "" for event in _subclasses(Event)}
    words = {
        topic: match.group() if (match := CHINESE.search(doc)) else topic for topic, doc in found.items()
    }
    words |= {f"{Supervised.TOPIC}.{card}": words[Supervised.TOPIC] for card in CARDS}
    return {topic: word for topic, word in sorted(words.items()) if topic.startswith("ticket.")}


def _exactly(event: Event) -> str:
    """The topic of an event with its card, where it has one: a leader need not hear of every yellow card."""
    return f"{event.TOPIC}.{event.card}" if isinstance(event, Supervised) else event.TOPIC


def _subclasses(event: type[Event]) -> Iterator[type[Event]]:
    for each in event.__subclasses__():
        yield each
        yield from _subclasses(each)


def _check(name: str, wanted: tuple[str, ...]) -> None:
    check_text("name", name, NAME)
    if not wanted or len(wanted) > MOST_TOPICS:
        raise OutOfRange(field="topics", why=f"are {len(wanted)}: name 1 to {MOST_TOPICS}, or {EVERYTHING}")
    for topic in wanted:
        if topic != EVERYTHING and topic not in topics():
            raise OutOfRange(
                field="topics", why=f"hold {topic[:50]!r}: name events such as ticket.dispatched"
            )
