"""Taking in receivers (接收方): a row says all of one, and doing it again changes nothing."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

from api import administering
from api.calling import Caller
from api.importing.row import Row
from api.importing.table import Outcome, must_have, read_table
from api.importing.units import YES
from domain.actors import Person
from domain.errors import OutOfRange
from domain.receiver import AmendReceiver, Receiver, RegisterReceiver
from domain.way import Way

COLUMNS = ("code", "name", "way", "unit", "topics", "address", "secret", "paused", "closed")
NEEDED = ("code", "name", "way", "topics")
AT_ONCE = 8
BETWEEN = re.compile(r"[\s,;，；、]+")


def read_receivers(named: str, content: bytes) -> list[Row]:
    """The rows of a table of receivers. Raises `BadTable` where it is none."""
    names, rows = read_table(named, content)
    for wanted in NEEDED:
        must_have(named, wanted, names)
    return rows


async def take_receivers(calling: Caller, rows: list[Row], outcome: Outcome) -> None:
    """Register what is new, and let what is known be as its row says."""
    await outcome.take(rows, partial(_receiver, calling, outcome), AT_ONCE)


async def _receiver(calling: Caller, outcome: Outcome, row: Row) -> None:
    command = command_of(row)
    found = await calling.serving.store.find(Receiver, Receiver.id_of(command.code))
    if found is None:
        await administering.register_receiver(calling, command)
        found = await administering.receiver_of(calling, command.code)
        outcome.taken += 1
        new = True
    elif (found.way, found.unit) == (command.way, command.unit):
        new = False
    else:
        raise OutOfRange(field="code", why=f"is taken by another receiver, {found.name}: use another code")
    wanted = Wanted.of(row, command, found)
    differs = wanted != Wanted.stands(found)
    if differs:
        await administering.change_receiver(calling, command.code, wanted.agree)
    if not new:
        outcome.amended += differs
        outcome.known += not differs


def command_of(row: Row) -> RegisterReceiver:
    """What a row asks for. Raises `OutOfRange`."""
    said = row["way"].strip().lower()
    if said not in tuple(Way):
        raise OutOfRange(field="way", why=f"is {said[:30]!r}: use one of {', '.join(Way)}")
    way, code = Way(said), row["code"].strip()
    secret = row.get("secret", "").strip() or (code if way.is_robot or way is Way.WEBHOOK else None)
    topics = tuple(topic for topic in BETWEEN.split(row["topics"].strip()) if topic)
    unit, address = row.get("unit", "").strip(), row.get("address", "").strip()
    return RegisterReceiver(code, row["name"].strip(), way, topics, unit, address, secret)


@dataclass(frozen=True)
class Wanted:
    """What of a receiver can be another, as a row says it."""

    told: AmendReceiver
    paused: bool
    closed: bool

    @classmethod
    def of(cls, row: Row, command: RegisterReceiver, found: Receiver) -> Self:
        """What a row says; what it has no column for stays, and what is closed stays closed."""
        told = AmendReceiver(command.name, command.topics, command.address, command.secret)
        paused, closed = (row.get(name, "").strip().lower() in YES for name in ("paused", "closed"))
        return cls(told, paused if "paused" in row else found.paused, closed or found.closed)

    @classmethod
    def stands(cls, found: Receiver) -> Self:
        """How it stands."""
        told = AmendReceiver(found.name, found.topics, found.address, found.secret)
        return cls(told, found.paused, found.closed)

    def agree(self, receiver: Receiver, by: Person, at: datetime) -> None:
        """Let a receiver be so, all of it or nothing."""
        stands = self.stands(receiver)
        if self.told != stands.told:
            receiver.amend(self.told, by=by, at=at)
        if self.paused != stands.paused:
            (receiver.pause if self.paused else receiver.resume)(by=by, at=at)
        if self.closed != stands.closed:
            receiver.close(by=by, at=at)
