"""What messages look like: by the rules of those who receive them, and without a word that anybody wrote."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook

from adapters.telling import robots, smtp, webhook
from adapters.telling.means import NotTaken
from adapters.telling.message import Message, Told, cut
from domain.calendar import CHINA

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "notify" / "vectors.json"
KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER_KEY = "whsec_YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODk="
AT = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
TOLD = Told(
    topic="ticket.dispatched",
    what="派单",
    ticket=UUID(int=7),
    number="FS-261123-0031",
    category="下水堵塞",
    place="东北社区第1网格",
    departments=("水务", "住建"),
    at=AT,
)
LONG = Told("ticket.sorted", "分拣", UUID(int=7), "FS-1", "𠮷" * 400, "楼" * 400, (), AT)
LINK = "https://whistle.example.org/tickets/7"
MESSAGE = Message(UUID(int=1), 42, TOLD, LINK)


@pytest.fixture
def vectors() -> Any:
    """Signatures that third-party code made."""
    if not VECTORS.exists():
        print(f"Skipped: the vectors {VECTORS.name} are not there.")  # noqa: T201
        pytest.skip("the vectors are not there")
    return json.loads(VECTORS.read_text("utf-8"))


def test_a_message_says_number_category_place_what_happened_and_where_it_is_seen() -> None:
    assert MESSAGE.text(2048).splitlines() == [
        "派单 FS-261123-0031",
        "类别：下水堵塞",
        "地点：东北社区第1网格",
        "部门：水务、住建",
        "时间：2026-11-23 09:30",
        LINK,
    ]


def test_what_is_not_known_is_left_out() -> None:
    told = Told("ticket.reported", "上报", UUID(int=7), "FS-1", "", "一格", (), AT)
    assert Message(UUID(int=1), 1, told, None).text(2048) == "上报 FS-1\n地点：一格\n时间：2026-11-23 09:30"


def test_a_name_stays_on_its_line() -> None:
    told = Told("ticket.reported", "上报", UUID(int=7), "FS-1", "甲\r\nBcc: a@b\x00\u202e", "一格", (), AT)
    assert "类别：甲 Bcc: a@b\n" in Message(UUID(int=1), 1, told, None).text(2048)


def test_a_message_has_the_same_id_whenever_it_is_sent_and_no_other_has_it() -> None:
    assert Message(UUID(int=1), 42, LONG, None).id == MESSAGE.id
    ids = {Message(UUID(int=r), p, TOLD, None).id for r in range(20) for p in range(20)}
    assert len(ids) == 400
    assert all("." not in id and id.isascii() for id in ids)


@pytest.mark.parametrize("most", range(3, 60))
def test_a_text_is_cut_between_characters(most: int) -> None:
    text = "路灯a𠮷🚰不亮bc" * 3
    found = cut(text, most)
    assert len(found.encode()) <= most
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))
    if found != text:  # One character more would not have fitted.
        assert len(text[: len(found)].encode()) + len("…".encode()) > most


@pytest.mark.parametrize("format", robots.FORMATS.values())
def test_a_robots_text_keeps_to_2048_bytes_and_keeps_its_link(format: Any) -> None:
    _, body = format(Message(UUID(int=1), 42, LONG, LINK), "https://robot.example.org/?key=K", "S", AT)
    text = body["text"]["content"] if "text" in body else body["content"]["text"]
    assert 2040 < len(text.encode()) <= 2048
    assert text.endswith(f"…\n{LINK}")


def test_wecom_gets_a_text() -> None:
    address, body = robots.wecom(MESSAGE, "https://qyapi.example.org/send?key=K", None, AT)
    assert address == "https://qyapi.example.org/send?key=K"
    assert body == {"msgtype": "text", "text": {"content": MESSAGE.text(2048)}}


def test_dingtalk_is_signed_in_its_address(vectors: Any) -> None:
    given = vectors["dingtalk"]
    at = datetime.fromtimestamp(given["timestamp_ms"] / 1000, UTC)
    unsigned = "https://oapi.dingtalk.com/robot/send?access_token=T"
    address, body = robots.dingtalk(MESSAGE, unsigned, given["secret"], at)
    assert address == given["signed_url"]
    assert set(parse_qs(urlsplit(address).query)) == {"access_token", "timestamp", "sign"}
    assert body == {"msgtype": "text", "text": {"content": MESSAGE.text(2048)}}
    assert robots.dingtalk(MESSAGE, unsigned, None, at)[0] == unsigned


def test_feishu_is_signed_in_its_body(vectors: Any) -> None:
    given = vectors["feishu"]
    at = datetime.fromtimestamp(given["timestamp_s"], UTC)
    _, body = robots.feishu(MESSAGE, "https://open.example.org/hook/K", given["secret"], at)
    assert body == {
        "timestamp": str(given["timestamp_s"]),
        "sign": given["sign"],
        "msg_type": "text",
        "content": {"text": MESSAGE.text(2048)},
    }
    assert "sign" not in robots.feishu(MESSAGE, "https://open.example.org/hook/K", None, at)[1]


def test_the_library_signs_as_the_vectors_say(vectors: Any) -> None:
    given = vectors["standardwebhooks"]
    at = datetime.fromtimestamp(given["timestamp"], UTC)
    assert Webhook(given["secret"]).sign(given["id"], at, given["body"]) == given["signature"]


@pytest.mark.parametrize("zone", [UTC, CHINA, timezone(timedelta(hours=-8))])
def test_a_webhook_is_verified_by_the_library_whatever_zone_its_time_came_in(zone: Any) -> None:
    now = datetime.now(zone)
    headers, body = webhook.format(MESSAGE, [KEY], now, "https://whistle.example.org")
    assert Webhook(KEY).verify(body, headers)["id"] == headers["webhook-id"] == MESSAGE.id
    assert abs(int(headers["webhook-timestamp"]) - now.timestamp()) <= 1
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(KEY).verify(body + b" ", headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(OTHER_KEY).verify(body, headers)


def test_while_a_key_is_replaced_both_verify() -> None:
    headers, body = webhook.format(MESSAGE, [KEY, OTHER_KEY], datetime.now(UTC), "urn:whistle")
    for key in (KEY, OTHER_KEY):
        assert Webhook(key).verify(body, headers)


@pytest.mark.parametrize("key", ["", "whsec_", "whsec_a", "no key", KEY[6:], "密"])
def test_a_broken_key_is_not_shown(key: str) -> None:
    with pytest.raises(NotTaken, match="its secret is no key") as refused:
        webhook.format(MESSAGE, [key], AT, "urn:whistle")
    assert not key or key not in str(refused.value).replace("whsec_", "").replace("no key:", "")


def test_a_webhooks_body_is_a_cloud_event() -> None:
    headers, body = webhook.format(MESSAGE, [KEY], AT, "https://whistle.example.org")
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    event = JSONFormat().read(CloudEvent, body)
    assert (event.get_id(), event.get_type()) == (MESSAGE.id, "ticket.dispatched")
    assert (event.get_source(), event.get_subject()) == ("https://whistle.example.org", "FS-261123-0031")
    assert (event.get_specversion(), event.get_time()) == ("1.0", AT)
    assert event.get_data() == {
        "position": 42,
        "ticket": str(TOLD.ticket),
        "number": "FS-261123-0031",
        "what": "派单",
        "category": "下水堵塞",
        "place": "东北社区第1网格",
        "departments": ["水务", "住建"],
        "card": "",
        "clock": "",
        "due_at": None,
        "link": LINK,
    }


def test_an_e_mail_has_our_id_and_says_that_a_machine_wrote_it() -> None:
    mail = smtp.format(MESSAGE, "whistle@example.org", "office@example.org", AT)
    assert mail["Message-ID"] == f"<{MESSAGE.id}@example.org>"
    assert (mail["Subject"], mail["To"]) == ("派单 FS-261123-0031", "office@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip() == MESSAGE.text(10_000)
