"""Four eyes (双人复核): what one person asks, a second one with the same right has to sign for."""

from domain.actors import Person
from domain.errors import SecondNeeded
from domain.unit import administrator


def consented(by: Person, second: Person | None, verb: str, *units: str) -> str:
    """The account of the second person, an administrator other than who asks. Raises `SecondNeeded`."""
    if second is None or second.account == by.account:
        raise SecondNeeded(verb=verb)
    return administrator(second, verb, *units).account
