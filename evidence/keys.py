"""The key that signs checkpoints: given as a secret, else made once and kept beside the data."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

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
    """The key in the file, a new one where there is none; whoever is killed leaves no half of it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        new = Signer.new(f"whistle.invalid/{secrets.token_hex(4)}")
        # Readable by us alone, and under its name once it is whole; of two the first one stays.
        with NamedTemporaryFile("w", dir=file.parent, encoding="utf-8") as written:
            written.write(f"{new.secret}\n")
            written.flush()
            os.fsync(written.fileno())
            with suppress(FileExistsError):
                os.link(written.name, file)
    return file.read_text("utf-8")
