"""Which names the service answers to, so that no foreign page can reach it under a name of its own.

A page may give its own name our address (DNS rebinding); the browser then takes us for that page, but the
`Host` header still says the page's name.
"""

import ipaddress
import re
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.web.problems import problem

NOT_HERE = (
    "The service does not answer to the name in the Host header: use the address it printed, "
    "or name it in WHISTLE_PUBLIC_HOST."
)
NAME = re.compile(r"\[(?P<address>[^]]*)\](:\d*)?|(?P<name>[^:]*)(:\d*)?")
"""A host with or without port; an IPv6 address stands in brackets (RFC 3986)."""
REMEMBERED = 100
"""Different `Host` headers whose answer is kept."""


def is_loopback(host: str) -> bool:
    """Whether this name or address leads to this machine itself, whoever asks."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class KnownHosts:
    """Answers to loopback and to these names, and to no other; to any where there are none."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts
        self._known = lru_cache(REMEMBERED)(self._is_known)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and self._hosts and not self._is_ours(Headers(scope=scope)):
            await problem(400, "UnknownHost", NOT_HERE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        given = headers.getlist("host")
        return len(given) == 1 and self._known(given[0])

    def _is_known(self, given: str) -> bool:
        named = NAME.fullmatch(given.lower())
        host = named["address"] or named["name"].rstrip(".") if named else ""
        return is_loopback(host) or host in self._hosts
