"""What was asked and decided about more time for a department, in the past tense; `apply` decides nothing."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from domain.ticket.clocks import ClockName, Setting
from domain.ticket.task_events import TaskEvent

if TYPE_CHECKING:
    from domain.ticket.ticket import Ticket


class ExtensionRequested(TaskEvent):
    """申请延期: the dispatcher's clock to decide runs, and the department's go on."""

    TOPIC: ClassVar[str] = "ticket.extension_requested"
    reason: str
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].ask_for_more(self.by.account, self.at)
        ticket.clocks.set(self.clocks)


class ExtensionGranted(TaskEvent):
    """准予延期: there is as much time again to handle it."""

    TOPIC: ClassVar[str] = "ticket.extension_granted"
    note: str
    due_at: datetime
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].extend(self.due_at)
        ticket.clocks.stop(self.at, self.department, ClockName.DISPATCH)
        ticket.clocks.set(self.clocks, self.at)


class ExtensionRefused(TaskEvent):
    """不准延期: the deadline stays."""

    TOPIC: ClassVar[str] = "ticket.extension_refused"
    note: str

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].ask_no_more()
        ticket.clocks.stop(self.at, self.department, ClockName.DISPATCH)


class Held(TaskEvent):
    """挂账: the department's clocks stand still, until somebody looks at it again."""

    TOPIC: ClassVar[str] = "ticket.held"
    reason: str
    review_at: datetime
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].hold(self.at, self.review_at)
        ticket.clocks.pause(self.at, self.department)
        ticket.clocks.set(self.clocks)


class Resumed(TaskEvent):
    """解挂: the department's clocks go on with what was left."""

    TOPIC: ClassVar[str] = "ticket.resumed"
    claim_by: datetime
    due_at: datetime
    clocks: tuple[Setting, ...] = ()

    def apply(self, ticket: "Ticket") -> None:
        ticket.tasks[self.department].resume(self.claim_by, self.due_at)
        ticket.clocks.stop(self.at, self.department, ClockName.DISPATCH)
        ticket.clocks.go_on(self.clocks)
