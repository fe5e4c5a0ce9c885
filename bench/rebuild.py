"""Rebuilding all views over a million events, while people go on reading."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.load import load, request
from bench.processes import cpu_seconds, memory_mib, postgres
from bench.results import Figure, Result, milliseconds
from bench.servers import ServerFailed, catch_up, sign_in, temporary_town, whistle
from bench.town import write_log

TICKETS_PER_MILLION = 98_000
READS = 50.0
"""Reads a second, half of them the workload, half a list of tickets."""


@dataclass(frozen=True)
class Rebuilt:
    """What one `whistle rebuild` took."""

    seconds: float
    peak_mib: float
    """Most memory of the process and those it started, together."""
    cpu_seconds: float
    """Of the process and those it started."""
    database_cpu_seconds: float
    """Of the whole database meanwhile."""


def measure(quick: bool) -> Result:
    """Make the log, build all views without the service, then again under it."""
    tickets = TICKETS_PER_MILLION // (20 if quick else 1)
    with temporary_town() as (folder, found):
        began = time.perf_counter()
        events, _ = write_log(found.owner, tickets, datetime.now(UTC))
        made = time.perf_counter() - began
        alone = rebuild(folder)
        with whistle(folder) as server:
            port = server.port
            catch_up(port)
            token = sign_in(port, "dispatcher")
            before = _reading(port, token, 2.0 if quick else 15.0)
            during: list[dict[str, Any]] = []
            stopping = threading.Event()
            reader = threading.Thread(target=_read_on, args=[port, token, stopping, during])
            reader.start()
            try:
                beside = rebuild(folder)
            finally:
                stopping.set()
                reader.join()
    million = 1e6 / events
    pooled = {
        name: milliseconds([ms for turn in during for ms in turn[name]]) for name in ("workload", "list")
    }
    earlier = {name: milliseconds(before[name]) for name in ("workload", "list")}
    figures = [
        Figure("all views, beside reading", beside.seconds * million, "s/million events", at_most=20.0),
        Figure("all views, alone", alone.seconds * million, "s/million events"),
        Figure("CPU time, database included", _cpu(alone) * million, "s/million events"),
        Figure("peak memory", max(alone.peak_mib, beside.peak_mib), "MiB", at_most=500.0),
        Figure("events", events, ""),
    ]
    for name in pooled:
        figures += [
            Figure(f"{name} before, p99", earlier[name]["p99"], "ms"),
            Figure(f"{name} during, p99", pooled[name]["p99"], "ms"),
        ]
    raw = {
        "events": events, "tickets": tickets, "log_made_in_seconds": round(made, 1),
        "alone": asdict(alone), "beside_reading": asdict(beside),
        "before_ms": earlier, "during_ms": pooled,
    }  # fmt: skip
    return Result(figures, raw)


def _cpu(rebuilt: Rebuilt) -> float:
    return rebuilt.cpu_seconds + rebuilt.database_cpu_seconds


def rebuild(folder: Path) -> Rebuilt:
    """Run `whistle rebuild` on this folder."""
    server = postgres(folder)
    begin, server_before = time.perf_counter(), cpu_seconds(server)
    process = subprocess.Popen(
        [sys.executable, "-m", "api.command_line", "rebuild", "--data", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak, ended = 0.0, False
    try:
        while not ended:
            peak = max(peak, memory_mib(process.pid))
            time.sleep(0.1)  # Memory is sampled: nothing tells of its peak.
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            ended = pid != 0
    except BaseException:  # Also when interrupted, no process is left behind.
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ServerFailed(f"rebuild: {process.stderr.read().decode()[-500:] if process.stderr else ''}")
    seconds = time.perf_counter() - begin
    return Rebuilt(
        round(seconds, 2),
        round(max(peak, used.ru_maxrss / 1024), 1),
        round(used.ru_utime + used.ru_stime, 2),
        round(cpu_seconds(server) - server_before, 2),
    )


def _reading(port: int, token: str, seconds: float) -> dict[str, list[float]]:
    paths = "/api/workload", "/api/tickets?community=220621100001"
    script = [request("GET", path, token=token) for path in paths]
    answers = load(port, [script], connections=2, seconds=seconds, rate=READS)
    return {"workload": answers.latencies[0], "list": answers.latencies[1]}


def _read_on(port: int, token: str, stopping: threading.Event, turns: list[dict[str, Any]]) -> None:
    while not stopping.is_set():
        turns.append(_reading(port, token, 3.0))
