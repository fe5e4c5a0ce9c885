"""The service as its users run it: `whistle serve` on a folder of its own, to be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from adapters.database import SERVICE_ROLE, Database, database
from adapters.embedded import embedded_postgres
from adapters.settings import Settings
from api.demonstration.loading import load_town
from tests.adapters.writing import wait_for

BEGINNING, ENDING = 60.0, 30.0
"""Seconds for a service to answer, and to end."""


class Running:
    """A service with its embedded PostgreSQL, and ways to end either."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        host = quote(str(folder / "postgres"), safe="")
        self.database = Database(
            owner=f"postgresql://postgres@/whistle?host={host}",
            service=f"postgresql://{SERVICE_ROLE}@/whistle?host={host}",
        )
        self._process: subprocess.Popen[str] | None = None
        with database(Settings(folder)) as found:
            asyncio.run(load_town(found))

    def start(self) -> None:
        """Start the service in its folder, whatever was left there, and wait for its address."""
        with (self.folder / "service.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.command_line", "serve", "--data", str(self.folder),
                 "--port", str(self.port)],
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert ":" in line, self.last_words()
        self.port = int(line.rpartition(":")[2])

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process of the service."""
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        """SIGKILL of the service; PostgreSQL is left behind."""
        self.process.kill()
        self._reap()

    def end(self) -> int:
        """SIGTERM of the service; gives its exit code."""
        self.process.terminate()
        return self._reap()

    def _reap(self) -> int:
        code = self.process.wait(ENDING)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def kill_backend(self, number: int) -> None:
        """SIGKILL of one of the backends that serve us: PostgreSQL then ends all others and recovers."""
        pids = self._children(self.postmaster())
        serving = [pid for pid in pids if b"whistle_service" in _command_line(pid)]
        if serving:
            killed = serving[number % len(serving)]
            os.kill(killed, signal.SIGKILL)
            wait_for(lambda: not Path(f"/proc/{killed}").exists() and self._answers())

    def _answers(self) -> bool:
        """Whether PostgreSQL takes connections."""
        with suppress(psycopg.OperationalError), psycopg.connect(self.database.owner):
            return True
        return False

    def kill_postgres(self) -> None:
        """SIGKILL of the postmaster; then, as an operator would, start it again in the same folder."""
        pid = self.postmaster()
        backends = self._children(pid)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(Path(f"/proc/{each}").exists() for each in (pid, *backends)))
        with embedded_postgres(self.folder):
            """The service still uses it, so it stays when we go."""

    def postmaster(self) -> int:
        """The process id of PostgreSQL."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def is_postgres_running(self) -> bool:
        """Whether PostgreSQL runs in the folder."""
        with suppress(FileNotFoundError):
            return _runs(self.postmaster())
        return False

    def last_words(self) -> str:
        """The end of the service's log."""
        return (self.folder / "service.log").read_text()[-3000:]

    @staticmethod
    def _children(parent: int) -> list[int]:
        listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def left_behind(self) -> list[str]:
        """The command lines of all processes that still have to do with the folder."""
        here = str(self.folder).encode()
        found = []
        for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()):
            about = _command_line(pid) + _environment(pid)
            if pid != os.getpid() and here in about and _runs(pid):
                found.append(_command_line(pid).decode(errors="replace"))
        return found


def _command_line(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    return b""


def _environment(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes()
    return b""


def _runs(pid: int) -> bool:
    """Whether the process lives; one that has ended and was not yet noticed by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
