"""given(what happened).when(somebody does something).then(these events), or then_refused(so)."""

import re
from copy import deepcopy
from datetime import datetime
from inspect import signature
from typing import Any, cast
from uuid import UUID, uuid5

import pytest

from domain.calendar import CHINA
from domain.event import Event
from domain.refusal import Refusal
from domain.ticket import Ticket
from domain.ticket.commands import Dispatch, GiveLink, Join, Part, Report
from domain.ticket.timing import USUAL, Timing
from tests.domain.people import DEPARTMENTS, PLACE, TICKET, Step

NOON = datetime(2026, 3, 2, 12, tzinfo=CHINA)
"""When every story begins, on a Monday; each step comes some time `after` the one before."""


class Given:
    """A ticket to which some things have happened; tickets `beside` it can be joined with it."""

    def __init__(self, facts: tuple[Step | Event, ...], beside: tuple[Ticket, ...], id: UUID, timing: Timing):
        self.id, self.now, self.timing = id, NOON, timing
        self.beside = {ticket.id: ticket for ticket in beside}
        self._ticket: Ticket | None = None
        self.history: list[Event] = []
        for fact in facts:
            if isinstance(fact, Event):
                self._ticket = cast(Ticket, fact.mutate(self._ticket))
                self.history.append(fact)
                self.now = fact.at
            else:
                self.carry_out(fact)
                self.collect()
                for other in beside:
                    other.collect_events()

    @property
    def ticket(self) -> Ticket:
        """The ticket as it is now."""
        assert self._ticket is not None, "A story begins with a report."
        return self._ticket

    def carry_out(self, step: Step) -> None:
        """Let the person of this step do what it says."""
        self.now += step.after
        command, by, at = step.command, step.by, self.now
        if isinstance(command, Report):
            self._ticket = Ticket.report(command, PLACE, self.id, by, at, timing=self.timing)
            return
        ticket = self.ticket
        match command:
            case Dispatch():
                ticket.dispatch(command, DEPARTMENTS, by, at, self.timing)
            case GiveLink():
                ticket.give_link(command, uuid5(ticket.id, f"link {ticket.version}"), by, at)
            case Join():
                ticket.join(command, self.beside.get(command.into, ticket), by, at)
            case Part():
                into = ticket.joined_into or ticket.id
                ticket.part(command, self.beside.get(into, ticket), by, at, self.timing)
            case _:
                verb = getattr(ticket, verb_of(command))
                timed = {"timing": self.timing} if "timing" in signature(verb).parameters else {}
                verb(command, by, at, **timed)

    def collect(self) -> list[Event]:
        """What has newly happened to the ticket."""
        new = cast(list[Event], list(self.ticket.collect_events()))
        self.history += new
        return new

    def when(self, step: Step) -> "Outcome":
        """The one act that the test is about."""
        before = deepcopy((self._ticket, self.beside))
        try:
            self.carry_out(step)
        except Refusal as refusal:
            assert (self._ticket, self.beside) == before, "A refused command changed something."
            return Outcome(self, [], refusal)
        return Outcome(self, self.collect(), None)


class Outcome:
    """What came of it."""

    def __init__(self, story: Given, events: list[Event], refusal: Refusal | None):
        self.story, self.events, self.refusal = story, events, refusal

    def then(self, *expected: type[Event], **facts: Any) -> Ticket:
        """Exactly these events, the last one with these facts; gives the ticket as it now is."""
        if self.refusal is not None:
            raise self.refusal
        assert [type(event) for event in self.events] == list(expected)
        assert {name: getattr(self.events[-1], name) for name in facts} == facts
        ticket = self.story.ticket
        assert replayed(self.story.history) == ticket, "Replayed, the ticket is another one."
        return ticket

    def then_refused(self, refusal: type[Refusal], *says: str) -> None:
        """Refused for this reason, in these words, and nothing has changed."""
        if type(self.refusal) is not refusal:
            pytest.fail(f"Not refused as {refusal.__name__}: {self.refusal or self.events!r}")
        assert [part for part in says if part not in str(self.refusal)] == [], str(self.refusal)


def given(
    *facts: Step | Event, beside: tuple[Ticket, ...] = (), id: UUID = TICKET, timing: Timing = USUAL
) -> Given:
    """A ticket to which all this has happened, its clocks set by `timing`."""
    return Given(facts, beside, id, timing)


def verb_of(command: object) -> str:
    """The verb of a command: SendBack is send_back."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(command).__name__).lower()


def replayed(history: list[Event]) -> Ticket | None:
    """The ticket that these events make from nothing."""
    ticket = None
    for event in history:
        ticket = event.mutate(ticket)
    return cast(Ticket | None, ticket)
