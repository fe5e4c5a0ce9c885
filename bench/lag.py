"""From the receipt to the moment all views show the event, at 500 events a second."""

import threading
import time
from bisect import bisect_left
from random import Random

import psycopg

from bench.lives import script
from bench.load import load
from bench.results import Figure, Result, milliseconds
from bench.servers import catch_up, sign_in, temporary_town, whistle
from bench.texts import Texts

RATE = 500.0
STANDING = "SELECT min(position) FROM views.view"


class Watcher:
    """Notes when all views have passed a position, on a connection of its own; in the clock of the client."""

    def __init__(self, conninfo: str) -> None:
        self.positions: list[int] = []
        self.times: list[float] = []
        self._conninfo = conninfo
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            conn.execute("LISTEN whistle_views")
            while not self._stopping.is_set():
                row = conn.execute(STANDING, prepare=True).fetchone()
                self.times.append(time.perf_counter())
                self.positions.append(row[0] if row else 0)
                for _ in conn.notifies(timeout=0.5, stop_after=1):
                    pass

    def seen_at(self, position: int) -> float | None:
        """When all views had passed the position."""
        nth = bisect_left(self.positions, position)
        return self.times[nth] if nth < len(self.times) else None


def measure(quick: bool) -> Result:
    """Whole lives at an even rate of one event a command."""
    seconds = 4.0 if quick else 30.0
    with temporary_town() as (folder, found), whistle(folder) as server:
        port = server.port
        catch_up(port)
        texts = Texts(Random(2))
        tokens = {name: sign_in(port, name) for name in ("grid", "sorter", "dispatcher", "water", "housing")}
        scripts = [script(tokens, texts) for _ in range(64)]
        with Watcher(found.service) as watcher:
            answers = load(port, scripts, 64, seconds, warm_up=2.0, rate=RATE, positions=True)
            catch_up(port)
    seen = [(watcher.seen_at(position), at) for position, at in answers.positions]
    lags = [max(0.0, when - at) for when, at in seen if when is not None]
    lag, command = milliseconds(lags), milliseconds(answers.all)
    figures = [
        Figure("receipt → all views, p99", lag["p99"], "ms", at_most=20.0),
        Figure("receipt → all views, p50", lag["p50"], "ms"),
        Figure("events", answers.rate, "/s"),
        Figure("a command, p99", command["p99"], "ms"),
    ]
    raw = {
        "lag_ms": lag,
        "command_ms": command,
        "batches": len(watcher.times),
        "never_seen": len(seen) - len(lags),
    }
    return Result(figures, raw)
