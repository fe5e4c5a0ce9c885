"""A process that writes, and prints its receipts: `python -m tests.adapters.writer CONNINFO 2 100`."""

import asyncio
import sys

import msgspec

from adapters.batch import Receipt
from adapters.event_store import utc_now
from adapters.recorder import GroupRecorder
from domain.errors import Conflict
from tests.adapters.writing import SORT, SORTER, command, reported

LANES = 3
"""Callers at the same time of each recorder."""


async def write(conninfo: str, recorders: int, commands: int) -> list[Receipt]:
    """Tickets that are reported and sorted, by several recorders at once."""

    async def one_after_the_other(recorder: GroupRecorder) -> list[Receipt]:
        receipts = []
        for _ in range(commands // LANES):
            ticket = reported()
            receipts.append(await recorder.record(command(ticket)))
            ticket.sort(SORT, SORTER, utc_now())
            receipts.append(await recorder.record(command(ticket)))
        return receipts

    working = [GroupRecorder(conninfo) for _ in range(recorders)]
    sys.stdin.buffer.readline()  # All writers begin together.
    try:
        lanes = [one_after_the_other(recorder) for recorder in working for _ in range(LANES)]
        made = await asyncio.gather(*lanes)
    except Conflict:
        raise SystemExit("A conflict between histories that have nothing to do with each other.") from None
    finally:
        for recorder in working:
            await recorder.finish()
    return [receipt for receipts in made for receipt in receipts]


if __name__ == "__main__":
    conninfo, recorders, commands = sys.argv[1:]
    receipts = asyncio.run(write(conninfo, int(recorders), int(commands)))
    sys.stdout.buffer.write(msgspec.json.encode(receipts))
