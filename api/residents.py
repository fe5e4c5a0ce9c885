"""Reporting without an account (居民自报): who sends the form is the resident of the ticket it makes."""

import hashlib
from typing import Any
from uuid import UUID

from adapters.batch import Key, Receipt
from adapters.event_store import new_id
from adapters.turns import Turn
from api import steps
from api.photographs import check_named
from api.service import Service
from domain.actors import Assignment, Person, Role
from domain.errors import NotOpen
from domain.ticket.commands import Report
from projections import similar

ALL = "resident:"
"""Whose idempotency keys theirs are: each form's is a secret of its own."""


def must_be_open(serving: Service) -> None:
    """Refuse where the town does not want reports by residents themselves. Raises `NotOpen`."""
    if not serving.resident_form:
        raise NotOpen()


def sender(key: str) -> str:
    """Whoever sends the form with this secret key, as the owner of the photos that come with it."""
    return f"form:{hashlib.sha256(key.encode()).hexdigest()}"


def resident_of(ticket: UUID) -> Person:
    """The resident of this ticket."""
    return Person(f"resident:{ticket}", (Assignment(Role.RESIDENT, str(ticket)),))


async def report(
    serving: Service, command: Report, key: str, fingerprint: bytes, address: str
) -> tuple[Receipt, str]:
    """上报 by a resident: the receipt, and the secret of their link; the same form again is the same report.

    Raises `TooOften`, and what `steps.report` raises.
    """
    must_be_open(serving)
    once = Key(ALL, f"report {key}", fingerprint)
    receipt = await serving.store.answered(once)
    if receipt is None:
        await check_named(serving, Person(sender(key), ()), command)
        await serving.turns.take(Turn.REPORT, address)
        id = new_id(serving.store.now())
        receipt = await steps.take_in(serving, resident_of(id), command, id, once)
    ticket = UUID(receipt.id)
    secret, _ = await serving.sessions.link(ticket, ticket)
    return receipt, secret


async def alike(serving: Service, command: Report) -> list[dict[str, Any]]:
    """Open tickets of this kind in this grid: when they were reported and where they stand, nothing else.

    Words are not compared: whoever tries words could learn by them what others wrote.
    """
    if command.category is None:
        return []
    return await similar.of_kind(serving.reading, command.grid, command.category, serving.store.now())
