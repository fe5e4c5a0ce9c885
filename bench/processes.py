"""What processes used: CPU time is what tells when others work on the same cores."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, of all below it, and of those below it that have ended."""
    try:
        # The name in parentheses may hold anything; utime, stime, cutime, cstime are fields 14 to 17.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(map(cpu_seconds, _children(pid)))


def memory_mib(pid: int) -> float:
    """Resident memory of a process and of all below it; pages that they share count for each."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20
    except OSError:
        return 0.0
    return resident + sum(map(memory_mib, _children(pid)))


def postgres(folder: Path) -> int:
    """The process of the embedded PostgreSQL in this data folder; its sessions are below it."""
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []
