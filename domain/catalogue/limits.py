"""Limits as catalogues write them (处置时限): read exactly, or refused by name; nothing is guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from domain.errors import OutOfRange
from domain.text import narrow
from domain.working_time.limit import Limit, Measure

HOURS_OF_A_DAY = 24
PLAIN: Mapping[str, Measure] = MappingProxyType({"天": Measure.WORKING_DAYS, "小时": Measure.WORKING_HOURS})
"""What 天 and 小时 mean where a catalogue does not say it: working time, as in the national standard, whose
limits know working days, working hours and urgent hours only. A town that means otherwise says so."""
DAYS = (Measure.WORKING_DAYS, Measure.DAYS)
HOURS = (Measure.WORKING_HOURS, Measure.URGENT_HOURS)
MAY_MEAN: Mapping[str, tuple[Measure, ...]] = MappingProxyType({"天": DAYS, "小时": HOURS})
SAME = {"日": "天", "时": "小时", "钟头": "小时"}
"""Other words for 天 and 小时."""
WORDS = {
    "紧急工作分钟": (1, Measure.URGENT_MINUTES),
    "紧急工作小时": (1, Measure.URGENT_HOURS),
    "紧急工作时": (1, Measure.URGENT_HOURS),
    "紧急工作日": (HOURS_OF_A_DAY, Measure.URGENT_HOURS),
    "紧急工作天": (HOURS_OF_A_DAY, Measure.URGENT_HOURS),
    "工作小时": (1, Measure.WORKING_HOURS),
    "工作时": (1, Measure.WORKING_HOURS),
    "工作日": (1, Measure.WORKING_DAYS),
    "工作天": (1, Measure.WORKING_DAYS),
    "自然日": (1, Measure.DAYS),
    "日历日": (1, Measure.DAYS),
    "日历天": (1, Measure.DAYS),
}
"""An urgent day is 24 urgent hours: urgent time runs through nights and holidays."""
STEPS = (
    "制止", "控制", "到场", "围护", "围挡", "清除", "清理", "恢复", "修复", "更换", "补栽", "拆除", "整改",
    "查处", "处置", "处理", "完成", "办结",
)  # fmt: skip
"""What has to be done within the limit, as words after it say."""
SEASON = re.compile(r"[^\W\d_]{0,10}(?:季节|季|汛期|采暖期|供暖期|期间)")
"""When the limit holds, as words before it say."""
WITHIN = ("之内", "以内", "内")
"""Words after a limit that say nothing more."""
WRITTEN = re.compile(r"(?P<before>\D*)(?P<amount>\d{1,9}(?:\.\d{1,9})?)个?(?P<after>\D+)", re.ASCII)
BLANKS = re.compile(r"(?<![\d.])\s+|\s+(?![\d.])")
"""Blanks and broken lines say nothing, except between digits: 3 5天 is no 35."""
LONGEST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class ReadLimit:
    """A limit, and what else its words say: when it holds, what must be done by then."""

    limit: Limit
    note: str | None = None


def read_limit(written: str, plain: Mapping[str, Measure] = PLAIN) -> ReadLimit:
    """The limit a catalogue means: `2紧急工作时`, `种植季节15工作日`, `3天`, `4 working_hours`.

    `plain` says what 天 and 小时 stand for. Raises `OutOfRange` for whatever it does not know word by word:
    a word left out of account, such as 以上, would turn the limit into another one.
    """
    text = narrow(written).strip().rstrip("。;,、 ")
    if text.isascii() and text:
        return ReadLimit(Limit.read(text))
    parts = WRITTEN.fullmatch(BLANKS.sub("", text))
    if parts is None:
        raise _refused(
            written, "write one number in digits and its unit, as 5工作日" if text else "write one"
        )
    unit, step = _unit(written, parts["after"])
    factor, measure = WORDS[unit] if unit in WORDS else (1, plain[unit])
    season = parts["before"]
    if season and not SEASON.fullmatch(season):
        raise _refused(written, f"what {season[:LONGEST_SHOWN]!r} means is not known, leave it out")
    limit = Limit((Decimal(parts["amount"]) * factor).normalize(), measure)
    return ReadLimit(limit, " ".join(filter(None, (season, step))) or None)


def _unit(written: str, after: str) -> tuple[str, str]:
    """The unit that `after` begins with, as our tables name it, and the step it ends in, if any."""
    units = sorted((*WORDS, *MAY_MEAN, *SAME), key=len, reverse=True)
    unit = next((unit for unit in units if after.startswith(unit)), None)
    if unit is None:
        raise _refused(written, "its unit is not known, use 紧急工作时, 工作时, 工作日 or 自然日")
    rest = after.removeprefix(unit)
    for word in WITHIN:
        rest = rest.removeprefix(word)
    if rest and rest not in STEPS:
        raise _refused(written, f"what {rest[:LONGEST_SHOWN]!r} means is not known, leave it out")
    return SAME.get(unit, unit), rest


def _refused(written: str, what_to_do: str) -> OutOfRange:
    shown = repr(written.strip()[:LONGEST_SHOWN]) if written.strip() else "empty"
    return OutOfRange(field="time_limit", why=f"is {shown}: {what_to_do}")
