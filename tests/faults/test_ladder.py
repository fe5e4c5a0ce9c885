"""The ladder through a simulated month: killed at any time, off for days, and every step exactly once."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Any, cast
from uuid import UUID

import psycopg

from adapters.database import Database
from adapters.event_store import new_id
from adapters.mapper import EventMapper
from api.demonstration.lives import DISPATCHER, HANDLERS, matters, reported
from api.demonstration.town import DEPARTMENTS, sorter
from domain.calendar import CHINA
from domain.refusal import Refusal
from domain.ticket import Ticket, commands
from domain.ticket.clocks import ClockName, Key, Setting
from domain.ticket.ladder import Step
from domain.ticket.stage import Urgency
from domain.ticket.supervising_events import Supervised, Urged
from tests.adapters.writing import command, recording, storing
from tests.projections.histories import GRIDS

BEGIN = datetime(2026, 3, 2, 8, tzinfo=CHINA)
MONTH = timedelta(days=30)
POLL = timedelta(minutes=30)
TICKETS, KILLS, ACTS = 24, 12, 8
BEFORE = {"emergency": -10, "urgent": -120, "ordinary": -1440}
RED = {"emergency": 30, "urgent": 240, "ordinary": 1440}
LEADER = {"emergency": 60, "urgent": 720, "ordinary": 4320}
"""Minutes after the deadline, as docs/clocks.md says them; written down once more, to be checked against."""


@dataclass
class Run:
    """A clock from its beginning until it was stopped or begun anew, however often it stood still between."""

    setting: Setting
    urgency: Urgency
    paused: bool = False
    ended_at: datetime | None = None
    taken: list[tuple[Step, datetime, datetime]] = field(default_factory=list)
    """Each step, when it was taken, and when it was to be taken as the clock was set then."""

    def expected(self) -> dict[Step, datetime]:
        """Each step, and when it is to be taken."""
        due = self.setting.due_at
        if due is None:
            return {}
        last_quarter = due - (due - self.setting.started_at) / 4
        minutes = {Step.REMINDER: BEFORE[self.urgency], Step.YELLOW_CARD: 0}
        if self.setting.name not in (ClockName.CONTACT, ClockName.ATTEND):
            minutes |= {Step.RED_CARD: RED[self.urgency], Step.LEADER: LEADER[self.urgency]}
        begun = self.setting.resumed_at or self.setting.started_at
        return {
            step: max(due + timedelta(minutes=after), last_quarter, begun) for step, after in minutes.items()
        }


def some_tickets(random: Random) -> list[Ticket]:
    """Tickets at all stages, reported within an hour."""
    made = []
    for nth, matter in enumerate(random.sample(matters(), TICKETS)):
        at = BEGIN + timedelta(minutes=2 * nth, seconds=random.random() * 60)
        urgency = random.choice(list(Urgency))
        grid = random.choice(GRIDS)
        ticket = reported(random, matter._replace(urgency=urgency), grid, new_id(at), at)
        if nth % 4 and ticket.result is None:
            ticket.sort(commands.Sort(matter.category, urgency), sorter(ticket.community), at)
        if nth % 4 > 1 and ticket.result is None:
            lead, *assisting = random.sample(list(DEPARTMENTS), 2)
            ticket.dispatch(commands.Dispatch(lead, tuple(assisting)), DEPARTMENTS, DISPATCHER, at)
        made.append(ticket)
    return made


async def act(database: Database, random: Random, ids: list[UUID], at: datetime) -> None:
    """People do something about some of the tickets; what is not allowed is left."""
    async with storing(database) as store:
        store.now = lambda: at
        for id in random.sample(ids, ACTS):
            ticket = await store.find(Ticket, id)
            assert ticket is not None
            for task in list(ticket.tasks.values()):
                name, handler = task.department, HANDLERS[task.department]
                by, verb, asked = random.choice(
                    [
                        (handler, Ticket.claim, commands.Claim()),
                        (handler, Ticket.claim, commands.Claim()),
                        (handler, Ticket.attend, commands.Attend()),
                        (handler, Ticket.handle, commands.Handle("已处理。")),
                        (handler, Ticket.send_back, commands.SendBack("不归我管。")),
                        (DISPATCHER, Ticket.refuse_return, commands.RefuseReturn(name, "不同意。")),
                        (DISPATCHER, Ticket.hold, commands.Hold(name, "等批复。", at + timedelta(days=90))),
                        (DISPATCHER, Ticket.resume, commands.Resume(name)),
                    ]
                )
                try:
                    await store.change(Ticket, id, cast(Any, verb), asked, by=by)
                except Refusal:
                    continue


def keep_time(database: Database, at: datetime, lines: int | None, pause: float) -> list[datetime]:
    """Let a timekeeper look from then on; kill it some time after so many looks, or let it end."""
    until = BEGIN + MONTH
    arguments = [database.service, at.isoformat(), until.isoformat(), str(POLL / timedelta(minutes=1))]
    looked: list[datetime] = []
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.timekeeping", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            for line in process.stdout:
                looked.append(datetime.fromisoformat(line.strip()))
                if lines is not None and len(looked) >= lines:
                    break
            if lines is None:
                assert process.wait(60) == 0, process.stderr.read()
            else:
                try:
                    process.wait(pause)  # Any moment of the next looks is as good.
                except subprocess.TimeoutExpired:
                    process.kill()
        finally:
            process.kill()
        looked += [datetime.fromisoformat(line.strip()) for line in process.stdout if line.endswith("\n")]
    return looked


def runs(database: Database) -> list[Run]:
    """What the log says of every clock, and of every step that was taken."""
    mapper, found = EventMapper(), []
    query = "SELECT originator_id, topic, state FROM log.events ORDER BY position"
    tickets: dict[UUID, Any] = {}
    running: dict[tuple[UUID, Key], Run] = {}
    with psycopg.connect(database.owner) as conn:
        for id, topic, state in conn.execute(query):
            if not topic.startswith("ticket."):
                continue
            event = mapper.event(topic, bytes(state))
            ticket = tickets[id] = cast(Ticket, event.mutate(tickets.get(id)))
            if isinstance(event, Urged | Supervised) and event.clock is not None:
                step = event.card if isinstance(event, Supervised) else Step.REMINDER
                run = running[id, (event.clock, event.about or event.department)]
                run.taken.append((step, event.at, run.expected()[step]))
            for key, clock in ticket.clocks.by_key.items():
                run_of_it = running.get((id, key))
                if run_of_it is None or run_of_it.setting is not clock.setting:
                    if run_of_it is not None and clock.setting.resumed_at == event.at:
                        run_of_it.setting = clock.setting
                    else:
                        run_of_it = running[id, key] = Run(clock.setting, ticket.urgency)
                        found.append(run_of_it)
                run_of_it.paused = clock.paused_at is not None
                if clock.stopped_at is not None:
                    run_of_it.ended_at = run_of_it.ended_at or clock.stopped_at
                else:
                    run_of_it.urgency = ticket.urgency
    return found


def test_every_step_of_a_month_is_taken_once_and_by_the_first_look_at_which_it_is_due(
    database: Database,
) -> None:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to run the same month again
    random = Random(seed)
    tickets = some_tickets(random)
    ids = [ticket.id for ticket in tickets]

    async def write() -> None:
        async with recording(database) as recorder:
            for ticket in tickets:
                await recorder.record(command(ticket))

    asyncio.run(write())
    now, looked = BEGIN + timedelta(hours=1), []
    for nth in range(KILLS):
        most = int((BEGIN + MONTH - now) / POLL) // (KILLS - nth)
        looked += keep_time(database, now, random.randint(1, max(most, 1)), random.uniform(0, 0.05))
        off = random.choice([timedelta(0), timedelta(0), timedelta(hours=9), timedelta(days=2)])
        now = looked[-1] + POLL
        asyncio.run(act(database, random, ids, now - POLL / 2))
        now = min(now + off, BEGIN + MONTH)
    looked += keep_time(database, now, None, 0)
    end, taken = looked[-1], 0
    for run in runs(database):
        steps = [step for step, *_ in run.taken]
        assert len(set(steps)) == len(steps), f"{run}: a step was taken twice"
        for step, at, due in run.taken:
            first_look = next(look for look in looked if look >= due)
            assert due <= at <= first_look, f"{run}: {step} at the wrong time"
        for step, due in run.expected().items():
            later = [look for look in looked if look >= due]
            if later and not run.paused and (run.ended_at is None or run.ended_at > later[0]):
                assert step in steps, f"{run}: {step} was never taken"
        taken += len(steps)
    print(f"{taken} steps in {len(looked)} looks until {end}")  # noqa: T201
    assert taken > TICKETS
