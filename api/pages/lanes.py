"""The lanes (泳道): a ticket's life as a metro line, with one lane for each department.

Drawn from how the ticket stands, so that any moment of it can be drawn: what is here says what is where,
`lanes.html` puts it into SVG and, for those who do not see it, into a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.pages.language import N_
from domain.ticket import Ticket
from domain.ticket.clocks import OF_DEPARTMENT
from domain.ticket.stage import Stage, TaskStage
from domain.ticket.task import Task

WIDTH, TOP, LANE = 900, 26, 52
"""In units of the picture, which are pixels where it is shown large."""
STATIONS = {
    Stage.REPORTED: 30,
    Stage.SORTED: 130,
    Stage.DISPATCHED: 230,
    Stage.HANDLED: 800,
    Stage.VERIFIED: 872,
}
"""Where each station stands."""
BEGIN, END = 258, 772
"""Where the lanes part and meet again."""
CLAIM, ATTEND, MORE, HANDLE = 412, 512, 600, 700
NAMES = {
    Stage.REPORTED: N_("上报"),
    Stage.SORTED: N_("分拣"),
    Stage.DISPATCHED: N_("派单"),
    Stage.HANDLED: N_("办结"),
    Stage.VERIFIED: N_("核查"),
}


@dataclass(frozen=True)
class Station:
    """One of the five stages."""

    stage: Stage
    name: str
    x: int
    reached: bool
    now: bool


@dataclass(frozen=True)
class Mark:
    """Something that happened in a lane, or is expected there next."""

    kind: str
    name: str
    x: int
    at: datetime | None = None
    done: bool = True


@dataclass(frozen=True)
class Lane:
    """One department."""

    department: str
    lead: bool
    y: int
    state: str
    """`handled`, `open`, `held`, `returned` or `gone`."""
    reached: int
    """How far along it is."""
    late: bool
    due_at: datetime | None
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Lanes:
    """The whole picture."""

    stations: Sequence[Station]
    lanes: Sequence[Lane]
    middle: int
    height: int
    ended: str
    """`rejected` or `joined`, where the line ends before its last station."""
    late: bool
    """The clock of the community or the town has run out."""
    width: int = WIDTH
    begin: int = BEGIN
    end: int = END

    @property
    def looks(self) -> object:
        """All that the small picture shows: what has the same looks the same."""
        return (
            tuple((station.reached, station.now) for station in self.stations),
            tuple((lane.state, lane.late) for lane in self.lanes),
        )


def lanes_of(ticket: Ticket, now: datetime) -> Lanes:
    """The picture of the ticket as it stands."""
    order = list(STATIONS)
    ended = ticket.stage if ticket.stage in (Stage.REJECTED, Stage.JOINED) else None
    stands = ticket.stage if ended is None else ticket.stage_before_joining
    passed = order.index(stands)
    lanes = [_lane(ticket, task, nth, now) for nth, task in enumerate(ticket.tasks.values())]
    height = TOP + LANE * max(1, len(lanes)) + 8
    units = {ticket.community, ticket.town} - set(ticket.tasks)
    return Lanes(
        stations=[
            Station(stage, NAMES[stage], x, nth <= passed and _is_passed(ticket, stage), nth == passed)
            for nth, (stage, x) in enumerate(STATIONS.items())
        ],
        lanes=lanes,
        middle=TOP + (LANE * max(1, len(lanes))) // 2,
        height=height,
        ended=ended or "",
        late=any(clock.late(now) for clock in ticket.clocks.running() if clock.setting.unit in units),
    )


def _is_passed(ticket: Ticket, stage: Stage) -> bool:
    """What was solved on the spot never stopped at the stations between."""
    skipped = ticket.handled_on_site_by is not None and not ticket.tasks
    return not (skipped and stage in (Stage.SORTED, Stage.DISPATCHED))


def _lane(ticket: Ticket, task: Task, nth: int, now: datetime) -> Lane:
    running = [c for c in ticket.clocks.running() if c.setting.unit == task.department]
    due = (c.setting.due_at for c in running if c.setting.name in OF_DEPARTMENT)
    marks = list(_marks(task))
    reached = max((mark.x for mark in marks if mark.done), default=BEGIN)
    return Lane(
        department=task.department,
        lead=task.lead,
        y=TOP + LANE * nth + LANE // 2,
        state=_state(task),
        reached=END if task.stage is TaskStage.HANDLED else reached,
        late=any(clock.late(now) for clock in running),
        due_at=min(filter(None, due), default=None),
        marks=marks,
    )


def _state(task: Task) -> str:
    if task.stage is TaskStage.HANDLED:
        return "handled"
    if task.stage is TaskStage.RETURNED:
        return "returned" if task.awaits_ruling else "gone"
    return "held" if task.held_at is not None else "open"


def _marks(task: Task) -> Sequence[Mark]:
    claimed = Mark("claimed", N_("报到"), CLAIM, task.claimed_at, task.claimed_at is not None)
    if task.stage is TaskStage.RETURNED:
        name = N_("退单待审") if task.awaits_ruling else N_("准予退单")
        before = [claimed] if claimed.done else []
        return [*before, Mark("returned", name, ATTEND, task.sent_back_at)]
    marks = [claimed]
    if task.attended_at is not None or (task.stage is not TaskStage.HANDLED and task.held_at is None):
        marks.append(Mark("attended", N_("到场"), ATTEND, task.attended_at, task.attended_at is not None))
    if task.held_at is not None:
        marks.append(Mark("held", N_("挂账"), MORE, task.held_at, False))
    elif task.extension_asked_at is not None:
        marks.append(Mark("asking", N_("申请延期"), MORE, task.extension_asked_at, False))
    elif task.extensions:
        marks.append(Mark("extended", N_("已延期"), MORE, None, task.stage is TaskStage.HANDLED))
    marks.append(Mark("handled", N_("办结"), HANDLE, task.handled_at, task.handled_at is not None))
    return marks
