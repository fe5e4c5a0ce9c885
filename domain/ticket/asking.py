"""What somebody may do next with a ticket (下一步): each verb itself is asked, no rule is said twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import getmembers, isfunction, signature
from typing import Any, ClassVar, Self

from domain.actors import Actor, Person
from domain.errors import UnknownYear
from domain.event import NAMESPACE, Event
from domain.refusal import Refusal
from domain.ticket import commands
from domain.ticket.clocks import OF_DEPARTMENT, ClockName
from domain.ticket.ladder import Step as Rung
from domain.ticket.stage import Solved, Stage
from domain.ticket.ticket import Ticket
from domain.ticket.timing import USUAL, Timing

SAID = "…"
"""A text that any verb takes, so that only who asks, and where the ticket stands, can be refused."""
A_DAY = timedelta(days=1)
ANOTHER = "another department"
TIMED = frozenset(
    name for name, verb in getmembers(Ticket, isfunction) if "timing" in signature(verb).parameters
)
"""The verbs whose answer depends on the terms in force."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that may be done: a verb, and whose task or clock it is about where there are several."""

    verb: str
    department: str | None = None
    clock: ClockName | None = None


class _Allowed(Exception):
    """The verb came as far as the fact."""


class _Asked(Ticket):
    """A ticket that does nothing: its verbs decide as always and stop where they would record the fact."""

    TOPIC: ClassVar[str] = "ticket.asked"

    @classmethod
    def of(cls, ticket: Ticket, **changed: Any) -> Self:
        """The ticket, to be asked; what it knows is shared, for nothing here changes it."""
        asked = cls.__new__(cls)
        asked.__dict__.update(ticket.__dict__)
        asked.__dict__.update(changed)
        return asked

    def _record(self, event: type[Event], by: Actor, at: datetime, **facts: Any) -> None:
        raise _Allowed


def may(
    ticket: Ticket, person: Person, at: datetime, timing: Timing = USUAL, only: str | None = None
) -> tuple[Step, ...]:
    """All that this person may do with the ticket at `at`, where what they say is in order, or of one verb.

    A year that the calendar lacks forbids nobody anything: it is entered, or a deadline is chosen.
    """
    asking = _steps(ticket, person, at, timing)
    return tuple(step for step, ask in asking if only in (None, step.verb) and _is_allowed(ask))


def _is_allowed(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (_Allowed, UnknownYear):
        return True
    except Refusal:
        return False
    return True


Asking = tuple[Step, Callable[[], None]]


def _steps(ticket: Ticket, by: Person, at: datetime, timing: Timing) -> Iterator[Asking]:
    asked = _Asked.of(ticket)
    other = _Asked.of(ticket, _id=NAMESPACE, stage=Stage.REPORTED)
    into = _Asked.of(ticket, _id=ticket.joined_into or NAMESPACE)
    day = at + A_DAY

    def step(verb: str, command: Any, *facts: Any) -> Asking:
        named = Step(verb, getattr(command, "department", None), getattr(command, "clock", None))
        known = {"timing": timing} if verb in TIMED else {}
        return named, lambda: getattr(asked, verb)(command, *facts, by=by, at=at, **known)

    yield step("sort", commands.Sort("other", ticket.urgency))
    yield step("dispatch", commands.Dispatch(ANOTHER, due_at=day), (ANOTHER,))
    yield step("reject", commands.Reject(SAID))
    yield step("join", commands.Join(NAMESPACE), other)
    yield step("part", commands.Part(SAID), into)
    for department in ticket.tasks:
        yield step("claim", commands.Claim(department))
        yield step("attend", commands.Attend(department))
        yield step("note_progress", commands.NoteProgress(SAID, department=department))
        yield step("handle", commands.Handle(SAID, department=department))
        yield step("request_extension", commands.RequestExtension(SAID, department))
        yield step("send_back", commands.SendBack(SAID, department))
        yield step("accept_return", commands.AcceptReturn(department, SAID))
        yield step("refuse_return", commands.RefuseReturn(department, SAID))
        yield step("grant_extension", commands.GrantExtension(department, SAID))
        yield step("refuse_extension", commands.RefuseExtension(department, SAID))
        yield step("resume", commands.Resume(department))
        yield step("hold", commands.Hold(department, SAID, day))
        for clock in OF_DEPARTMENT:
            yield step("appeal", commands.Appeal(clock, SAID, department))
            yield step("uphold_appeal", commands.UpholdAppeal(department, clock, SAID))
            yield step("dismiss_appeal", commands.DismissAppeal(department, clock, SAID))
    for unit in dict.fromkeys((ticket.community, ticket.town, *ticket.tasks)):
        yield step("reply", commands.Reply(SAID, unit))
        yield step("urge", commands.Urge(SAID, unit))
        yield step("supervise", commands.Supervise(Rung.YELLOW_CARD, SAID, unit))
    yield step("verify", commands.Verify(Solved.SOLVED))
    yield step("reopen", commands.Reopen(SAID))
    yield step("publish", commands.Publish(SAID))
    yield step("withdraw", commands.Withdraw())
    yield step("give_link", commands.GiveLink(), NAMESPACE)
    yield step("revoke_link", commands.RevokeLink())
