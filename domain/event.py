"""What every event and everything with a history has in common."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID, uuid5

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate
from eventsourcing.utils import register_topic

from domain.actors import Actor, Person
from domain.refusal import Refusal

NAMESPACE = UUID("6f1d3c52-5a0e-5d7b-9a57-8d3b1c0e2f61")


def id_of(kind: str, code: str) -> UUID:
    """The id of what already has a name of its own: the same name gives the same id everywhere."""
    return uuid5(NAMESPACE, f"{kind}:{code}".encode("utf-8", "replace").decode())


class Event(AggregateEvent):
    """Something that happened: who (`by`), when (`at`), and the facts.

    `TOPIC` is how the event is named in the log for ever; a class without one, or with one that is
    taken, fails at import. Change an event by raising `class_version` and adding `upcast_vN_vM`.
    """

    TOPIC: ClassVar[str] = ""
    class_version: ClassVar[int] = 1

    by: Actor

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "TOPIC" not in cls.__dict__:
            raise TypeError(f"{cls.__qualname__} has no TOPIC: give it one that no event ever had")
        for version in range(1, cls.class_version):
            if not hasattr(cls, f"upcast_v{version}_v{version + 1}"):
                raise TypeError(
                    f"{cls.__qualname__} has no upcast_v{version}_v{version + 1}: stored ones need it"
                )
        if cls.TOPIC:
            register_topic(cls.TOPIC, cls)

    @property
    def at(self) -> datetime:
        """When it happened, which for imported history is long before it was recorded."""
        return self.timestamp


class Created(Event, AggregateCreated):
    """The first event of a history."""

    TOPIC: ClassVar[str] = ""


class Aggregate(BaseAggregate[UUID]):
    """Whatever has a history: its verbs decide, its events only set fields."""

    @classmethod
    def _begin(cls, event: type[Created], id: UUID, by: Actor, at: datetime, **facts: Any) -> Self:
        return cls._create(event, id=id, timestamp=at, by=by, **facts)

    def visible_to(self, person: Person) -> bool:
        """Whether this history is there for the person at all; one that is not is `unknown` to them."""
        return True

    @classmethod
    def unknown(cls, id: UUID) -> Refusal:
        """What is said to who asks for a history that is not there, or not for them."""
        raise NotImplementedError

    def _record(self, event: type[Event], by: Actor, at: datetime, **facts: Any) -> None:
        self.trigger_event(event, timestamp=at, by=by, **facts)
