"""The ladder (督办阶梯): what happens by itself as a deadline comes near and goes by, each step once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Step(StrEnum):
    """What is done about a clock that nears its deadline, or is past it."""

    REMINDER = "reminder"  # 催办: before the deadline
    YELLOW_CARD = "yellow_card"  # 黄牌: on it
    RED_CARD = "red_card"  # 红牌: some time after it
    LEADER = "leader"  # 报领导: when nothing has helped


CARDS = Step.YELLOW_CARD, Step.RED_CARD, Step.LEADER
"""The steps that mark who is late, from the mildest to the gravest."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A step, and how long after the deadline it is taken, in real time; less than nothing is before it."""

    step: Step
    after: timedelta

    def at(self, started_at: datetime, due_at: datetime) -> datetime:
        """When it is taken for a clock that was started at one moment and is due at another.

        Never before the last quarter of its time: else a short clock would begin with a reminder.
        """
        return max(due_at + self.after, due_at - (due_at - started_at) / 4)


Ladder = tuple[Rung, ...]
"""The steps for one kind of clock, in the order they are taken."""
