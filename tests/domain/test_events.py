"""Events for ever (事件): each has a topic of its own, and whatever was once stored is still understood."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from eventsourcing.utils import TopicError, resolve_topic

import domain
from domain.event import Created, Event
from domain.ticket.events import Sorted
from tests.domain.stored import decode, encode

SAMPLES = Path(__file__).parent / "samples"
STOOD = {
    "ticket": [
        "ticket.reported",
        "ticket.gathered",
        "ticket.dispatched",
        "ticket.sent_back",
        "ticket.link_given",
        "ticket.published",
        "ticket.extension_requested",
        "ticket.appealed",
        "ticket.urged",
    ],
    "unit": ["unit.registered"],
    "account": ["account.opened", "account.role_granted", "account.closed"],
    "calendar": ["calendar.begun"],
    "catalogue": ["catalogue.begun"],
    "receiver": ["receiver.registered", "receiver.paused"],
    "terms": ["terms.begun"],
    "hours": ["hours.begun"],
    "personal": ["personal.looked"],
    "resident": ["resident.erased"],
    "keys": ["keys.rotated"],
}
"""What has happened before a sample is applied."""
SILENT = {"account.password_changed", "account.signed_out"}
"""Events that are told in the history and change nothing else."""


def every_event(base: type[Event] = Event) -> Iterator[type[Event]]:
    """All kinds of events there are in the domain."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    for event in base.__subclasses__():
        if event.__module__.startswith("domain.") and event.TOPIC:
            yield event
        yield from every_event(event)


EVENTS = {event.TOPIC: event for event in every_event()}
STORED = [(topic, version) for topic in EVENTS for version in range(1, EVENTS[topic].class_version + 1)]


def sample(topic: str, version: int = 1) -> bytes:
    """The state of an event as it was stored when its class had this version; kept for ever."""
    path = SAMPLES / f"{topic}.v{version}.json"
    assert path.exists(), f"Store msgspec.json.encode of a {topic} in {path.name}, then never change it."
    return path.read_bytes()


def what_stood_before(topic: str) -> Any:
    """The ticket, unit or account that the sample of this topic happens to."""
    first, *more = STOOD[topic.split(".", maxsplit=1)[0]]
    aggregate = decode(first, sample(first)).mutate(None)
    for earlier in takewhile(lambda earlier: earlier != topic, more):
        decode(earlier, sample(earlier)).apply(aggregate)
    return aggregate


@pytest.mark.parametrize(("topic", "version"), STORED)
def test_what_was_once_stored_is_still_understood(topic: str, version: int) -> None:
    event = decode(topic, sample(topic, version), version)
    assert type(event) is EVENTS[topic]
    if isinstance(event, Created):
        assert event.mutate(None) is not None
        return
    before = what_stood_before(topic)
    after = deepcopy(before)
    event.apply(after)
    assert (after == before) == (topic in SILENT)


@pytest.mark.parametrize("topic", EVENTS)
def test_an_event_is_stored_today_as_its_newest_sample_is(topic: str) -> None:
    version = EVENTS[topic].class_version
    assert encode(decode(topic, sample(topic, version), version)) == sample(topic, version)


def test_there_is_no_sample_of_an_event_that_is_gone() -> None:
    stored = {f"{topic}.v{version}.json" for topic, version in STORED}
    assert {path.name for path in SAMPLES.iterdir()} == stored, "A topic, once used, is never given up."


def test_every_topic_leads_back_to_its_event() -> None:
    assert {topic: resolve_topic(topic) for topic in EVENTS} == EVENTS


def test_whoever_reads_the_log_knows_every_topic() -> None:
    """In a process of its own, as the projector is: here, all modules are imported already."""
    asks = "import sys, adapters.mapper; from eventsourcing.utils import resolve_topic as r; "
    reads = asks + "[r(topic) for topic in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", reads, *EVENTS], check=True)


def test_a_topic_says_whose_event_it_is_and_what_happened() -> None:
    assert {topic.split(".")[0] for topic in EVENTS} == set(STOOD)


def test_an_event_without_a_topic_fails_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="Nameless has no TOPIC"):

        class Nameless(Event):
            pass


def test_an_event_of_a_later_version_without_a_way_up_to_it_fails_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="Raised has no upcast_v1_v2"):

        class Raised(Event):
            TOPIC: ClassVar[str] = "ticket.raised_without_upcast"
            class_version: ClassVar[int] = 2


def test_an_event_does_not_inherit_the_topic_of_another() -> None:
    with pytest.raises(TypeError, match="SortedTwice has no TOPIC"):

        class SortedTwice(Sorted):
            pass


def test_an_event_with_the_topic_of_another_fails_where_it_is_written() -> None:
    with pytest.raises(TopicError, match=r"ticket\.sorted"):

        class SortedOtherwise(Event):
            TOPIC: ClassVar[str] = "ticket.sorted"

    assert resolve_topic("ticket.sorted") is Sorted
