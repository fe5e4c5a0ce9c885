"""Which rules a text may be about, and why (分拣建议); the sorter decides.

A rule is found by the pairs of characters that its category's name and filing condition share with the title
and description, and by the single ones they share with the title. Each counts the more, the fewer rules have
it; in a title or in a category's name it counts more. Nothing is learned or drawn by lot: the same text and
version always give the same answer.
"""

import math
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from domain.catalogue.rule import Rule
from domain.catalogue.version import Version

MOST = 5
"""How many rules are proposed."""
TITLE, DESCRIPTION, SINGLE = 2.0, 1.0, 0.7
"""What a pair counts where it stands in the title or description, and a single character of the title."""
NAME, CONDITION = 0.3, 1.0
FAINT = 0.1
"""What scores less than this share of the best is not proposed."""
GIVEN = 0.6
"""What the category counts that was already named: as a rare pair of its name that the title has."""
STEADY = 10
"""A long condition must not win by its length alone: a word in it counts divided by the root of the number of
its pairs and these."""
IDLE = "的了是在有和与及或等被把个这那我你他您们不很都也就还要会能可到去来上下里着过为对请一无"
"""Characters that make no word of a matter."""
BLANKED = {ord(character): " " for character in IDLE}
RUN = re.compile(r"[^\W_]+")
FIRST_IDEOGRAPH = "\u3400"


@dataclass(frozen=True, slots=True)
class Reason:
    """A word of the rule that is a word of the text: `rule` and `text` say in which of their fields."""

    word: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that may fit, how well compared with the others, and why."""

    rule: Rule
    score: float
    why: tuple[Reason, ...]


class _Field(NamedTuple):
    """A field of a rule, as it is compared, and what a word in it counts."""

    name: str
    weight: float
    text: str


class _Text(NamedTuple):
    """What somebody wrote, as it is compared, and the words in it: of a title, single characters too."""

    name: str
    text: str
    words: Set[str]


class _Index:
    """Which rules of a version have each word, that is a pair of characters or a single one."""

    def __init__(self, version: Version) -> None:
        self.rules = version.rules
        self.fields = [
            (
                _Field("category_name", NAME, plain(rule.category_name)),
                _Field("filing_condition", CONDITION, plain(rule.filing_condition)),
            )
            for rule in self.rules
        ]
        self.having: dict[str, dict[int, float]] = {}
        """For each word, the rules that have it, and what it counts in each."""
        for nth, (name, condition) in enumerate(self.fields):
            length = math.sqrt(STEADY + sum(1 for _ in pairs(condition.text)))
            for field, counts in ((name, name.weight), (condition, condition.weight / length)):
                for word in {*pairs(field.text), *singles(field.text)}:
                    having = self.having.setdefault(word, {})
                    having[nth] = having.get(nth, 0.0) + counts

    def rarity(self, word: str) -> float:
        """How much a word tells: 1 where a single rule has it, and less the more have it."""
        all_rules = len(self.rules)
        return math.log(1 + all_rules / len(self.having[word])) / math.log(1 + all_rules)


def propose(version: Version, title: str, description: str, given: str | None = None) -> list[Proposal]:
    """The rules that fit best, at most `MOST`, best first; `given` is a category that was named already."""
    index = _index(version)
    title_text, description_text = plain(title), plain(description)
    texts = (
        _Text("title", title_text, {*pairs(title_text), *singles(title_text)}),
        _Text("description", description_text, {*pairs(description_text)}),
    )
    counts = dict.fromkeys(texts[1].words, DESCRIPTION)
    counts |= {word: TITLE if len(word) > 1 else SINGLE for word in texts[0].words}
    scores: dict[int, float] = {}
    for word in sorted(counts.keys() & index.having.keys()):
        worth = counts[word] * index.rarity(word)
        for nth, weight in index.having[word].items():
            scores[nth] = scores.get(nth, 0.0) + worth * weight
    if given is not None:
        for nth, rule in enumerate(index.rules):
            if rule.category == given:
                scores[nth] = scores.get(nth, 0.0) + GIVEN
    least = FAINT * max(scores.values(), default=0.0)
    found = (nth for nth, score in scores.items() if score >= least)
    best = sorted(found, key=lambda nth: (-scores[nth], nth))[:MOST]
    return [Proposal(index.rules[nth], round(scores[nth], 4), _why(index, nth, texts, given)) for nth in best]


def _why(index: _Index, nth: int, texts: tuple[_Text, ...], given: str | None) -> tuple[Reason, ...]:
    """The longest words the rule shares with the texts, those of the category first, each once."""
    rule = index.rules[nth]
    found: dict[str, Reason] = {}
    for field in index.fields[nth]:
        for text in texts:
            for word in shared(field.text, text.text, text.words):
                found.setdefault(word, Reason(word, field.name, text.name))
    said = (reason for word, reason in found.items() if not any(word in o and word != o for o in found))
    named = [Reason(rule.category_name, "category", "category")] if rule.category == given else []
    return (*named, *said)


def plain(text: str) -> str:
    """The text as it is compared: one form of each character, in small letters, blanks for idle ones."""
    return normalize("NFKC", text).lower().translate(BLANKED)


def pairs(text: str) -> Iterator[str]:
    """The pairs of neighbouring characters that may be part of a word."""
    return (run[n : n + 2] for run in RUN.findall(text) for n in range(len(run) - 1))


def singles(text: str) -> Iterator[str]:
    """The single characters that may be a word, which those of an alphabet and digits are not."""
    return (character for run in RUN.findall(text) for character in run if character >= FIRST_IDEOGRAPH)


def shared(written: str, text: str, known: Set[str]) -> list[str]:
    """The longest pieces of `written` that stand in `text`, made of the words `known` to stand there."""
    found, start = [], 0
    while start < len(written):
        end = start + 1
        while end < len(written) and written[end - 1 : end + 1] in known and written[start : end + 1] in text:
            end += 1
        if end - start >= 2 or written[start:end] in known:
            found.append(written[start:end])
        start = max(end - 1, start + 1)
    return found


@lru_cache(maxsize=8)
def _index(version: Version) -> _Index:
    return _Index(version)
