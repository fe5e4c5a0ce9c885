"""The embedded PostgreSQL: shared by all who use its folder, stopped by the last, taken up after a kill."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from adapters.embedded import LONGEST_SOCKET, embedded_postgres
from adapters.settings import BadSetting
from tests.adapters.writing import wait_for
from tests.conftest import database_named

USER = """
import sys
from pathlib import Path
from adapters.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as socket:
    print(socket, flush=True)
    sys.stdin.readline()
"""
CHILD_SUBREAPER = 36
"""Linux's prctl by which a process inherits orphans, as the first process of a container does."""


@contextmanager
def used_by_another_process(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the folder until its standard input is closed, or it is killed."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)], stdin=pipe, stdout=pipe, text=True
    ) as user:
        try:
            assert user.stdout is not None
            assert user.stdout.readline().strip(), "It did not start."
            yield user
        finally:
            user.kill()


def leave(user: "subprocess.Popen[str]") -> int:
    """Let the other process end in good order."""
    assert user.stdin is not None
    user.stdin.close()
    return user.wait(30)


def answers(socket: Path) -> bool:
    """Whether a server answers there."""
    try:
        psycopg.connect(database_named("postgres", socket).owner).close()
    except psycopg.OperationalError:
        return False
    return True


def postmaster(folder: Path) -> int:
    """The process id of the server."""
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def folder(folder: Path) -> Iterator[Path]:
    """The folder, whose server is stopped in the end whatever happened."""
    yield folder
    if (folder / "postgres").exists():
        with embedded_postgres(folder):
            """The last one stops it."""


def test_the_last_user_stops_the_server(folder: Path) -> None:
    with used_by_another_process(folder) as other:
        with embedded_postgres(folder) as socket:
            assert answers(socket)
        assert answers(socket), "The first one out stopped it for the other."
        assert leave(other) == 0
        assert not answers(socket)


def test_two_users_share_one_server_and_its_data(folder: Path) -> None:
    with (
        embedded_postgres(folder) as socket,
        psycopg.connect(database_named("postgres", socket).owner) as conn,
    ):
        conn.execute("CREATE TABLE kept (a integer)")
        conn.commit()
        with used_by_another_process(folder) as other:
            pid = postmaster(folder)
            assert leave(other) == 0
            assert postmaster(folder) == pid
        assert answers(socket)
    with (
        embedded_postgres(folder) as socket,
        psycopg.connect(database_named("postgres", socket).owner) as conn,
    ):
        assert conn.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_after_a_user_was_killed_the_next_start_takes_the_server_over(folder: Path) -> None:
    with used_by_another_process(folder) as other:
        pid = postmaster(folder)
        other.kill()
        other.wait(30)
    with embedded_postgres(folder) as socket:
        assert answers(socket)
        assert postmaster(folder) == pid, "It went on running, and was taken over."
    assert not answers(socket)


def test_after_everything_was_killed_the_next_start_recovers(folder: Path) -> None:
    with used_by_another_process(folder) as other:
        pid = postmaster(folder)
        other.kill()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not Path(f"/proc/{pid}").exists())
    with embedded_postgres(folder) as socket:
        assert answers(socket)


@pytest.mark.skipif(sys.platform != "linux", reason="Orphans are inherited by prctl on Linux alone.")
def test_a_killed_server_whose_end_nobody_noticed_is_not_taken_for_a_running_one(folder: Path) -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(CHILD_SUBREAPER, 1)  # As in a container whose first process buries nobody.
    try:
        with used_by_another_process(folder):
            pid = postmaster(folder)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: " Z " in Path(f"/proc/{pid}/stat").read_text())
            with embedded_postgres(folder) as socket:
                assert answers(socket)
    finally:
        libc.prctl(CHILD_SUBREAPER, 0)
        os.waitpid(pid, 0)


def test_a_stranger_who_got_the_number_of_a_dead_server_is_not_taken_for_it(folder: Path) -> None:
    with embedded_postgres(folder):
        left = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    (folder / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *left[1:], ""]))
    with embedded_postgres(folder) as socket:
        assert answers(socket)


def test_a_server_that_dies_is_started_again_for_those_who_use_it(folder: Path) -> None:
    with embedded_postgres(folder) as socket:
        killed = set()
        for _ in range(2):
            killed.add(postmaster(folder))
            os.kill(postmaster(folder), signal.SIGKILL)
            wait_for(lambda: answers(socket) and postmaster(folder) not in killed)
    assert not answers(socket)


def test_a_path_too_long_for_a_socket_works_all_the_same(folder: Path) -> None:
    long = folder / ("x" * LONGEST_SOCKET)
    with embedded_postgres(long) as socket:
        assert not socket.is_relative_to(folder)
        assert answers(socket)
    assert not answers(socket)


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BadSetting, match="cannot be used") as refused, embedded_postgres(folder):
            pass
        assert str(folder) in str(refused.value)


AS_NOBODY = """
import os, sys
from pathlib import Path
from adapters.embedded import embedded_postgres
from adapters.settings import BadSetting
os.setgid(65534); os.setuid(65534)
try:
    with embedded_postgres(Path(sys.argv[1])):
        print("started")
except BadSetting as refused:
    print(refused)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become somebody else.")
@pytest.mark.parametrize("made", [False, True], ids=["not there yet", "somebody else's"])
def test_a_folder_one_may_not_write_in_is_refused_in_a_sentence(folder: Path, made: bool) -> None:
    folder.chmod(0o755)
    theirs = folder / "theirs"
    if made:
        theirs.mkdir(mode=0o755)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(theirs)], capture_output=True, text=True, check=True
    )
    assert "cannot be used" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("\n") == 1


def test_a_cluster_that_does_not_start_is_refused_with_where_its_reason_stands(folder: Path) -> None:
    with embedded_postgres(folder):
        """Made, and stopped again."""
    configuration = folder / "postgres" / "postgresql.conf"
    before = configuration.read_text()
    configuration.write_text(f"{before}\nno_such_setting = 1\n")
    with pytest.raises(BadSetting, match=r"server\.log"), embedded_postgres(folder):
        pass
    assert "no_such_setting" in (folder / "postgres" / "server.log").read_text()
    configuration.write_text(before)


def test_nobody_else_can_enter_the_data(folder: Path) -> None:
    with embedded_postgres(folder) as socket:
        assert (folder / "postgres").stat().st_mode & 0o077 == 0
        assert (socket / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0
        with psycopg.connect(database_named("postgres", socket).owner) as conn:
            assert conn.execute("SHOW listen_addresses").fetchone() == ("",)
            assert conn.execute("SHOW fsync").fetchone() == ("on",)
