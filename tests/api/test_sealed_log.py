"""The sealed log over HTTP: a witness verifies all of it with nothing but the answers."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from evidence.merkle import hash_leaf, is_consistent, is_included
from evidence.note import Checkpoint, Verifier
from tests.api.steps import Steps, problem
from tests.evidence.sealing import Sealed
from tests.evidence.test_merkle import naive


@pytest.fixture
def sealed(own: Steps, tmp_path: Path) -> Sealed:
    """The log of the town, sealed when a ticket had been reported and once more when it was verified."""
    made = Sealed(own.people.database, tmp_path)
    own.report()
    made.seal()
    own.at_stage("verified")
    made.seal()
    return made


def ask(own: Steps, path: str, account: str | None = None, **asked: Any) -> Any:
    """An answer that is given, without signing in unless said."""
    client = own.people[account] if account else own.people.nobody
    answer = client.get(f"/api/log/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def hashes(answer: Any) -> list[bytes]:
    """The hashes of a proof."""
    return [b64decode(each) for each in answer.json()["proof"]]


def test_a_witness_follows_the_log(own: Steps, sealed: Sealed) -> None:
    verifier = Verifier.read(ask(own, "key").text)
    note = ask(own, "checkpoint")
    assert note.headers["content-type"].startswith("text/plain")
    assert note.text == sealed.notes[-1]
    now = Checkpoint.read(verifier.open(note.text))
    before = Checkpoint.read(verifier.open(sealed.notes[0]))
    proof = hashes(ask(own, "consistency", first=before.size, second=now.size))
    assert is_consistent(before.size, now.size, proof, before.root, now.root)
    items = ask(own, "leaves", "auditor", start=0, end=now.size).json()["items"]
    leaves = [b64decode(item["leaf"]) for item in items]
    assert [item["index"] for item in items] == list(range(now.size))
    assert naive(leaves) == now.root
    for index in (0, 1, before.size, now.size - 1):
        path = hashes(ask(own, "inclusion", index=index, size=now.size))
        assert is_included(hash_leaf(leaves[index]), index, now.size, path, now.root)
    assert [item["index"] for item in ask(own, "leaves", "auditor", start=3, end=3).json()["items"]] == [3]


def test_health_says_how_far_the_log_is_sealed_and_how_long_the_next_event_waits(
    own: Steps, sealed: Sealed
) -> None:
    health = own.people.nobody.get("/api/health").json()
    assert health["sealed"] == {"position": health["position"], "lag": 0, "waiting_seconds": 0.0}
    assert health["kept"]["position"] == 0
    assert health["kept"]["lag"] == health["position"]
    assert health["kept"]["waiting_seconds"] > 0
    own.report()
    later = own.people.nobody.get("/api/health").json()
    assert later["sealed"]["position"] == health["position"]
    assert later["sealed"]["lag"] == 1


REFUSED = (
    ("inclusion?index=5&size=5", 422, "OutOfRange"),
    ("inclusion?index=0&size=100000", 404, "NotSealed"),
    ("consistency?first=3&second=2", 422, "OutOfRange"),
    ("consistency?first=3&second=100000", 404, "NotSealed"),
    ("consistency?first=0&second=2", 422, "OutOfRange"),
    ("inclusion?index=-1&size=2", 422, "OutOfRange"),
    ("inclusion?size=2", 400, "Malformed"),
    ("leaves?start=0&end=1", 401, "NotSignedIn"),
)


def test_what_cannot_be_proven_is_refused(own: Steps, sealed: Sealed) -> None:
    for path, status, name in REFUSED:
        problem(own.people.nobody.get(f"/api/log/{path}"), status, name)


def test_only_auditors_read_leaves(own: Steps, sealed: Sealed) -> None:
    for account in ("grid", "sorter", "dispatcher", "water", "supervisor"):
        problem(own.people[account].get("/api/log/leaves?start=0&end=1"), 403, "NotYours")
    problem(own.people["auditor"].get("/api/log/leaves?start=2&end=1"), 422, "OutOfRange")
    assert ask(own, "leaves", "auditor", start=10**6, end=10**6).json()["items"] == []


def test_before_anything_is_sealed_it_is_said(own: Steps) -> None:
    for path in ("checkpoint", "key", "inclusion?index=0&size=1"):
        problem(own.people.nobody.get(f"/api/log/{path}"), 404, "NotSealed")
