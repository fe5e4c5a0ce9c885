"""What goes into the log in one transaction: who fits, on which position, under which number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import msgspec

from adapters.mapper import EventMapper
from domain.errors import Conflict, KeyReused
from domain.event import Event
from domain.ticket.events import Reported


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a writer gets back: id and number of the ticket, its version, the position of its last event."""

    id: str
    number: str | None
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key: whose, what they called it, and a hash of what was asked with it."""

    account: str
    key: str
    fingerprint: bytes


@dataclass(slots=True)
class Command:
    """Events that become true together or not at all; the first history among them gets the receipt."""

    events: list[Event]
    number: str | None = None
    key: Key | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    personal: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What was taken out of the texts of an event, by its place among the events."""
    event_ids: list[UUID] = field(init=False)

    def receipt(self, number: str | None, first_position: int) -> Receipt:
        """What the writer gets back when the first event stands at `first_position`."""
        mine = [event for event in self.events if event.originator_id == self.first.originator_id]
        last = self.events.index(mine[-1])
        return Receipt(
            id=str(self.first.originator_id),
            number=number or self.number,
            version=mine[-1].originator_version,
            position=first_position + last,
        )

    def __post_init__(self) -> None:
        self.event_ids = [uuid4() for _ in self.events]

    def beside(self, nth: int) -> str:
        """What is noted beside an event with something personal in it."""
        return msgspec.json.encode({**self.metadata, "personal": self.personal[nth]}).decode()

    @property
    def first(self) -> Event:
        """The first event of the history that gets the receipt."""
        return self.events[0]


@dataclass(slots=True)
class Head:
    """What the log says while its head is locked, or as our own last commit left it."""

    position: int
    versions: dict[UUID, int]
    """The version each history concerned is at."""
    used: dict[tuple[str, str], tuple[bytes, Receipt]]
    """The idempotency keys concerned that were used, with fingerprint and answer."""
    serials: dict[str, int]
    """The last serial given in each series of numbers concerned."""

    def expect(self, commands: Sequence[Command]) -> bool:
        """Take for granted that the commands fit, for the append itself to find out; False if it cannot."""
        self.versions = {}
        self.used = {}
        for command in commands:
            if isinstance(command.first, Reported) and command.first.number not in self.serials:
                return False
            for event in command.events:
                self.versions.setdefault(event.originator_id, event.originator_version - 1)
        return True


class Batch:
    """Admits commands one after the other; what is admitted is appended together."""

    def __init__(self, head: Head, mapper: EventMapper) -> None:
        self._head = head
        self._before = head.position
        self._mapper = mapper
        self.positions: list[int] = []
        self._events: list[tuple[UUID, UUID, int, str, bytes, str]] = []
        self._followed: dict[UUID, int] = {}
        """The version at which each history stood that goes on here."""
        self._numbers: dict[str, UUID] = {}
        self._series: dict[str, int] = {}
        self._answers: list[tuple[Key, Receipt]] = []

    def admit(self, command: Command) -> Receipt | BaseException:
        """Take the command in and give its receipt, or say why it does not fit."""
        key = command.key
        if key and (used := self._head.used.get((key.account, key.key))):
            fingerprint, receipt = used
            return receipt if fingerprint == key.fingerprint else KeyReused()
        try:
            versions = self._versions_after(command)
            events, number = self._numbered(command)
            states = [self._mapper.state_of(event) for event in events]
        except (Conflict, msgspec.MsgspecError, TypeError, ValueError) as problem:
            return problem
        for id, version in versions.items():
            self._followed.setdefault(id, self._head.versions.get(id, 0))
            self._head.versions[id] = version
        receipt = command.receipt(number, self._head.position + 1)
        metadata = msgspec.json.encode(command.metadata).decode()
        for nth, (event, event_id, state) in enumerate(zip(events, command.event_ids, states, strict=True)):
            self._head.position += 1
            self.positions.append(self._head.position)
            row = (
                event_id,
                event.originator_id,
                event.originator_version,
                event.TOPIC,
                state,
                command.beside(nth) if nth in command.personal else metadata,
            )
            self._events.append(row)
        if number is not None and isinstance(command.first, Reported):
            series = command.first.number
            self._numbers[number] = command.first.originator_id
            self._series[series] = self._head.serials[series] = self._head.serials.get(series, 0) + 1
        if key:
            self._answers.append((key, receipt))
            self._head.used[key.account, key.key] = key.fingerprint, receipt
        return receipt

    def _versions_after(self, command: Command) -> dict[UUID, int]:
        versions: dict[UUID, int] = {}
        for event in command.events:
            id = event.originator_id
            if event.originator_version != versions.get(id, self._head.versions.get(id, 0)) + 1:
                raise Conflict()
            versions[id] = event.originator_version
        return versions

    def _numbered(self, command: Command) -> tuple[list[Event], str | None]:
        """A report with the next number of its series; the command itself keeps the series alone."""
        report = command.first
        if not isinstance(report, Reported):
            return command.events, None
        numbered = report.numbered(self._head.serials.get(report.number, 0) + 1)
        return [numbered, *command.events[1:]], numbered.number

    def parameters(self) -> dict[str, Any]:
        """The columns of what was admitted."""
        columns = zip(*self._events, strict=True)
        names = "event_ids", "originators", "versions", "topics", "states", "metadata"
        return {
            **dict(zip(names, map(list, columns), strict=True)),
            "positions": self.positions,
            "before": self._before,
            "followed": [id for id, version in self._followed.items() if version],
            "followed_versions": [version for version in self._followed.values() if version],
            "head": self._head.position,
            "numbers": list(self._numbers),
            "numbered": list(self._numbers.values()),
            "series": list(self._series),
            "serials": list(self._series.values()),
            "accounts": [key.account for key, _ in self._answers],
            "keys": [key.key for key, _ in self._answers],
            "fingerprints": [key.fingerprint for key, _ in self._answers],
            "receipts": [msgspec.json.encode(receipt).decode() for _, receipt in self._answers],
        }
