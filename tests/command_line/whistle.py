"""The `whistle` command as a process of its own, and what must be true of whatever it says."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from api.demonstration.town import PASSWORD
from tests.command_line.forked import Commands, Said

WHISTLE = str(Path(sys.executable).with_name("whistle"))
SHARED = Path(__file__).parents[3] / "shared" / "data"
PATIENCE = 120.0
"""Seconds until a command or a start counts as hanging."""
EVERYWHERE = "0.0.0.0"  # noqa: S104
ADDRESS = re.compile(r"https?://\S+")


def environment(**given: str) -> dict[str, str]:
    """The environment without any setting of ours, and with those given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("WHISTLE_")}
    return {**plain, "COLUMNS": "200", **given}


@cache
def commands() -> Commands:
    """Where commands are run; the fixture `ended` closes it."""
    return Commands()


def whistle(*arguments: object, said: str = "", cwd: Path | None = None, **settings: str) -> Said:
    """Run a command to its end; whatever it is asked, it shows nobody a traceback."""
    found = commands().run(list(map(str, arguments)), said, cwd or Path.cwd(), environment(**settings))
    assert "Traceback" not in found.out + found.err, found
    assert found.code in (0, 1, 2), found
    return found


def done(*arguments: object, **more: Any) -> str:
    """A command that does what it is asked; gives what it printed."""
    code, out, err = whistle(*arguments, **more)
    assert code == 0, (arguments, out, err)
    return out


def refused(*arguments: object, **more: Any) -> str:
    """A command that is refused with exit code 1 and one clear line on standard error; gives the line."""
    code, out, err = whistle(*arguments, **more)
    assert code == 1, (arguments, code, out, err)
    (line,) = [line for line in err.splitlines() if line.strip() and not is_progress(line)]
    assert 10 < len(line) < 400, err
    assert line[0] != "{", err
    return line


def is_progress(line: str) -> bool:
    """Whether the line is a progress bar."""
    return "━" in line or bool(re.match(r"(rows|events)\s", line))


class Serving:
    """A running `whistle serve`; it is there once it has said where it answers, or `until`."""

    def __init__(self, *arguments: object, until: str | None = None, **settings: str) -> None:
        self._until = until
        self._process = subprocess.Popen(
            [WHISTLE, "serve", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(PYTHONUNBUFFERED="1", **settings),
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._ready = threading.Event()
        self._threads = [
            threading.Thread(target=self._hear, args=[stream, lines], daemon=True)
            for stream, lines in ((self._process.stdout, self.out), (self._process.stderr, self.err))
        ]
        for thread in self._threads:
            thread.start()
        assert self._ready.wait(PATIENCE), (self.out, self.err[-5:])
        found = next((m for line in self.out if (m := ADDRESS.search(line))), None)
        assert found or until, (self.out, self.err[-5:])
        self.address = found.group() if found else ""

    def _hear(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line)
            if (lines is self.out and ADDRESS.search(line)) or (self._until and self._until in line):
                self._ready.set()
        self._ready.set()

    def ask(
        self, path: str, body: object = None, token: str | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, Any]:
        """Status and JSON of one request: POST with a body, GET without."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, json.load(problem)

    def token(self, account: str, password: str = PASSWORD) -> str:
        """A token of this account."""
        status, session = self.ask("/api/session", {"account": account, "password": password})
        assert status == 201, session
        return str(session["token"])

    def all(self, path: str, token: str) -> list[dict[str, Any]]:
        """All items of a list."""
        joint = "&" if "?" in path else "?"
        items, cursor = [], ""
        while True:
            status, page = self.ask(f"{path}{joint}limit=200{cursor}", token=token)
            assert status == 200, page
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, and give its exit code once all it said is heard."""
        self._process.send_signal(how)
        code = self._process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        return code

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None


@contextmanager
def serving(*arguments: object, **settings: str) -> Iterator[Serving]:
    """A running service, ended in good order; where no folder is said, it has one of its own."""
    with TemporaryDirectory(prefix="whistle-test-") as folder:
        service = Serving(*arguments, "--port", 0, **{"WHISTLE_DATA": folder, **settings})
        try:
            yield service
        finally:
            if service.running:
                service.stop()
    assert not [line for line in service.err if "Traceback" in line]


def servers_of(folder: Path) -> list[str]:
    """The PostgreSQL processes whose data lies in this folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if b"postgres" in line and bytes(folder) in line:
                found.append(line.decode(errors="replace"))
    return found


def position(url: str) -> int:
    """Where the log of this database ends."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT position FROM log.head").fetchone()
    assert row
    return int(row[0])
