"""Lists show what a person may see, no more and no less: as `Ticket.visible_to` says of each ticket."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from adapters.database import Database
from api.demonstration.town import TOWN
from domain.actors import Assignment, Person, Role
from domain.ticket import Ticket
from domain.ticket.clocks import ClockName
from projections.board import Wanted, tickets
from projections.overdue import overdue
from tests.projections.histories import CODES, GRIDS, Town
from tests.projections.writing import advance, reading, write

NEXT_TOWN = "220621101"
ABROAD = [GRIDS[3], f"{NEXT_TOWN}001-01", "220622100001-01"]
EVERYWHERE = [*GRIDS[4:9], *ABROAD]
"""Grids of this town, of the next one in the county, and of another county."""
RunningClock = tuple[UUID, str, ClockName, str]
LATER = timedelta(days=30)
"""When every clock that still runs has run out."""


def person(*roles: tuple[Role, str]) -> Person:
    """Whoever holds these roles."""
    return Person("somebody", tuple(Assignment(role, unit) for role, unit in roles))


def everybody(random: Random, found: list[Ticket]) -> Iterable[Person]:
    """Somebody in each role for each kind of unit, for units elsewhere and for none, and in several roles."""
    one = [
        *((Role.GRID_WORKER, grid) for grid in (*GRIDS[2:10], "999")),
        *((Role.SORTER, f"{TOWN}00{number}") for number in range(1, 5)),
        *((Role.DISPATCHER, town) for town in (TOWN, NEXT_TOWN)),
        *((Role.SUPERVISOR, place) for place in (TOWN, TOWN[:6], "220622", NEXT_TOWN)),
        *((Role.HANDLER, code) for code in (*CODES, f"{TOWN}001", "nowhere")),
        *((Role.AUDITOR, unit) for unit in ("", TOWN, NEXT_TOWN, TOWN[:6])),
        *((Role.ADMINISTRATOR, unit) for unit in ("", TOWN)),
        (Role.OPERATOR, ""),
        *((Role.RESIDENT, str(ticket.id)) for ticket in random.sample(found, 3)),
    ]
    yield person()
    yield from map(person, one)
    for _ in range(60):
        yield person(*random.sample(one, random.randint(2, 3)))


async def check(database: Database, town: Town) -> int:
    """Ask both lists for everybody; gives how many rows were seen in all."""
    now = town.now + LATER
    seen = 0
    running = {
        (ticket.id, clock.setting.unit, clock.setting.name, clock.setting.about or "")
        for ticket in town.tickets
        for clock in ticket.clocks.running()
        if clock.late(now)
    }
    async with reading(database) as found:
        for somebody in everybody(town.random, town.tickets):
            rows = await tickets(found, somebody, Wanted(), now, 10_000, None)
            shown = [row["id"] for row in rows]
            may = {ticket.id for ticket in town.tickets if ticket.visible_to(somebody)}
            assert (len(shown), set(shown)) == (len(may), may), somebody
            clocks = await overdue(found, somebody, now, 10_000)
            ran_out = [(row["ticket"], row["department"], row["clock"], row["about"]) for row in clocks]
            assert (len(ran_out), set(ran_out)) == (len(set(ran_out)), clocks_of(somebody, town, running))
            seen += len(shown) + len(ran_out)
    return seen


def clocks_of(somebody: Person, town: Town, running: set[RunningClock]) -> set[RunningClock]:
    """The clocks in the tickets seen; a department's people see those of their own department alone."""
    mine = somebody.units(Role.HANDLER)
    others = Person(somebody.account, tuple(r for r in somebody.roles if r.role is not Role.HANDLER))
    wholly = {ticket.id for ticket in town.tickets if ticket.visible_to(others)}
    return {clock for clock in running if clock[0] in wholly or clock[1] in mine}


@pytest.mark.parametrize("seed", [21, 22])
def test_lists_show_everybody_exactly_what_they_may_see(database: Database, seed: int) -> None:
    town = Town(seed, grids=EVERYWHERE)
    asyncio.run(write(database, town.live(500)))
    advance(database)
    assert asyncio.run(check(database, town)) > 1_000


def test_an_auditor_of_a_town_sees_that_town_and_one_of_all_sees_everything(database: Database) -> None:
    town = Town(24, grids=ABROAD)
    asyncio.run(write(database, town.live(500)))
    advance(database)

    async def seen_by(unit: str) -> set[str]:
        async with reading(database) as found:
            rows = await tickets(found, person((Role.AUDITOR, unit)), Wanted(), town.now, 10_000, None)
            return {row["grid"] for row in rows}

    assert asyncio.run(seen_by("")) == {ticket.grid for ticket in town.tickets} == set(ABROAD)
    assert asyncio.run(seen_by(NEXT_TOWN)) == {ABROAD[1]}
    assert asyncio.run(seen_by(TOWN[:6])) == set(ABROAD[:2])


def test_filters_never_show_what_may_not_be_seen(database: Database) -> None:
    town = Town(23, grids=EVERYWHERE)
    asyncio.run(write(database, town.live(400)))
    advance(database)
    now = town.now + LATER

    async def ask() -> None:
        async with reading(database) as found:
            for somebody in everybody(town.random, town.tickets):
                may = {ticket.id for ticket in town.tickets if ticket.visible_to(somebody)}
                for wanted in (
                    Wanted(department="water"),
                    Wanted(community=f"{TOWN}001"),
                    Wanted(grid=GRIDS[4], overdue=True),
                    Wanted(category="drain", overdue=False),
                    Wanted(q="FS-", department="housing"),
                ):
                    fit = {
                        ticket.id for ticket in town.tickets if ticket.id in may and fits(ticket, wanted, now)
                    }
                    rows = await tickets(found, somebody, wanted, now, 10_000, None)
                    assert {row["id"] for row in rows} == fit, (somebody, wanted)

    asyncio.run(ask())


def fits(ticket: Ticket, wanted: Wanted, now: object) -> bool:
    """Whether the ticket is one of those asked for; at `now` every running clock has run out."""
    running = bool(ticket.clocks.running())
    return (
        wanted.department in (None, *ticket.tasks)
        and wanted.community in (None, ticket.community)
        and wanted.grid in (None, ticket.grid)
        and wanted.category in (None, ticket.category)
        and wanted.overdue in (None, running)
    )
