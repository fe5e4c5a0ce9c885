"""Chinese and English are complete, and every refusal has its Chinese."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from api.pages import glossary, history, ticket
from api.pages.deadlines import LINES, NOTES
from api.pages.language import LANGUAGE, Language, read, say
from api.pages.refusals import SENTENCES, VERBS, sentence
from api.pages.words import (
    CARDS,
    CLOCKS,
    KINDS,
    ROLES,
    SATISFIED,
    SOLVED,
    SOURCES,
    STAGES,
    TASK_STAGES,
    URGENCIES,
    WAYS,
)
from api.steps import VERBS as STEPS
from domain.actors import Role
from domain.refusal import Refusal
from domain.ticket import (
    appealing_events,
    deferring_events,
    events,
    publishing_events,
    supervising_events,
)
from domain.ticket.clocks import ClockName, Note
from domain.ticket.ladder import Step as Rung
from domain.ticket.stage import Satisfied, Solved, Source, Stage, TaskStage, Urgency
from domain.unit import Kind
from domain.way import Way
from domain.working_time import Says
from tests.domain.test_errors import every_refusal
from tests.domain.test_events import every_event

ADMINISTERED = {"account", "calendar", "catalogue", "hours", "receiver", "terms", "unit"}
API = Path(ticket.__file__).parents[1]
CHINESE = re.compile("[\u3400-\u9fff]")
METHODS = [("pages/**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = dict.fromkeys(("_", "N_", "say"))
MARKED = re.compile(r"""\b(?:_|N_|say)\(\s*(?:"[^"]*"|'[^']*')""")
UNSAID = re.compile(r"{#.*?#}|\"\"\".*?\"\"\"|(?<![\"'&])#[^\n]*", re.DOTALL)


def said_in_pages() -> set[str]:
    """All texts that templates and modules mark as said."""
    found = extract_from_dir(API, method_map=METHODS, keywords=KEYWORDS)
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


def test_everything_that_is_said_is_said_in_english_too() -> None:
    english = {message.id: message for message in read(Language.ENGLISH) if message.id}
    assert sorted(said_in_pages() - english.keys()) == []
    assert sorted(english.keys() - said_in_pages()) == []
    assert [m.id for m in english.values() if m.fuzzy or not m.string or CHINESE.search(str(m.string))] == []
    assert [m.id for m in english.values() if named(str(m.id)) != named(str(m.string))] == []


def named(pattern: str) -> set[str]:
    """The facts that a pattern names."""
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


@pytest.mark.parametrize(
    "path", [*API.glob("pages/*.py"), *API.glob("templates/*.html")], ids=lambda path: path.name
)
def test_no_chinese_is_written_that_is_not_marked(path: Path) -> None:
    text = MARKED.sub("", UNSAID.sub("", path.read_text("utf-8")))
    own_name = text.replace('lang="zh-CN">中文</button>', "")
    assert [line for line in own_name.splitlines() if CHINESE.search(line)] == []


@pytest.mark.parametrize("refusal", list(every_refusal()), ids=lambda refusal: refusal.__name__)
def test_every_refusal_is_said_in_both_languages(refusal: type[Refusal]) -> None:
    facts = named(refusal.__doc__ or "")
    assert named(SENTENCES[refusal.__name__]) <= facts
    raised = refusal(**dict.fromkeys(facts, "x"))
    assert CHINESE.search(sentence(raised))
    speaking = LANGUAGE.set(Language.ENGLISH)
    try:
        assert not CHINESE.search(sentence(raised))
    finally:
        LANGUAGE.reset(speaking)


def test_there_is_a_word_for_everything_of_the_domain() -> None:
    words = (
        (Stage, STAGES), (TaskStage, TASK_STAGES), (Urgency, URGENCIES), (Source, SOURCES), (Solved, SOLVED),
        (Satisfied, SATISFIED), (Role, ROLES), (Rung, CARDS), (ClockName, CLOCKS), (Says, LINES),
        (Note, NOTES),
    )  # fmt: skip
    assert [kind for kind, known in words if {*kind} != {*known}] == []
    assert STEPS.keys() <= VERBS.keys()
    assert STEPS.keys() == ticket.DONE.keys()
    told = {
        name
        for module in (events, appealing_events, deferring_events, publishing_events, supervising_events)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and getattr(kind, "TOPIC", "").startswith("ticket.")
    }
    assert told == history.SENTENCES.keys()
    administered = {kind.__name__ for kind in every_event() if kind.TOPIC.split(".")[0] in ADMINISTERED}
    assert administered == history.ADMINISTRATION.keys()
    assert [kind for kind, known in ((Kind, KINDS), (Way, WAYS)) if {*kind} != {*known}] == []


def test_the_glossary_explains_every_stage_and_everybody_who_has_to_do_with_a_ticket() -> None:
    apart = {Role.ADMINISTRATOR, Role.OPERATOR, Role.HOLDER, Role.CLOCK}
    assert set(glossary.COURSE) == set(STAGES.values())
    assert set(glossary.PEOPLE) == {ROLES[role] for role in Role if role not in apart}


def test_a_text_without_another_word_is_said_as_it_is() -> None:
    assert say("没有人标过的话") == "没有人标过的话"
