"""A server that speaks as much S3 as photos need, and checks every signature (AWS Signature Version 4)."""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from adapters.settings import Bucket

SECRET = "the bucket's own secret"


class Kept:
    """What the bucket holds, and whether it is well."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken = False


def signature(method: str, path: str, query: str, headers: Any) -> str:
    """What the `Authorization` header must end in."""
    scheme = dict(
        part.strip().split("=", 1) for part in headers["authorization"].partition(" ")[2].split(",")
    )
    scope = scheme["Credential"].split("/", 1)[1]
    signed = "".join(f"{name}:{headers[name].strip()}\n" for name in scheme["SignedHeaders"].split(";"))
    query = query if not query or "=" in query else f"{query}="
    canonical = "\n".join(
        (method, path, query, signed, scheme["SignedHeaders"], headers["x-amz-content-sha256"])
    )
    asked = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, asked))
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


class Answering(BaseHTTPRequestHandler):
    """Answers one request for the objects of the bucket."""

    protocol_version = "HTTP/1.1"
    kept: Kept

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 09:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url, objects = urlsplit(self.path), self.kept.objects
        given = self.headers.get("authorization", "").rpartition("Signature=")[2]
        if self.kept.broken:
            self._answer(500)
        elif not given or given != signature(self.command, url.path, url.query, self.headers):
            self._answer(403)
        elif self.command == "PUT":
            objects[url.path] = body
            self._answer(200)
        elif self.command == "POST" and url.query == "delete":
            named = re.findall("<Key>(.*?)</Key>", body.decode())
            for key in named:
                objects.pop(f"{url.path}/{key}", None)
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in named)
            self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
        elif url.path in objects:
            self._answer(200, objects[url.path])
        else:
            self._answer(404)

    do_GET = do_PUT = do_POST = _handle

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def bucket(secret: str = SECRET) -> Iterator[tuple[Bucket, Kept]]:
    """A bucket on this machine and how to reach it; with another secret, the way there is refused."""
    kept = Kept()
    handler = type("AnsweringFor", (Answering,), {"kept": kept})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever, args=[0.05])
    serving.start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        yield Bucket("photos", "whistle", endpoint, "us-east-1", "whistle", secret), kept
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
