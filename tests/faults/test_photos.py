"""Photos when things go wrong: a full disk, a bucket away, a kill in the middle, a sender who breaks off."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from adapters.database import Database
from adapters.photos.picture import Size
from adapters.settings import Settings
from api.app import application
from api.demonstration.town import PASSWORD
from tests.adapters.bucket import bucket
from tests.adapters.writing import wait_for
from tests.api.steps import problem
from tests.faults.running import Running
from tests.faults.test_full_disk import fill, small_disk
from tests.pictures import picture


def files(folder: Path) -> list[Path]:
    """What is kept; not what is being received."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix)
    return sorted(path for path in found if "incoming" not in path.parts)


def signed_in(client: httpx2.Client) -> httpx2.Client:
    """The grid worker of the town."""
    answer = client.post("/api/session", json={"account": "grid", "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


def test_a_bucket_serves_as_the_folder_does(database: Database) -> None:
    with bucket() as (where, kept), TemporaryDirectory(prefix="whistle-test-") as data:
        app = application(database, replace(Settings.read(Path(data)), bucket=where))
        with TestClient(app, raise_server_exceptions=False) as client:
            photo = picture()
            path = signed_in(client).post("/api/photos", content=photo).headers["location"]
            assert client.get(path, params={"size": "original"}).content == photo
            assert len(kept.objects) == len(Size)
            kept.broken = True
            problem(client.post("/api/photos", content=picture()), 503, "NotKept")
            problem(client.get(path), 503, "NotKept")
            kept.broken = False
            assert client.get(path).status_code == 200
        assert files(Path(data)) == []


def test_a_full_disk_keeps_no_half_photo_and_says_so(database: Database, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        app = application(database, replace(Settings.read(), data=disk / "data"))
        with TestClient(app, raise_server_exceptions=False) as client:
            first = signed_in(client).post("/api/photos", content=picture()).headers["location"]
            before = files(disk)
            fill(disk / "filler")
            photo = picture((1200, 900), quality=95)
            problem(client.post("/api/photos", content=photo), 503, "NotKept")
            assert files(disk) == before
            assert not any((disk / "data" / "photos" / "incoming").iterdir())
            assert client.get(first).status_code == 200
            (disk / "filler").unlink()
            assert client.post("/api/photos", content=photo).status_code == 201


@pytest.fixture
def running(folder: Path) -> Iterator[Running]:
    """A service on a folder of its own."""
    found = Running(folder)
    found.start()
    yield found
    with suppress(ProcessLookupError):
        found.end()


class Phone:
    """A grid worker's phone that talks to the service over a wire."""

    def __init__(self, running: Running) -> None:
        self.incoming = running.folder / "photos" / "incoming"
        self._port = running.port
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=20)
        # The first photo waits for the view that the projector is building.
        wait_for(lambda: "photos" in self._client.get("/api/health").json()["views"])
        signed_in(self._client)

    def get(self, id: str, size: str = "view") -> Any:
        """The answer to a look at this photo."""
        return self._client.get(f"/api/photos/{id}", params={"size": size})

    def send(self, photo: bytes) -> Any:
        """The answer to this photo."""
        return self._client.post("/api/photos", content=photo)

    @contextmanager
    def half_sent(self, photo: bytes) -> Iterator[None]:
        """While half of the photo has come in; then the phone is gone."""
        bearer = self._client.headers["Authorization"]
        head = (
            f"POST /api/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(photo)}\r\n"
            f"Authorization: {bearer}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self._port), timeout=20) as line:
            line.sendall(head.encode() + photo[: len(photo) // 2])
            wait_for(lambda: any(path.stat().st_size for path in self.incoming.rglob("original")))
            yield

    def close(self) -> None:
        """Put it away."""
        self._client.close()


@pytest.fixture
def phone(running: Running) -> Iterator[Phone]:
    """A phone that is signed in."""
    found = Phone(running)
    yield found
    found.close()


def test_a_kill_in_the_middle_of_an_upload_leaves_no_half_photo(running: Running, phone: Phone) -> None:
    photo = picture() + bytes(200_000)
    id = hashlib.sha256(photo).hexdigest()
    with phone.half_sent(photo):
        running.kill()
    assert files(running.folder / "photos") == []
    running.start()
    assert phone.get(id).status_code == 404
    assert phone.send(photo).status_code == 201
    assert phone.get(id, "original").content == photo


def test_who_breaks_off_leaves_nothing(running: Running, phone: Phone) -> None:
    with phone.half_sent(bytes(100_000)):
        """And no more."""
    wait_for(lambda: not any(phone.incoming.iterdir()))
    assert "request_failed" not in running.last_words()
