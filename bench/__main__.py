"""`python -m bench [--quick] [MEASUREMENT …]`: measure, print a table, keep the numbers in bench/results."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

import structlog

from adapters.logs import configure_logs
from bench import as_of, commands, deadlines, ladder, lag, lives, pages, reading, rebuild, sealing
from bench.results import Result, save, show

Measurements = dict[str, Callable[[bool], Result]]
MEASUREMENTS: Measurements = {
    "commands": commands.measure,
    "deadlines": deadlines.measure,
    "ladder": ladder.measure,
    "lives": lives.measure,
    "lag": lag.measure,
    "rebuild": rebuild.measure,
    "reading": reading.measure,
    "pages": pages.measure,
    "sealing": sealing.measure,
    "as_of": as_of.measure,
}


def main() -> None:
    """Run the measurements asked for, all of them if none is."""
    parser = argparse.ArgumentParser("bench", description=__doc__)
    parser.add_argument("measurements", nargs="*", metavar="MEASUREMENT", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="small ones: to see that they run")
    parser.add_argument(
        "--tickets", type=int, default=reading.LARGE, help="size of the large town in reading"
    )
    asked = parser.parse_args()
    if unknown := [name for name in asked.measurements if name not in MEASUREMENTS]:
        parser.error(f"there is no measurement {unknown[0]}: use {', '.join(MEASUREMENTS)}")
    # Ending by exception lets every measurement end its processes and remove its folders.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Interrupted."))
    configure_logs("error")
    measurements: Measurements = {**MEASUREMENTS, "reading": partial(reading.measure, tickets=asked.tickets)}
    results: dict[str, Result] = {}
    try:
        for name in asked.measurements or MEASUREMENTS:
            print(f"Measuring {name} …", file=sys.stderr, flush=True)
            began = time.perf_counter()
            results[name] = measurements[name](asked.quick)
            save(name, results[name], asked.quick, time.perf_counter() - began)
    finally:
        structlog.contextvars.clear_contextvars()
        if results:
            show(results)


if __name__ == "__main__":
    main()
