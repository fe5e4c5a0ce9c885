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
    extension_asked_by: str | None = None
    """The account that asked for more time, while the dispatcher has not decided yet."""
    extension_asked_at: datetime | None = None
    extensions: int = 0
    """How often its time was extended in this round."""
    held_at: datetime | None = None
    """Since when it is on hold, if it is."""
    review_at: datetime | None = None
    holds: int = 0
    """How often it was put on hold."""

    @property
    def running(self) -> bool:
        """Whether the department's clock runs."""
        return self.at_work and self.held_at is None

    @property
    def at_work(self) -> bool:
        """Whether the department has something to do, at once or when it is not on hold any more."""
        return self.stage in (TaskStage.DISPATCHED, TaskStage.CLAIMED)

    @property
    def open(self) -> bool:
        """Whether the ticket still waits for this department, or for a ruling on its return."""
        return self.at_work or self.awaits_ruling

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
        self.ask_no_more()

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
        self.ask_no_more()

    def ask_for_more(self, by: str, at: datetime) -> None:
        """More time was asked for."""
        self.extension_asked_by, self.extension_asked_at = by, at

    def ask_no_more(self) -> None:
        """That was decided, or is not needed any more."""
        self.extension_asked_by = self.extension_asked_at = None

    def extend(self, due_at: datetime) -> None:
        """There is more time."""
        self.ask_no_more()
        self.extensions += 1
        self.due_at = due_at

    def hold(self, at: datetime, review_at: datetime) -> None:
        """It rests."""
        self.ask_no_more()
        self.held_at, self.review_at = at, review_at
        self.holds += 1

    def resume(self, claim_by: datetime, due_at: datetime) -> None:
        """It goes on, with the time that was left."""
        self.held_at = self.review_at = None
        self.claim_by, self.due_at = claim_by, due_at

    def begin_again(self, at: datetime, claim_by: datetime, due_at: datetime) -> None:
        """A fresh round: nothing claimed, attended or handled yet."""
        self.stage = TaskStage.DISPATCHED
        self.dispatched_at, self.claim_by, self.due_at = at, claim_by, due_at
        self.claimed_at = self.attended_at = self.handled_at = None
        self.handled_by = self.result = None
        self.extensions = 0
