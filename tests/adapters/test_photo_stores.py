"""Where the files of photos are: a folder and a bucket keep the same promises."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.photos import storing
from adapters.photos.storing import S3, Folder, NoFile, NotKept, Store, store
from adapters.settings import BadSetting, Settings
from tests.adapters.bucket import Kept, bucket

NAME = "ab" * 32 + ".view"


@pytest.fixture(params=["folder", "bucket"])
def kept_in(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of store."""
    if request.param == "folder":
        yield Folder(tmp_path / "photos")
    else:
        with bucket() as (where, _):
            yield S3(where)


def file(tmp_path: Path, content: bytes) -> Path:
    """A file that was received."""
    path = tmp_path / f"received-{os.urandom(4).hex()}"
    path.write_bytes(content)
    return path


def put(kept_in: Store, tmp_path: Path, content: bytes, name: str = NAME) -> None:
    """Keep this."""
    asyncio.run(kept_in.put(name, file(tmp_path, content)))


def test_what_is_kept_is_read_as_it_was(kept_in: Store, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    put(kept_in, tmp_path, content)
    assert asyncio.run(kept_in.read(NAME)) == content
    put(kept_in, tmp_path, content)
    assert asyncio.run(kept_in.read(NAME)) == content


def test_what_is_removed_is_gone_and_may_be_removed_again(kept_in: Store, tmp_path: Path) -> None:
    put(kept_in, tmp_path, b"x")
    for _ in range(2):
        asyncio.run(kept_in.remove([NAME]))
        with pytest.raises(NoFile):
            asyncio.run(kept_in.read(NAME))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "ab.view", NAME + "/../x", "AB" * 32 + ".view", NAME + "\n"]
)
def test_no_other_name_is_ever_part_of_a_path(kept_in: Store, tmp_path: Path, name: str) -> None:
    for work in (kept_in.read(name), kept_in.remove([name]), kept_in.put(name, file(tmp_path, b"x"))):
        with pytest.raises(ValueError, match="no name"):
            asyncio.run(work)


def test_only_this_user_enters_the_folder(tmp_path: Path) -> None:
    put(Folder(tmp_path / "photos"), tmp_path, b"x")
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "photos").iterdir()} == {0}


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("in the way")
    with pytest.raises(NotKept):
        put(Folder(tmp_path / "photos"), tmp_path, b"x")


def test_a_bucket_that_is_broken_or_refuses_us_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(kept: Kept, found: S3) -> None:
        for work in (found.read(NAME), found.remove([NAME]), found.put(NAME, file(tmp_path, b"x"))):
            with pytest.raises(NotKept):
                asyncio.run(work)
        assert kept.objects == {}

    with bucket(secret="another") as (where, kept):
        check(kept, S3(where))
    with bucket() as (where, kept):
        kept.broken = True
        check(kept, S3(where))


def test_a_setting_says_where_photos_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(store(Settings.read(tmp_path)), Folder)
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    monkeypatch.setenv("WHISTLE_PHOTOS", "s3://photos/town/one/")
    with pytest.raises(BadSetting, match="WHISTLE_PHOTOS_SECRET_KEY"):
        Settings.read(tmp_path)
    monkeypatch.setenv("WHISTLE_PHOTOS_ACCESS_KEY", "whistle")
    monkeypatch.setenv("WHISTLE_PHOTOS_SECRET_KEY_FILE", str(secret))
    settings = Settings.read(tmp_path)
    assert settings.bucket is not None
    assert (settings.bucket.name, settings.bucket.prefix) == ("photos", "town/one")
    assert settings.bucket.secret_key == "from a file"
    assert "from a file" not in repr(settings)
    assert isinstance(store(settings), S3)
    monkeypatch.setenv("WHISTLE_PHOTOS", "/somewhere")
    with pytest.raises(BadSetting, match="s3://bucket/prefix"):
        Settings.read(tmp_path)


def test_what_a_killed_process_was_receiving_is_forgotten_and_nothing_newer(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "original").write_bytes(b"x")
    os.utime(old, (1, 1))
    storing.forget_incoming(tmp_path, before=1_000)
    assert list(tmp_path.iterdir()) == [new]
