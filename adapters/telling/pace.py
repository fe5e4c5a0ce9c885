"""How fast, and how long after a failure."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from adapters.telling.exchange import LONGEST
from domain.way import Way

MOST_A_MINUTE = {Way.WECOM: 20, Way.DINGTALK: 20, Way.FEISHU: 20, Way.EMAIL: 60, Way.WEBHOOK: 600}
"""Messages to one receiver; what the robots' makers allow, and what does not look like an attack."""
WINDOW = timedelta(seconds=60 + LONGEST)
"""A minute as the receiver counts it: of two messages, the first may have been on its way the longest."""

FIRST, LONGEST_REST = timedelta(seconds=5), timedelta(hours=1)
"""The rest after the first failure, which doubles with each one until the longest."""


class Pace:
    """At most so many messages in any minute."""

    def __init__(self, most: int, earlier: Iterable[datetime] = ()) -> None:
        self._begun = deque(sorted(earlier), maxlen=most)

    def delay(self, now: datetime) -> timedelta:
        """How long to wait before the next one."""
        if len(self._begun) < (self._begun.maxlen or 0):
            return timedelta()
        return max(self._begun[0] + WINDOW - now, timedelta())

    def note(self, now: datetime) -> None:
        """One is sent now."""
        self._begun.append(now)


def rest(failures: int, random: Random) -> timedelta:
    """How long to leave a receiver alone after so many failures in a row; never all receivers at once."""
    doubled = FIRST * float(2 ** min(failures - 1, 20))
    return min(doubled, LONGEST_REST) * random.uniform(0.5, 1)
