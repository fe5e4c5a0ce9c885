"""Eight writers in four processes and two readers: one order, complete, nothing twice."""

import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import msgspec
import psycopg

from adapters.batch import Receipt
from adapters.database import Database
from projections.fold import Fold
from tests.adapters.writing import Entry, entries, is_contiguous, stands_at

PROCESSES, RECORDERS, TICKETS = 4, 2, 150
EVENTS = PROCESSES * RECORDERS * TICKETS * 2


class TailingReader(threading.Thread):
    """Reads on from where it stands, as the views do, until it has seen everything."""

    def __init__(self, database: Database, at_once: int) -> None:
        super().__init__()
        self._database, self._at_once = database, at_once
        self.seen: list[int] = []
        self.damage: Exception | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Read as fast as possible, with batches that end anywhere."""
        fold = Fold()
        with psycopg.connect(self._database.service, autocommit=True) as conn:
            while len(self.seen) < EVENTS and not self.stop.is_set():
                after = self.seen[-1] if self.seen else 0
                try:
                    found = fold.read(conn, after, None, self._at_once)
                except Exception as problem:  # A thread: the test looks at it.
                    self.damage = problem
                    return
                self.seen += [event.position for event in found]


def test_eight_writers_and_two_readers_agree_on_one_complete_order(empty: Database) -> None:
    readers = [TailingReader(empty, at_once) for at_once in (7, 500)]
    for reader in readers:
        reader.start()
    command = [sys.executable, "-m", "tests.adapters.writer", empty.service, str(RECORDERS), str(TICKETS)]
    pipe = subprocess.PIPE
    writers = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(PROCESSES)]
    with ThreadPoolExecutor(PROCESSES) as threads:
        answers = list(threads.map(lambda writer: writer.communicate(b"go", timeout=100)[0], writers))
    assert [writer.returncode for writer in writers] == [0] * PROCESSES
    receipts = [receipt for said in answers for receipt in msgspec.json.decode(said, type=list[Receipt])]
    for reader in readers:
        reader.join(30)
        reader.stop.set()
        reader.join(5)
        assert reader.damage is None, reader.damage
        assert reader.seen == list(range(1, EVENTS + 1))
    log = entries(empty)
    assert len(receipts) == EVENTS
    assert is_contiguous(log)
    assert len(log) == EVENTS
    assert all(stands_at(log, receipt) for receipt in receipts)
    assert sorted(receipt.position for receipt in receipts) == list(range(1, EVENTS + 1))
    check_the_writers_met(log, receipts)


def check_the_writers_met(log: list[Entry], receipts: list[Receipt]) -> None:
    """Without several writers in turn the test would prove nothing; and no number was given twice."""
    writer_of = {receipt.position: nth // (EVENTS // PROCESSES) for nth, receipt in enumerate(receipts)}
    turns = [writer_of[entry.position] for entry in log]
    changes = sum(1 for a, b in pairwise(turns) if a != b)
    assert changes >= 2 * PROCESSES, "The writers ran one after the other."
    given = Counter(receipt.number for receipt in receipts if receipt.version == 1)
    assert max(given.values()) == 1
    assert sorted(int(str(number)[-4:]) for number in given) == list(range(1, EVENTS // 2 + 1))
