"""Rebuilding while writers write and readers read: nothing is lost, nobody sees half a view."""

import asyncio
import threading
from contextlib import suppress

import psycopg
import pytest

from adapters.database import Database
from api.projector import VIEWS
from domain.actors import OPERATOR
from projections import filling
from projections.board import Wanted, tickets
from projections.rebuild import rebuild
from projections.workload import workload
from tests.adapters.writing import a_report, recording, row, wait_for
from tests.conftest import projecting
from tests.projections.agreement import caught_up, check_agreement, contents
from tests.projections.histories import Town
from tests.projections.writing import advance, head, lines, position, reading, write, write_reports


def test_a_rebuild_while_somebody_writes_loses_nothing(database: Database) -> None:
    stop = threading.Event()
    town = Town(11)
    asyncio.run(write(database, town.live(400)))

    async def keep_writing() -> None:
        async with recording(database) as recorder:
            while not stop.is_set():
                await asyncio.gather(*(recorder.record(a_report()) for _ in range(5)))

    with projecting(database):
        writing = threading.Thread(target=lambda: asyncio.run(keep_writing()))
        writing.start()
        try:
            for _ in range(3):
                before = head(database)
                assert rebuild(database.service, VIEWS) >= before
                assert position(database) >= before
        finally:
            stop.set()
            writing.join()
        wait_for(lambda: caught_up(database))
    check_agreement(database)


def test_people_read_on_while_views_are_rebuilt_and_never_see_half_of_them(database: Database) -> None:
    write_reports(database, 200)
    advance(database)
    done = threading.Event()

    async def read() -> int:
        asked = 0
        async with reading(database) as found:
            now = a_report().first.at
            while not done.is_set():
                rows = await tickets(found, OPERATOR, Wanted(q="路灯"), now, 201, None)
                assert len(rows) == 200
                assert len(await workload(found, now)) == 8
                asked += 1
        return asked

    def rebuild_again_and_again() -> None:
        with suppress(StopIteration):
            for _ in range(5):
                rebuild(database.service, VIEWS)
        done.set()

    rebuilding = threading.Thread(target=rebuild_again_and_again)
    rebuilding.start()
    try:
        assert asyncio.run(read()) > 5
    finally:
        rebuilding.join()


def test_somebody_who_reads_for_long_holds_up_the_swap_but_not_the_living_views(database: Database) -> None:
    write_reports(database, 3)
    with projecting(database), psycopg.connect(database.owner) as reader:
        wait_for(lambda: caught_up(database))
        reader.execute("SELECT count(*) FROM views.board_ticket")
        rebuilding = threading.Thread(target=rebuild, args=[database.service, VIEWS])
        rebuilding.start()
        wait_for(lambda: is_waiting_for_a_lock(database))
        write_reports(database, 2)
        wait_for(lambda: caught_up(database))
        assert rebuilding.is_alive()
        reader.rollback()
        rebuilding.join(60)
        assert not rebuilding.is_alive()
    assert lines(database) == 5
    check_agreement(database)


def is_waiting_for_a_lock(database: Database) -> bool:
    """Whether somebody stands before a table that another one holds."""
    query = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    (found,) = row(database, query)
    return bool(found)


def test_one_view_is_rebuilt_and_the_others_are_left_alone(database: Database) -> None:
    query = "SELECT name FROM views.view WHERE built_at > %s"
    (before,) = row(database, "SELECT clock_timestamp()")
    write_reports(database, 2)
    rebuild(database.service, [view for view in VIEWS if view.name == "overdue"])
    assert row(database, query, before) == ("overdue",)
    assert position(database, "overdue") == head(database) > position(database, "board")
    advance(database)
    check_agreement(database)


def test_what_an_interrupted_rebuild_left_behind_is_no_hindrance(database: Database) -> None:
    with psycopg.connect(database.service) as conn:
        conn.execute("CREATE TABLE building.board_ticket (a integer)")
    write_reports(database, 2)
    rebuild(database.service, VIEWS)
    check_agreement(database)


def test_a_log_shared_out_among_processes_gives_the_same_views(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(write(database, Town(12).live(500)))
    advance(database)
    living = contents(database)
    monkeypatch.setattr(filling, "WORTH_SHARING", 100)
    rebuild(database.service, VIEWS)
    assert contents(database) == living
    assert lines(database) > 0


def test_two_rebuilds_at_once_take_turns(database: Database) -> None:
    write_reports(database, 5)
    threads = [threading.Thread(target=rebuild, args=[database.service, VIEWS]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert lines(database) == 5
    check_agreement(database)
