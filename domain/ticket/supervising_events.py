"""Who was urged and supervised, by hand or by the clock, in the past tense; `apply` decides nothing."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from domain.ticket.clocks import ClockName, Setting
from domain.ticket.ladder import Step
from domain.ticket.task_events import TaskEvent

if TYPE_CHECKING:
    from domain.ticket.ticket import Ticket


class Urged(TaskEvent):
    """催办: `department`, or the community or town it waits for, is asked to hurry.

    By the clock it is about one `clock` and its `due_at`; by hand it has a `text`, and a reply is due.
    """

    TOPIC: ClassVar[str] = "ticket.urged"
    text: str | None = None
    clock: ClockName | None = None
    about: str | None = None
    due_at: datetime | None = None
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        _mark(ticket, self, Step.REMINDER)
        ticket.clocks.set(self.clocks)


class Supervised(TaskEvent):
    """督办: whoever it waits for is given a `card`; else as when urged."""

    TOPIC: ClassVar[str] = "ticket.supervised"
    card: Step
    text: str | None = None
    clock: ClockName | None = None
    about: str | None = None
    due_at: datetime | None = None
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        _mark(ticket, self, self.card)
        ticket.cards[self.department] = max(
            self.card, ticket.cards.get(self.department, self.card), key=list(Step).index
        )
        ticket.clocks.set(self.clocks)


class Replied(TaskEvent):
    """回复督办: what whoever was urged or supervised says to it."""

    TOPIC: ClassVar[str] = "ticket.replied"
    text: str

    def apply(self, ticket: "Ticket") -> None:
        ticket.clocks.stop(self.at, self.department, ClockName.REPLY)


def _mark(ticket: "Ticket", event: Urged | Supervised, step: Step) -> None:
    """The clock remembers the step, where one was taken by it."""
    if event.clock is None:
        return
    clock = ticket.clocks.find(event.clock, event.about or event.department)
    if clock is not None:
        clock.steps = (*clock.steps, step)
