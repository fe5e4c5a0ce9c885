"""The services that are measured, each on an embedded PostgreSQL in a folder of its own."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.database import Database, database
from adapters.settings import Settings
from api.demonstration.loading import load_town
from api.demonstration.town import PASSWORD
from bench.processes import cpu_seconds, postgres

PATIENCE = 1200.0
"""Seconds until a service must answer, or views must have caught up."""
ENDING = 30.0


class ServerFailed(Exception):
    """A service did not start, answer or catch up."""


@contextmanager
def temporary_town(stock: bool = False) -> Iterator[tuple[Path, Database]]:
    """A folder with a running PostgreSQL, and in it the demonstration town without tickets."""
    with (
        tempfile.TemporaryDirectory(prefix="whistle-bench-") as folder,
        database(Settings(Path(folder))) as found,
    ):
        with _recorder(stock):
            asyncio.run(load_town(found))
        yield Path(folder), found


@dataclass(frozen=True)
class Server:
    """A running service and its database."""

    port: int
    pid: int
    folder: Path

    def cpu_seconds(self) -> float:
        """What it has used so far, with its projector and its database."""
        return cpu_seconds(self.pid) + cpu_seconds(postgres(self.folder))


@contextmanager
def whistle(folder: Path, stock: bool = False, arguments: Sequence[str] = ()) -> Iterator[Server]:
    """The service as its users start it, projector, sealer and logs included."""
    command = ["api.command_line", "serve", "--port", "0", "--data", str(folder), *arguments]
    with _recorder(stock), started(command, folder) as server:
        yield server


@contextmanager
def started(arguments: list[str], folder: Path) -> Iterator[Server]:
    """A service that says its address in its first line; ended in good order, or else killed."""
    log = folder / "service.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = line.strip().rpartition(":")[2]
            if not address.isdecimal():
                raise ServerFailed(f"{arguments[0]} did not start:\n{log.read_text()[-2000:]}")
            port = int(address)
            wait(lambda: _answers(port), "answer")
            yield Server(port, process.pid, folder)
        finally:
            process.terminate()
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def call(port: int, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """One request by the standard library, and the JSON that it answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status >= 300:
        raise ServerFailed(f"{method} {path}: {answer.status} {text[:300]}")
    return json.loads(text)


def sign_in(port: int, account: str) -> str:
    """The token of a demonstration account."""
    return str(call(port, "POST", "/api/session", {"account": account, "password": PASSWORD})["token"])


def behind(port: int) -> int:
    """How many events the view that is furthest behind has not seen; all, while views are missing."""
    health = call(port, "GET", "/api/health")
    return max((view["lag"] for view in health["views"].values()), default=health["position"] or 1)


def catch_up(port: int) -> float:
    """Wait until all views stand at the end of the log; gives the seconds that took."""
    begin = time.perf_counter()
    wait(lambda: behind(port) == 0, "catch up")
    return time.perf_counter() - begin


def wait(until: Any, what: str) -> None:
    """Wait until it is true. Raises `ServerFailed` after 20 minutes."""
    give_up = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > give_up:
            raise ServerFailed(f"The service does not {what}.")
        time.sleep(0.05)  # Another process does not say when it is ready.


def _answers(port: int) -> bool:
    try:
        call(port, "GET", "/api/health")
    except (OSError, http.client.HTTPException):
        return False
    return True


@contextmanager
def _recorder(stock: bool) -> Iterator[None]:
    """What is started or loaded here writes with this recorder."""
    before = os.environ.pop("WHISTLE_RECORDER", None)
    if stock:
        os.environ["WHISTLE_RECORDER"] = "stock"
    try:
        yield
    finally:
        os.environ.pop("WHISTLE_RECORDER", None)
        if before is not None:
            os.environ["WHISTLE_RECORDER"] = before
