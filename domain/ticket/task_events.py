"""What happened to the task of one department, in the past tense; `apply` decides nothing."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from domain.event import Event
from domain.ticket.clocks import OF_DEPARTMENT, ClockName, Setting
from domain.ticket.lifting import clocks_of_ruling, without_clocks
from domain.ticket.stage import TaskStage

if TYPE_CHECKING:
    from domain.ticket.ticket import Ticket


class TaskEvent(Event):
    """Something that one department did, or that was decided about its task."""

    TOPIC: ClassVar[str] = ""
    department: str


class Claimed(TaskEvent):
    """报到."""

    TOPIC: ClassVar[str] = "ticket.claimed"

    def apply(self, ticket: "Ticket") -> None:
        task = ticket.tasks[self.department]
        task.stage = TaskStage.CLAIMED
        task.claimed_at = self.at
        ticket.clocks.stop(self.at, self.department, ClockName.CLAIM)


class Attended(TaskEvent):
    """到场."""

    TOPIC: ClassVar[str] = "ticket.attended"

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].attended_at = self.at
        ticket.clocks.stop(self.at, self.department, ClockName.CONTACT, ClockName.ATTEND)


class SentBack(TaskEvent):
    """退单: the department's clocks stand still until the dispatcher has ruled, whose clock runs now."""

    TOPIC: ClassVar[str] = "ticket.sent_back"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(without_clocks)
    reason: str
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].send_back(self.at)
        ticket.clocks.pause(self.at, self.department)
        ticket.clocks.set(self.clocks)


class ReturnAccepted(TaskEvent):
    """退单审核通过."""

    TOPIC: ClassVar[str] = "ticket.return_accepted"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(without_clocks)
    note: str
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].let_go()
        ticket.clocks.stop(self.at, self.department, ClockName.DISPATCH, ClockName.REPLY, *OF_DEPARTMENT)
        ticket.clocks.set(self.clocks)
        ticket.settle(self.at)


class ReturnRefused(TaskEvent):
    """退单审核不通过: the clock goes on with what was left."""

    TOPIC: ClassVar[str] = "ticket.return_refused"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(clocks_of_ruling)
    note: str
    claim_by: datetime
    due_at: datetime
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].take_up_again(self.claim_by, self.due_at)
        ticket.clocks.stop(self.at, self.department, ClockName.DISPATCH)
        ticket.clocks.go_on(self.clocks)


class ProgressNoted(TaskEvent):
    """处置进展."""

    TOPIC: ClassVar[str] = "ticket.progress_noted"
    text: str
    photos: tuple[str, ...]

    def apply(self, ticket: "Ticket") -> None:
        ticket.later_photos |= dict.fromkeys(self.photos)
        ticket.clocks.stop(self.at, self.department, ClockName.CONTACT)


class Handled(TaskEvent):
    """办结 of one department; the ticket is handled when the last one has."""

    TOPIC: ClassVar[str] = "ticket.handled"
    class_version: ClassVar[int] = 2
    upcast_v1_v2 = staticmethod(without_clocks)
    result: str
    photos: tuple[str, ...]
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].handle(self.result, self.by.account, self.at)
        ticket.later_photos |= dict.fromkeys(self.photos)
        ticket.clocks.stop(self.at, self.department, ClockName.DISPATCH, *OF_DEPARTMENT)
        ticket.clocks.set(self.clocks)
        ticket.settle(self.at)
