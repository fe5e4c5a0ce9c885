"""Short words for what people do over HTTP, and for what must be true of the answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from tests.conftest import People
from tests.pictures import picture

GRID = "220621100001-01"
REPORT: dict[str, Any] = {"title": "水仙名苑北楼下水堵塞", "description": "一楼返水。", "grid": GRID}
Step = tuple[str, str, dict[str, str | list[str]]]
LIFE: dict[str, list[Step]] = {
    "reported": [],
    "sorted": [("sorter", "sort", {"category": "drain", "urgency": "urgent"})],
    "dispatched": [("dispatcher", "dispatch", {"lead": "water", "assisting": ["housing"]})],
    "claimed": [("water", "claim", {}), ("housing", "claim", {})],
    "handled": [("water", "handle", {"result": "已疏通。"}), ("housing", "handle", {"result": "已更换。"})],
    "verified": [("sorter", "verify", {"solved": "solved"})],
}
"""The life of a joint ticket, stage by stage; 'claimed' is a stage of its tasks, not of the ticket."""


class Steps:
    """What the people of one town do."""

    def __init__(self, people: People) -> None:
        self.people = people

    def client(self, token: str) -> TestClient:
        """A client that holds this token."""
        client = TestClient(self.people.nobody.app, raise_server_exceptions=False)
        client.portal = self.people.nobody.portal
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def report(self, account: str = "grid", **changed: Any) -> str:
        """A new ticket; gives its path."""
        answer = self.people[account].post("/api/tickets", json={**REPORT, **changed})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def photo(self, account: str = "grid") -> str:
        """A new photo that waits for a ticket; gives its id."""
        answer = self.people[account].post("/api/photos", content=picture())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def do(self, account: str, ticket: str, verb: str, **body: Any) -> dict[str, Any]:
        """A verb that is accepted; gives the receipt."""
        answer = self.people[account].post(f"{ticket}/{verb}", json=body)
        assert answer.status_code == 200, answer.text
        return body_of(answer)

    def at_stage(self, wanted: str, **changed: Any) -> str:
        """A new joint ticket of water and housing that has lived until this stage; gives its path."""
        ticket = self.report(**changed)
        for stage, steps in LIFE.items():
            for account, verb, body in steps:
                self.do(account, ticket, verb, **body)
            if stage == wanted:
                return ticket
        raise ValueError(wanted)

    def read(self, ticket: str, account: str = "auditor", **asked: Any) -> dict[str, Any]:
        """The ticket as this account sees it."""
        return self.get(account, ticket, **asked)

    def get(self, account: str, path: str, **asked: Any) -> dict[str, Any]:
        """An answer that is given."""
        answer = self.people[account].get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return body_of(answer)

    def history(self, ticket: str) -> list[dict[str, Any]]:
        """All events of the ticket."""
        items: list[dict[str, Any]] = self.get("auditor", f"{ticket}/history")["items"]
        return items

    def events(self, ticket: str) -> list[str]:
        """The names of all events of the ticket."""
        return [item["event"] for item in self.history(ticket)]

    def ids(self, account: str, **asked: Any) -> list[str]:
        """The paths of the tickets in this account's list, views caught up, page after page."""
        self.people.catch_up()
        found: list[str] = []
        cursor: str | None = None
        while True:
            given = {**asked, "cursor": cursor} if cursor else asked
            page = self.get(account, "/api/tickets", **given)
            found += [f"/api/tickets/{item['id']}" for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                return found

    def position(self) -> int:
        """Where the log ends."""
        answer = self.people.nobody.get("/api/health")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["position"])

    @contextmanager
    def nothing_done(self, *tickets: str) -> Iterator[None]:
        """What happens inside leaves no event and no ticket at another version."""
        before = self.position(), [self.read(ticket) for ticket in tickets]
        yield
        assert (self.position(), [self.read(ticket) for ticket in tickets]) == before


def body_of(answer: Response) -> dict[str, Any]:
    """The answer's JSON object."""
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert isinstance(found, dict)
    return found


def problem(answer: Response, status: int, name: str) -> str:
    """Hold the answer against RFC 9457 and the contract; gives its sentence."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert {"type", "title", "status", "detail"} <= said.keys()
    assert said["status"] == status
    assert said["type"].rpartition("/")[2] == name
    assert said["title"].strip()
    detail = said["detail"]
    assert isinstance(detail, str)
    assert detail.strip()
    assert "Traceback" not in answer.text
    return detail
