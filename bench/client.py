"""The client that asks: a process of its own, as cheap as a client can be, the same for all measurements.

It speaks HTTP/1.1 over connections that stay open, sends requests that were made beforehand, and reads of an
answer no more than status, length, and what the next request needs of it. Run by `bench.load`.
"""

import asyncio
import re
import sys
from collections import deque
from functools import partial
from time import perf_counter
from typing import Any

import msgspec
import uvloop

from bench.load import ID, Answers, Job

IN_ANSWER = re.compile(rb'"id":"([^"]+)"')
POSITION = re.compile(rb'"position":(\d+)')
CREATED = b"201"
DONE = (b"200", CREATED)


class Connection(asyncio.Protocol):
    """Goes through its script again and again, one request at a time."""

    def __init__(self, run: "Run", script: list[bytes]) -> None:
        self._run = run
        self._script = script
        self._step = 0
        self._id = b""
        self._received = b""
        self._due = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to ask."""
        self._transport = transport

    def ask(self, due: float) -> None:
        """Send the next request of the script; its time runs from `due`."""
        self._due = due
        self._transport.write(self._script[self._step].replace(ID, self._id))

    def data_received(self, data: bytes) -> None:
        """Take the answer in once it is complete."""
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        at = received.find(b"content-length: ", 0, head)
        if head < 0 or len(received) < head + 4 + int(received[at + 16 : received.index(b"\r", at)]):
            self._received = received
            return
        self._received = b""
        status, step = received[9:12], self._step
        done = status in DONE
        if done:
            if status == CREATED and len(self._script) > 1 and (found := IN_ANSWER.search(received, head)):
                self._id = found[1]
            self._step = (step + 1) % len(self._script)
        else:
            self._step = 0
        self._run.answered(self, step, self._due, received, head, done)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side ended it, which is a failure unless we are done."""
        self._run.lost()


class Run:
    """All connections, for a time or a number of requests."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._left = job.requests
        self._begins = self._ends = 0.0
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._under_way = 0
        self._finished = asyncio.Event()
        self._answers = Answers(latencies=[[] for _ in job.scripts[0]])

    async def run(self) -> Answers:
        """Ask, and wait for the last answer."""
        job, loop = self._job, asyncio.get_running_loop()
        for nth in range(job.connections):
            script = job.scripts[nth % len(job.scripts)]
            _, connection = await loop.create_connection(
                partial(Connection, self, script), "127.0.0.1", job.port
            )
            self._idle.append(connection)
        self._begins = perf_counter() + job.warm_up
        self._ends = self._begins + job.seconds if job.seconds else float("inf")
        if job.rate:
            pacing = asyncio.create_task(self._pace(job.rate))
            await self._finished.wait()
            await pacing
        else:
            while self._idle:
                self._next(self._idle.popleft())
            await self._finished.wait()
        self._answers.seconds = min(perf_counter(), self._ends) - self._begins
        return self._answers

    async def _pace(self, rate: float) -> None:
        """Requests at even distances, whether or not the earlier ones are answered."""
        due = perf_counter()
        while due < self._ends:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            self._due.append(due)
            if self._idle:
                self._send(self._idle.popleft(), self._due.popleft())
            due += 1 / rate
        await asyncio.sleep(max(0.0, self._ends - perf_counter()))
        if not self._under_way:
            self._finished.set()

    def _next(self, connection: Connection) -> None:
        now = perf_counter()
        if now >= self._ends or self._left == 0:
            if not self._under_way:
                self._finished.set()
        elif not self._job.rate:
            self._send(connection, now)
        elif self._due:
            self._send(connection, self._due.popleft())
        else:
            self._idle.append(connection)

    def _send(self, connection: Connection, due: float) -> None:
        if self._left is not None:
            self._left -= 1
        self._under_way += 1
        connection.ask(due)

    def answered(self, by: Connection, step: int, due: float, received: bytes, head: int, done: bool) -> None:
        """Note one answer, and let that connection ask again."""
        self._under_way -= 1
        now, answers = perf_counter(), self._answers
        answers.total += 1
        if self._begins <= now < self._ends:
            if done:
                answers.latencies[step].append(now - due)
                if self._job.positions and (found := POSITION.search(received, head)):
                    answers.positions.append((int(found[1]), now))
            else:
                answers.refused += 1
                answers.refusal = answers.refusal or received[:500].decode(errors="replace")
        self._next(by)

    def lost(self) -> None:
        """A connection was closed before the end."""
        if not self._finished.is_set():
            self._answers.refusal = self._answers.refusal or "connection closed"
            self._finished.set()


def main() -> None:
    """Do the job that stands on standard input, and say the answers on standard output."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    answers = uvloop.run(Run(job).run())
    sys.stdout.buffer.write(msgspec.msgpack.encode(answers))


if __name__ == "__main__":
    main()
