"""What was said against an overdue mark, in the past tense; `apply` decides nothing, and changes no fact."""

from typing import TYPE_CHECKING, ClassVar

from domain.ticket.clocks import ClockName
from domain.ticket.task_events import TaskEvent

if TYPE_CHECKING:
    from domain.ticket.ticket import Ticket


class Appealed(TaskEvent):
    """超时申诉: the department says why its lateness should not count."""

    TOPIC: ClassVar[str] = "ticket.appealed"
    clock: ClockName
    reason: str

    def apply(self, ticket: "Ticket") -> None:
        clock = ticket.clocks.find(self.clock, self.department)
        if clock is not None:
            clock.appealed_by, clock.upheld = self.by.account, None


class AppealUpheld(TaskEvent):
    """申诉成立: it was late, and that does not count."""

    TOPIC: ClassVar[str] = "ticket.appeal_upheld"
    clock: ClockName
    note: str

    def apply(self, ticket: "Ticket") -> None:
        clock = ticket.clocks.find(self.clock, self.department)
        if clock is not None:
            clock.upheld = True


class AppealDismissed(TaskEvent):
    """申诉不成立: it was late, and that counts."""

    TOPIC: ClassVar[str] = "ticket.appeal_dismissed"
    clock: ClockName
    note: str

    def apply(self, ticket: "Ticket") -> None:
        clock = ticket.clocks.find(self.clock, self.department)
        if clock is not None:
            clock.upheld = False
