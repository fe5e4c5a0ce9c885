"""The numbers of a department's work, exact to the second, the hour and the local day."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from adapters.batch import Command
from adapters.database import Database
from adapters.event_store import new_id
from api.demonstration.lives import DISPATCHER, HANDLERS
from api.demonstration.town import TOWN
from domain.calendar import CHINA
from domain.ticket import Ticket, commands
from domain.ticket.stage import Urgency
from domain.unit import Place
from projections.board import Wanted, tickets
from projections.overdue import overdue
from projections.workload import workload
from tests.adapters.writing import GRID, SORTER, WORKER, command
from tests.projections.writing import advance, reading, write

NOON = datetime(2026, 3, 31, 12, tzinfo=CHINA)
A_SECOND, AN_HOUR, A_DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
WATER = HANDLERS["water"]


def dispatched(at: datetime, due_at: datetime | None = None, urgency: Urgency = Urgency.ORDINARY) -> Ticket:
    """A ticket that was dispatched to the department of water at this moment."""
    place = Place(GRID, GRID[:12], TOWN, TOWN[:6], "FS")
    ticket = Ticket.report(commands.Report("下水堵塞", "返水。", GRID), place, new_id(at), WORKER, at)
    ticket.sort(commands.Sort("drain", urgency), SORTER, at)
    ticket.dispatch(commands.Dispatch("water", due_at=due_at), {"water"}, DISPATCHER, at)
    return ticket


def claimed(at: datetime, due_at: datetime | None = None) -> Ticket:
    """The same, and the department is at it, on site."""
    ticket = dispatched(at, due_at)
    ticket.claim(commands.Claim(), WATER, at)
    ticket.attend(commands.Attend(), WATER, at)
    return ticket


def handled(at: datetime, seconds: float) -> Ticket:
    """A ticket that the department handled at this moment, having had it for so long."""
    ticket = claimed(at - timedelta(seconds=seconds))
    ticket.handle(commands.Handle("已修好。"), WATER, at)
    return ticket


def load(database: Database, *made: Ticket) -> None:
    """These tickets in the views."""
    happened: Sequence[Command] = list(map(command, made))
    asyncio.run(write(database, happened))
    advance(database)


def water(database: Database, now: datetime) -> dict[str, Any]:
    """The line of the department of water."""

    async def ask() -> list[dict[str, Any]]:
        async with reading(database) as found:
            return await workload(found, now)

    (line,) = (line for line in asyncio.run(ask()) if line["department"] == "water")
    return line


def overdue_by_clocks(database: Database, now: datetime) -> tuple[int, int]:
    """How many departments of tickets are overdue at `now`, by the list of clocks and by the board."""

    async def ask() -> tuple[int, int]:
        async with reading(database) as found:
            clocks = await overdue(found, WATER, now, 1_000)
            lines = await tickets(found, WATER, Wanted(overdue=True), now, 1_000, None)
            return len({clock["ticket"] for clock in clocks}), len(lines)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("times", "median"),
    [
        ([], None),
        ([0], 0.0),
        ([100], 100.0),
        ([100, 101], 100.5),
        ([1, 2, 3], 2.0),
        ([63, 64, 127, 128], 95.5),
        ([127, 128], 127.5),
        ([5, 5, 5, 5_000_000], 5.0),
        ([1, 1_000, 1_000_000], 1_000.0),
        ([0, 1, 2, 4, 8, 16, 32, 64], 6.0),
        ([600.9, 601.2], 600.5),
    ],
)
def test_the_median_is_exact_for_odd_and_even_numbers(
    database: Database, times: list[float], median: float | None
) -> None:
    load(database, *(handled(NOON, seconds) for seconds in times))
    line = water(database, NOON + AN_HOUR)
    assert (line["handled_30d"], line["median_handling_seconds"]) == (len(times), median)


def test_what_was_handled_counts_for_thirty_local_days(database: Database) -> None:
    midnight = NOON.replace(hour=0)
    load(database, handled(midnight, 50), handled(midnight - A_SECOND, 10))
    counted = [water(database, midnight + days * A_DAY)["handled_30d"] for days in (0, 28, 29, 30)]
    assert counted == [2, 2, 1, 0]
    last = midnight + 30 * A_DAY - A_SECOND
    assert (water(database, last)["handled_30d"], water(database, last)["median_handling_seconds"]) == (1, 50)
    elsewhere = last.astimezone(timezone(timedelta(hours=-9)))
    assert water(database, elsewhere)["handled_30d"] == 1


def test_due_today_is_a_local_day(database: Database) -> None:
    midnight = NOON.replace(hour=0)
    due = [midnight - A_SECOND, midnight, midnight + A_DAY - A_SECOND, midnight + A_DAY]
    load(database, *(claimed(NOON - 5 * A_DAY, at) for at in due))
    assert water(database, midnight)["due_today"] == 2
    assert water(database, NOON + 10 * AN_HOUR)["due_today"] == 2


def test_to_claim_and_in_hand_and_sent_back_are_told_apart(database: Database) -> None:
    sent_back = dispatched(NOON)
    sent_back.dispatch(commands.Dispatch("housing"), {"housing"}, DISPATCHER, NOON)
    sent_back.send_back(commands.SendBack("不归我管。"), WATER, NOON)
    load(database, dispatched(NOON), dispatched(NOON), claimed(NOON), sent_back, handled(NOON, 5))
    line = water(database, NOON)
    numbers = {name: line[name] for name in ("to_claim", "in_hand", "open", "sent_back", "handled_30d")}
    assert numbers == {"to_claim": 2, "in_hand": 1, "open": 3, "sent_back": 1, "handled_30d": 1}


BOUNDARIES = [timedelta(0), A_SECOND, AN_HOUR / 4, AN_HOUR - A_SECOND, AN_HOUR, AN_HOUR + A_SECOND]


@pytest.mark.parametrize(
    "zone",
    [
        CHINA,
        UTC,
        timezone(timedelta(hours=5, minutes=45)),
        timezone(timedelta(hours=-3, minutes=-30)),
    ],
    ids=["+08:00", "UTC", "+05:45", "-03:30"],
)
def test_overdue_begins_the_moment_after_the_deadline_at_any_hour_and_zone(
    database: Database, zone: timezone
) -> None:
    due = [NOON + offset for offset in BOUNDARIES]
    load(database, *(claimed(NOON - A_DAY, at.astimezone(zone)) for at in due))
    for now in sorted({at + shift * A_SECOND for at in due for shift in (-1, 0, 1)}):
        late = sum(at < now for at in due)
        assert water(database, now)["overdue"] == late, now
        assert overdue_by_clocks(database, now) == (late, late), now


def test_a_department_that_has_not_claimed_is_overdue_by_its_claim(database: Database) -> None:
    load(database, dispatched(NOON, urgency=Urgency.EMERGENCY))
    assert [water(database, NOON + late)["overdue"] for late in (AN_HOUR / 2, AN_HOUR / 2 + A_SECOND)] == [
        0,
        1,
    ]


def test_departments_without_work_are_shown_with_noughts(database: Database) -> None:
    line = water(database, NOON)
    assert set(line.values()) == {"water", "水务", 0, None}
