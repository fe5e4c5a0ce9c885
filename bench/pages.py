"""Pages as people open them, in a town of a hundred thousand tickets."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random
from typing import Any

from bench.load import load, request
from bench.rebuild import rebuild
from bench.results import Figure, Result, milliseconds
from bench.servers import catch_up, sign_in, temporary_town, whistle
from bench.town import write_log

TICKETS = 100_000
SLOWEST = 50.0
"""Milliseconds of the server that a page may take, at p99."""
LISTS = {
    "list": "/tickets",
    "found": "/tickets?q=%E4%B8%8B%E6%B0%B4",
    "overdue": "/overdue",
    "workload": "/workload",
    "leader": "/leader",
}
"""What an auditor opens, who sees the whole town; what is looked for is 下水."""
DESKS = "dispatcher", "sorter", "water", "grid", "supervisor"


def measure(quick: bool) -> Result:
    """Every desk, the lists and numbers, and single tickets in turns, each ticket another one."""
    tickets, turns = (2_000, 20) if quick else (TICKETS, 200)
    names = [*(f"desk of {account}" for account in DESKS), *LISTS, "ticket"]
    read: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        folder, found = stack.enter_context(temporary_town())
        events, ids = write_log(found.owner, tickets, datetime.now(UTC))
        began = time.perf_counter()
        rebuild(folder)
        built = time.perf_counter() - began
        # As in a town that grew over a year: sealing and keeping the past have no million events to catch up.
        port = stack.enter_context(whistle(folder, arguments=["--no-sealer", "--no-recall"])).port
        catch_up(port)
        Random(tickets).shuffle(ids)
        tokens = {account: sign_in(port, account) for account in (*DESKS, "auditor")}
        desks = [request("GET", "/", token=tokens[account]) for account in DESKS]
        lists = [request("GET", path, token=tokens["auditor"]) for path in LISTS.values()]
        ticket = [[request("GET", f"/tickets/{id}", token=tokens["auditor"])] for id in ids[:turns]]
        script = [one for single in ticket for one in (*desks, *lists, *single)]
        answers = load(port, [script], requests=len(script))
        for nth, latencies in enumerate(answers.latencies):
            read[names[nth % len(names)]] += latencies
    ms: dict[str, Any] = {name: milliseconds(of) for name, of in read.items()}
    figures = [Figure(f"{name}: p99", ms[name]["p99"], "ms", at_most=SLOWEST) for name in names]
    return Result(figures, {"ms": ms, "tickets": tickets, "events": events, "views_seconds": round(built, 1)})
