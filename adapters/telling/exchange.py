"""One bounded exchange over HTTP: the address that was checked is the one that is spoken to."""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

from adapters.telling.means import Network, NotTaken

LONGEST = 10.0
"""Seconds for all of an exchange: looking up the name, connecting, sending, and hearing the answer."""
LARGEST_HEAD, LARGEST_BODY = 16 * 1024, 16 * 1024
"""Bytes of an answer that are heard."""
ABOUT_THE_MESSAGE = (400, 413, 415, 422)
"""What a server says of the message itself; all else is about the way there, and may pass."""
INDIRECT = tuple(
    map(
        ip_network,
        (
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
            "::/96",
            "fec0::/10",
            "192.0.0.0/24",
            "192.88.99.0/24",
        ),
    )
)
"""Addresses that lead on to others, which were not checked, or that nobody has in public."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    body: bytes


async def post(
    url: str, headers: Mapping[str, str], body: bytes, networks: Sequence[Network], most: int = 0
) -> Answer:
    """Send; give the status and at most that many bytes of the answer. Raises `NotTaken` but for a 2xx.

    No redirect is followed. Plain http, and any address that is not public, only within `networks`.
    """
    try:
        async with asyncio.timeout(LONGEST):
            answer = await _exchange(url, headers, body, networks, most)
    except TimeoutError:
        raise NotTaken(f"it did not answer in {LONGEST:.0f} seconds") from None
    except h11.ProtocolError:
        raise NotTaken("what it answered is no HTTP") from None
    except ssl.SSLError:
        raise NotTaken("no secure connection came about: its certificate may have expired") from None
    except (OSError, EOFError) as problem:
        raise NotTaken(f"it cannot be reached ({type(problem).__name__})") from None
    except (ValueError, UnicodeError):
        raise NotTaken("its address is none that can be used") from None
    if not 200 <= answer.status < 300:
        raise NotTaken(f"it answered {answer.status}", refused=answer.status in ABOUT_THE_MESSAGE)
    return answer


async def _exchange(
    url: str, headers: Mapping[str, str], body: bytes, networks: Sequence[Network], most: int
) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotTaken("its address is no web address")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in addresses:
        if not may_be_told(address, secure, networks):
            raise NotTaken("its address is not public, or without TLS: list it in WHISTLE_TELL_NETWORKS")
    reader, writer = await asyncio.open_connection(
        addresses[0],
        port,
        ssl=_trust() if secure else None,
        server_hostname=parts.hostname if secure else None,
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        given = {
            "Host": parts.netloc.rpartition("@")[2], "User-Agent": "whistle", "Connection": "close",
            "Content-Length": str(len(body)), **headers,
        }  # fmt: skip
        conn = h11.Connection(h11.CLIENT, LARGEST_HEAD)
        request = h11.Request(method="POST", target=target, headers=list(given.items()))
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(conn.send(event) or b"")
        await writer.drain()
        return await _hear(conn, reader, most)
    finally:
        writer.transport.abort()


async def _hear(conn: h11.Connection, reader: asyncio.StreamReader, most: int) -> Answer:
    """The answer, as far as it is wanted; the rest is left on the wire."""
    status, body = 0, b""
    while True:
        event = conn.next_event()
        if event is h11.NEED_DATA:
            conn.receive_data(await reader.read(LARGEST_HEAD))
        elif isinstance(event, h11.Response):
            status = event.status_code
            if most == 0:
                return Answer(status, b"")
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > most:
                return Answer(status, body[:most])
        elif not isinstance(event, h11.InformationalResponse):
            return Answer(status, body)


def may_be_told(address: str, secure: bool, networks: Sequence[Network]) -> bool:
    """Whether messages may go to this address: a public one over TLS, or one of the networks listed."""
    ip = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if any(ip in network for network in networks):
        return True
    led_on = any(ip in network for network in INDIRECT)
    return secure and ip.is_global and not ip.is_multicast and not led_on


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
