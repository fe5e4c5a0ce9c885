"""Whoever is told badly delays nobody else; and whoever tells may be killed at any time."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from random import Random, SystemRandom

import pytest

from adapters.batch import Command
from adapters.database import Database
from adapters.event_store import utc_now
from adapters.telling import exchange, pace
from adapters.telling.means import Means
from api.messenger import Messenger
from domain.receiver import Receiver, RegisterReceiver
from domain.way import Way
from tests.adapters.listening import FOREVER, Server, free_port, listening
from tests.adapters.test_telling import KEY
from tests.adapters.test_telling_ways import ADMIN
from tests.adapters.writing import row, wait_for
from tests.projections.histories import Town
from tests.projections.writing import head, write

PROMPT = 5.0
"""Seconds within which a message arrives on a slow machine; the ill ones are waited for much longer."""
ILL = ("answers 500", *FOREVER)
TAKE_ANYWAY = ("drips its body", "never ends its body")
"""What they say after their 200 is not listened to."""


def register(database: Database, *servers: tuple[str, str]) -> int:
    """Receivers at these addresses, of everything; gives the position after which they are told."""
    commands = []
    for code, url in servers:
        command = RegisterReceiver(code, code, Way.WEBHOOK, ("ticket.*",), "", url, "the-secret")
        made = Receiver.register(command, None, ADMIN, utc_now())
        commands.append(Command(list(made.collect_events()), None))  # type: ignore[arg-type]
    asyncio.run(write(database, commands))
    return head(database)


def positions(server: Server) -> list[int]:
    """What was heard, in order, repeats left out."""
    return list(dict.fromkeys(heard.position for heard in server.heard))


def has(server: Server, position: int) -> bool:
    """Whether it has been told of the event at this position."""
    return any(heard.position == position for heard in list(server.heard))


@contextmanager
def telling(database: Database, folder: Path) -> Iterator[Messenger]:
    """A messenger at work in a thread."""
    (folder / "the-secret").write_text(KEY)
    messenger = Messenger(database.service, Means(networks=(ip_network("127.0.0.0/8"),), secrets=folder))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=[messenger.run()])
    thread.start()
    try:
        yield messenger
    finally:
        loop.call_soon_threadsafe(messenger.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_whoever_is_ill_delays_nobody_and_gets_all_when_well(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LONGEST", 2.0)
    monkeypatch.setattr(pace, "LONGEST_REST", timedelta(seconds=1))
    town, port = Town(3), free_port()
    with ExitStack() as stack:
        well = stack.enter_context(listening())
        ill = [stack.enter_context(listening(does)) for does in ILL]
        named = [(f"ill-{nth}", server.url) for nth, server in enumerate(ill)]
        first = register(
            database, *named, ("down", f"http://127.0.0.1:{port}/told"), ("well", well.url),
            ("nowhere", "http://nowhere.invalid/told"),
        ) + 1  # fmt: skip
        stack.enter_context(telling(database, tmp_path))
        for _ in range(8):
            asyncio.run(write(database, town.live(6)))
            begun, last = time.monotonic(), head(database)
            wait_for(partial(has, well, last), 30)
            assert time.monotonic() - begun < PROMPT
        all_of_them = list(range(first, head(database) + 1))
        assert [heard.position for heard in well.heard] == all_of_them, "Each once, in order, none missing."
        for server in ill:
            if server.does in TAKE_ANYWAY:
                wait_for(partial(has, server, all_of_them[-1]), 30)
                assert positions(server) == all_of_them
            else:
                assert {heard.position for heard in server.heard} <= {first}
        down = stack.enter_context(listening(port=port))
        for server in ill:
            server.does = "takes it"
        for server in (*ill, down):
            wait_for(partial(has, server, all_of_them[-1]), 60)
            assert positions(server) == all_of_them


class Process:
    """A `whistle tell` of its own, to be killed."""

    def __init__(self, database: Database, folder: Path, nth: int) -> None:
        (folder / "the-secret").write_text(KEY)
        self.log = folder / f"messenger-{nth}.log"
        settings = {
            "WHISTLE_DATABASE_URL": database.service,
            "WHISTLE_TELL_NETWORKS": "127.0.0.0/8",
            "WHISTLE_SECRETS": str(folder),
        }
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.command_line", "tell"], env={**os.environ, **settings}, stderr=log
            )

    @property
    def leads(self) -> bool:
        """Whether it is the one that tells."""
        return "messenger_started" in self.log.read_text()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """SIGTERM; gives the exit code."""
        self._process.terminate()
        return self._process.wait(30)


KILLS = 8


def test_killed_at_any_time_each_is_told_at_least_once_in_order_without_a_gap(
    database: Database, tmp_path: Path
) -> None:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to run the same rounds again
    random, town = Random(seed), Town(seed)
    with listening("takes it late") as one, listening() as other:
        first = register(database, ("one", one.url), ("other", other.url)) + 1
        messengers = [Process(database, tmp_path, nth) for nth in range(2)]  # One leads, one stands by.
        try:
            for nth in range(KILLS):
                wanted = head(database) + random.randint(1, 25)
                asyncio.run(write(database, town.live(30)))
                wait_for(partial(has, random.choice([one, other]), wanted), 60)
                leader = next(messenger for messenger in messengers if messenger.leads)
                threading.Event().wait(
                    random.uniform(0, 0.05)
                )  # Nothing is waited for: any moment is as good.
                leader.kill()
                messengers.remove(leader)
                messengers.append(Process(database, tmp_path, nth + 2))
            all_of_them = list(range(first, head(database) + 1))
            for server in (one, other):
                wait_for(partial(has, server, all_of_them[-1]), 60)
        finally:
            codes = [messenger.end() for messenger in messengers]
    print(f"{len(one.heard) - len(all_of_them)} repeats")  # noqa: T201
    assert 0 in codes, "The one that stands by may have been ended before it had begun."
    for server in (one, other):
        heard = [each.position for each in server.heard]
        assert positions(server) == all_of_them
        assert heard == sorted(heard), "What is repeated is the one under way when it was killed."
        assert len(heard) <= len(all_of_them) + KILLS
        ids = {each.position: each.headers["webhook-id"] for each in server.heard}
        assert all(each.headers["webhook-id"] == ids[each.position] for each in server.heard)
        assert len(set(ids.values())) == len(ids)
    waiting = "SELECT count(*) FROM outbox.message WHERE sent_at IS NULL OR dead_at IS NOT NULL"
    assert row(database, waiting) == (0,)
    said = "".join(log.read_text() for log in tmp_path.glob("*.log"))
    assert said.count("messenger_started") > KILLS
    assert KEY not in said
    assert "Traceback" not in said
