"""What people look at, with ten thousand tickets and with a million, alternating in one run."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from bench.load import load, request
from bench.rebuild import rebuild
from bench.results import Figure, Result, milliseconds
from bench.servers import catch_up, sign_in, temporary_town, whistle
from bench.town import write_log

SMALL, LARGE = 10_000, 1_000_000
READS = "workload", "overdue", "department", "history"


def measure(quick: bool, tickets: int = LARGE) -> Result:
    """Build both towns, then read in turns."""
    sizes = (1_000, 20_000) if quick else (SMALL, tickets)
    turns, each = (4, 50) if quick else (20, 100)
    read: dict[int, dict[str, list[float]]] = {size: {name: [] for name in READS} for size in sizes}
    built: dict[str, Any] = {}
    with ExitStack() as stack:
        asked = {}
        for size in sizes:
            folder, ids, built[str(size)] = _town(stack, size)
            port = stack.enter_context(whistle(folder)).port
            catch_up(port)
            Random(size).shuffle(ids)
            asked[size] = port, _requests(port, ids[: turns * each])
        for turn in range(turns):
            for size, (port, requests) in asked.items():
                script = [one for four in requests[turn * each : (turn + 1) * each] for one in four]
                answers = load(port, [script], requests=len(script))
                for nth, latencies in enumerate(answers.latencies):
                    read[size][READS[nth % len(READS)]] += latencies
    small, large = ({name: milliseconds(of) for name, of in read[size].items()} for size in sizes)
    figures = [
        Figure(
            f"{name}: p99 at {sizes[1]:,} / at {sizes[0]:,}",
            large[name]["p99"] / small[name]["p99"],
            "×",
            at_most=2.0,
        )
        for name in READS
    ]
    for name in READS:
        for size, ms in zip(sizes, (small, large), strict=True):
            figures.append(Figure(f"{name} at {size:,}: p99", ms[name]["p99"], "ms"))
    return Result(figures, {"ms": {str(sizes[0]): small, str(sizes[1]): large}, "built": built})


def _town(stack: ExitStack, size: int) -> tuple[Path, list[str], dict[str, Any]]:
    """A town with so many tickets, its views built; with the seconds that took."""
    folder, found = stack.enter_context(temporary_town())
    began = time.perf_counter()
    events, ids = write_log(found.owner, size, datetime.now(UTC))
    made = time.perf_counter() - began
    views = rebuild(folder)
    facts = {
        "events": events,
        "log_seconds": round(made, 1),
        "views_seconds": views.seconds,
        "peak_mib": views.peak_mib,
    }
    return folder, ids, facts


def _requests(port: int, ids: list[str]) -> list[list[bytes]]:
    """The four reads in turn, each history another one's."""
    auditor, water = sign_in(port, "auditor"), sign_in(port, "water")
    return [
        [
            request("GET", "/api/workload", token=auditor),
            request("GET", "/api/overdue", token=auditor),
            request("GET", "/api/tickets?department=water", token=water),
            request("GET", f"/api/tickets/{id}/history", token=auditor),
        ]
        for id in ids
    ]
