"""What the service writes about itself: one JSON line a fact, with a request id, and nothing personal."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.adapters.writing import wait_for
from tests.command_line.whistle import Serving, done, refused, serving

NAME, PHONE, TITLE, TEXT = "欧阳某某", "13912345678", "标题里有家事", "描述里有病情"
SECRETS = (NAME, PHONE, TITLE, TEXT, "whistle-demo", "a-guess-of-a-password", "another long secret")


@pytest.fixture(scope="module")
def service(shared_town: str) -> Iterator[Serving]:
    """The service on a town that these tests share."""
    with serving("--database-url", shared_town) as found:
        yield found


def heard(service: Serving) -> list[dict[str, Any]]:
    """All log lines up to now; this question itself is the last that is noted."""
    mark = f"/api/tickets/{uuid4()}"
    assert service.ask(mark)[0] == 401
    wait_for(lambda: any(mark in line for line in service.err))
    return [json.loads(line) for line in service.err]


def test_nothing_personal_stands_in_the_log(service: Serving, shared_town: str) -> None:
    tokens = {name: service.token(name) for name in ("grid", "sorter", "dispatcher", "water", "admin")}
    report: dict[str, object] = {"title": TITLE, "description": TEXT, "grid": "220621100001-01"}
    report |= {"reporter": {"name": NAME, "phone": PHONE}}
    status, receipt = service.ask("/api/tickets", report, tokens["grid"], {"Idempotency-Key": "k"})
    assert status == 201
    ticket = f"/api/tickets/{receipt['id']}"
    link = service.ask(f"{ticket}/link", {}, tokens["grid"])[1]["token"]
    for account, verb, body, expected in (
        ("sorter", "sort", {"category": "drain", "urgency": "urgent", "note": TEXT}, 200),
        ("sorter", "sort", {"category": "drain", "urgency": "urgent", "note": TEXT}, 409),
        ("sorter", "reject", {"reason": {"wrong": TEXT}}, 400),
        ("water", "claim", {"department": TEXT}, 404),
        ("dispatcher", "dispatch", {"lead": TEXT, "note": TEXT}, 422),
        ("dispatcher", "dispatch", {"lead": "water", "note": TEXT}, 200),
        ("grid", "sort", {"category": TEXT, "urgency": TEXT}, 422),
    ):
        assert service.ask(f"{ticket}/{verb}", body, tokens[account])[0] == expected
    assert service.ask("/api/tickets", {**report, "title": 3, "grid": TITLE}, tokens["grid"])[0] == 400
    assert service.ask("/api/tickets", {**report, "grid": TITLE}, tokens["grid"])[0] == 422
    assert service.ask("/api/session", {"account": "water", "password": SECRETS[5]})[0] == 401
    assert service.ask("/api/accounts/water/password", {"password": SECRETS[6]}, tokens["admin"])[0] == 200
    assert service.ask(ticket, token=link)[0] == 200
    assert service.ask(ticket, token=link + "x")[0] == 401
    assert service.ask(f"/api/tickets?q={PHONE}", token=tokens["grid"])[0] == 200
    done("status", "--database-url", shared_town)
    heard(service)
    log = "".join(service.err)
    assert "ticket.reported" in log
    for secret in (*SECRETS, link, *tokens.values()):
        assert secret not in log
        assert secret.encode("unicode_escape").decode() not in log


def test_each_line_is_json_and_says_which_request_it_is_of(service: Serving) -> None:
    grid = service.token("grid")
    before = len(heard(service))
    report = {"title": "x", "description": "y", "grid": "220621100001-01"}
    assert service.ask("/api/tickets", report, grid)[0] == 201
    assert service.ask("/api/tickets", {**report, "grid": "none"}, grid)[0] == 422
    lines = heard(service)[before:]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    accepted = [line for line in lines if line.get("fact") == "ticket.reported"]
    refused = [line for line in lines if line.get("problem") == "UnknownGrid"]
    assert len(accepted) == len(refused) == 1
    assert accepted[0]["request"] != refused[0]["request"]


def test_what_is_no_http_is_refused_and_the_service_goes_on(service: Serving) -> None:
    host, port = service.address.removeprefix("http://").split(":")
    for sent in (
        b"\x16\x03\x01\x00\xa5",
        b"GET\r\n\r\n",
        b"POST /api/tickets HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(sent)
            assert b" 400 " in connection.recv(1000).splitlines()[0]
    assert service.ask("/api/health")[0] == 200


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_ten_mebibytes_are_refused_before_they_are_read(service: Serving, framing: str) -> None:
    token = service.token("grid")
    host, port = service.address.removeprefix("http://").split(":")
    head = f"POST /api/tickets HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with socket.create_connection((host, int(port)), 10) as connection:
        if framing == "length":
            connection.sendall(f"{head}Content-Length: {10 * 1024 * 1024}\r\n\r\n".encode())
        else:
            connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 17)
        answer = connection.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert service.ask("/api/health")[0] == 200


@pytest.mark.parametrize("level", ["silly", "notset", "INFO "])
def test_a_level_that_is_none_is_refused_with_those_there_are(level: str) -> None:
    line = refused("status", WHISTLE_LOG=level)
    assert "WHISTLE_LOG" in line
    assert "debug, info, warning, error" in line
