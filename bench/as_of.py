"""Views as of positions all over a log of a million events, against the same views as they stand."""

import time
from datetime import UTC, datetime
from itertools import cycle
from random import Random
from typing import Any

import psycopg

from api.projector import VIEWS
from bench.load import load, request
from bench.rebuild import TICKETS_PER_MILLION, rebuild
from bench.results import Figure, Result, milliseconds
from bench.servers import catch_up, sign_in, temporary_town, whistle
from bench.town import write_log
from projections.recall import Recall

VIEWED = {
    "workload": ("auditor", "/api/workload?"),
    "overdue": ("auditor", "/api/overdue?"),
    "list": ("auditor", "/api/tickets?"),
    "department": ("water", "/api/tickets?department=water&"),
    "stage": ("auditor", "/api/tickets?stage=dispatched&"),
    "found": ("auditor", "/api/tickets?q=%E4%B8%8B%E6%B0%B4&"),
    "page of what is overdue": ("auditor", "/tickets?overdue=true&"),
    "page of the workload": ("auditor", "/workload?"),
    "page for leaders": ("auditor", "/leader?"),
}
DESKS = "dispatcher", "sorter", "water", "supervisor"
"""Whose desk the auditor opens as they saw it, in turns; of now, nobody opens the desk of another."""
SIZES = (
    "SELECT pg_total_relation_size(oid) FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
)


def measure(quick: bool) -> Result:
    """Make the log and its past, then read as of random positions and as it stands, in turns."""
    tickets = TICKETS_PER_MILLION // (20 if quick else 1)
    with temporary_town() as (folder, found):
        events, _ = write_log(found.owner, tickets, datetime.now(UTC))
        rebuild(folder)
        began = time.perf_counter()
        with psycopg.connect(found.service, autocommit=True) as conn:
            keeper = Recall(found.service, VIEWS)
            while keeper.advance(conn):
                pass
            kept = time.perf_counter() - began
            sizes = {name: _size(conn, name) for name in ("log", "past", "views")}
        with psycopg.connect(found.owner, autocommit=True) as conn:
            conn.execute(
                "VACUUM (ANALYZE)"
            )  # As autovacuum leaves it, soon after so much was written at once.
            conn.execute("CHECKPOINT")
        with whistle(folder) as server:
            catch_up(server.port)
            then, now = _read(server.port, events, 20 if quick else 100)
    ms = {name: {"then": milliseconds(then[name]), "now": milliseconds(now.get(name, []))} for name in then}
    figures = [
        Figure("kept", kept * 1e6 / events, "s/million events"),
        Figure("the past against the log, on disk", sizes["past"] / sizes["log"], "×"),
        *(Figure(f"{name}, as of: p99", ms[name]["then"]["p99"], "ms", at_most=200.0) for name in then),
        *(
            Figure(
                f"{name}, as of / as it stands: p50", ms[name]["then"]["p50"] / ms[name]["now"]["p50"], "×"
            )
            for name in now
        ),
    ]
    return Result(figures, {"events": events, "ms": ms, "bytes": sizes, "kept_seconds": round(kept, 1)})


def _size(conn: psycopg.Connection[Any], schema: str) -> int:
    return sum(size for (size,) in conn.execute(SIZES, [schema]))


def _read(port: int, events: int, turns: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds of each view, as of `turns` positions and as it stands, one request at a time."""
    tokens = {account: sign_in(port, account) for account, _ in VIEWED.values()}
    positions = Random(1).sample(range(1, events), turns)
    then: dict[str, list[float]] = {}
    now: dict[str, list[float]] = {}
    for name, (account, path) in VIEWED.items():
        for asked, found in (
            ([f"position={position}" for position in positions], then),
            ([f"limit={50}"] * turns, now),
        ):
            script = [request("GET", f"{path}{each}", token=tokens[account]) for each in asked]
            found[name] = load(port, [script], requests=len(script)).all
    desks = zip(positions, cycle(DESKS), strict=False)
    paths = (f"/desk?account={account}&position={position}" for position, account in desks)
    script = [request("GET", path, token=tokens["auditor"]) for path in paths]
    then["desk of somebody"] = load(port, [script], requests=len(script)).all
    return then, now
