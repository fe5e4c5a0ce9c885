"""The task of one department in a ticket: its own stage, deadlines and result."""

from dataclasses import dataclass
from datetime import datetime

from domain.ticket.stage import TaskStage


@dataclass
class Task:
    """What one department was called for (任务)."""

    department: str
    dispatched_at: datetime
    claim_by: datetime
    due_at: datetime
    lead: bool = False
    stage: TaskStage = TaskStage.DISPATCHED
    claimed_at: datetime | None = None
    attended_at: datetime | None = None
    handled_at: datetime | None = None
    handled_by: str | None = None
    result: str | None = None
    sent_back_at: datetime | None = None
    awaits_ruling: bool = False
    """Sent back, and the dispatcher has not ruled yet."""
    stage_before_return: TaskStage = TaskStage.DISPATCHED
    returns: int = 0
    """How often the department has sent it back."""

    @property
    def running(self) -> bool:
        """Whether the department's clock runs."""
        return self.stage in (TaskStage.DISPATCHED, TaskStage.CLAIMED)

    @property
    def open(self) -> bool:
        """Whether the ticket still waits for this department, or for a ruling on its return."""
        return self.running or self.awaits_ruling

    @property
    def next_due_at(self) -> datetime:
        """When the first of the department's clocks runs out: to claim, then to handle."""
        return self.claim_by if self.stage is TaskStage.DISPATCHED else self.due_at

    def send_back(self, at: datetime) -> None:
        """The clock stops."""
        self.stage_before_return = self.stage
        self.stage = TaskStage.RETURNED
        self.sent_back_at = at
        self.awaits_ruling = True
        self.returns += 1

    def let_go(self) -> None:
        """The return was accepted: nothing is left to do."""
        self.awaits_ruling = False

    def take_up_again(self, claim_by: datetime, due_at: datetime) -> None:
        """The return was refused: where it stood before, with the time that was left."""
        self.stage = self.stage_before_return
        self.claim_by, self.due_at = claim_by, due_at
        self.awaits_ruling = False

    def handle(self, result: str, by: str, at: datetime) -> None:
        """Done, by this account."""
        self.stage = TaskStage.HANDLED
        self.handled_by = by
        self.result = result
        self.handled_at = at

    def begin_again(self, at: datetime, claim_by: datetime, due_at: datetime) -> None:
        """A fresh round: nothing claimed, attended or handled yet."""
        self.stage = TaskStage.DISPATCHED
        self.dispatched_at, self.claim_by, self.due_at = at, claim_by, due_at
        self.claimed_at = self.attended_at = self.handled_at = None
        self.handled_by = self.result = None
