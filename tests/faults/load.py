"""Several clients over HTTP, who remember what they were promised."""

import http.client
import json
import threading
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any, NamedTuple

from api.demonstration.town import PASSWORD
from tests.adapters.writing import COMMUNITY, GRID

TIMEOUT = 20.0
NO_ANSWER = (OSError, http.client.HTTPException)


class Asked(NamedTuple):
    """One write: by whom, what, under which key, and for which ticket."""

    account: str
    path: str
    body: dict[str, Any]
    key: str


class Promised(NamedTuple):
    """A receipt that the service gave for a write."""

    asked: Asked
    id: str
    number: str
    version: int
    position: int


class Unanswered(Exception):
    """The service went away, or said that it could not do it now."""


class Clients:
    """What all clients share: the address, the tokens, what was promised and what is open."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.random = Random(seed)
        self.promised: list[Promised] = []
        self.open: list[Asked] = []
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.refused: list[str] = []
        self.asking = 0
        """How many requests are on their way at this moment."""

    def start(self, clients: int) -> None:
        """Set that many to work, each on tickets of its own."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._work) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until all have gone home; who got no answer leaves the question open."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 10)
            assert not thread.is_alive(), "A client never got an answer, not even a broken connection."

    def repeat_what_is_open(self) -> None:
        """Ask again, with the same key, whatever was not answered."""
        asking, self.open = self.open, []
        for asked in asking:
            self.ask(asked)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                for asked in self._life():
                    self.ask(asked)
                    if self._stop.is_set():
                        return
            except Unanswered:
                return

    def _life(self) -> Iterator[Asked]:
        """A ticket's way, as far as it comes."""
        key = f"life-{next(self._numbers)}"
        report = {"title": f"楼道灯不亮 {key}", "description": "三天了。", "grid": GRID}
        yield Asked("grid", "/api/tickets", report, f"{key}-report")
        with self._lock:
            id = next(p.id for p in reversed(self.promised) if p.asked.key == f"{key}-report")
        for account, verb, body in (
            ("sorter", "sort", {"category": "drain", "urgency": "urgent"}),
            ("dispatcher", "dispatch", {"lead": "water", "assisting": ["housing"]}),
            ("water", "claim", {}),
            ("housing", "claim", {}),
            ("water", "handle", {"result": "已修好。"}),
            ("housing", "handle", {"result": "已修好。"}),
            ("sorter", "verify", {"solved": "solved"}),
        ):
            yield Asked(account, f"/api/tickets/{id}/{verb}", body, f"{key}-{verb}-{account}")

    def ask(self, asked: Asked) -> None:
        """Write; what is answered is promised, what is not stays open."""
        with self._lock:
            self.asking += 1
        try:
            status, answer = self.request("POST", asked.path, asked.body, asked.account, asked.key)
        except NO_ANSWER as problem:
            with self._lock:
                self.open.append(asked)
            raise Unanswered from problem
        finally:
            with self._lock:
                self.asking -= 1
        with self._lock:
            if status == 503:
                self.open.append(asked)
                raise Unanswered
            if status not in (200, 201):
                self.refused.append(f"{asked.path} {asked.key}: {status} {answer}")
                raise Unanswered
            self.promised.append(Promised(asked, **answer))

    def sign_in(self) -> None:
        """Get the tokens of everybody who acts here."""
        for account in ("grid", "sorter", "dispatcher", "water", "housing", "auditor"):
            status, answer = self.request("POST", "/api/session", {"account": account, "password": PASSWORD})
            assert status == 201, answer
            self._tokens[account] = answer["token"]

    def request(
        self, method: str, path: str, body: Any = None, account: str = "", key: str = ""
    ) -> tuple[int, Any]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/json"}
        if account:
            headers["Authorization"] = f"Bearer {self._tokens[account]}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except json.JSONDecodeError as problem:
            raise http.client.HTTPException("Half an answer.") from problem
        finally:
            connection.close()


__all__ = ["COMMUNITY", "Asked", "Clients", "Promised", "Unanswered"]
