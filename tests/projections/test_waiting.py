"""What waits for somebody: all they have to do is on their desk, and nothing that they do not see."""

import asyncio
from collections import Counter

import pytest

from adapters.database import Database
from api.demonstration.lives import DISPATCHER, HANDLERS
from api.demonstration.town import grid_worker, sorter
from domain.actors import Person, Role
from domain.ticket import Ticket
from domain.ticket.asking import may
from domain.ticket.stage import Stage
from projections.waiting import WHAT, Line, counts, waiting
from tests.projections.histories import GRIDS, LEADER, Town
from tests.projections.writing import advance, reading, write

HAS_TO: dict[Role, frozenset[str]] = {
    Role.SORTER: frozenset({"sort", "verify", "claim", "handle", "reply"}),
    Role.DISPATCHER: frozenset({"accept_return", "grant_extension", "reply"}),
    Role.HANDLER: frozenset({"claim", "handle", "reply"}),
    Role.GRID_WORKER: frozenset({"verify"}),
    Role.SUPERVISOR: frozenset({"uphold_appeal"}),
}
"""What each has to do once they may; all else they may do as they like."""
PEOPLE = (
    DISPATCHER,
    LEADER,
    *(sorter(community) for community in sorted({grid[:12] for grid in GRIDS[3:9]})),
    *map(grid_worker, GRIDS[3:9]),
    *HANDLERS.values(),
)


def has_to(ticket: Ticket, person: Person, town: Town) -> bool:
    """Whether the ticket cannot go on without something that this person may do."""
    verbs = {step.verb for step in may(ticket, person, town.now)}
    (role,) = {held.role for held in person.roles}
    to_dispatch = role is Role.DISPATCHER and ticket.stage is Stage.SORTED
    return to_dispatch or not verbs.isdisjoint(HAS_TO[role])


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_somebody_has_to_do_is_on_their_desk(database: Database, seed: int) -> None:
    town = Town(seed)
    asyncio.run(write(database, town.live(700)))
    advance(database)
    found = asyncio.run(desks(database, town))
    seen: Counter[str] = Counter()
    for person, lines in found.items():
        seen.update(line.what for line in lines)
        on_desk = {line.ticket for line in lines}
        missing = [t.number for t in town.tickets if has_to(t, person, town) and t.id not in on_desk]
        assert missing == [], person
        strange = [t.number for t in town.tickets if t.id in on_desk and not t.visible_to(person)]
        assert strange == [], person
    assert set(seen) >= {*WHAT} - {"appeal", "reply"}


async def desks(database: Database, town: Town) -> dict[Person, list[Line]]:
    """Everybody's desk, and that it is counted as it is listed."""
    found = {}
    async with reading(database) as asked:
        for person in PEOPLE:
            lines = await waiting(asked, person, town.now, 10_000)
            counted = await counts(asked, person, town.now)
            late = [line for line in lines if line.due_at and line.due_at < town.now]
            assert (counted.all, counted.overdue) == (len(lines), len(late))
            assert counted.what == Counter(line.what for line in lines)
            due = [line.due_at for line in lines if line.due_at]
            assert due == sorted(due)
            for what in counted.what:
                chosen = await waiting(asked, person, town.now, 10_000, what=what)
                assert chosen == [line for line in lines if line.what == what]
            assert await waiting(asked, person, town.now, 10_000, late=True) == late
            found[person] = lines
    return found
