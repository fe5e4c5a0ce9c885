"""Four eyes over HTTP: a second person signs with account and password for what the first one asks."""

from dataclasses import dataclass, field

from fastapi import Request

from api.calling import Caller
from api.web.requests import address_of
from domain.actors import Person
from domain.errors import SecondNeeded


@dataclass(frozen=True)
class Second:
    """A second person, who signs with account and password for what the first one asks."""

    account: str
    password: str = field(repr=False)


async def second_of(calling: Caller, request: Request, consent: Second | None) -> Person | None:
    """Whoever signs as the second person. Raises `WrongPassword`, and `SecondNeeded` for who asks it."""
    if consent is None:
        return None
    if consent.account == calling.person.account:
        raise SecondNeeded(verb="sign for it")
    return await calling.serving.sessions.second(consent.account, consent.password, address_of(request))
