"""Lives of tickets as they happen in a town: most go well, some late, some come back."""

import csv
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random
from typing import NamedTuple
from uuid import UUID

from api.demonstration.town import DEPARTMENTS, TOWN, grid_worker, members, sorter
from domain.actors import Assignment, Person, Role
from domain.ticket import Ticket, commands
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
        return self.ticket

    def _soon(self, most: timedelta) -> bool:
        """Let time pass, and say whether that moment has come already."""
        self.at += timedelta(seconds=round(most.total_seconds() * self._random.uniform(0.05, 1)))
        return self.at < self._now

    def _go(self) -> None:
        matter, ticket = self._matter, self.ticket
        by = sorter(ticket.community)
        if not self._soon(timedelta(hours=3)):
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
            if not self._soon(timedelta(hours=5)):
                return
            dispatch = commands.Dispatch(matter.lead, matter.assisting)
            ticket.dispatch(dispatch, DEPARTMENTS, DISPATCHER, self.at)
        self._handle()
        if not self._is_handled() or not self._soon(timedelta(days=1)):
            return
        if matter.source is Source.RESIDENT and not matter.assisting and self._random.random() < REOPENED:
            resident = Person("resident", (Assignment(Role.RESIDENT, str(ticket.id)),))
            said = commands.Verify(Solved.NOT_SOLVED, Satisfied.NOT_SATISFIED, matter.reason)
            ticket.verify(said, resident, self.at)
            self._handle()
            if not self._is_handled() or not self._soon(timedelta(days=1)):
                return
        worker = grid_worker(ticket.grid)
        ticket.verify(commands.Verify(Solved.SOLVED, note="现场核查,问题已解决。"), worker, self.at)

    def _is_handled(self) -> bool:
        return self.ticket.stage is Stage.HANDLED

    def _handle(self) -> None:
        begun = self.at
        ends = begun
        for task in list(self.ticket.tasks.values()):
            self.at = begun
            self._handle_task(task.department)
            ends = max(ends, self.at)
        self.at = ends

    def _handle_task(self, department: str) -> None:
        matter, ticket = self._matter, self.ticket
        by = sorter(department) if department == ticket.community else HANDLERS[department]
        task = ticket.tasks[department]
        late = 3 if self._slow else 0.7
        if task.stage is not TaskStage.DISPATCHED or not self._then(late * (task.claim_by - self.at)):
            return
        if (
            matter.assisting[:1] == (department,)
            and ticket.reopened == 0
            and self._random.random() < SENT_BACK
        ):
            ticket.send_back(commands.SendBack(matter.reason), by, self.at)
            if not self._then(timedelta(hours=4)):
                return
            if self._random.random() < 0.5:
                note = commands.AcceptReturn(department, "情况属实,同意退单。")
                ticket.accept_return(note, DISPATCHER, self.at)
                return
            note_refused = commands.RefuseReturn(department, "现场涉及贵单位职责,请配合主办单位处置。")
            ticket.refuse_return(note_refused, DISPATCHER, self.at)
            if not self._then(timedelta(hours=2)):
                return
        ticket.claim(commands.Claim(), by, self.at)
        left = max(ticket.tasks[department].due_at - self.at, timedelta(hours=2))
        if not self._then(0.4 * left):
            return
        ticket.attend(commands.Attend(), by, self.at)
        if self._then(0.2 * left):
            ticket.note_progress(commands.NoteProgress(matter.progress), by, self.at)
        if self._then(late * left):
            ticket.handle(commands.Handle(matter.result), by, self.at)

    def _then(self, most: timedelta) -> bool:
        """As `_soon`, but the events of several departments come in the order of time."""
        come = self._soon(max(most, timedelta(minutes=5)))
        self.at = max(self.at, self.ticket.modified_on)
        return come and self.at < self._now


SLOW, REJECTED, KEPT, REOPENED, SENT_BACK, ON_SITE = 0.18, 0.04, 0.15, 0.3, 0.4, 0.04
"""How likely a department is slow, a matter rejected, kept, reopened, sent back, solved on the spot."""
_PERSONS = {member.account: member.person for member in members()}
DISPATCHER = _PERSONS["dispatcher"]
HANDLERS = {code: _PERSONS[code] for code in DEPARTMENTS}


def reported(random: Random, matter: Matter, grid: str, id: UUID, at: datetime) -> Ticket:
    """A matter as its grid worker reports it; some are solved on the spot."""
    place = Place(grid, grid[:12], TOWN, TOWN[:6], "FS")
    report = commands.Report(
        matter.title, matter.description, grid,
        category=matter.category, address=matter.address, urgency=matter.urgency, source=matter.source,
        handled=matter.result if random.random() < ON_SITE and not matter.assisting else None,
    )  # fmt: skip
    return Ticket.report(report, place, id, grid_worker(grid), at)
