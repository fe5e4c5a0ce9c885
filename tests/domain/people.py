"""Who acts in the tests: calling a person is something they do, as in `water(Claim())`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.actors import OPERATOR, Assignment, Person, Role
from domain.unit import Place

COUNTY, TOWN, COMMUNITY, GRID = "220621", "220621100", "220621100001", "220621100001-01"
PLACE = Place(grid=GRID, community=COMMUNITY, town=TOWN, county=COUNTY, series="FS")
DEPARTMENTS = frozenset({"housing", "water", "urban", "traffic"})
TICKET = UUID("0197d3a0-0000-7000-8000-000000000001")

A_MINUTE = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """Somebody does something, some time after the step before."""

    by: Person
    command: Any
    after: timedelta


class Somebody(Person):
    """A person who does things."""

    def __call__(self, command: Any, after: timedelta = A_MINUTE) -> Step:
        return Step(self, command, after)


def somebody(account: str, *roles: tuple[Role, str]) -> Somebody:
    """Whoever holds these roles."""
    return Somebody(account, tuple(Assignment(role, unit) for role, unit in roles))


worker = somebody("worker", (Role.GRID_WORKER, GRID))
sorter = somebody("sorter", (Role.SORTER, COMMUNITY))
dispatcher = somebody("dispatcher", (Role.DISPATCHER, TOWN))
housing = somebody("housing", (Role.HANDLER, "housing"))
water = somebody("water", (Role.HANDLER, "water"))
urban = somebody("urban", (Role.HANDLER, "urban"))
traffic = somebody("traffic", (Role.HANDLER, "traffic"))
supervisor = somebody("supervisor", (Role.SUPERVISOR, TOWN))
county_supervisor = somebody("county", (Role.SUPERVISOR, COUNTY))
resident = somebody("link", (Role.RESIDENT, str(TICKET)))
auditor = somebody("auditor", (Role.AUDITOR, ""))
town_auditor = somebody("town-auditor", (Role.AUDITOR, TOWN))
county_auditor = somebody("county-auditor", (Role.AUDITOR, COUNTY))
administrator = somebody("admin", (Role.ADMINISTRATOR, ""))
second = somebody("second", (Role.ADMINISTRATOR, ""))
town_administrator = somebody("town-admin", (Role.ADMINISTRATOR, TOWN))
operator = Somebody(OPERATOR.account, OPERATOR.roles)
nobody = somebody("nobody")
other_worker = somebody("other-worker", (Role.GRID_WORKER, "220621100001-02"))
other_sorter = somebody("other-sorter", (Role.SORTER, "220621100002"))
other_dispatcher = somebody("other-dispatcher", (Role.DISPATCHER, "220621101"))
other_supervisor = somebody("other-supervisor", (Role.SUPERVISOR, "220621101"))
other_county = somebody("other-county", (Role.SUPERVISOR, "220622"))
other_auditor = somebody("other-auditor", (Role.AUDITOR, "220621101"))
other_resident = somebody("other-link", (Role.RESIDENT, "0197d3a0-0000-7000-8000-00000000ffff"))
foreigners = (
    other_worker,
    other_sorter,
    other_dispatcher,
    other_supervisor,
    other_county,
    other_auditor,
    other_resident,
)
