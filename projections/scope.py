"""Whose rows a person sees: the grid, community, town and departments of their roles."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.actors import Person, Role


@dataclass(frozen=True)
class Scope:
    """What a person's roles let them see; `t` is a row with a ticket's place.

    A condition says only what the person has, so that the database can walk along an index of it.
    """

    tickets: str
    """The condition on rows of tickets, with the departments called."""
    tasks: str
    """The condition on rows of tasks, each with its own department."""
    parameters: dict[str, Any]
    only_department: str | None
    """The department, where that is all they see."""


def scope(person: Person) -> Scope:
    """What this person sees; must agree with `Ticket.visible_to`, and a test holds it to that."""
    held = {role: sorted(person.units(role)) for role in Role}
    if "" in held[Role.AUDITOR] or held[Role.OPERATOR]:
        return Scope("true", "true", {}, None)
    towns = sorted({*held[Role.DISPATCHER], *held[Role.SUPERVISOR], *held[Role.AUDITOR]})
    places = {
        "grid": held[Role.GRID_WORKER],
        "community": held[Role.SORTER],
        "town": towns,
        "county": towns,
        "ticket": [UUID(ticket) for ticket in held[Role.RESIDENT]],
    }
    parameters = {f"seen_{name}": values for name, values in places.items() if values}
    arms = [f"t.{name} = ANY (%(seen_{name})s)" for name, values in places.items() if values]
    departments = held[Role.HANDLER]
    if not departments:
        seen = _any(arms)
        return Scope(seen, seen, parameters, None)
    return Scope(
        _any([*arms, "t.departments && %(seen_departments)s::text[]"]),
        _any([*arms, "t.department = ANY (%(seen_departments)s)"]),
        {**parameters, "seen_departments": departments},
        departments[0] if len(departments) == 1 and not arms else None,
    )


def _any(arms: list[str]) -> str:
    return f"({' OR '.join(arms)})" if arms else "false"
