"""What a text may be: any character survives unchanged, within a stated length."""

import re

from domain.errors import OutOfRange

TITLE = 200
DESCRIPTION = 8_000  # real reports reach 7,000 characters
OTHER = 2_000
NAME = 100
PHOTOS = 9
NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""NUL and halves of surrogate pairs, which no database can keep."""

_PLAIN = {**{0xFEE0 + ascii: ascii for ascii in range(0x21, 0x7F)}, 0x3000: 0x20, 0xA0: 0x20}


def often(count: int) -> str:
    """How often, as a sentence says it."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def narrow(text: str) -> str:
    """The text with full-width signs and blanks as plain ones; ² and the like stay, for 3² is no 32."""
    return text.translate(_PLAIN)


def check_text(field: str, value: str, longest: int = OTHER) -> None:
    """Refuse a text that is blank, longer than `longest` characters, or that no database can keep."""
    if not value.strip():
        raise OutOfRange(field=field, why="is empty: write something")
    check_optional_text(field, value, longest)


def check_optional_text(field: str, value: str | None, longest: int = OTHER) -> None:
    """As `check_text`, where nothing or a blank text is an answer too."""
    if value is None:
        return
    if len(value) > longest:
        raise OutOfRange(field=field, why=f"has {len(value)} characters: shorten it to {longest} at most")
    if NO_TEXT.search(value):
        raise OutOfRange(
            field=field, why="holds a character that is not text (NUL or half a pair): remove it"
        )


def check_photos(photos: tuple[str, ...]) -> None:
    """Refuse more than nine photos in one step, or an id that is none."""
    if len(photos) > PHOTOS:
        raise OutOfRange(field="photos", why=f"are {len(photos)}: send {PHOTOS} at most")
    for photo in photos:
        check_text("photos", photo, NAME)
