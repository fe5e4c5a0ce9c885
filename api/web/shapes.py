"""What answers look like, for those who read them and for /openapi.json."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from domain.ticket import Ticket
from domain.ticket.clocks import Clock as TicketClock
from domain.ticket.clocks import ClockName, ClockState
from domain.ticket.events import Location, Reporter
from domain.ticket.ladder import Step
from domain.ticket.stage import Source, Stage, TaskStage, Urgency
from domain.ticket.state import Verdict
from domain.ticket.task import Task

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list; `next` is the `cursor` of the page after it, null on the last one."""

    items: list[Item]
    next: str | None


@dataclass(frozen=True)
class Problem:
    """A refusal, as RFC 9457 says; `type` ends in its name, `request` is its id in the log."""

    type: str
    title: str
    status: int
    detail: str
    request: str


@dataclass(frozen=True)
class TaskShape:
    """The task of one department."""

    department: str
    lead: bool
    stage: TaskStage
    dispatched_at: datetime
    claim_by: datetime
    due_at: datetime
    claimed_at: datetime | None
    attended_at: datetime | None
    handled_at: datetime | None
    sent_back_at: datetime | None
    awaits_ruling: bool
    returns: int
    extension_asked_at: datetime | None
    extensions: int
    held_at: datetime | None
    review_at: datetime | None
    result: str | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """The task as people see it."""
        return cls(**{name: getattr(task, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class TicketShape:
    """A ticket as it stands at one version."""

    id: str
    number: str
    version: int
    stage: Stage
    title: str
    description: str
    category: str | None
    rule: str | None
    catalogue: str | None
    urgency: Urgency
    source: Source
    grid: str
    community: str
    town: str
    address: str | None
    location: Location | None
    reporter: Reporter | None
    photos: tuple[str, ...]
    reported_at: datetime
    stage_since: datetime
    tasks: list[TaskShape]
    result: str | None
    verification: Verdict | None
    answer: Verdict | None
    cards: dict[str, Step]
    reopened: int
    joined_into: str | None
    gathered: list[str]

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """The ticket as people see it."""
        made: dict[str, Any] = {
            name: getattr(ticket, name) for name in cls.__dataclass_fields__ if hasattr(ticket, name)
        }
        made["id"] = str(ticket.id)
        made["tasks"] = [TaskShape.of(task) for task in ticket.tasks.values()]
        made["joined_into"] = str(ticket.joined_into) if ticket.joined_into else None
        made["gathered"] = [str(other) for other in ticket.gathered]
        return cls(**made)


@dataclass(frozen=True)
class TicketLine:
    """A ticket as a line in a list."""

    id: str
    number: str
    version: int
    title: str
    stage: Stage
    urgency: Urgency
    category: str | None
    grid: str
    community: str
    address: str | None
    source: Source
    departments: list[str]
    reopened: int
    reported_at: datetime
    stage_since: datetime
    next_due_at: datetime | None


@dataclass(frozen=True)
class ActorShape:
    """Who did it, in which role, for which unit."""

    account: str
    role: str
    unit: str


@dataclass(frozen=True)
class HistoryItem:
    """One event of a history."""

    position: int
    version: int
    event: str
    topic: str
    at: datetime
    recorded_at: datetime
    by: ActorShape
    data: dict[str, Any]


@dataclass(frozen=True)
class Clock:
    """A clock that has run out; `department` is the unit whose clock it is, a community or town as well.

    `about` names the department whose return the town has to rule on, and is empty for all other clocks.
    """

    ticket: str
    number: str
    title: str
    department: str
    clock: ClockName
    about: str
    due_at: datetime
    overdue_seconds: int
    category: str | None
    urgency: Urgency
    grid: str
    community: str
    card: Step | None


@dataclass(frozen=True)
class DeadlineShape:
    """One clock of a ticket and why it is due when it is, line by line.

    `unit` is whose clock it is; `late` says whether it has run out, also where it stopped or stands still;
    `counts` is false as well where an appeal against that was upheld; `steps` of the ladder were taken.
    """

    clock: ClockName
    unit: str
    about: str | None
    started_at: datetime
    due_at: datetime | None
    paused_at: datetime | None
    stopped_at: datetime | None
    state: ClockState
    late: bool
    counts: bool
    rule: str
    explanation: list[str]
    steps: list[Step]

    @classmethod
    def of(cls, clock: TicketClock, now: datetime) -> Self:
        """The clock as it stands at `now`."""
        was = clock.setting
        return cls(
            clock=was.name,
            unit=was.unit,
            about=was.about,
            started_at=was.started_at,
            due_at=was.due_at,
            paused_at=clock.paused_at,
            stopped_at=clock.stopped_at,
            state=clock.state(now),
            late=clock.late(now),
            counts=clock.counts(now),
            rule=was.rule,
            explanation=was.explained(),
            steps=list(clock.steps),
        )


@dataclass(frozen=True)
class DepartmentLoad:
    """What one department has on its hands; times in seconds."""

    department: str
    name: str
    open: int
    to_claim: int
    in_hand: int
    sent_back: int
    on_hold: int
    due_today: int
    overdue: int
    handled_30d: int
    median_handling_seconds: float | None


@dataclass(frozen=True)
class Workload:
    """What all departments have on their hands."""

    as_of: datetime
    position: int
    departments: list[DepartmentLoad]


@dataclass(frozen=True)
class CategoryShape:
    """A kind of matter."""

    code: str
    name: str


@dataclass(frozen=True)
class UnitShape:
    """A place or department."""

    code: str
    name: str
    kind: str
    parent: str | None


@dataclass(frozen=True)
class AccountShape:
    """An account and the roles it holds, each as `role unit`."""

    account: str
    name: str
    roles: list[str]
    closed: bool


@dataclass(frozen=True)
class Link:
    """A resident's secret link: its token works as the Bearer of this one ticket."""

    token: str
    expires_at: datetime
