"""What the client is asked to do, and what it answers."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

ID = b"$ID$"
"""In a request: the id that the last 201 of the same script answered."""


@dataclass
class Job:
    """Scripts of requests; each connection goes through one of them again and again."""

    port: int
    scripts: list[list[bytes]]
    connections: int = 1
    seconds: float | None = None
    """How long to count, after the warm-up; or else a number of requests."""
    requests: int | None = None
    warm_up: float = 0.0
    """Seconds before the counting begins."""
    rate: float | None = None
    """Requests a second, sent whether or not earlier ones are answered; else as fast as answers come."""
    positions: bool = False
    """Whether the positions of receipts are wanted."""


@dataclass
class Answers:
    """What came back while it counted; times in seconds of the machine's monotonic clock."""

    latencies: list[list[float]]
    """For each step of the script, the seconds from the moment a request was due to its answer."""
    positions: list[tuple[int, float]] = field(default_factory=list)
    """The position of each receipt, and when it arrived."""
    total: int = 0
    """All answers, those before the counting too."""
    refused: int = 0
    refusal: str = ""
    """The first answer that was neither 200 nor 201."""
    seconds: float = 0.0

    @property
    def all(self) -> list[float]:
        """The latencies of all steps."""
        return [latency for step in self.latencies for latency in step]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(map(len, self.latencies)) / self.seconds


class LoadFailed(Exception):
    """The load did not run as it should."""


def request(method: str, path: str, body: Any = None, token: str = "") -> bytes:
    """A request as it goes over the wire."""
    content = b"" if body is None else msgspec.json.encode(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def load(
    port: int,
    scripts: Sequence[list[bytes]],
    connections: int = 1,
    seconds: float | None = None,
    requests: int | None = None,
    warm_up: float = 0.0,
    rate: float | None = None,
    positions: bool = False,
) -> Answers:
    """Let the client process do this, and give its answers; any refusal is a failure of the measurement."""
    job = Job(port, list(scripts), connections, seconds, requests, warm_up, rate, positions)
    done = subprocess.run(
        [sys.executable, "-m", "bench.client"],
        input=msgspec.msgpack.encode(job),
        stdout=subprocess.PIPE,
        timeout=(seconds or 600) + warm_up + 60,
        check=True,
    )
    answers = msgspec.msgpack.decode(done.stdout, type=Answers)
    if answers.refusal:
        raise LoadFailed(f"{answers.refused} answers were refusals, the first: {answers.refusal}")
    return answers
