"""The ways by which somebody is told (方式), and what each needs to reach them."""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from domain.errors import OutOfRange

LONGEST_ADDRESS = 500
SECRET = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
"""How a secret is named, so that its name is a name of a file everywhere."""
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")


class Way(StrEnum):
    """How somebody is told (方式)."""

    INBOX = "inbox"  # 站内信
    EMAIL = "email"  # 邮件
    WECOM = "wecom"  # 企业微信机器人
    DINGTALK = "dingtalk"  # 钉钉机器人
    FEISHU = "feishu"  # 飞书机器人
    WEBHOOK = "webhook"

    @property
    def is_robot(self) -> bool:
        """Whether its address holds its key, and is a secret as a whole."""
        return self in (Way.WECOM, Way.DINGTALK, Way.FEISHU)


def check_address(way: Way, address: str, secret: str | None, unit: str) -> None:
    """Refuse what this way cannot reach, and an address that would show a secret."""
    needs_secret = way.is_robot or way is Way.WEBHOOK
    if needs_secret != (secret is not None):
        raise OutOfRange(field="secret", why=f"{'is missing' if needs_secret else 'is not used'} for {way}")
    if secret is not None and not SECRET.fullmatch(secret):
        raise OutOfRange(field="secret", why="is the name of one: a to z, 0 to 9 and hyphens, up to 50")
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or " " in address:
        raise OutOfRange(field="address", why="is too long, or holds blanks or signs: check it")
    if way is Way.EMAIL and not MAIL.fullmatch(address):
        raise OutOfRange(field="address", why="is no e-mail address: write one such as office@example.org")
    if way is Way.WEBHOOK:
        _check_url(address)
    if way.is_robot and address:
        raise OutOfRange(field="address", why="of a robot holds its key: put it into the secret, not here")
    if way is Way.INBOX and not (address or unit):
        raise OutOfRange(field="address", why="is missing: name an account, or a unit for all who serve it")


def _check_url(address: str) -> None:
    try:
        url = urlsplit(address)
        fits = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        fits = False
    if not fits or not address.isascii():
        raise OutOfRange(field="address", why="is no web address: write one such as https://example.org/told")
    if url.username is not None or url.query or url.fragment:
        raise OutOfRange(field="address", why="holds a name, a query or a mark: leave that out")
