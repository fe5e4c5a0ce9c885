"""Lives of tickets as they happen in a town: most go well, some late, some come back."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from importlib.resources import files
from random import Random
from typing import NamedTuple
from uuid import UUID

from api.demonstration.town import DEPARTMENTS, TOWN, centre, grid_worker, members, sorter
from domain.actors import CLOCK, Assignment, Person, Role
from domain.datum import Location
from domain.ticket import Ticket, commands
from domain.ticket.clocks import ClockName
from domain.ticket.stage import Satisfied, Solved, Source, Stage, TaskStage, Urgency
from domain.unit import Place


class Matter(NamedTuple):
    """What somebody reports, and what comes of it."""

    title: str
    description: str
    category: str
    urgency: Urgency
    address: str
    source: Source
    lead: str
    assisting: tuple[str, ...]
    progress: str
    result: str
    reason: str


def matters() -> list[Matter]:
    """The matters of the town."""
    with files("api.demonstration").joinpath("matters.csv").open("r", encoding="utf-8") as table:
        return [
            Matter(
                title=row["title"],
                description=row["description"],
                category=row["category"],
                urgency=Urgency(row["urgency"]),
                address=row["address"],
                source=Source(row["source"]),
                lead=row["lead"],
                assisting=tuple(row["assisting"].split()),
                progress=row["progress"],
                result=row["result"],
                reason=row["reason"],
            )
            for row in csv.DictReader(table)
        ]


class Life:
    """One ticket on its way; every step takes its time, and what would lie in the future has not happened."""

    def __init__(self, random: Random, matter: Matter, ticket: Ticket, now: datetime) -> None:
        self._random = random
        self._matter = matter
        self._now = now
        self._slow = random.random() < SLOW
        self.ticket = ticket
        self.at = ticket.reported_at

    def run(self) -> Ticket:
        """Live until now."""
        self._go()
        self._pass(self._now)
        return self.ticket

    def _soon(self, most: timedelta) -> bool:
        """Let time pass, and say whether that moment has come already."""
        self._pass(self._within(most))
        return self.at < self._now

    def _within(self, most: timedelta) -> datetime:
        return self.at + timedelta(seconds=round(most.total_seconds() * self._random.uniform(0.05, 1)))

    def _pass(self, at: datetime) -> None:
        """Time goes by: whoever is late by then was told so, to the second."""
        last = min(at, self._now)
        while (due := self.ticket.next_step_at()) and (due := due + A_SECOND) <= last:
            self.ticket.climb(CLOCK, max(due.replace(microsecond=0), self.ticket.modified_on))
        self.at = at

    def _go(self) -> None:
        matter, ticket = self._matter, self.ticket
        by = sorter(ticket.community)
        if not self._soon(timedelta(hours=2)):
            return
        if self._is_handled():
            ticket.verify(commands.Verify(Solved.SOLVED, note="电话回访,居民确认。"), by, self.at)
            return
        if self._random.random() < REJECTED:
            ticket.reject(commands.Reject("属于业主自有设施,已告知业主自行联系维修。"), by, self.at)
            return
        keep = not matter.assisting and self._random.random() < KEPT
        sort = commands.Sort(matter.category, matter.urgency, keep=keep)
        ticket.sort(sort, by, self.at)
        if not keep:
            if not self._soon(self._to_decide()):
                return
            dispatch = commands.Dispatch(matter.lead, matter.assisting)
            ticket.dispatch(dispatch, DEPARTMENTS, DISPATCHER, self.at)
        self._handle()
        if not self._is_handled() or not self._soon(timedelta(days=1)):
            return
        resident = Person("resident", (Assignment(Role.RESIDENT, str(ticket.id)),))
        if matter.source is Source.RESIDENT and not matter.assisting and self._random.random() < REOPENED:
            said = commands.Verify(Solved.NOT_SOLVED, Satisfied.NOT_SATISFIED, matter.reason)
            ticket.verify(said, resident, self.at)
            self._handle()
            if not self._is_handled() or not self._soon(timedelta(days=1)):
                return
        worker = grid_worker(ticket.grid)
        ticket.verify(commands.Verify(Solved.SOLVED, note="现场核查,问题已解决。"), worker, self.at)
        if (
            matter.source is Source.RESIDENT
            and self._random.random() < ANSWERED
            and self._soon(timedelta(days=1))
        ):
            ticket.verify(commands.Verify(*self._random.choice(ANSWERS)), resident, self.at)
        self._tell()

    def _tell(self) -> None:
        """Some of what is verified is told to everybody a day later; which, the dice have no part in."""
        told_at = self.at + timedelta(days=1)
        told = self.ticket.id.bytes[-1] % TOLD == 0 and self.ticket.stage is Stage.VERIFIED
        if told and told_at < self._now:
            self._pass(told_at)
            self.ticket.publish(commands.Publish(self._matter.result), sorter(self.ticket.community), told_at)

    def _is_handled(self) -> bool:
        return self.ticket.stage is Stage.HANDLED

    def _handle(self) -> None:
        """All departments at once: whoever acts next is first."""
        waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
        for nth, task in enumerate(self.ticket.tasks.values()):
            steps = self._task(task.department)
            if (at := next(steps, None)) is not None:
                waiting.append((at, nth, steps))
        heapify(waiting)
        while waiting and waiting[0][0] < self._now:
            at, nth, steps = waiting[0]
            self._pass(at)
            if (then := next(steps, None)) is not None:
                heapreplace(waiting, (then, nth, steps))
            else:
                heappop(waiting)

    def _task(self, department: str) -> Iterator[datetime]:
        """What one department does, step by step; it yields when its next step comes."""
        matter, ticket = self._matter, self.ticket
        by = sorter(department) if department == ticket.community else HANDLERS[department]
        task = ticket.tasks[department]
        late = 3 if self._slow else 0.7
        if task.stage is not TaskStage.DISPATCHED:
            return
        if self._slow and self._is_left():
            return
        yield self._later(late * (task.claim_by - self.at))
        if (
            matter.assisting[:1] == (department,)
            and ticket.reopened == 0
            and self._random.random() < SENT_BACK
        ):
            ticket.send_back(commands.SendBack(matter.reason), by, self.at)
            if self._is_left():
                return
            yield self._later(self._to_decide())
            if self._random.random() < 0.5:
                note = commands.AcceptReturn(department, "情况属实,同意退单。")
                ticket.accept_return(note, DISPATCHER, self.at)
                return
            note_refused = commands.RefuseReturn(department, "现场涉及贵单位职责,请配合主办单位处置。")
            ticket.refuse_return(note_refused, DISPATCHER, self.at)
            yield self._later(timedelta(hours=2))
        ticket.claim(commands.Claim(), by, self.at)
        left = max(ticket.tasks[department].due_at - self.at, timedelta(hours=2))
        yield self._later(min(0.4 * left, late * timedelta(days=1)))
        ticket.attend(commands.Attend(), by, self.at)
        yield self._later(0.2 * left)
        ticket.note_progress(commands.NoteProgress(matter.progress), by, self.at)
        yield from self._more_time(department, by)
        yield self._later(late * left)
        ticket.handle(commands.Handle(matter.result), by, self.at)
        yield from self._appeal(department, by)

    def _more_time(self, department: str, by: Person) -> Iterator[datetime]:
        """Some are slow and ask for more time, some wait for others and are put on hold."""
        ticket, task = self.ticket, self.ticket.tasks[department]
        if self._slow and self.at < task.due_at and self._random.random() < EXTENDED:
            ticket.request_extension(
                commands.RequestExtension("等配件到货,申请延期。", department), by, self.at
            )
            yield self._later(self._to_decide())
            ticket.grant_extension(
                commands.GrantExtension(department, "情况属实,准予延期。"), DISPATCHER, self.at
            )
        elif self._random.random() < HELD and department != ticket.community:
            review = self.at + timedelta(days=30)
            ticket.hold(commands.Hold(department, "需产权单位批复后方可施工。", review), DISPATCHER, self.at)
            yield self._later(timedelta(days=25))
            ticket.resume(commands.Resume(department), DISPATCHER, self.at)

    def _appeal(self, department: str, by: Person) -> Iterator[datetime]:
        """Some that were late say why it should not count."""
        ticket = self.ticket
        handling = ticket.clocks.find(ClockName.HANDLE, department)
        if handling is None or not handling.late(self.at) or self._random.random() > APPEALED:
            return
        appeal = commands.Appeal(ClockName.HANDLE, "连日降雨,现场无法施工。", department)
        ticket.appeal(appeal, by, self.at)
        yield self._later(timedelta(days=2))
        if handling.appeal_open:
            decided = commands.UpholdAppeal(department, ClockName.HANDLE, "经核实属实。")
            ticket.uphold_appeal(decided, SUPERVISOR, self.at)

    def _is_left(self) -> bool:
        """Whether this is of late, and left to whoever tries the demonstration."""
        return self._now - self.at < LEFT

    def _to_decide(self) -> timedelta:
        """How long the dispatcher takes at most."""
        return timedelta(hours=20) if self._random.random() < SLOW else timedelta(minutes=16)

    def _later(self, most: timedelta) -> datetime:
        """As `_soon`, but at least some minutes: several departments are at it."""
        return self._within(max(most, timedelta(minutes=5)))


SLOW, REJECTED, KEPT, REOPENED, SENT_BACK, ON_SITE, ANSWERED = 0.18, 0.04, 0.15, 0.3, 0.4, 0.04, 0.7
"""How likely a department is slow, a matter rejected, kept, reopened, sent back, solved on site, answered."""
ANSWERS: tuple[tuple[Solved, Satisfied | None], ...] = (
    *[(Solved.SOLVED, Satisfied.SATISFIED)] * 6,
    *[(Solved.SOLVED, Satisfied.BASICALLY)] * 3,
    (Solved.SOLVED, None),
    (Solved.PARTLY, Satisfied.BASICALLY),
    (Solved.PARTLY, Satisfied.NOT_SATISFIED),
)
"""What residents say in the end, the usual more often."""
LEFT = timedelta(days=4)
"""For so long slow departments claim nothing and nobody rules on what was sent back."""
TOLD = 6
"""One in so many is told on the echo wall."""
EXTENDED, HELD, APPEALED = 0.5, 0.03, 0.4
"""How likely who is slow asks for more time, a task is put on hold, who was late appeals."""
A_SECOND = timedelta(seconds=1)
_PERSONS = {member.account: member.person for member in members()}
DISPATCHER, SUPERVISOR = _PERSONS["dispatcher"], _PERSONS["supervisor"]
HANDLERS = {code: _PERSONS[code] for code in DEPARTMENTS}


def reported(random: Random, matter: Matter, grid: str, id: UUID, at: datetime) -> Ticket:
    """A matter as its grid worker reports it; some are solved on the spot."""
    place = Place(grid, grid[:12], TOWN, TOWN[:6], "FS")
    report = commands.Report(
        matter.title, matter.description, grid,
        category=matter.category, address=matter.address, location=_near(centre(grid), id),
        urgency=matter.urgency, source=matter.source,
        handled=matter.result if random.random() < ON_SITE and not matter.assisting else None,
    )  # fmt: skip
    return Ticket.report(report, place, id, grid_worker(grid), at)


def _near(at: Location, id: UUID) -> Location:
    """Some hundred metres from there at most, always the same for the same ticket."""
    east, north = id.bytes[0] / 255 - 0.5, id.bytes[1] / 255 - 0.5
    return Location(round(at.longitude + 0.006 * east, 6), round(at.latitude + 0.003 * north, 6))
