"""Servers on this machine that are told: some take it, and some behave as servers do on bad days."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
ANSWERS = {
    "takes it": TAKEN % (2, b"{}"),
    "is a robot": TAKEN % (27, b'{"errcode":0,"errmsg":"ok"}'),
    "is Feishu": TAKEN % (10, b'{"code":0}'),
    "refuses as a robot": TAKEN % (17, b'{"errcode":93000}'),
    "answers what is no robot": TAKEN % (9, b"<html/>\r\n"),
    "answers 500": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    "answers 400": b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n",
    "answers 410": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "speaks no HTTP": b"SSH-2.0-other\r\n\r\n",
}
FOREVER = {
    "drips its head": (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
    "drips its body": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "never ends its body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "never ends its head": (b"HTTP/1.1 200 OK\r\n", b"X-More: %s\r\n" % (b"x" * 60000)),
    "hangs": (b"", b""),
}
BETWEEN_DRIPS, LATE = 0.2, 0.03
"""Seconds."""


class Heard(NamedTuple):
    """One request."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def position(self) -> int:
        """The position of the event that it tells of."""
        return int(json.loads(self.body)["data"]["position"])


class Server(socketserver.ThreadingTCPServer):
    """Hears requests, and behaves as it is told to; `does` can be changed at any time."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, does: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.does = does
        self.heard: list[Heard] = []
        self.ending = threading.Event()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/told"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who is told hangs up when they like."""


class Handler(socketserver.StreamRequestHandler):
    """One connection, one request."""

    server: Server

    def handle(self) -> None:
        """Hear, then answer as the server does now."""
        first = self.rfile.readline().decode().split()
        if len(first) < 2:
            return
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return  # Half a request, of somebody who was killed.
        does = self.server.does
        self.server.heard.append(Heard(first[1], headers, body))
        if does == "redirects":
            self.wfile.write(f"HTTP/1.1 307 There\r\nLocation: {self.server.url}\r\n\r\n".encode())
        elif does == "takes it late":
            self.server.ending.wait(LATE)
            self.wfile.write(ANSWERS["takes it"])
        elif does in ANSWERS:
            self.wfile.write(ANSWERS[does])
        else:
            begin, more = FOREVER[does]
            self.wfile.write(begin)
            with suppress(OSError):
                while not self.server.ending.wait(0 if len(more) > 100 else BETWEEN_DRIPS):
                    self.wfile.write(more)


@contextmanager
def listening(does: str = "takes it", port: int = 0) -> Iterator[Server]:
    """A server at work."""
    with Server(does, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class MailHandler(socketserver.StreamRequestHandler):
    """As much of a mail server as takes a mail."""

    server: "MailServer"

    def handle(self) -> None:
        """Take mails until the caller hangs up."""
        if self.server.does == "hangs":
            self.server.ending.wait()
            return
        if self.server.does == "drips":
            with suppress(OSError):
                while not self.server.ending.wait(BETWEEN_DRIPS):
                    self.wfile.write(b"2")
            return
        self._say("220 here")
        while words := self.rfile.readline().decode().split():
            verb = words[0].upper()
            if verb == "DATA":
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b"."))
                refuses = self.server.does == "refuses"
                if not refuses:
                    self.server.heard.append(b"".join(lines))
                self._say("554 not this" if refuses else "250 taken")
            else:
                self._say("221 bye" if verb == "QUIT" else "250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails, or behaves badly."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, does: str) -> None:
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.does = does
        self.heard: list[bytes] = []
        self.ending = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up when they like."""


@contextmanager
def taking_mail(does: str = "takes it") -> Iterator[MailServer]:
    """A mail server at work."""
    with MailServer(does) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()
