"""A random town at work: every verb at any time, what is refused is left undone."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any
from uuid import UUID

from adapters.batch import Command
from adapters.event_store import new_id
from api.demonstration.lives import DISPATCHER, HANDLERS, matters
from api.demonstration.town import DEPARTMENTS, grid_worker, sorter, units
from domain.actors import CLOCK, Assignment, Person, Role
from domain.calendar import CHINA
from domain.refusal import Refusal
from domain.ticket import Ticket, commands
from domain.ticket.ladder import Step
from domain.ticket.stage import Satisfied, Solved, Urgency
from domain.unit import Kind, Place

CODES = tuple(DEPARTMENTS)
GRIDS = [unit.code for unit in units() if unit.kind is Kind.GRID]
NEPAL = timezone(timedelta(hours=5, minutes=45))
"""A zone whose hours begin at a quarter: a due time may come with any."""
BEGUN = datetime(2026, 9, 20, 8, tzinfo=CHINA)
LEADER = Person("leader", (Assignment(Role.SUPERVISOR, units()[0].code[:6]),))
FROM_THE_LIVES = matters()


class Town:
    """Tickets that go on in random steps; what happened comes out as commands, event by event."""

    def __init__(self, seed: int, begun: datetime = BEGUN, grids: list[str] = GRIDS[3:9]) -> None:
        self.random = Random(seed)
        self.now = begun
        self.tickets: list[Ticket] = []
        self._grids = grids

    def live(self, steps: int, longest: timedelta = timedelta(hours=1)) -> list[Command]:
        """That many accepted steps, each some time after the one before."""
        happened: list[Command] = []
        while len(happened) < steps:
            self.now += longest * self.random.random()
            try:
                self._step()
            except Refusal:
                for ticket in self.tickets:
                    ticket.collect_events()
                continue
            happened += [found for ticket in self.tickets if (found := _collected(ticket))]
        return happened

    def _step(self) -> None:
        random = self.random
        if not self.tickets or random.random() < 0.02:
            self._report()
            return
        ticket = random.choice(self.tickets[-40:])
        who, verb, facts = random.choice(self._steps(ticket))
        verb(ticket, *facts, by=who, at=max(self.now, ticket.modified_on))

    def _report(self) -> None:
        random = self.random
        matter, grid = random.choice(FROM_THE_LIVES), random.choice(self._grids)
        place = Place(grid, grid[:12], grid[:9], grid[:6], "FS")
        report = commands.Report(
            matter.title, matter.description, grid,
            category=random.choice([None, matter.category]), address=random.choice([None, matter.address]),
            urgency=matter.urgency, source=matter.source, handled=random.choice([None] * 9 + ["当场清理。"]),
            photos=self._photos(),
        )  # fmt: skip
        id = new_id(self.now)
        made = UUID(int=(id.int & ~0xFFFF_FFFF_FFFF) | random.getrandbits(48))
        self.tickets.append(Ticket.report(report, place, made, grid_worker(grid), self.now))

    def _photos(self) -> tuple[str, ...]:
        """Some photos, of so few that tickets share them."""
        return tuple(f"photo-{self.random.randrange(50)}" for _ in range(self.random.choice([0, 0, 1, 3])))

    def _steps(self, ticket: Ticket) -> list[tuple[Person, Callable[..., None], tuple[Any, ...]]]:
        random = self.random
        by = sorter(ticket.community)
        worker = grid_worker(ticket.grid)
        resident = Person("resident", (Assignment(Role.RESIDENT, str(ticket.id)),))
        lead, *assisting = random.sample(CODES, random.randint(1, 4))
        due = random.choice([None, None, self.now.astimezone(NEPAL) + timedelta(days=9 * random.random())])
        dispatch = commands.Dispatch(lead, tuple(assisting), due_at=due)
        sort = commands.Sort("drain", random.choice(list(Urgency)), keep=random.random() < 0.2)
        verify = commands.Verify(random.choice(list(Solved)), random.choice([None, *Satisfied]))
        other = random.choice([each for each in self.tickets[-40:] if each.community == ticket.community])
        into = next((each for each in self.tickets if each.id == ticket.joined_into), None)
        steps: list[tuple[Person, Callable[..., None], tuple[Any, ...]]] = [
            (by, Ticket.sort, (sort,)),
            (DISPATCHER, Ticket.dispatch, (dispatch, CODES)),
            (by, Ticket.verify, (verify,)),
            (resident, Ticket.verify, (verify,)),
            (worker, Ticket.reopen, (commands.Reopen("又堵了。"),)),
        ]
        if random.random() < 0.3:
            unit = random.choice([None, ticket.community, ticket.town, *ticket.tasks])
            card = random.choice([Step.YELLOW_CARD, Step.RED_CARD])
            steps += [
                (CLOCK, Ticket.climb, ()),
                (LEADER, Ticket.urge, (commands.Urge("请抓紧。", unit),)),
                (LEADER, Ticket.supervise, (commands.Supervise(card, "为何未办。", unit),)),
                (by, Ticket.reply, (commands.Reply("正在办。"),)),
                (DISPATCHER, Ticket.reply, (commands.Reply("正在派。"),)),
            ]
        if random.random() < 0.1:
            steps.append((by, Ticket.reject, (commands.Reject("不属于受理范围。"),)))
            steps.append((by, Ticket.join, (commands.Join(other.id), other)))
        if into is not None:
            steps.append((by, Ticket.part, (commands.Part("不是同一件事。"), into)))
        for task in list(ticket.tasks.values()):
            handler = HANDLERS.get(task.department, by)
            steps += [
                (handler, Ticket.claim, (commands.Claim(task.department),)),
                (handler, Ticket.claim, (commands.Claim(task.department),)),
                (handler, Ticket.attend, (commands.Attend(task.department),)),
                (handler, Ticket.reply, (commands.Reply("已派人。", task.department),)),
                (handler, Ticket.handle, (commands.Handle("已处理。", self._photos(), task.department),)),
                (
                    handler,
                    Ticket.note_progress,
                    (commands.NoteProgress("在修。", self._photos(), task.department),),
                ),
                (handler, Ticket.send_back, (commands.SendBack("不归我管。", task.department),)),
                (DISPATCHER, Ticket.accept_return, (commands.AcceptReturn(task.department, "同意。"),)),
                (DISPATCHER, Ticket.refuse_return, (commands.RefuseReturn(task.department, "不同意。"),)),
                (worker, Ticket.reopen, (commands.Reopen("没修好。", (task.department,)),)),
                (handler, Ticket.request_extension, (commands.RequestExtension("等料。", task.department),)),
                (DISPATCHER, Ticket.grant_extension, (commands.GrantExtension(task.department, "同意。"),)),
                (DISPATCHER, Ticket.refuse_extension, (commands.RefuseExtension(task.department, "不。"),)),
                (DISPATCHER, Ticket.resume, (commands.Resume(task.department),)),
            ]
            if random.random() < 0.2:
                hold = commands.Hold(task.department, "等批复。", self.now + timedelta(days=30))
                steps.append((DISPATCHER, Ticket.hold, (hold,)))
        return steps


def _collected(ticket: Ticket) -> Command | None:
    events = list(ticket.collect_events())
    return Command(events, ticket.number) if events else None  # type: ignore[arg-type]
