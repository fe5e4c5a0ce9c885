"""What is personal in a text, and the same text without it."""

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from domain.errors import OutOfRange
from domain.text import DESCRIPTION, OTHER, TITLE, check_optional_text, narrow

MASK = "〔个人信息〕"
"""Stands in a text where something personal was taken out of it; read back in its place by who may."""
TEXTS = frozenset({
    "title", "description", "address", "handled", "note", "reason", "text", "result", "name", "phone",
})  # fmt: skip
"""What people write into commands; all their other texts are codes."""
LONGEST = {"title": TITLE, "description": DESCRIPTION}
"""Characters of a text; of all others `OTHER`."""
WHOLE = frozenset({"reporter"})
"""Facts of which every text is personal, whatever it says."""
SHORTEST_NAME = 2
SHORTEST_PHONE = 5
"""Characters and digits of the reporter's name and phone from which on other texts are searched for them."""

MARKED = r"\[\[.{1,500}?\]\]"
"""How whoever writes a text marks what is personal in it: [[王小明，3 单元 402]]."""
MOBILE = r"(?<![0-9])(?:(?:\+|00)86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])"
"""A mobile number of China: eleven digits from 13 to 19, in groups or not."""
DAY = "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
IDENTITY = rf"(?<![0-9])[1-9][0-9]{{5}}{DAY}[0-9]{{3}}[0-9Xx](?![0-9])"
"""A citizen's identity number (GB 11643): place, day of birth, serial, check character."""
ALWAYS = f"{MARKED}|{MOBILE}|{IDENTITY}"
ANYTHING = re.compile(f"{MASK}|{ALWAYS}", re.DOTALL)
BLANKS = r"[\s\-]*"
DIGITS = frozenset("0123456789")

T = TypeVar("T")


class Masked(str):
    """A text as it becomes a fact: `parts` were taken out of it, one for each `MASK`; None was written so.

    It passes through the verbs of the domain like any text; whoever records it takes the parts along.
    """

    __slots__ = ("parts",)
    parts: tuple[str | None, ...]

    def __new__(cls, text: str, parts: Iterable[str | None]) -> "Masked":
        made = super().__new__(cls, text)
        made.parts = tuple(parts)
        return made


def mark(command: T, known: Iterable[str] = ()) -> T:
    """The command with `Masked` texts: what is marked, looks like a phone or identity, or is `known`.

    Raises `OutOfRange` where such a text is too long, or none that can be kept.
    """
    return _marked(command, tuple(known), "", False)  # type: ignore[no-any-return]


def personal_of(command: Any) -> tuple[str, ...]:
    """The reporter's name and phone, as they are searched for in the other texts."""
    reporter = getattr(command, "reporter", None)
    return tuple(filter(None, (reporter.name, reporter.phone))) if reporter else ()


def names_nobody(field: str, text: str, known: Iterable[str] = ()) -> None:
    """Refuse, with `OutOfRange`, a text that is kept as it is and holds something personal."""
    if _pattern(text, known).search(text):
        raise OutOfRange(field=field, why="names somebody: write it without name, phone or identity number")


def digits(phone: str) -> str:
    """A phone number as it is compared: its digits, without the country's prefix."""
    found = "".join(char for char in narrow(phone) if char in DIGITS)
    return found if len(found) <= 11 else re.sub(r"^(00)?86", "", found)


def masks(value: Any) -> Iterable[Masked]:
    """All texts within that something was taken out of."""
    if isinstance(value, Masked):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from masks(getattr(value, each.name))


def holds_masks(answer: bytes | memoryview) -> bool:
    """Whether there is a mask in this text, in UTF-8."""
    return MASK.encode() in bytes(answer)


def _pattern(text: str, known: Iterable[str]) -> re.Pattern[str]:
    """What is personal in this text; what of the `known` cannot stand in it costs no pattern of its own."""
    wanted = [found for each in known if (found := _wanted(text, each.strip()))]
    return re.compile("|".join((MASK, *wanted, ALWAYS)), re.DOTALL) if wanted else ANYTHING


def _wanted(text: str, known: str) -> str:
    """How a name or phone is found in a text, if at all: a phone also where it is written in groups."""
    number = digits(known)
    if len(number) >= SHORTEST_PHONE and len(number) * 2 >= len(known):
        written = "".join(char for char in text if char in DIGITS)
        return f"(?<![0-9]){BLANKS.join(number)}(?![0-9])" if number in written else ""
    return re.escape(known) if len(known) >= SHORTEST_NAME and known in text else ""


def _marked(value: Any, known: tuple[str, ...], name: str, whole: bool) -> Any:
    if type(value) is str:
        if name not in TEXTS:
            return value
        if whole and value.strip():
            check_optional_text(name, value)
            return Masked(MASK, [value])
        return _without(value, known, name)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for each in fields(value):
            before = getattr(value, each.name)
            after = _marked(before, known, each.name, whole or each.name in WHOLE)
            if after is not before:
                changed[each.name] = after
        return replace(value, **changed) if changed else value
    return value


def _without(text: str, known: tuple[str, ...], name: str) -> str:
    parts: list[str | None] = []

    def take(found: re.Match[str]) -> str:
        said = found.group()
        parts.append(None if said == MASK else said)
        return MASK

    masked = _pattern(text, known).sub(take, text)
    if not any(parts):
        return text
    check_optional_text(
        name, text, LONGEST.get(name, OTHER)
    )  # As whoever wrote it knows it, and may shorten it.
    return Masked(masked, parts)
