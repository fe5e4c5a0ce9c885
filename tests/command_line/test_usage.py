"""Wrong usage, wrong settings: exit codes 2 and 1, one clear line, never a traceback."""

import socket
import subprocess
from pathlib import Path

import pytest

from tests.command_line.whistle import EVERYWHERE, WHISTLE, done, environment, refused, whistle


def test_it_is_installed_as_a_command() -> None:
    found = subprocess.run([WHISTLE, "--help"], capture_output=True, env=environment(), check=True)
    assert b"serve" in found.stdout


@pytest.mark.parametrize("command", ["", "serve", "import tickets", "replay", "account"])
def test_a_command_explains_itself(command: str) -> None:
    assert "Usage" in done(*command.split(), "--help")


@pytest.mark.parametrize(
    "command",
    [
        "", "nonsense", "serve --nonsense", "serve --port 65536", "import units", "import units a b",
        "replay",        "replay FS-1 --version 0", "account", "account grant wang",
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2(command: str, tmp_path: Path) -> None:
    found = whistle(*command.split(), cwd=tmp_path)
    assert found.code == 2
    assert found.out + found.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", "127.0.0.1.example.org"])
def test_the_demonstration_is_shown_on_no_address_but_loopback(host: str, tmp_path: Path) -> None:
    line = refused("serve", "--demo", "--host", host, "--port", 0, "--data", tmp_path / "data")
    assert "127.0.0.1" in line
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("serve", "--port", port, "--data", tmp_path / "data")
    assert str(port) in line
    assert not (tmp_path / "data").exists()


def test_an_address_that_is_not_ours_is_named(tmp_path: Path) -> None:
    assert "192.0.2.1" in refused("serve", "--host", "192.0.2.1", "--port", 0, "--data", tmp_path / "data")


@pytest.mark.parametrize(
    "url",
    ["nonsense", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2", "postgresql://%zz", "http://x"],
)
@pytest.mark.parametrize("command", [("status",), ("serve", "--port", "0")])
def test_a_database_that_is_not_there_is_said_so(url: str, command: tuple[str, ...]) -> None:
    refused(*command, "--database-url", url)


def test_a_password_in_a_url_is_not_repeated() -> None:
    url = "postgresql://nobody:hunter2hunter2@127.0.0.1:1/none?connect_timeout=2"
    assert "hunter2" not in refused("status", "--database-url", url)


def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert "file" in refused("status", "--data", tmp_path / "file")


def test_a_file_that_should_hold_the_url_and_is_not_there_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "secret")
    assert path in refused("status", WHISTLE_DATABASE_URL_FILE=path)


def test_the_environment_says_where_the_database_is(town: str, tmp_path: Path) -> None:
    assert "position" in done("status", WHISTLE_DATABASE_URL=town)
    (tmp_path / "secret").write_text(town + "\n")
    assert "position" in done("status", WHISTLE_DATABASE_URL_FILE=str(tmp_path / "secret"))
