"""Whose rows a person sees: the grid, community, town and departments of their roles."""

from dataclasses import dataclass
from typing import Any

from domain.actors import Person, Role

# `t` is a row with a ticket's place; one condition, whoever asks.
_PLACES = """(%(sees_all)s OR t.grid = ANY (%(grids)s) OR t.community = ANY (%(communities)s)
    OR t.town = ANY (%(towns)s) OR t.county = ANY (%(towns)s)
    OR t.ticket = ANY (%(tickets)s::uuid[]) OR {departments})"""
SEEN_TICKETS = _PLACES.format(departments="t.departments && %(departments)s::text[]")
"""Rows of tickets, with the departments called."""
SEEN_TASKS = _PLACES.format(departments="t.department = ANY (%(departments)s)")
"""Rows of tasks, each with its own department."""


@dataclass(frozen=True)
class Scope:
    """What a person's roles let them see, as the parameters of the conditions above."""

    parameters: dict[str, Any]
    only_department: str | None
    """The department, where that is all they see."""


def scope(person: Person) -> Scope:
    """What this person sees; must agree with `Ticket.visible_to`, and a test holds it to that."""
    held = {role: sorted(person.units(role)) for role in Role}
    departments = held[Role.HANDLER]
    parameters = {
        "sees_all": "" in held[Role.AUDITOR] or bool(held[Role.OPERATOR]),
        "grids": held[Role.GRID_WORKER],
        "communities": held[Role.SORTER],
        "towns": sorted({*held[Role.DISPATCHER], *held[Role.SUPERVISOR], *held[Role.AUDITOR]} - {""}),
        "tickets": held[Role.RESIDENT],
        "departments": departments,
    }
    alone = len(departments) == 1 and not any(
        value for name, value in parameters.items() if name != "departments"
    )
    return Scope(parameters, departments[0] if alone else None)
