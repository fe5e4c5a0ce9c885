"""Load, decide, append: the three steps of every command."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from adapters.batch import Command, Key, Receipt
from adapters.mapper import EventMapper
from adapters.personal.keeping import Keeping
from adapters.recorder import Recorder
from domain.actors import Person, Role
from domain.errors import Conflict, KeyReused, OutOfRange, VersionDiffers
from domain.event import Aggregate
from domain.refusal import Refusal
from domain.ticket import Ticket

log = structlog.get_logger()

ATTEMPTS = 4
"""How often a command is decided anew because somebody else was faster."""
LONGEST = 10_000
"""Events of one history, after which nothing more is added: every reader reads it whole."""
RESERVED = 500
"""Of these, left to the clock and to supervisors: nobody silences them by filling a history up."""
REMEMBERED = 5_000
"""How many histories are kept folded in memory, to be brought up to date by their newest events alone."""

A = TypeVar("A", bound=Aggregate)


class Histories(Protocol):
    """Where the events of one history are read."""

    async def events_after(self, id: UUID, version: int) -> list[tuple[str, bytes]]:
        """Topic and state of its events after `version`, in order."""
        ...

    async def answered(self, account: str, key: str) -> tuple[bytes, Receipt] | None:
        """The fingerprint and answer of a request with this idempotency key."""
        ...


def new_id(at: datetime) -> UUID:
    """A new id that sorts by time (RFC 9562, version 7), so that new histories lie together on disk."""
    milliseconds = int(at.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class EventStore:
    """All histories, through the log."""

    def __init__(
        self,
        recorder: Recorder,
        histories: Histories,
        now: Callable[[], datetime] = utc_now,
        keeping: Keeping | None = None,
    ) -> None:
        self.now = now
        self._keeping = keeping
        self._recorder = recorder
        self._histories = histories
        self._mapper = EventMapper()
        self._remembered: OrderedDict[UUID, Aggregate] = OrderedDict()
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        """Who changes a history here takes turns; only other processes are met by deciding anew."""

    async def find(self, kind: type[A], id: UUID, newest: int | None = None) -> A | None:
        """The history as it stands now, or None; who knows its `newest` version spares the log a question.

        Look at it before you wait for anything else: it is shared.
        """
        known = self._remembered.get(id)
        if known is not None and known.version == newest and isinstance(known, kind):
            return known
        found = await self._load(known, id)
        if known is not None and self._remembered.get(id) is not known:
            # Somebody took it for changing meanwhile: what they have is not yet true.
            found = await self._load(None, id)
        if found is not None:
            self._remember(found)
        return found if isinstance(found, kind) else None

    async def find_at(
        self, kind: type[A], id: UUID, version: int | None = None, at: datetime | None = None
    ) -> A | None:
        """The history as it stood at a version, or at a time, or None where there was nothing yet."""
        found: Aggregate | None = None
        for topic, state in await self._histories.events_after(id, 0):
            event = self._mapper.event(topic, state)
            if version is not None and event.originator_version > version:
                break
            if at is not None and event.at > at:
                break
            found = event.mutate(found)
        return found if isinstance(found, kind) else None

    async def create(self, made: Aggregate, key: Key | None = None) -> Receipt:
        """Record a new history. Raises `Conflict` where there is one with this id already.

        Ask `answered` before deciding on it: what is repeated under its key may not be allowed any more.
        """
        number = _number(made)
        return await self._record([made], number, key)

    async def change(
        self,
        kind: type[A],
        id: UUID,
        verb: Callable[..., None],
        *facts: Any,
        by: Person,
        others: tuple[UUID, ...] = (),
        version: int | None = None,
        key: Key | None = None,
    ) -> Receipt:
        """Load, decide by `verb(history, *facts, *others, by=, at=)`, append.

        Somebody else's change in between is met by deciding again, up to three times, then `Conflict`;
        with `version` (If-Match), a history at another one is refused with `VersionDiffers`.
        """
        if receipt := await self.answered(key):
            return receipt
        async with AsyncExitStack() as turns:
            for turn in sorted({id, *others}):  # In one order for all, so that nobody waits in a circle.
                await turns.enter_async_context(self._turns.setdefault(turn, asyncio.Lock()))
            for _ in range(ATTEMPTS):
                changing = [await self._take(kind, each) for each in (id, *others)]
                said = await self._without_personal(changing[0], facts)
                try:
                    self._decide(changing, verb, said, by, version)
                except Refusal:
                    for each in changing:
                        if not each.pending_events:
                            self._remember(each)
                    if receipt := await self.answered(key):
                        return receipt
                    raise
                try:
                    return await self._record(changing, _number(changing[0]), key)
                except Conflict:
                    continue
            raise Conflict()

    def _decide(
        self,
        changing: list[A],
        verb: Callable[..., None],
        facts: tuple[Any, ...],
        by: Person,
        version: int | None,
    ) -> None:
        first, *others = changing
        if not first.visible_to(by):
            raise first.unknown(first.id)
        if version is not None and version != first.version:
            raise VersionDiffers(version=first.version, expected=version)
        most = LONGEST if by.units(Role.CLOCK) or by.units(Role.SUPERVISOR) else LONGEST - RESERVED
        if any(each.version >= most for each in changing):
            why = f"has {most} events, the most there may be: report the matter anew"
            raise OutOfRange(field="the history", why=why)
        at = max(self.now(), *(each.modified_on for each in changing))
        verb(first, *facts, *others, by=by, at=at)

    async def _without_personal(self, history: Aggregate, facts: tuple[Any, ...]) -> tuple[Any, ...]:
        """What is asked of a ticket, with what is personal set apart from its texts."""
        if self._keeping is None or not facts or not isinstance(history, Ticket):
            return facts
        command, *more = facts
        return (await self._keeping.marked(history, command), *more)

    async def _record(self, changed: list[Any], number: str | None, key: Key | None) -> Receipt:
        events = [event for each in changed for event in each.collect_events()]
        personal = await self._keeping.seal(events) if self._keeping else {}
        request = structlog.contextvars.get_contextvars().get("request")
        command = Command(events, number, key, {"request": request} if request else {}, personal)
        receipt = await self._recorder.record(command)
        first = events[0]
        # With a key, the receipt may be that of an earlier, equal request; and what is personal is not
        # remembered, but read back without it.
        if self._keeping and 0 in personal and receipt.id == str(first.originator_id):
            self._keeping.recorded(first, personal[0])
        if key is None and not personal:
            if number is not None and receipt.number:
                changed[0].number = receipt.number
            for each in changed:
                self._remember(each)
        log.info(
            "command_accepted",
            fact=first.TOPIC,
            id=receipt.id,
            position=receipt.position,
            account=first.by.account,
        )
        return receipt

    async def answered(self, key: Key | None) -> Receipt | None:
        """What was answered to this key already, if anything. Raises `KeyReused` for another request's."""
        if key is None:
            return None
        answered = await self._histories.answered(key.account, key.key)
        if answered is None:
            return None
        fingerprint, receipt = answered
        if fingerprint != key.fingerprint:
            raise KeyReused()
        return receipt

    async def _take(self, kind: type[A], id: UUID) -> A:
        """The history for changing: nobody else has it until it is remembered again."""
        found = await self._load(self._remembered.pop(id, None), id)
        if not isinstance(found, kind):
            raise kind.unknown(id)
        return found

    async def _load(self, known: Aggregate | None, id: UUID) -> Aggregate | None:
        version = known.version if known else 0
        for topic, state in await self._histories.events_after(id, version):
            event = self._mapper.event(topic, state)
            if known is None or event.originator_version == known.version + 1:
                known = event.mutate(known)
        return known

    def _remember(self, history: Aggregate) -> None:
        self._remembered[history.id] = history
        self._remembered.move_to_end(history.id)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


def _number(history: Aggregate) -> str | None:
    """The number of a history that people call by one: at first the series it is drawn from."""
    return getattr(history, "number", None)
