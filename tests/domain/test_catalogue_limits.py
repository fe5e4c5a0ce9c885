"""Limits as catalogues write them (处置时限): each is read exactly, or refused by name."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import read_limit
from domain.errors import OutOfRange
from domain.working_time.limit import Limit, Measure

CATEGORIES = Path(__file__).parents[3] / "shared" / "data" / "categories"
STANDARDS = CATEGORIES / "yuncheng_case_standards.csv"
REWRITTEN = CATEGORIES / "yuncheng_components_v2_workday_units.csv"
REAL = pytest.mark.skipif(not STANDARDS.exists(), reason=f"{STANDARDS} is not here")


@pytest.mark.parametrize(
    ("written", "limit", "note"),
    [
        ("2紧急工作时", "2 urgent_hours", None),
        ("30紧急工作分钟", "30 urgent_minutes", None),
        ("1紧急工作时制止", "1 urgent_hour", "制止"),
        ("2紧急工作日", "48 urgent_hours", None),
        ("4工作时", "4 working_hours", None),
        ("4小时", "4 working_hours", None),
        ("4时", "4 working_hours", None),
        ("1.5小时", "1.5 working_hours", None),
        ("3天", "3 working_days", None),
        ("3日", "3 working_days", None),
        (" 5工作日", "5 working_days", None),
        ("５个工作日", "5 working_days", None),
        ("5 个 工作日内", "5 working_days", None),
        ("种植季节15工作日", "15 working_days", "种植季节"),
        ("正常季节3天修复", "3 working_days", "正常季节 修复"),
        ("10自然日", "10 days", None),
        ("10日历天", "10 days", None),
        ("2 urgent_hours", "2 urgent_hours", None),
        ("10 days", "10 days", None),
        ("010天", "10 working_days", None),
        ("3天。", "3 working_days", None),
        ("2紧急\n工作时", "2 urgent_hours", None),
    ],
)
def test_a_limit_means_what_its_words_say_and_other_words_are_kept(
    written: str, limit: str, note: str | None
) -> None:
    read = read_limit(written)
    assert (str(read.limit), read.note) == (limit, note)


@pytest.mark.parametrize(
    "written",
    [
        "", "   ", "立即", "天", "三天", "3", "3天以上", "不超过3天", "3-5天", "3天5小时", "3天或5天", "-3天",
        "0天", "3周", "3个月", "尽快3天", "1.5天", "3,5天", "3天 制止 吧", "3工作日制止恢复", "9999999天",
        "3天\n5天", "３～５天", "3urgent", "٣天", "3²天", "3 5天", "3. 5小时", ".5小时", "天3",
    ],
)  # fmt: skip
def test_a_limit_that_is_not_understood_word_by_word_is_refused_by_name(written: str) -> None:
    with pytest.raises(OutOfRange) as refused:
        read_limit(written)
    said = str(refused.value)
    assert said.startswith(("time_limit is", "limit is")), said
    assert "write" in said or "leave it out" in said or "give" in said or "use" in said, said


@given(st.text(alphabet=st.sampled_from("0123456789.紧急工作时日天小内制止季 \n３²-"), max_size=15))
def test_no_text_is_anything_but_a_limit_or_refused_by_name(written: str) -> None:
    try:
        read = read_limit(written)
    except OutOfRange:
        return
    assert Limit.read(str(read.limit)) == read.limit


@given(
    st.integers(1, 3_000), st.sampled_from(["天", "日", "工作日", "小时", "工作时", "紧急工作时", "自然日"])
)
def test_a_number_and_a_unit_is_so_many_of_it(amount: int, unit: str) -> None:
    assert read_limit(f" {amount} {unit}").limit.amount == amount


def test_a_town_may_say_that_its_days_are_calendar_days() -> None:
    plain = {"天": Measure.DAYS, "小时": Measure.URGENT_HOURS}
    assert str(read_limit("3天", plain).limit) == "3 days"
    assert str(read_limit("3日", plain).limit) == "3 days"
    assert str(read_limit("4小时", plain).limit) == "4 urgent_hours"
    assert str(read_limit("3工作日", plain).limit) == "3 working_days"


@REAL
@pytest.mark.parametrize("file", [STANDARDS, REWRITTEN], ids=lambda file: file.stem)
def test_every_limit_of_a_real_catalogue_is_read(file: Path) -> None:
    with file.open(encoding="utf-8-sig", newline="") as table:
        written = Counter(row["time_limit"] for row in csv.DictReader(table))
    assert sum(written.values()) in (519, 279)
    for limit in written:
        read = read_limit(limit)
        digits = "".join(character for character in limit if character.isdigit())
        assert f"{read.limit.amount:f}" == digits or "紧急工作日" in limit, limit


@REAL
def test_days_and_hours_mean_what_the_city_that_wrote_them_later_wrote_out() -> None:
    """The city rewrote 天 as 工作日 and 小时 as 工作时, which is how 天 and 小时 are read here."""
    limits = []
    for file in (STANDARDS, REWRITTEN):
        with file.open(encoding="utf-8-sig", newline="") as table:
            rows = list(csv.DictReader(table))
        keys = ("minor_name", "filing_condition")
        limits.append({tuple(row[key] for key in keys): row["time_limit"] for row in rows})
    before, after = limits
    both = [(before[rule], after[rule]) for rule in before.keys() & after.keys()]
    assert len(both) > 250
    differing = [(b, a) for b, a in both if read_limit(b).limit != read_limit(a).limit]
    assert sorted(differing) == [("1天", "4工作时")] * 3
