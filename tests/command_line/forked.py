"""Commands as processes of their own, each a fork of one that has imported everything already."""

import gc
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

PATIENCE = 120
"""Seconds until a command counts as hanging, and is ended by SIGALRM."""


class Said(NamedTuple):
    """How a command ended; the code is negative where a signal ended it."""

    code: int
    out: str
    err: str


class Commands:
    """Runs `whistle` with arguments, input, folder and environment."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.command_line.forked"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, arguments: list[str], said: str, cwd: Path, environment: dict[str, str]) -> Said:
        """Run one command to its end."""
        assert self._parent.stdin
        assert self._parent.stdout
        with TemporaryDirectory(prefix="whistle-said-") as folder:
            (Path(folder) / "in").write_text(said)
            asked = [folder, arguments, str(cwd), environment]
            self._parent.stdin.write(json.dumps(asked).encode() + b"\n")
            self._parent.stdin.flush()
            code = int(self._parent.stdout.readline())
            out, err = ((Path(folder) / name).read_text("utf-8") for name in ("out", "err"))
        return Said(code, out, err)

    def close(self) -> None:
        """End the process that all are forks of."""
        self._parent.communicate(timeout=PATIENCE)


def _be(folder: str, arguments: list[str], cwd: str, environment: dict[str, str]) -> None:
    """Become the command."""
    writing = os.O_WRONLY | os.O_CREAT
    for number, (name, flags) in enumerate((("in", os.O_RDONLY), ("out", writing), ("err", writing))):
        opened = os.open(Path(folder) / name, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = ["whistle", *arguments]
    signal.alarm(PATIENCE)


def main() -> None:
    """Read one command a line, run it in a fork, answer with its exit code."""
    import typer.rich_utils  # noqa: PLC0415

    from api import command_line, projector, serving  # noqa: PLC0415
    from api.terminal import importing, inspecting, managing  # noqa: PLC0415

    assert typer.rich_utils, (importing, inspecting, managing, projector, serving)
    gc.freeze()  # Collected once here, not in each fork.
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    for line in asked:
        child = os.fork()
        if child == 0:
            _be(*json.loads(line))
            command_line.main()
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        answers.flush()


if __name__ == "__main__":
    main()
