"""What sealing costs those who write, and how long it takes to seal and verify a million events."""

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

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
PAIRS = 5
"""How often the rate is measured without the sealer and with it, in turn."""


def measure(quick: bool) -> Result:
    """Write with and without a sealer, in turn; then seal and verify a large log."""
    rates = [_pair(nth, 2.0 if quick else 8.0) for nth in range(1 if quick else PAIRS)]
    shares = [with_sealer / without for without, with_sealer in rates]
    tickets = TICKETS_PER_MILLION // (20 if quick else 1)
    with temporary_town() as (folder, found):
        events, _ = write_log(found.owner, tickets, datetime.now(UTC))
        signer = Signer.new("whistle.invalid/bench")
        sealing = _seal(found.service, signer, folder)
        began = time.perf_counter()
        intact = verify(found.service, signer.verifier)
        verifying = time.perf_counter() - began
    figures = [
        Figure("commands without the sealer", statistics.median(without for without, _ in rates), "/s"),
        Figure("commands with the sealer", statistics.median(with_ for _, with_ in rates), "/s"),
        Figure("with against without", statistics.median(shares), "×", at_least=0.9),
        Figure("sealed", intact.sealed / sealing, "events/s"),
        Figure("verified", verifying * 1e6 / events, "s/million events", at_most=10.0),
    ]
    raw: dict[str, Any] = {
        "events": events, "seal_seconds": round(sealing, 2), "verify_seconds": round(verifying, 2),
        "rates_without_and_with": [[round(each, 1) for each in pair] for pair in rates],
    }  # fmt: skip
    return Result(figures, raw)


def _pair(nth: int, seconds: float) -> tuple[float, float]:
    """Commands a second without the sealer and with it, on a town each; who is first takes turns."""
    sealed = (False, True) if nth % 2 == 0 else (True, False)
    rates = {each: _rate(each, seconds) for each in sealed}
    return rates[False], rates[True]


def _rate(sealed: bool, seconds: float) -> float:
    arguments = [] if sealed else ["--no-sealer"]
    with temporary_town() as (folder, _), whistle(folder, arguments=arguments) as server:
        catch_up(server.port)
        texts = Texts(Random(1))
        tokens = {
            name: sign_in(server.port, name) for name in ("grid", "sorter", "dispatcher", "water", "housing")
        }
        scripts = [script(tokens, texts) for _ in range(AT_ONCE)]
        return load(server.port, scripts, AT_ONCE, seconds, warm_up=1.0).rate


def _seal(conninfo: str, signer: Signer, folder: Path) -> float:
    """Seal all that is there; gives the seconds it took."""
    sealer = Sealer(conninfo, signer, folder / "checkpoints")
    began = time.perf_counter()
    with psycopg.connect(conninfo, autocommit=True) as conn:
        while sealer.seal(conn):
            pass
    return time.perf_counter() - began
