"""One receiver's messages: in order, paced, rested after failures, given up in the end, sent when asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import msgspec
import psycopg
import pytest

from adapters.database import Database
from adapters.reading import Reading
from adapters.telling.delivery import GIVE_UP, REFUSALS, Delivery
from adapters.telling.means import Means, NotTaken
from adapters.telling.message import Message
from adapters.telling.pace import LONGEST_REST, MOST_A_MINUTE, WINDOW, Pace, rest
from adapters.telling.waiting import Outbox
from domain.receiver import Receiver
from domain.way import Way
from tests.adapters.test_telling import TOLD
from tests.adapters.test_telling_ways import receiver

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
BEGUN = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
ROBOT = receiver(Way.WECOM)

pytestmark = pytest.mark.anyio


class Stage:
    """One receiver, a clock that is set by hand, and whatever becomes of the messages."""

    def __init__(self, database: Database, outbox: Outbox, to: Receiver = ROBOT) -> None:
        self.now = BEGUN
        self.outbox = outbox
        self.to = to
        self.sent: list[tuple[datetime, Message]] = []
        self.tried: list[datetime] = []
        self.trouble: Callable[[Message], BaseException | None] = lambda message: None
        self.takes: Callable[[], timedelta] = timedelta
        self._database = database
        self._written = 0
        self.execute("INSERT INTO outbox.receiver (receiver) VALUES (%s)", to.id)
        self.restart()

    def restart(self, pace: Pace | None = None) -> None:
        """Forget all that only memory holds."""
        pace = pace or Pace(MOST_A_MINUTE[self.to.way])
        self.delivery = Delivery(
            self.to, self.outbox, Means(), pace, lambda: self.now, Random(1), self._send
        )  # fmt: skip

    def execute(self, query: str, *parameters: object) -> None:
        """Change the outbox by hand."""
        with psycopg.connect(self._database.owner) as conn:
            conn.execute(query.encode(), parameters)

    def write(self, number: int) -> None:
        """That many messages wait from now on."""
        for _ in range(number):
            self._written += 1
            self.execute(
                "INSERT INTO outbox.message (receiver, position, told, written_at) VALUES (%s, %s, %s, %s)",
                self.to.id, self._written, msgspec.json.encode(TOLD).decode(), self.now,
            )  # fmt: skip

    async def _send(self, message: Message, to: Receiver, means: Means, at: datetime) -> None:
        self.tried.append(self.now)
        self.now += self.takes()
        if problem := self.trouble(message):
            raise problem
        self.sent.append((self.now, message))

    async def run(self, until: datetime | None = None) -> None:
        """Let the clock jump from step to step, until nothing waits or that time has come."""
        while (delay := await self.delivery.step()) is not None:
            if until and self.now + delay >= until:
                self.now = until
                return
            self.now += delay

    @property
    def positions(self) -> list[int]:
        """What was sent, in the order it was."""
        return [message.position for _, message in self.sent]

    async def dead(self) -> list[int]:
        """The positions of what was given up."""
        return [row["position"] for row in await self.outbox.dead(self.to.id, 1000, 0)]


def away(message: Message) -> Exception:
    """Nobody there."""
    return NotTaken("it cannot be reached")


@pytest.fixture
async def stage(empty: Database) -> AsyncIterator[Stage]:
    """A robot that is told."""
    reading = Reading(empty.service)
    await reading.open()
    yield Stage(empty, Outbox(reading))
    await reading.close()


@pytest.mark.parametrize("slowest", [0.0, 10.0])
async def test_a_robot_never_gets_more_than_20_in_any_minute_however_long_each_is_under_way(
    stage: Stage, slowest: float
) -> None:
    stage.takes = lambda: timedelta(seconds=slowest if len(stage.tried) % 40 == 1 else 0)
    stage.write(65)
    await stage.run()
    assert stage.positions == list(range(1, 66))
    arrived = [at for at, _ in stage.sent]
    assert all(arrived[n + 20] - arrived[n] >= MINUTE for n in range(45))
    if slowest == 0:
        assert arrived[-1] - arrived[0] == 3 * WINDOW, "Nor are they held up without need."


async def test_a_restart_forgets_no_pace(stage: Stage) -> None:
    stage.write(25)
    await stage.run(stage.now + SECOND)
    assert len(stage.sent) == 20
    stage.restart(Pace(20, await stage.outbox.earlier([stage.to.id], stage.now - WINDOW)))
    await stage.run(BEGUN + MINUTE)
    assert len(stage.sent) == 20
    await stage.run()
    assert len(stage.sent) == 25


def test_rests_double_from_seconds_to_an_hour_and_no_two_receivers_rest_alike() -> None:
    longest = [max(rest(n, Random(seed)) for seed in range(200)) for n in range(1, 40)]
    shortest = [min(rest(n, Random(seed)) for seed in range(200)) for n in range(1, 40)]
    assert all(long / 2.1 < short < long * 0.6 for short, long in zip(shortest, longest, strict=True))
    assert 4 * SECOND < longest[0] <= 5 * SECOND
    assert all(a <= b for a, b in pairwise(longest))
    assert timedelta(minutes=55) < longest[-1] <= LONGEST_REST


async def test_who_is_away_for_a_day_gets_everything_in_order_and_nobody_hammers_them(stage: Stage) -> None:
    stage.write(3)
    stage.trouble = away
    await stage.run(BEGUN + DAY / 2)
    stage.write(3)
    await stage.run(BEGUN + DAY)
    assert stage.sent == []
    assert 30 < len(stage.tried) < 70
    stage.trouble = lambda message: None
    await stage.run()
    assert stage.positions == [1, 2, 3, 4, 5, 6]
    assert stage.sent[0][0] - BEGUN < DAY + LONGEST_REST
    assert await stage.dead() == []
    assert (await stage.outbox.standing([stage.to.id]))[stage.to.id]["failures"] == 0


async def test_a_send_that_is_cut_short_is_made_again(stage: Stage) -> None:
    stage.write(2)
    stage.trouble = lambda message: asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await stage.run()
    stage.trouble = lambda message: None
    stage.restart()
    await stage.run()
    assert stage.positions == [1, 2]
    assert len(stage.tried) == 3


async def test_a_restart_forgets_no_rest(stage: Stage) -> None:
    stage.write(1)
    stage.trouble = away
    await stage.run(BEGUN + DAY)
    tried = len(stage.tried)
    stage.restart()
    await stage.run(stage.now + SECOND)
    assert len(stage.tried) == tried


async def test_after_three_days_in_vain_what_has_waited_so_long_is_given_up_and_nothing_younger(
    stage: Stage,
) -> None:
    stage.write(2)
    stage.trouble = away
    await stage.run(BEGUN + DAY)
    stage.write(2)
    await stage.run(BEGUN + GIVE_UP - SECOND)
    assert await stage.dead() == []
    await stage.run(BEGUN + GIVE_UP + 2 * LONGEST_REST)
    assert await stage.dead() == [1, 2]
    await stage.run(BEGUN + GIVE_UP + DAY + 2 * LONGEST_REST)
    assert await stage.dead() == [1, 2, 3, 4]


async def test_what_was_given_up_is_sent_when_asked_with_its_ids_and_before_what_is_newer(
    stage: Stage,
) -> None:
    stage.write(2)
    stage.trouble = away
    await stage.run(BEGUN + GIVE_UP + 2 * LONGEST_REST)
    stage.write(1)
    stage.trouble = lambda message: None
    assert await stage.outbox.retry(stage.to.id, 2) == 1
    assert await stage.outbox.retry(stage.to.id, 2) == 0
    assert await stage.dead() == [1]
    assert await stage.outbox.retry(stage.to.id, None) == 1
    await stage.run()
    assert stage.positions == [1, 2, 3]
    assert [m.id for _, m in stage.sent] == [Message(stage.to.id, p, TOLD, None).id for p in (1, 2, 3)]


async def test_a_message_that_is_refused_itself_does_not_hold_up_the_others_for_long(stage: Stage) -> None:
    stage.write(3)
    stage.trouble = lambda message: NotTaken("answered 400", refused=True) if message.position == 1 else None
    await stage.run()
    assert stage.positions == [2, 3]
    assert await stage.dead() == [1]
    assert len(stage.tried) == REFUSALS + 2
    assert stage.now - BEGUN < timedelta(hours=1)


async def test_a_fault_of_ours_counts_as_a_refusal_and_is_said(stage: Stage) -> None:
    stage.write(1)
    stage.trouble = lambda message: ZeroDivisionError("hidden")
    await stage.run()
    (row,) = await stage.outbox.dead(stage.to.id, 10, 0)
    assert row["attempts"] == REFUSALS
    assert "ZeroDivisionError" in row["problem"]
    assert "hidden" not in row["problem"]


async def test_a_week_switched_off_and_one_failure_give_nothing_up(stage: Stage) -> None:
    stage.write(3)
    stage.now += 7 * DAY
    stage.trouble = lambda message: None if len(stage.tried) > 1 else away(message)
    await stage.run()
    assert stage.positions == [1, 2, 3]
    assert len(stage.tried) == 4


async def test_what_was_sent_is_forgotten_after_a_month_and_an_inbox_after_a_year(stage: Stage) -> None:
    stage.write(2)
    await stage.run()
    stage.write(1)
    assert await stage.outbox.forget(stage.to.id, False, BEGUN + 29 * DAY) == 0
    assert await stage.outbox.forget(stage.to.id, True, BEGUN + 31 * DAY) == 0
    assert await stage.outbox.forget(stage.to.id, False, BEGUN + 31 * DAY) == 2
    await stage.run()
    assert stage.positions == [1, 2, 3], "What waits is not forgotten."


async def test_what_was_taken_while_its_receiver_was_closed_is_no_dead_letter(stage: Stage) -> None:
    stage.write(1)
    await stage.outbox.begun(stage.to.id, 1, stage.now)
    await stage.outbox.failed(
        stage.to.id,
        1,
        at=stage.now,
        failures=1,
        not_before=stage.now,
        problem="closed",
        dead=True,
        too_old=BEGUN,
    )
    await stage.outbox.sent(stage.to.id, 1, stage.now)
    assert await stage.outbox.dead(stage.to.id, 10, 0) == []


async def test_a_paused_receiver_is_sent_nothing_until_it_is_resumed(stage: Stage) -> None:
    stage.write(2)
    stage.to.paused = True
    await stage.run()
    assert stage.tried == []
    stage.to.paused = False
    await stage.run()
    assert [message.position for _, message in stage.sent] == [1, 2]
