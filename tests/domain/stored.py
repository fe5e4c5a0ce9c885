"""Events as they are stored: JSON under a topic; an older version is lifted before it is read."""

from typing import Any, cast

import msgspec
from eventsourcing.utils import get_topic, resolve_topic

from domain.event import Event
from domain.ticket import Ticket
from tests.domain.given import replayed


def encode(event: Event) -> bytes:
    """The event's state as it goes into the log; it says its class version where that is above 1."""
    version = type(event).class_version
    if version == 1:
        return msgspec.json.encode(event)
    return msgspec.json.encode({**msgspec.to_builtins(event), "class_version": version})


def decode(topic: str, state: bytes, version: int = 1) -> Event:
    """The event of this topic that was stored at this class version."""
    event: type[Event] = resolve_topic(topic)
    if version == event.class_version:
        return msgspec.json.decode(state, type=event)
    facts: dict[str, Any] = msgspec.json.decode(state)
    for older in range(version, event.class_version):
        getattr(event, f"upcast_v{older}_v{older + 1}")(facts)
    return msgspec.convert(facts, event)


def read_back(event: Event) -> Event:
    """The event as somebody reads it who was not there."""
    return decode(get_topic(type(event)), encode(event), type(event).class_version)


def replayed_from_log(history: list[Event]) -> Ticket:
    """The ticket these events make after they were written and read again."""
    return cast(Ticket, replayed([read_back(event) for event in history]))
