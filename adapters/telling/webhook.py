"""Signed webhooks: Standard Webhooks in the headers, a CloudEvent 1.0 in the body."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook

from adapters.telling.exchange import post
from adapters.telling.means import Means, NotTaken
from adapters.telling.message import Message
from domain.receiver import Receiver

KEY = re.compile("whsec_[A-Za-z0-9+/]{32,86}={0,2}")


def format(message: Message, keys: list[str], at: datetime, source: str) -> tuple[dict[str, str], bytes]:
    """Headers and body; with several keys, while one replaces another, each signs."""
    body = msgspec.json.encode(event(message, source))
    at = at.astimezone(UTC)  # The library takes any time for one in UTC.
    if not keys or not all(map(KEY.fullmatch, keys)):
        raise NotTaken("its secret is no key: write whsec_ and 24 to 64 bytes in base64")
    signatures = [Webhook(key).sign(message.id, at, body.decode()) for key in keys]
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }, body


def event(message: Message, source: str) -> dict[str, Any]:
    """The message as a CloudEvent."""
    told = message.told
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": source,
        "type": told.topic,
        "subject": told.number,
        "time": told.at,
        "datacontenttype": "application/json",
        "data": {
            "position": message.position,
            "ticket": told.ticket,
            "number": told.number,
            "what": told.what,
            "category": told.category,
            "place": told.place,
            "departments": told.departments,
            "card": told.card,
            "clock": told.clock,
            "due_at": told.due_at,
            "link": message.link,
        },
    }


async def send(message: Message, receiver: Receiver, means: Means, at: datetime) -> None:
    """Send; any 2xx means that it was taken, whatever follows."""
    keys = means.secret(receiver.secret or "", receiver.around).split()
    headers, body = format(message, keys, at, means.public_url or "urn:whistle")
    await post(receiver.address, headers, body, means.networks)
