"""Killed in mid-write, twenty times: nothing promised is lost, nothing is done twice, the views agree."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.adapters.writing import entries, is_contiguous, row, wait_for
from tests.faults.load import Clients, Unanswered
from tests.faults.running import Running
from tests.projections.agreement import check_agreement

CLIENTS = 6
ROUNDS = {"the service": 8, "PostgreSQL": 6, "one backend": 6}


@contextmanager
def at_work(folder: Path, seed: int) -> Iterator[tuple[Running, Clients]]:
    """A service with clients; in the end it stops in good order and leaves nothing behind."""
    print(f"seed {seed}")  # noqa: T201 - to run the same rounds again
    running = Running(folder)
    running.start()
    clients = Clients(running.port, seed)
    try:
        clients.sign_in()
        yield running, clients
        assert running.end() == 0, running.last_words()
        assert not running.is_postgres_running()
    finally:
        if running.process.poll() is None:
            running.end()
    wait_for(lambda: running.left_behind() == [])


def kill_under_load(clients: Clients, random: Random, kill: Callable[[], None]) -> int:
    """Kill at a random moment while clients write, then let them go home; gives how many were writing."""
    enough = len(clients.promised) + random.randint(5, 150)
    clients.start(CLIENTS)
    try:
        wait_for(lambda: len(clients.promised) >= enough or clients.refused)
        writing = clients.asking
        kill()
    finally:
        clients.stop()
    return writing


def answer_what_is_open(clients: Clients) -> int:
    """Repeat with the same keys until everything is answered; gives how much there was."""
    found = len(clients.open)

    def answered() -> bool:
        with suppress(Unanswered):
            clients.repeat_what_is_open()
        return not clients.open or bool(clients.refused)

    wait_for(answered)
    assert clients.refused == []
    return found


def check_all_promises(running: Running, clients: Clients) -> None:
    """The log has each promised event where the receipt says, each key once, and nothing else."""
    log = entries(running.database)
    assert is_contiguous(log)
    assert row(running.database, "SELECT position FROM log.head") == (len(log),)
    by_key = {promised.asked.key: promised for promised in clients.promised}
    assert len(by_key) == len(clients.promised)
    for promised in clients.promised:
        entry = log[promised.position - 1]
        assert (str(entry.originator_id), entry.version) == (promised.id, promised.version), promised
    written = Counter(str(entry.originator_id) for entry in log if entry.topic.startswith("ticket."))
    assert written == Counter(promised.id for promised in clients.promised), "A command is there twice."
    numbers = sorted({promised.number for promised in clients.promised})
    assert len(numbers) == len(written)
    assert [int(number[-4:]) for number in numbers] == list(range(1, len(numbers) + 1))
    check_histories(running)


def check_histories(running: Running) -> None:
    """Every history is numbered without a hole."""
    query = """SELECT count(*)
                 FROM (SELECT count(*) AS n, min(originator_version), max(originator_version)
                         FROM log.events GROUP BY originator_id) AS history
                WHERE n <> max OR min <> 1"""
    assert row(running.database, query) == (0,)


def check_answers_again(clients: Clients, random: Random) -> None:
    """A repeated request gets the answer it got before."""
    for promised in random.sample(clients.promised, 5):
        asked = promised.asked
        _, answer = clients.request("POST", asked.path, asked.body, asked.account, asked.key)
        assert (answer["id"], answer["version"], answer["position"]) == (
            promised.id, promised.version, promised.position,
        )  # fmt: skip


def restart(running: Running) -> None:
    """SIGKILL of the service, and its next start in the same folder and on the same port."""
    running.kill()
    running.start()


@pytest.mark.parametrize("killed", ROUNDS)
def test_nothing_is_lost_or_done_twice_when(killed: str, folder: Path) -> None:
    seed = SystemRandom().randrange(10**6)
    random = Random(seed)
    with at_work(folder, seed) as (running, clients):
        kills = {
            "the service": lambda: restart(running),
            "PostgreSQL": running.kill_postgres,
            "one backend": lambda: running.kill_backend(random.randrange(100)),
        }
        writing, unanswered = 0, 0
        for nth in range(ROUNDS[killed]):
            writing += kill_under_load(clients, random, kills[killed])
            unanswered += answer_what_is_open(clients)
            check_all_promises(running, clients)
            check_answers_again(clients, random)
            check_agreement(running.database)
            print(f"round {nth + 1}: {len(clients.promised)} promised, {unanswered} unanswered")  # noqa: T201
        assert len(clients.promised) > 20 * ROUNDS[killed]
        assert writing >= ROUNDS[killed], "The kills met too few writes."
        assert unanswered > 0 or killed != "the service", "Its clients did not notice that it was killed."
