"""The parts of texts that are personal, beside the event whose texts they were taken from."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.mapper import EventMapper
from adapters.personal.marking import MASK, Masked, masks
from adapters.personal.master import decrypt, encrypt
from domain.event import Event

ERASED = "〔已删除〕"
"""Stands where something personal was, of a resident whose key is no more."""
FIELD = "personal"
"""Under which it stands in the metadata of an event."""

_mapper = EventMapper()


class Sealed(NamedTuple):
    """An event as it is stored, with what stands beside it."""

    topic: str
    state: bytes
    metadata: Mapping[str, Any]


def seal(event: Event, resident: UUID, key: bytes) -> dict[str, Any] | None:
    """What was taken out of the texts of this event, encrypted; None where that is nothing.

    Each part is bound to its event and field: AES-256-GCM with `_about` as associated data.
    """
    cipher = AESGCM(key)
    parts = {}
    for path, text in _masked(event):
        about = _about(resident, event.originator_id, event.originator_version, event.TOPIC, path)
        parts[path] = [
            part and _written(encrypt(cipher, part.encode(), f"{about}|{nth}"))
            for nth, part in enumerate(text.parts)
        ]
    return {"resident": str(resident), "parts": parts} if parts else None


def sealed(event: Event, personal: Mapping[str, Any]) -> Sealed:
    """The event as it is stored, with what was taken out of it beside it."""
    return Sealed(event.TOPIC, _mapper.state_of(event), {FIELD: personal})


def open_(sealed: Sealed, keys: Mapping[UUID, bytes | None]) -> Event:
    """The event with what is personal in its place again, or with `ERASED` where its key is no more.

    Where the key is known and None, the masks stay.
    """
    event = _mapper.event(sealed.topic, sealed.state)
    personal = sealed.metadata.get(FIELD)
    if personal is None:
        return event
    resident = UUID(personal["resident"])
    if resident in keys and keys[resident] is None:
        return event
    key = keys.get(resident)
    cipher = None if key is None else AESGCM(key)
    state = msgspec.json.decode(sealed.state)
    for path, parts in personal["parts"].items():
        about = _about(resident, event.originator_id, event.originator_version, sealed.topic, path)
        _put(state, path.split("."), [_clear(cipher, part, f"{about}|{n}") for n, part in enumerate(parts)])
    return _mapper.event(sealed.topic, msgspec.json.encode(state))


def opens(key: bytes, row: Any) -> bool:
    """Whether this is the key of the `parts` of a row: the first one is tried."""
    cipher = AESGCM(key)
    for path, parts in row.parts.items():
        about = _about(row.resident, row.originator_id, row.originator_version, row.topic, path)
        for nth, part in enumerate(parts):
            if part is not None:
                return _decrypted(cipher, part, f"{about}|{nth}") is not None
    return True


def resident_of(metadata: Mapping[str, Any]) -> UUID | None:
    """Whose parts stand in this metadata."""
    return UUID(metadata[FIELD]["resident"]) if FIELD in metadata else None


def _masked(event: Event) -> Iterator[tuple[str, Masked]]:
    """Every text of the event with parts, under its path."""
    for name, value in vars(event).items():
        if isinstance(value, Masked):
            yield name, value
        elif hasattr(value, "__dataclass_fields__"):
            for inner in value.__dataclass_fields__:
                for text in masks(getattr(value, inner)):
                    yield f"{name}.{inner}", text


def _about(resident: UUID, id: UUID, version: int, topic: str, path: str) -> str:
    return f"{resident}|{id}|{version}|{topic}|{path}"


def _clear(cipher: AESGCM | None, part: str | None, about: str) -> str:
    if part is None:
        return MASK
    clear = None if cipher is None else _decrypted(cipher, part, about)
    return ERASED if clear is None else clear


def _decrypted(cipher: AESGCM, part: str, about: str) -> str | None:
    """The part, or None where it was altered or moved: the sealed log tells, and nothing false is shown."""
    try:
        return decrypt(cipher, base64.b64decode(part), about).decode()
    except (InvalidTag, ValueError):
        return None


def _put(state: Any, path: list[str], clear: list[str]) -> None:
    """Put the parts in the place of the masks of one text."""
    *way, last = path
    for name in way:
        state = state[name]
    between = state[last].split(MASK)
    state[last] = between[0] + "".join(part + rest for part, rest in zip(clear, between[1:], strict=False))


def _written(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()
