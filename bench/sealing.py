"""What sealing and encryption cost those who write, and how long a million events take to seal and verify."""

import statistics
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import psycopg

from bench.lives import AT_ONCE, script
from bench.load import load
from bench.results import Figure, Result
from bench.servers import catch_up, sign_in, temporary_town, whistle
from bench.texts import Texts
from bench.town import write_log
from evidence.note import Signer
from evidence.sealer import Sealer
from evidence.verification import verify

TICKETS_PER_MILLION = 98_000
TURNS = 9
"""How often the rate is measured in each of the ways."""
LIVES = 40
"""Lives that each connection leads before it begins anew, each told by another resident."""


class Way(NamedTuple):
    """What is at work while commands are counted."""

    said: str
    sealer: bool
    residents: bool
    """Each ticket has a reporter, whose name and phone are encrypted."""


WAYS = (
    Way("neither sealed nor encrypted", sealer=False, residents=False),
    Way("sealed", sealer=True, residents=False),
    Way("sealed and encrypted", sealer=True, residents=True),
)


def measure(quick: bool) -> Result:
    """Write with and without a sealer, in turn; then seal and verify a large log."""
    rates = [_turn(nth, 2.0 if quick else 8.0) for nth in range(1 if quick else TURNS)]
    tickets = TICKETS_PER_MILLION // (20 if quick else 1)
    with temporary_town() as (folder, found):
        events, _ = write_log(found.owner, tickets, datetime.now(UTC))
        signer = Signer.new("whistle.invalid/bench")
        sealing = _seal(found.service, signer, folder)
        began = time.perf_counter()
        intact = verify(found.service, signer.verifier)
        verifying = time.perf_counter() - began
    figures = [
        *(
            Figure(f"commands, {way.said}", statistics.median(each[way] for each in rates), "/s")
            for way in WAYS
        ),
        *(
            Figure(
                f"{way.said}, against neither",
                statistics.median(each[way] / each[WAYS[0]] for each in rates),
                "×",
                at_least=0.9,
            )
            for way in WAYS[1:]
        ),
        Figure("sealed", intact.sealed / sealing, "events/s"),
        Figure("verified", verifying * 1e6 / events, "s/million events", at_most=10.0),
    ]
    raw: dict[str, Any] = {
        "events": events, "seal_seconds": round(sealing, 2), "verify_seconds": round(verifying, 2),
        "rates": [{way.said: round(rate, 1) for way, rate in each.items()} for each in rates],
    }  # fmt: skip
    return Result(figures, raw)


def _turn(nth: int, seconds: float) -> dict[Way, float]:
    """Commands a second in each way, on a town each; who is first takes turns."""
    first = nth % len(WAYS)
    rates = {way: _rate(way, seconds) for way in (*WAYS[first:], *WAYS[:first])}
    return {way: rates[way] for way in WAYS}


def _rate(way: Way, seconds: float) -> float:
    arguments = [] if way.sealer else ["--no-sealer"]
    with temporary_town() as (folder, _), whistle(folder, arguments=arguments) as server:
        catch_up(server.port)
        texts = Texts(Random(1))
        tokens = {
            name: sign_in(server.port, name) for name in ("grid", "sorter", "dispatcher", "water", "housing")
        }
        reporters = (
            {"name": "欧阳秋水", "phone": f"139{nth:08}"} if way.residents else None for nth in count()
        )
        scripts = [
            [step for _ in range(LIVES) for step in script(tokens, texts, next(reporters))]
            for _ in range(AT_ONCE)
        ]
        return load(server.port, scripts, AT_ONCE, seconds, warm_up=1.0).rate


def _seal(conninfo: str, signer: Signer, folder: Path) -> float:
    """Seal all that is there; gives the seconds it took."""
    sealer = Sealer(conninfo, signer, folder / "checkpoints")
    began = time.perf_counter()
    with psycopg.connect(conninfo, autocommit=True) as conn:
        while sealer.seal(conn):
            pass
    return time.perf_counter() - began
