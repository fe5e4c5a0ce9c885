"""Tasks end when they are told to, however often that takes."""

import asyncio

import pytest

from adapters.tasks import end

pytestmark = pytest.mark.anyio


async def test_a_task_that_lost_its_cancellation_is_cancelled_again() -> None:
    lost = 0

    async def work() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost == 1:
                    raise
                lost += 1

    async def fail() -> None:
        raise ValueError("of its own")

    tasks = [asyncio.create_task(work()), asyncio.create_task(fail())]
    await asyncio.sleep(0)
    await end(*tasks)
    assert lost == 1
    assert [task.done() for task in tasks] == [True, True]
    await end()
