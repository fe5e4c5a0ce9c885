"""Receivers (接收方): who registers them, what they may be told of; no secret is ever in an event."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.actors import CLOCK, Assignment, Person, Role
from domain.calendar import CHINA
from domain.errors import AlreadyClosed, AlreadySo, NotYours, OutOfRange
from domain.receiver import AmendReceiver, Receiver, RegisterReceiver, topics
from domain.ticket.supervising_events import Supervised
from domain.unit import Kind, Register, Unit
from domain.way import Way
from tests.domain.given import given
from tests.domain.stories import called

AT = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)


def administrator(*units: str) -> Person:
    """An administrator of these units."""
    return Person("admin", tuple(Assignment(Role.ADMINISTRATOR, unit) for unit in units))


ROOT = administrator("")
CITY = Unit.register(Register("2206", "白山市", Kind.CITY), None, ROOT, AT)
COUNTY = Unit.register(Register("220621", "抚松县", Kind.COUNTY, "2206"), CITY, ROOT, AT)
TOWN = Unit.register(Register("220621100", "抚松镇", Kind.TOWN, "220621"), COUNTY, ROOT, AT)
HOOK: dict[str, Any] = {
    "code": "hook", "name": "那边", "way": Way.WEBHOOK, "topics": ("ticket.dispatched",),
    "address": "https://example.org/told", "secret": "hook-key",
}  # fmt: skip


def register(unit: Unit | None = None, by: Person = ROOT, **changed: Any) -> Receiver:
    """A receiver that is registered, unless it is refused."""
    command = RegisterReceiver(**{**HOOK, "unit": unit.code if unit else "", **changed})
    return Receiver.register(command, unit, by, AT)


def test_an_administrator_of_the_unit_or_of_what_it_lies_in_registers_amends_and_closes() -> None:
    for by in (ROOT, administrator("220621100"), administrator("220621")):
        receiver = register(TOWN, by)
        receiver.amend(AmendReceiver("另", ("ticket.*",), "https://example.org/", "other"), by, AT)
        receiver.close(by, AT)
        assert (receiver.name, receiver.topics, receiver.secret) == ("另", ("ticket.*",), "other")
        assert receiver.closed


@pytest.mark.parametrize(
    "by", [administrator("220622"), Person("li", (Assignment(Role.DISPATCHER, "220621100"),))]
)
def test_nobody_else_does(by: Person) -> None:
    receiver = register(TOWN)
    for refused in (
        lambda: register(TOWN, by),
        lambda: receiver.amend(AmendReceiver("x", ("ticket.*",), HOOK["address"], "x"), by, AT),
        lambda: receiver.close(by, AT),
    ):
        with pytest.raises(NotYours, match="administrator"):
            refused()


def test_only_an_administrator_of_everything_has_everything_told() -> None:
    assert register(None, ROOT).around == ()
    with pytest.raises(NotYours):
        register(None, administrator("220621100"))


def test_one_is_paused_and_resumed_and_told_all_the_while() -> None:
    receiver = register()
    with pytest.raises(AlreadySo, match="is in use already"):
        receiver.resume(ROOT, AT)
    receiver.pause(ROOT, AT)
    assert receiver.paused
    assert receiver.wants("ticket.dispatched")
    with pytest.raises(AlreadySo, match="is paused already"):
        receiver.pause(ROOT, AT)
    with pytest.raises(NotYours):
        receiver.resume(administrator("220621101"), AT)
    receiver.resume(ROOT, AT)
    assert not receiver.paused


def test_an_inbox_is_not_paused_as_nothing_is_sent_to_it() -> None:
    inbox = RegisterReceiver("box", "x", Way.INBOX, ("ticket.*",), address="li")
    with pytest.raises(OutOfRange, match="an inbox"):
        Receiver.register(inbox, None, ROOT, AT).pause(ROOT, AT)


def test_a_closed_one_is_neither_amended_nor_closed_again_and_wants_nothing() -> None:
    receiver = register()
    assert receiver.wants("ticket.dispatched")
    assert not receiver.wants("ticket.claimed")
    receiver.close(ROOT, AT)
    assert not receiver.wants("ticket.dispatched")
    with pytest.raises(AlreadyClosed):
        receiver.close(ROOT, AT)
    with pytest.raises(AlreadyClosed):
        receiver.amend(AmendReceiver("x", ("ticket.*",), HOOK["address"], "x"), ROOT, AT)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("code", {"code": ""}), ("code", {"code": "a b"}), ("code", {"code": "../x"}),
        ("code", {"code": "a" * 51}),
        ("name", {"name": " "}), ("topics", {"topics": ()}), ("topics", {"topics": ("ticket.nothing",)}),
        ("topics", {"topics": ("account.opened",)}), ("topics", {"topics": ("os:system",)}),
        ("secret", {"secret": None}), ("secret", {"secret": "../../etc/passwd"}), ("secret", {"secret": "A"}),
        ("secret", {"way": Way.EMAIL, "address": "a@example.org"}),
        ("address", {"address": ""}), ("address", {"address": "ftp://example.org/"}),
        ("address", {"address": "https://u:p@example.org/"}), ("address", {"address": "https:///x"}),
        ("address", {"address": "https://example.org/?key=hidden"}), ("address", {"address": "https://e.org/#x"}),
        ("address", {"address": "https://e.org:99999/"}), ("address", {"address": "https://e.org/\r\nX: y"}),
        ("address", {"address": "https://例.org/"}), ("address", {"address": "https://e.org/" + "x" * 500}),
        ("address", {"way": Way.EMAIL, "secret": None, "address": "nobody"}),
        ("address", {"way": Way.EMAIL, "secret": None, "address": "a@e.org,b@e.org"}),
        ("address", {"way": Way.EMAIL, "secret": None, "address": "a@e.org\r\nBcc: b@e.org"}),
        ("address", {"way": Way.WECOM, "address": "https://qyapi.example.org/send?key=hidden"}),
        ("address", {"way": Way.INBOX, "secret": None, "address": ""}),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_and_what_is_secret_is_not_repeated(
    field: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(OutOfRange) as refused:
        register(**changed)
    assert refused.value.facts["field"] == field
    assert "hidden" not in str(refused.value)


def test_a_receiver_is_told_of_a_county_at_most_or_of_everything() -> None:
    with pytest.raises(OutOfRange, match="unit is a city"):
        register(CITY)
    assert register(COUNTY).around == ("220621", "2206")


@pytest.mark.parametrize("way", [Way.WECOM, Way.DINGTALK, Way.FEISHU])
def test_a_robot_is_known_by_the_name_of_its_secret_alone(way: Way) -> None:
    receiver = register(way=way, address="", secret="robot-1")
    assert (receiver.address, receiver.secret) == ("", "robot-1")


def test_every_event_of_a_ticket_has_a_chinese_name() -> None:
    words = topics()
    assert len(words) >= 20
    assert words["ticket.dispatched"] == "派单"
    assert {topic for topic, word in words.items() if word == topic} == set(), "Begin the docstring with it."


@pytest.mark.parametrize(
    ("topics", "told"),
    [
        (("ticket.supervised.leader",), [False, False, True]),
        (("ticket.supervised",), [True, True, True]),
        (("ticket.*",), [True, True, True]),
        (("ticket.urged",), [False, False, False]),
    ],
)
def test_a_leader_need_not_hear_of_every_yellow_card(topics: tuple[str, ...], told: list[bool]) -> None:
    receiver = register(None, topics=topics)
    story = given(*called("water"))
    ticket = story.ticket
    ticket.climb(CLOCK, story.now + timedelta(days=30))
    cards = [event for event in story.collect() if isinstance(event, Supervised)]
    of_water = [card for card in cards if (card.clock, card.department) == ("handle", "water")]
    assert [receiver.is_told(card, ticket) for card in of_water] == told
    assert receiver.wants(Supervised.TOPIC) == any(told)
