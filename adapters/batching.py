"""Many who wait, one trip to the database: what comes in while a trip is under way goes with the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Overloaded(Exception):
    """More is waiting than can be done soon: try again in a second."""


class Batching(Generic[Asked, Answer]):
    """Answers one question at a time by asking `trip` many at once.

    `trip` gives one answer for each question, in order; an answer that is an exception is raised to
    the one who asked, and to nobody else. With `most_waiting` already in line a question is refused.
    """

    def __init__(
        self,
        trip: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | BaseException]]],
        most_at_once: int = 256,
        most_waiting: int = 2_000,
    ) -> None:
        self._trip = trip
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Asked, asyncio.Future[Answer]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer, once the trip that carries this question is back."""
        if len(self._waiting) >= self._most_waiting:
            raise Overloaded
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._travel())
        return await future

    async def finish(self) -> None:
        """Wait until everybody in line has an answer."""
        while self._running is not None:
            await asyncio.wait([self._running])

    async def _travel(self) -> None:
        try:
            while self._waiting:
                count = min(self._most_at_once, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(count)]
                batch = [(asked, future) for asked, future in batch if not future.done()]
                if batch:
                    await self._carry(batch)
        finally:
            self._running = None

    async def _carry(self, batch: list[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
        answers: Sequence[Answer | BaseException]
        try:
            answers = await self._trip([asked for asked, _ in batch])
        except Exception as problem:  # Whatever it is, it is told to those who asked, and the next trip goes.
            answers = [problem] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
