"""The projector: a process of its own, so that views never hold up commands."""

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from adapters.database import Database
from projections.accounts import Accounts
from projections.board import Board
from projections.engine import Engine
from projections.figures import Figures
from projections.looks import Looks
from projections.overdue import Overdue
from projections.photos import Photos
from projections.receivers import Receivers
from projections.units import Units
from projections.view import View
from projections.wall import Wall
from projections.workload import Workload

log = structlog.get_logger()

VIEWS: tuple[View, ...] = (
    Units(),
    Accounts(),
    Receivers(),
    Board(),
    Workload(),
    Overdue(),
    Photos(),
    Figures(),
    Looks(),
    Wall(),
)
"""All views there are."""
AGAIN = 1.0
"""Seconds before a process that ended by itself is started anew."""
YIELDING = 5
"""How nice the projector is: where the machine is full, commands come first."""
PATIENCE = 10.0
"""Seconds a process has to end what is under way."""
COLLECT_SELDOM = 50_000, 20, 100
"""Python's collector walks all folded histories each time: left at its defaults, it is seen in the lag."""


def project(database: Database, with_parent: bool) -> None:
    """Project until told to stop, or, with `with_parent`, until whoever started it is gone."""
    os.nice(YIELDING)
    engine = Engine(database.service, VIEWS)
    stop_when_told(engine.stop, with_parent)
    gc.freeze()
    gc.set_threshold(*COLLECT_SELDOM)
    engine.run()


def stop_when_told(stop: Callable[[], object], with_parent: bool) -> None:
    """Stop on a signal, and, with `with_parent`, once whoever started us is gone."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    if with_parent:
        threading.Thread(target=stop_with_parent, args=[stop], daemon=True).start()


def stop_with_parent(stop: Callable[[], object]) -> None:
    """The parent holds the other end of our standard input: it closes however the parent ends."""
    while os.read(0, 1):
        pass
    stop()


@contextmanager
def beside(database: Database, data: Path, command: str) -> Iterator[None]:
    """Keep a process of ours running beside this one: `project`, `tell`, `seal` or `recall`."""
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep, args=[database, data, command, stopping])
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(database: Database, data: Path, command: str, stopping: threading.Event) -> None:
    while not stopping.is_set():
        process = subprocess.Popen(
            [sys.executable, "-m", "api.command_line", command, "--with-parent"],
            stdin=subprocess.PIPE,
            env={**os.environ, "WHISTLE_DATABASE_URL": database.service, "WHISTLE_DATA": str(data)},
            start_new_session=True,
        )
        while process.poll() is None and not stopping.wait(0.1):
            pass
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if not stopping.is_set():
            log.error("process_ended", command=command, code=process.returncode)
            stopping.wait(AGAIN)
