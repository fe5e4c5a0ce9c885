"""The key that signs checkpoints: given as a secret, else made once and kept beside the data."""

import os
import secrets
from pathlib import Path

from adapters.settings import BadSetting, Settings
from evidence.note import BadNote, Signer


def signer(settings: Settings, make: bool = False) -> Signer:
    """The key of `WHISTLE_SEAL_KEY`, or of the file in the data folder; with `make`, a new one where none is.

    Raises `BadSetting`.
    """
    file = settings.data / "seal" / "key"
    try:
        said = settings.seal_key or (_made(file) if make else file.read_text("utf-8"))
        return Signer.read(said)
    except FileNotFoundError:
        raise BadSetting(
            f"There is no signing key in {file}: the sealer makes one, or name it by WHISTLE_SEAL_KEY_FILE."
        ) from None
    except OSError as problem:
        raise BadSetting(f"The signing key {file} cannot be read: {problem.strerror}.") from None
    except BadNote as problem:
        raise BadSetting(str(problem)) from None


def checkpoints(settings: Settings) -> Path:
    """The file that checkpoints are appended to; it need not be there yet."""
    return settings.checkpoints or settings.data / "seal" / "checkpoints"


def _made(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("utf-8")
    new = Signer.new(f"whistle.invalid/{secrets.token_hex(4)}")
    with open(made, "w", encoding="utf-8") as opened:
        opened.write(f"{new.secret}\n")
        opened.flush()
        os.fsync(made)
    return new.secret
