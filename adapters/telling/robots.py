"""Robots in the chats of WeCom, DingTalk and Feishu (企业微信、钉钉、飞书机器人).

Their secret has one or two lines: the robot's whole address as its page shows it, which holds its key, and
the secret it signs with, if that is switched on. Text, not Markdown: so no name becomes a link.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import msgspec

from adapters.telling.exchange import LARGEST_BODY, post
from adapters.telling.means import Means, NotTaken
from adapters.telling.message import Message
from domain.receiver import Receiver
from domain.way import Way

LARGEST_TEXT = 2_048
"""Bytes of a text: the limit of WeCom, and enough for the others."""

Formatted = tuple[str, dict[str, Any]]
"""Where it goes, and the body."""


def wecom(message: Message, address: str, secret: str | None, at: datetime) -> Formatted:
    """企业微信: it does not sign, its address is all its secret."""
    return address, {"msgtype": "text", "text": {"content": message.text(LARGEST_TEXT)}}


def dingtalk(message: Message, address: str, secret: str | None, at: datetime) -> Formatted:
    """钉钉: signs in the address, by milliseconds."""
    if secret is not None:
        milliseconds = int(at.timestamp() * 1000)
        sign = _sign(secret, f"{milliseconds}\n{secret}")
        address += f"&timestamp={milliseconds}&sign={quote_plus(sign)}"
    return address, {"msgtype": "text", "text": {"content": message.text(LARGEST_TEXT)}}


def feishu(message: Message, address: str, secret: str | None, at: datetime) -> Formatted:
    """飞书: signs in the body, by seconds; what others sign is the key here, and the text is empty."""
    signed: dict[str, Any] = {}
    if secret is not None:
        seconds = str(int(at.timestamp()))
        signed = {"timestamp": seconds, "sign": _sign(f"{seconds}\n{secret}", "")}
    return address, {**signed, "msg_type": "text", "content": {"text": message.text(LARGEST_TEXT)}}


FORMATS = {Way.WECOM: wecom, Way.DINGTALK: dingtalk, Way.FEISHU: feishu}


async def send(message: Message, receiver: Receiver, means: Means, at: datetime) -> None:
    """Send; a robot says in its body whether it took it, with the status 200 in any case."""
    address, *secret = means.secret(receiver.secret or "", receiver.around).split()
    address, body = FORMATS[receiver.way](message, address, secret[0] if secret else None, at)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await post(address, headers, msgspec.json.encode(body), means.networks, LARGEST_BODY)
    try:
        said = msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NotTaken("what it answered is none of a robot") from None
    code = said.get("errcode", said.get("code", said.get("StatusCode")))
    if code != 0:
        raise NotTaken(f"the robot answered error {code}" if isinstance(code, int) else "no robot answered")


def _sign(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()
