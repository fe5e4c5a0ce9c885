"""Deadlines a second, by kind of limit, with and without their explanation, on one core."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from bench.results import Figure, Result
from domain.calendar import CHINA
from domain.working_time import CHINESE, Limit, WorkingTime

FIRST = datetime(2025, 1, 6, tzinfo=CHINA)
MINUTES = 600 * 24 * 60
LIMITS = ("5 working_days", "4 working_hours", "2 urgent_hours", "10 days")
TURNS = 5


def measure(quick: bool) -> Result:
    """The best of some turns over random starts, so that what else the machine does weighs less."""
    count = 2_000 if quick else 50_000
    random = Random(1)
    starts = [FIRST + timedelta(minutes=random.randrange(MINUTES)) for _ in range(count)]
    working_time = WorkingTime(CHINESE)
    limits = {text: Limit.read(text) for text in LIMITS}
    rates = {text: _rates(starts, limit, working_time.due) for text, limit in limits.items()}
    explained = _rates(starts[: count // 10], limits["4 working_hours"], working_time.deadline)
    figures = [Figure(text, max(each), "deadlines/s", at_least=100_000) for text, each in rates.items()]
    figures.append(Figure("4 working_hours, explained", max(explained), "deadlines/s"))
    turns = {text: [round(rate) for rate in each] for text, each in {**rates, "explained": explained}.items()}
    return Result(figures, {"starts": count, "deadlines_per_second_by_turn": turns})


def _rates(starts: list[datetime], limit: Limit, decide: Callable[[datetime, Limit], object]) -> list[float]:
    rates = []
    for _ in range(TURNS):
        began = time.perf_counter()
        for start in starts:
            decide(start, limit)
        rates.append(len(starts) / (time.perf_counter() - began))
    return rates
