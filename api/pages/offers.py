"""What the visitor is offered to do with a ticket, and what their forms are filled with, with its reason."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.pages.deadlines import explained
from api.service import Service
from domain.catalogue import MOST, Proposal, Rule, Version, propose, rule_of
from domain.errors import UnknownYear
from domain.ticket import Ticket
from domain.ticket.asking import Step
from domain.ticket.clocks import ClockName
from domain.ticket.stage import Stage
from domain.ticket.timing import Timing
from domain.unit import Kind
from projections.units import units
from projections.workload import workload

MOST_UNITS = 200
"""Departments that are offered at once."""


@dataclass(frozen=True)
class Offer:
    """One form: the steps it has buttons for, all about one department and clock where they are about any."""

    kind: str
    verbs: tuple[str, ...]
    department: str | None = None
    clock: ClockName | None = None
    first: bool = False
    """It is what the ticket waits for: its form is open."""


FORMS: Sequence[tuple[str, tuple[str, ...], bool]] = (
    ("sort", ("sort",), True),
    ("return", ("accept_return", "refuse_return"), True),
    ("extension", ("grant_extension", "refuse_extension"), True),
    ("decide", ("uphold_appeal", "dismiss_appeal"), True),
    ("dispatch", ("dispatch",), True),
    ("claim", ("claim",), True),
    ("work", ("handle", "note_progress", "attend"), True),
    ("verify", ("verify",), True),
    ("reply", ("reply",), True),
    ("urge", ("urge",), False),
    ("supervise", ("supervise",), False),
    ("resume", ("resume",), False),
    ("send_back", ("send_back",), False),
    ("request_extension", ("request_extension",), False),
    ("appeal", ("appeal",), False),
    ("hold", ("hold",), False),
    ("reject", ("reject",), False),
    ("join", ("join",), False),
    ("part", ("part",), False),
    ("reopen", ("reopen",), False),
    ("publish", ("publish",), False),
    ("withdraw", ("withdraw",), False),
    ("revoke_link", ("revoke_link",), False),
)
"""Every form with the verbs of its buttons, in the order of the page, and whether it may be open."""


def offers(ticket: Ticket, may: Sequence[Step]) -> list[Offer]:
    """The forms for what may be done, those that the ticket waits for first."""
    found: dict[tuple[str, str | None, ClockName | None], Offer] = {}
    for kind, verbs, first in FORMS:
        waits = first and not (kind == "dispatch" and ticket.stage is Stage.DISPATCHED)
        for verb in verbs:
            for step in (step for step in may if step.verb == verb):
                about = kind, step.department, step.clock
                before = found[about].verbs if about in found else ()
                found[about] = Offer(kind, (*before, verb), step.department, step.clock, waits)
    return sorted(found.values(), key=lambda offer: not offer.first)


@dataclass(frozen=True)
class Sorting:
    """What the form to sort is filled with."""

    proposals: Sequence[Proposal]
    categories: Mapping[str, str]


@dataclass(frozen=True)
class Dispatching:
    """What the form to dispatch is filled with: departments with their load, and the proposed lead."""

    departments: Sequence[Mapping[str, Any]]
    lead: str | None
    rule: Rule | None
    """The rule of the catalogue that proposes the lead."""
    chosen: bool
    """The sorter chose that rule; else the words of the ticket did."""
    due_at: datetime | None
    why: Sequence[str]


def sorting(ticket: Ticket, rules: Version) -> Sorting:
    """The rules of the catalogue that fit the ticket best, and all categories."""
    found = propose(rules, ticket.title, ticket.description, ticket.category)[:MOST]
    return Sorting(found, {code: category.name for code, category in rules.categories.items()})


async def dispatching(serving: Service, ticket: Ticket, rules: Version, timing: Timing) -> Dispatching:
    """The departments with their present load, those that have the ticket already left out."""
    loads, known = await gather(
        workload(serving.reading, serving.store.now()),
        units(serving.reading, MOST_UNITS, None, Kind.DEPARTMENT),
    )
    in_use = {unit["code"] for unit in known}
    called = {code for code, task in ticket.tasks.items() if task.open or task.lead}
    rule = rule_of(timing.catalogue, *ticket.by_rule) if ticket.by_rule else None
    chosen = rule is not None
    if rule is None:
        fitting = propose(rules, ticket.title, ticket.description, ticket.category)
        in_category = [each.rule for each in fitting if each.rule.category == ticket.category]
        rule = next((each for each in in_category if each.department), None)
    lead = ticket.lead.department if ticket.lead else rule.department if rule else None
    due_at, why = _deadline(ticket, lead, serving.store.now(), timing)
    departments = [load for load in loads if load["department"] in in_use - called]
    departments.sort(key=lambda load: load["department"] != lead)  # What is proposed stands at the top.
    return Dispatching(departments, lead, rule, chosen, due_at, why)


def _deadline(
    ticket: Ticket, lead: str | None, now: datetime, timing: Timing
) -> tuple[datetime | None, list[str]]:
    """When the lead would have to have handled it, were it dispatched now, and why."""
    try:
        called = timing.call(lead or ticket.town, ticket.urgency, now, None, None, ticket.by_rule, True)
    except UnknownYear:
        return None, []
    handle = called[-1]
    return handle.due_at, explained(handle)
