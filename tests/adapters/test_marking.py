"""What is personal in a text, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.personal.marking import MASK, Masked, digits, mark
from domain.errors import OutOfRange
from domain.ticket.commands import NoteProgress, Report
from domain.ticket.events import Reporter

KNOWN = ("王小明", "0433-6228801")


def marked(text: str, known: tuple[str, ...] = ()) -> str:
    """The text of a note as it becomes a fact."""
    return mark(NoteProgress(text=text, department="water"), known).text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("请打13987654321。", ["13987654321"]),
        ("请打 139 8765 4321", ["139 8765 4321"]),
        ("请打139-8765-4321", ["139-8765-4321"]),
        ("+86 13987654321", ["+86 13987654321"]),
        ("身份证220621199001012318", ["220621199001012318"]),
        ("身份证22062119900101231x号", ["22062119900101231x"]),
        ("[[王阿姨，3 单元 402]]漏水", ["[[王阿姨，3 单元 402]]"]),
        ("[[两\n行]]", ["[[两\n行]]"]),
        ("13987654321和13812345678", ["13987654321", "13812345678"]),
    ],
)
def test_what_is_marked_or_looks_like_it_is_taken_out(text: str, parts: list[str]) -> None:
    found = marked(text)
    assert isinstance(found, Masked)
    assert list(found.parts) == parts
    assert not any(part in found for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "网格 220621100001-01", "工单 FS-261122-0031", "2026-11-22 09:30", "井深 12 米", "[[没有关上",
        "12345678901234", "仪表读数 139876543210", "12987654321", "220621199013012318", "",
    ],
)  # fmt: skip
def test_all_else_stays(text: str) -> None:
    assert marked(text) == text
    assert not isinstance(marked(text), Masked)


@pytest.mark.parametrize(
    "text", ["王小明说漏水", "电话 0433 6228801", "电话0433－6228801".replace("－", "-")]
)
def test_what_the_reporter_is_called_is_taken_out_of_every_text(text: str) -> None:
    assert MASK in marked(text, KNOWN)
    assert MASK not in marked(text)


def test_a_name_of_one_letter_is_not_searched_for() -> None:
    assert marked("王家巷路灯不亮", ("王",)) == "王家巷路灯不亮"


def test_a_mask_that_somebody_wrote_stays_one() -> None:
    found = marked(f"{MASK} 13987654321")
    assert isinstance(found, Masked)
    assert list(found.parts) == [None, "13987654321"]


def test_the_reporter_is_personal_whatever_it_says() -> None:
    asked = Report(title="漏水", description="一楼", grid="g", reporter=Reporter("王", "家里电话"))
    found = mark(asked)
    assert found.reporter == Reporter(MASK, MASK)
    assert found.grid == "g"


@pytest.mark.parametrize("text", ["[[" + "a" * 400 + "]]" + "b" * 1700, "[[\0]]"])
def test_what_is_taken_out_is_held_to_the_same_limits(text: str) -> None:
    with pytest.raises(OutOfRange, match="text"):
        marked(text)


@given(st.text(max_size=60), st.lists(st.sampled_from(["13987654321", "王小明", "[[甲]]", MASK]), max_size=4))
def test_what_was_taken_out_fits_into_its_place_again(between: str, secrets: list[str]) -> None:
    text = between.replace("\0", "").join(["", *secrets, ""])
    try:
        found = marked(text, ("王小明",))
    except OutOfRange:
        return
    if isinstance(found, Masked):
        first, *rest = found.split(MASK)
        pairs = zip(found.parts, rest, strict=True)
        assert first + "".join((part or MASK) + more for part, more in pairs) == text
    else:
        assert found == text


def test_phones_are_the_same_however_they_are_written() -> None:
    assert {
        digits(p) for p in ("13987654321", "+86 139-8765-4321", "0086 13987654321", "１３９８７６５４３２１")
    } == {"13987654321"}
