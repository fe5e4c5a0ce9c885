"""Tasks that run until they are ended."""

import asyncio

AGAIN = 0.5
"""Seconds until a task that has not ended is cancelled once more."""


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel these until each has ended, and say nothing of what they ended with.

    Once is not enough before Python 3.12: `asyncio.wait_for` forgets that it was cancelled where its answer
    comes at the same moment, and whoever waits for a connection of a pool waits by it.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
