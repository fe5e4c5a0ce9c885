"""The engine: one leads, wakes at once, does everything exactly once however it ends."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random, SystemRandom

import psycopg

from adapters.database import Database
from api.projector import VIEWS
from projections.engine import POLL, Engine
from tests.adapters.writing import row, wait_for
from tests.conftest import projecting
from tests.projections.agreement import caught_up, check_agreement
from tests.projections.histories import Town
from tests.projections.writing import head, lines, position, write, write_reports

LEADERS = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
END_THE_LEADER = LEADERS.replace("count(*)", "count(pg_terminate_backend(pid))")
COPY_THE_FIRST = """
INSERT INTO log.events
SELECT h.position + 1, gen_random_uuid(), gen_random_uuid(), 1, e.topic, e.state, e.metadata, e.recorded_at
  FROM log.events AS e, log.head AS h
 WHERE e.position = 1
"""


def test_what_is_written_is_seen_in_all_views(database: Database) -> None:
    with projecting(database):
        write_reports(database, 30)
        wait_for(lambda: caught_up(database))
    assert lines(database) == 30


def test_a_writer_wakes_the_views_sooner_than_they_would_look_by_themselves(database: Database) -> None:
    lags = []
    with projecting(database):
        wait_for(lambda: row(database, LEADERS) == (1,))
        for _ in range(8):
            write_reports(database)
            written, begun = head(database), time.monotonic()
            while position(database) < written:
                assert time.monotonic() < begun + 10
            lags.append(time.monotonic() - begun)
    assert sorted(lags)[4] < POLL / 2, lags


def test_a_lost_wake_up_call_is_made_good_by_looking(database: Database) -> None:
    with projecting(database):
        wait_for(lambda: row(database, LEADERS) == (1,))
        with psycopg.connect(database.owner) as conn:  # As if an event came without its call.
            conn.execute(COPY_THE_FIRST)
            conn.execute("UPDATE log.head SET position = position + 1")
        wait_for(lambda: position(database) == head(database), POLL * 10)


def test_of_two_engines_one_works_and_the_other_takes_over(database: Database) -> None:
    one, other = Engine(database.service, VIEWS), Engine(database.service, VIEWS)
    threads = {engine: threading.Thread(target=engine.run) for engine in (one, other)}
    threads[one].start()
    try:
        wait_for(lambda: row(database, LEADERS) == (1,))
        threads[other].start()
        write_reports(database, 5)
        wait_for(lambda: caught_up(database))
        assert row(database, LEADERS) == (1,)
        one.stop()
        threads[one].join(10)
        write_reports(database, 5)
        wait_for(lambda: caught_up(database))
        assert row(database, LEADERS) == (1,)
    finally:
        for engine, thread in threads.items():
            engine.stop()
            thread.join(10)
    assert lines(database) == 10
    check_agreement(database)


def test_a_standby_stops_when_told_though_it_never_led(database: Database) -> None:
    with projecting(database):
        wait_for(lambda: row(database, LEADERS) == (1,))
        with projecting(database):
            """It can only stand by."""
        write_reports(database)
        wait_for(lambda: caught_up(database))


def stands_at_or_is_done(database: Database, passed: int) -> bool:
    """Whether the views have got that far, or there is nothing more to do."""
    return position(database) >= passed or caught_up(database)


def test_every_event_counts_once_however_often_the_connection_is_lost(database: Database) -> None:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to run it again
    happened = Town(seed).live(1_500)
    with projecting(database):
        writing = threading.Thread(target=lambda: asyncio.run(write(database, happened)))
        writing.start()
        lost, random = 0, Random(seed)
        while lost < 6:
            passed = position(database) + random.randint(1, 150)
            wait_for(partial(stands_at_or_is_done, database, passed))
            lost += int(row(database, END_THE_LEADER)[0])
        writing.join()
        wait_for(lambda: caught_up(database))
    check_agreement(database)


@contextmanager
def projector(database: Database) -> Iterator["subprocess.Popen[bytes]"]:
    """A projector as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.command_line", "project"],
        env={**os.environ, "WHISTLE_DATABASE_URL": database.service, "WHISTLE_LOG": "error"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_every_event_counts_once_however_often_the_process_is_killed(database: Database) -> None:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to run it again
    town, random = Town(seed), Random(seed)
    for _ in range(3):
        asyncio.run(write(database, town.live(300)))
        before = position(database)
        with projector(database):
            wait_for(partial(stands_at_or_is_done, database, before + random.randint(1, 280)))
    with projector(database) as last:
        wait_for(lambda: row(database, LEADERS) == (1,) and caught_up(database))
        last.send_signal(signal.SIGTERM)
        assert last.wait(10) == 0
    check_agreement(database)
