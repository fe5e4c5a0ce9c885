"""Texts: every character survives unchanged, within a stated length; what no database can keep is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.errors import OutOfRange
from domain.event import Event
from domain.ticket.clocks import ClockName
from domain.ticket.commands import (
    AcceptReturn,
    Appeal,
    Claim,
    DismissAppeal,
    Dispatch,
    GrantExtension,
    Handle,
    Hold,
    Join,
    NoteProgress,
    Part,
    Publish,
    RefuseExtension,
    RefuseReturn,
    Reject,
    Reopen,
    Report,
    RequestExtension,
    SendBack,
    Sort,
    UpholdAppeal,
    Verify,
)
from domain.ticket.events import Reporter
from domain.ticket.stage import Solved, Urgency
from tests.domain.given import NOON, Outcome, given
from tests.domain.people import (
    A_DAY,
    GRID,
    Somebody,
    Step,
    dispatcher,
    housing,
    sorter,
    supervisor,
    water,
    worker,
)
from tests.domain.stored import read_back
from tests.domain.stories import REPORT, SORTED, called, done

OTHER = UUID("0197d3a0-0000-7000-8000-000000000002")
REPORTED = (worker(REPORT),)
CALLED = called("water")
RETURNED = (*CALLED, water(SendBack("不归我们管")))
HANDLED = (*CALLED, *done(housing, water))
ASKED = (*CALLED, water(Claim()), water(RequestExtension("等材料")))
LATE = (*CALLED, water(Claim(), after=2 * A_DAY))
APPEALED = (*LATE, water(Appeal(ClockName.CLAIM, "路面结冰")))


@dataclass(frozen=True)
class Text:
    """One text that somebody may write, and how long it may be."""

    facts: tuple[Step, ...]
    by: Somebody
    asking: Callable[[str], Any]
    longest: int = 2_000
    needed: bool = True

    def written(self, text: str) -> Outcome:
        """This text, where it may be written."""
        other = given(*REPORTED, id=OTHER).ticket
        return given(*self.facts, beside=(other,)).when(self.by(self.asking(text)))


def report(**facts: Any) -> Report:
    """A report, with these facts instead of the usual ones."""
    return Report(**{"title": "路灯", "description": "不亮", "grid": GRID, **facts})


TEXTS = {
    "title": Text((), worker, lambda text: report(title=text), 200),
    "description": Text((), worker, lambda text: report(description=text), 8_000),
    "address": Text((), worker, lambda text: report(address=text), needed=False),
    "handled on the spot": Text((), worker, lambda text: report(handled=text)),
    "reporter's name": Text((), worker, lambda text: report(reporter=Reporter(name=text)), needed=False),
    "reporter's phone": Text((), worker, lambda text: report(reporter=Reporter(phone=text)), needed=False),
    "sort": Text(REPORTED, sorter, lambda text: Sort("drain", Urgency.URGENT, text), needed=False),
    "reject": Text(REPORTED, sorter, Reject),
    "join": Text(REPORTED, sorter, lambda text: Join(OTHER, text), needed=False),
    "part": Text((*REPORTED, sorter(Join(OTHER))), sorter, Part),
    "dispatch": Text(SORTED, dispatcher, lambda text: Dispatch("housing", note=text), needed=False),
    "send back": Text(CALLED, water, SendBack),
    "accept return": Text(RETURNED, dispatcher, lambda text: AcceptReturn("water", text)),
    "refuse return": Text(RETURNED, dispatcher, lambda text: RefuseReturn("water", text)),
    "request extension": Text((*CALLED, water(Claim())), water, RequestExtension),
    "grant extension": Text(ASKED, dispatcher, lambda text: GrantExtension("water", text)),
    "refuse extension": Text(ASKED, dispatcher, lambda text: RefuseExtension("water", text)),
    "hold": Text(CALLED, dispatcher, lambda text: Hold("water", text, NOON + A_DAY)),
    "appeal": Text(LATE, water, lambda text: Appeal(ClockName.CLAIM, text)),
    "uphold appeal": Text(APPEALED, supervisor, lambda text: UpholdAppeal("water", ClockName.CLAIM, text)),
    "dismiss appeal": Text(APPEALED, supervisor, lambda text: DismissAppeal("water", ClockName.CLAIM, text)),
    "note progress": Text((*CALLED, water(Claim())), water, NoteProgress),
    "handle": Text((*CALLED, water(Claim())), water, Handle),
    "verify": Text(HANDLED, worker, lambda text: Verify(Solved.SOLVED, note=text), needed=False),
    "not solved": Text(HANDLED, worker, lambda text: Verify(Solved.NOT_SOLVED, note=text), needed=False),
    "reopen": Text(HANDLED, worker, Reopen),
    "publish": Text(HANDLED, sorter, Publish),
}
EVERY_TEXT = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
BLANKS = ["", " ", "\t\n", "\u3000", "\u00a0"]
STRANGE = "\u3000井盖\u00a0坏了\t\n\r\n👷\u200d♀️ 𠮷野 🇨🇳 \ufeff\u202e\x7f\x01 ' \" \\ %s {0} --"


def words(event: Event) -> set[str]:
    """All texts in an event, as somebody reads it who was not there."""

    def within(value: object) -> set[str]:
        if isinstance(value, dict | list):
            parts = value.values() if isinstance(value, dict) else value
            return {text for part in parts for text in within(part)}
        return {value} if isinstance(value, str) else set()

    return within(msgspec.to_builtins(read_back(event)))


@EVERY_TEXT
def test_a_text_survives_unchanged(text: Text) -> None:
    outcome = text.written(STRANGE)
    assert outcome.refusal is None
    assert STRANGE in words(outcome.events[-1])


@EVERY_TEXT
def test_a_text_may_be_as_long_as_stated_whatever_its_characters(text: Text) -> None:
    assert text.written("𠮷" * text.longest).refusal is None


@EVERY_TEXT
def test_a_text_that_is_longer_is_refused_with_both_lengths(text: Text) -> None:
    text.written("x" * (text.longest + 1)).then_refused(OutOfRange, str(text.longest + 1), str(text.longest))


@EVERY_TEXT
@pytest.mark.parametrize("character", ["\0", chr(0xD800), chr(0xDFFF)], ids=["NUL", "high half", "low half"])
def test_a_character_that_no_database_can_keep_is_refused(text: Text, character: str) -> None:
    text.written(f"井盖{character}坏了").then_refused(OutOfRange, "NUL or half a pair")


@EVERY_TEXT
@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_blank_text_is_refused_where_one_is_needed(text: Text, blank: str) -> None:
    outcome = text.written(blank)
    if text.needed:
        outcome.then_refused(OutOfRange, "empty")
    else:
        assert outcome.refusal is None


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_ticket_reopened_with_a_blank_note_still_says_why(blank: str) -> None:
    reopened = TEXTS["not solved"].written(blank).events[-1]
    assert getattr(reopened, "reason", "") == "未解决"


@settings(deadline=None, database=None, derandomize=True)
@for_all(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_any_title_survives_unchanged_or_is_blank(title: str) -> None:
    outcome = TEXTS["title"].written(title)
    if title.strip():
        assert title in words(outcome.events[0])
    else:
        outcome.then_refused(OutOfRange, "title is empty")
