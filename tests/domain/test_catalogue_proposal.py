"""What sorting is offered (分拣建议): the rules that fit, best first, and the words that say why."""

import csv
import random
import string
import time
from importlib.resources import files

import pytest

from domain.catalogue import EXAMPLE, MOST, Proposal, Reason, propose
from domain.text import DESCRIPTION


def ids(title: str, description: str = "", given: str | None = None) -> list[str]:
    """The ids of the rules that are proposed."""
    return [proposal.rule.id for proposal in propose(EXAMPLE, title, description, given)]


def test_a_proposal_says_which_words_of_the_rule_are_which_words_of_the_text() -> None:
    best, *_ = propose(EXAMPLE, "小区门口井盖不见了", "昨晚有人差点掉下去，很危险")
    assert best.rule.id == "manhole.1"
    assert best.rule.department == "urban"
    assert best.why == (
        Reason("井盖", "category_name", "title"),
        Reason("危险", "filing_condition", "description"),
    )


@pytest.mark.parametrize(
    ("title", "description", "best"),
    [
        ("电梯困人了", "电梯停在五楼，里面有两位老人", "elevator.2"),
        ("电梯异响", "电梯上下抖动", "elevator.1"),
        ("狗咬人", "大型犬失控咬了孩子", "dog.2"),
        ("路灯不亮", "巷子里的路灯坏了三天", "street_light.1"),
        ("污水外溢", "化粪池堵塞，一楼返水", "drain.1"),
    ],
)
def test_within_a_category_the_filing_condition_decides(title: str, description: str, best: str) -> None:
    assert ids(title, description)[0] == best


def test_whatever_a_proposal_says_stands_in_both_texts() -> None:
    for title, description, _ in matters():
        for proposal in propose(EXAMPLE, title, description):
            assert proposal.why, proposal
            for reason in proposal.why:
                assert reason.word in getattr(proposal.rule, reason.rule)
                assert reason.word in {"title": title, "description": description}[reason.text].lower()


def test_the_best_come_first_and_never_more_than_five() -> None:
    for title, description, _ in matters():
        scores = [proposal.score for proposal in propose(EXAMPLE, title, description)]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) <= MOST == 5


def test_the_right_category_is_among_the_proposals_for_nine_of_ten_matters_of_the_town() -> None:
    found = [
        category in {proposal.rule.category for proposal in propose(EXAMPLE, title, description)}
        for title, description, category in matters()
    ]
    assert sum(found) > 0.9 * len(found)


def test_what_says_nothing_gets_no_proposal() -> None:
    for nothing in ("", "   ", "，。！？", "的了是", "\U0001f600", "zzzz qqqq"):
        assert ids(nothing, nothing) == []


def test_a_category_that_was_named_already_counts_and_is_said_as_the_reason() -> None:
    assert ids("糟糕透了", "", "heating") == ["heating.1", "heating.2"]
    (first, _) = propose(EXAMPLE, "糟糕透了", "", "heating")
    assert first.why[0] == Reason("供热", "category", "category")
    assert ids("井盖缺失", "", "heating")[0] == "manhole.1"
    assert "heating.1" in ids("井盖缺失", "", "heating")
    assert ids("井盖缺失", "", "nothing") == ids("井盖缺失")


def test_full_width_and_capital_letters_are_the_same_word() -> None:
    assert ids("ＬＥＤ路灯不亮") == ids("led路灯不亮")


def test_the_same_text_always_gets_the_same_answer() -> None:
    shuffled = list(matters())
    first = {text: propose(EXAMPLE, *text[:2]) for text in shuffled}
    random.Random(1).shuffle(shuffled)
    assert {text: propose(EXAMPLE, *text[:2]) for text in shuffled} == first


def test_any_text_is_answered_at_once_and_the_longest_too() -> None:
    drawn = random.Random(2)
    signs = string.printable + "井盖路灯供热电梯\u3000\u00a0\u0301\U0001f600𠮷²ﬁ"
    texts = ["".join(drawn.choices(signs, k=DESCRIPTION)) for _ in range(5)]
    begun = time.perf_counter()
    found: list[list[Proposal]] = [propose(EXAMPLE, text[:200], text) for text in texts]
    assert (time.perf_counter() - begun) / len(texts) < 0.25
    assert all(len(each) <= MOST for each in found)


def matters() -> list[tuple[str, str, str]]:
    """Title, description and category of the matters of the demonstration."""
    with files("api.demonstration").joinpath("matters.csv").open("r", encoding="utf-8") as table:
        return [(row["title"], row["description"], row["category"]) for row in csv.DictReader(table)]
