"""A timekeeper and a projector in a process of their own, under a clock that the test sets; to be killed."""

import asyncio
import sys
from datetime import datetime, timedelta

from adapters.event_store import EventStore
from adapters.logs import configure_logs
from adapters.reading import Reading
from adapters.recorder import GroupRecorder
from api.adopted import Adopted
from api.projector import VIEWS
from api.timekeeper import Timekeeper
from projections.engine import Engine


async def keep(conninfo: str, now: datetime, until: datetime, poll: timedelta) -> None:
    """Look once every `poll` of its own time, and say after each look what time it was."""
    reading, recorder = Reading(conninfo), GroupRecorder(conninfo)
    await reading.open()
    store = EventStore(recorder, reading, lambda: now)
    keeper = Timekeeper(store, reading, Adopted(store))
    engine = Engine(conninfo, VIEWS)
    with engine.leading() as conn:
        while now <= until:
            looking = True
            while looking:
                while engine.advance(conn):
                    pass
                looking = bool(await keeper.look())
            print(now.isoformat(), flush=True)  # noqa: T201 - what the test listens to
            now += poll
    await recorder.finish()
    await reading.close()


if __name__ == "__main__":
    configure_logs("error")
    begin, end = (datetime.fromisoformat(text) for text in sys.argv[2:4])
    asyncio.run(keep(sys.argv[1], begin, end, timedelta(minutes=float(sys.argv[4]))))
