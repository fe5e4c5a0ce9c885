"""Refusals: each one a sentence with its facts, that says what is wrong."""

import string
from collections.abc import Iterator

import pytest

from domain.refusal import Refusal


def every_refusal(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """All reasons for which something is refused."""
    for refusal in base.__subclasses__():
        if refusal.__module__.startswith("domain."):
            yield refusal
        yield from every_refusal(refusal)


@pytest.mark.parametrize("refusal", list(every_refusal()), ids=lambda refusal: refusal.__name__)
def test_a_refusal_is_one_sentence_that_holds_its_facts(refusal: type[Refusal]) -> None:
    named = {name for _, name, _, _ in string.Formatter().parse(refusal.__doc__ or "") if name}
    message = str(refusal(**{name: f"<{name} {{}}>" for name in named}))
    assert message.endswith(".")
    assert "\n" not in message
    assert all(f"<{name} {{}}>" in message for name in named)


def test_a_refusal_remembers_its_facts() -> None:
    class TooLate(Refusal):
        """It is {hour} already."""

    assert TooLate(hour=9).facts == {"hour": 9}
    assert str(TooLate(hour=9)) == "It is 9 already."
