"""What was measured: figures with their targets, raw numbers, and where and when."""

import os
import platform
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

LOOPS = 2_000_000
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One number that is quoted."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it reaches its target, None without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""


@dataclass(frozen=True)
class Result:
    """What one measurement found."""

    figures: list[Figure]
    raw: dict[str, Any]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def milliseconds(latencies: Sequence[float]) -> dict[str, float]:
    """Median, p99 and maximum in milliseconds, and how many there were."""
    return {
        "p50": round(percentile(latencies, 0.5) * 1000, 3),
        "p99": round(percentile(latencies, 0.99) * 1000, 3),
        "max": round(max(latencies, default=0.0) * 1000, 3),
        "count": len(latencies),
    }


def save(measurement: str, result: Result, quick: bool, seconds: float) -> None:
    """Keep figures and raw numbers as JSON."""
    RESULTS.mkdir(exist_ok=True)
    kept = {
        "measurement": measurement,
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": _commit(),
        "quick": quick,
        "seconds": round(seconds, 1),
        "machine": _machine(),
        "figures": [
            {"name": f.name, "value": round(f.value, 3), "unit": f.unit, "target": f.target, "met": f.met}
            for f in result.figures
        ],
        "raw": result.raw,
    }
    text = msgspec.json.format(msgspec.json.encode(kept), indent=1)
    (RESULTS / f"{measurement}.json").write_bytes(text + b"\n")


def show(results: dict[str, Result]) -> None:
    """Print all figures as one table."""
    table = Table("measurement", "figure", "value", "unit", "target", "", title="Whistle, measured")
    table.columns[2].justify = "right"
    for measurement, result in results.items():
        for nth, figure in enumerate(result.figures):
            value = f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:.3g}"
            verdict = {True: "met", False: "missed", None: ""}[figure.met]
            label = "" if nth else measurement
            table.add_row(label, figure.name, value, figure.unit, figure.target, verdict)
        table.add_section()
    Console(width=None if os.isatty(1) else 120).print(table)


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    here = Path(__file__).parent
    commands = [[git, "rev-parse", "--short", "HEAD"], [git, "status", "--porcelain", "--", ":!results"]]
    said = [subprocess.run(c, cwd=here, capture_output=True, text=True, check=False).stdout for c in commands]
    return said[0].strip() + ("+changes" if said[1].strip() else "")


def _machine() -> dict[str, Any]:
    cpu = ""
    if (info := Path("/proc/cpuinfo")).exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("fastapi", "uvicorn", "psycopg", "eventsourcing")},
        "python_loop_ns": _loop_ns(),
        "cpu_pressure_percent": _pressure(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "postgres": "embedded 18, its normal settings, fsync on",
    }


def _loop_ns() -> float:
    """CPU time of one turn of the simplest loop: some 50 ns on an idle core, more where cores are shared."""
    begin = time.process_time()
    for _ in range(LOOPS):
        pass
    return round((time.process_time() - begin) / LOOPS * 1e9, 1)


def _pressure() -> float | None:
    """The share of the last five minutes in which some process waited for a core, ours or another's."""
    try:
        return float(Path("/proc/pressure/cpu").read_text().partition("avg300=")[2].split()[0])
    except (OSError, IndexError, ValueError):
        return None
