"""How long a department has, by urgency (示例): claim 30 min, 1 h, 24 h; handle 2 h, 24 h, 7 days."""

from datetime import datetime, timedelta

from domain.errors import OutOfRange
from domain.ticket.stage import Urgency

CLAIM_WITHIN = {
    Urgency.EMERGENCY: timedelta(minutes=30),
    Urgency.URGENT: timedelta(hours=1),
    Urgency.ORDINARY: timedelta(hours=24),
}
HANDLE_WITHIN = {
    Urgency.EMERGENCY: timedelta(hours=2),
    Urgency.URGENT: timedelta(hours=24),
    Urgency.ORDINARY: timedelta(days=7),
}
LONGEST = timedelta(days=366)
RETURNS = 2
"""How often one department may send a ticket back; the ruling on the last one is final (终审)."""


def due_times(urgency: Urgency, at: datetime, due_at: datetime | None = None) -> tuple[datetime, datetime]:
    """Until when to claim and until when to handle what is dispatched at `at`.

    A `due_at` that the dispatcher chose stands, if it lies after `at` and within a year.
    """
    if due_at is None:
        due_at = at + HANDLE_WITHIN[urgency]
    elif due_at.tzinfo is None or not at < due_at <= at + LONGEST:
        raise OutOfRange(field="due_at", why="must have a zone and lie after now, within a year")
    return min(at + CLAIM_WITHIN[urgency], due_at), due_at
