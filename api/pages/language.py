"""Chinese and English: templates are written in Chinese, a catalogue beside them says the rest."""

from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

COOKIE = "whistle_language"


class Language(StrEnum):
    """What a page can be read in."""

    CHINESE = "zh"
    ENGLISH = "en"


LANGUAGE: ContextVar[Language] = ContextVar("LANGUAGE", default=Language.CHINESE)
"""The language of the page under way."""


def chosen(cookie: str | None) -> Language:
    """The language a visitor has chosen; Chinese until then."""
    return Language.ENGLISH if cookie == Language.ENGLISH else Language.CHINESE


def read(language: Language) -> Catalog:
    """The catalogue of a language, as it is written."""
    with files("api.translations").joinpath(f"{language}.po").open("rb") as file:
        return read_po(file, locale=language.value)


@cache
def _catalogue(language: Language) -> NullTranslations:
    if language is Language.CHINESE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def N_(text: str) -> str:
    """Marks a text that is said later, by `say`."""
    return text


def say(pattern: str, /, **facts: Any) -> str:
    """The pattern in the language of the page, with its facts; what has no other word is said as it is."""
    said = _catalogue(LANGUAGE.get()).gettext(pattern) if pattern else ""
    return said.format(**facts) if facts else said


_ = say
