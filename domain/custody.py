"""Custody of the keys (密钥保管): that the master key was rotated, by whom and with whose consent."""

from datetime import datetime
from typing import ClassVar, Self

from domain.actors import Person
from domain.consent import consented
from domain.event import Aggregate, Created, id_of
from domain.unit import administrator


class Rotated(Created):
    """更换主密钥: every key is wrapped by another one from now on."""

    TOPIC: ClassVar[str] = "keys.rotated"
    master: str
    consent: str
    """The account that signed for it beside `by`."""


class Rotation(Aggregate):
    """One rotation; `master` is the name of the new key, which says nothing of it."""

    TOPIC: ClassVar[str] = "rotation"

    master: str
    consent: str

    @classmethod
    def record(cls, master: str, by: Person, consent: str, at: datetime) -> Self:
        """Note what was done."""
        actor = administrator(by, "rotate the master key")
        return cls._begin(Rotated, id_of("rotation", master), actor, at, master=master, consent=consent)


def may_rotate(by: Person, second: Person | None) -> str:
    """The account of the second person; refuses whoever may not, before anything is done."""
    administrator(by, "rotate the master key")
    return consented(by, second, "rotate the master key")
