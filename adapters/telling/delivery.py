"""The messages to one receiver, one after the other."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random

import structlog

from adapters.telling import robots, smtp, webhook
from adapters.telling.means import Means, NotTaken
from adapters.telling.message import Message
from adapters.telling.pace import Pace, rest
from adapters.telling.waiting import Outbox, Waiting
from domain.receiver import Receiver
from domain.way import Way

log = structlog.get_logger()

GIVE_UP = timedelta(days=3)
"""What waited for so long is given up, if its receiver took nothing for so long."""
REFUSALS = 10
"""A message that was refused itself so often is given up: those behind it get their chance."""

Send = Callable[[Message, Receiver, Means, datetime], Awaitable[None]]

WAYS: dict[Way, Send] = {
    Way.EMAIL: smtp.send,
    Way.WEBHOOK: webhook.send,
    **dict.fromkeys((Way.WECOM, Way.DINGTALK, Way.FEISHU), robots.send),
}
"""How each way sends; an inbox needs no sending."""


class Delivery:
    """Sends to one receiver what waits for it, in order; never more than one at a time."""

    def __init__(
        self,
        receiver: Receiver,
        outbox: Outbox,
        means: Means,
        pace: Pace,
        now: Callable[[], datetime],
        random: Random,
        send: Send | None = None,
    ) -> None:
        self.receiver = receiver
        self._outbox, self._means, self._pace = outbox, means, pace
        self._now, self._random = now, random
        self._send = send or WAYS[receiver.way]

    async def step(self) -> timedelta | None:
        """Try the oldest message, if it is time; gives how long to wait until the next step.

        None where nothing waits, or all of it until the receiver is resumed. Raises `Unavailable` where the
        database is away.
        """
        waiting = None if self.receiver.paused else await self._outbox.oldest(self.receiver.id)
        if waiting is None:
            return None
        now = self._now()
        delay = max(self._pace.delay(now), (waiting.not_before or now) - now)
        if delay > timedelta():
            return delay
        if await self._outbox.begun(self.receiver.id, waiting.position, now):
            self._pace.note(now)
            await self._try(waiting, now)
        return timedelta()

    async def _try(self, waiting: Waiting, now: datetime) -> None:
        receiver, link = self.receiver, self._means.link(waiting.told.ticket)
        message = Message(receiver.id, waiting.position, waiting.told, link)
        try:
            await self._send(message, receiver, self._means, now)
        except NotTaken as problem:
            await self._note(waiting, str(problem), problem.refused)
        except Exception as fault:  # What trips our code is given up by itself: the next ones go.
            log.error("message_failed", receiver=receiver.code, problem=type(fault).__name__)
            await self._note(waiting, f"this is our fault ({type(fault).__name__}): tell us", True)
        else:
            await self._outbox.sent(receiver.id, waiting.position, self._now())
            log.info("message_sent", receiver=receiver.code, position=waiting.position)

    async def _note(self, waiting: Waiting, why: str, refused: bool) -> None:
        """Leave the receiver alone for a while; where a message was given up by itself, the next may go."""
        now = self._now()
        given_up = refused and waiting.attempts + 1 >= REFUSALS
        failures = 0 if given_up else waiting.failures + 1
        dead = await self._outbox.failed(
            self.receiver.id,
            waiting.position,
            at=now,
            dead=given_up,
            too_old=now - GIVE_UP,
            problem=why,
            failures=failures,
            not_before=None if given_up else now + rest(failures, self._random),
        )
        log.warning(
            "message_not_taken",
            receiver=self.receiver.code,
            position=waiting.position,
            problem=why,
            given_up=dead,
        )
