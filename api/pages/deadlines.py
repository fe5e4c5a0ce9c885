"""The clocks of a ticket (时限), and line by line why each is due when it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.pages.language import N_, say
from api.pages.words import URGENCIES, WEEKDAYS, length
from domain.calendar import CHINA
from domain.ticket import Ticket
from domain.ticket.clocks import CHOSEN, ClockState, Note, Setting
from domain.working_time import Line, Measure, Says

LINES: Mapping[Says, str] = {
    Says.LIMIT: N_("时限 {text}"),
    Says.REMAINDER: N_("还剩 {length}，按{text}算"),
    Says.STARTED: N_("从 {at} 起算"),
    Says.WAITED: N_("不在工作时间，从 {at} 起算"),
    Says.COUNTED: N_("到 {at} 计 {length}"),
    Says.FULL_DAYS: N_("整工作日 {count} 天，每天 {length}"),
    Says.WORKED: N_("{first} 上班{name}{papers}"),
    Says.OFF: N_("{days} 放假{name}{papers}"),
    Says.WEEKEND: N_("其间普通周末 {count} 天"),
    Says.PROVISIONAL: N_("{count} 年的放假通知还没有录入，今年十二月仍可能有变"),
    Says.DUE: N_("到 {at} 为止"),
}
NOTES: Mapping[Note, str] = {
    Note.CAPPED: N_("提前：不晚于本部门的办结时限"),
    Note.LATE: N_("停表之前已经超时，超时照旧"),
    Note.EXTENDED: N_("延期：再加一倍原时限"),
    Note.UNKNOWN_YEAR: N_("这个时限要用到还没有录入的年份：请管理员录入放假通知"),
}
MEASURES: Mapping[str, str] = {
    Measure.URGENT_MINUTES: N_("{amount} 分钟"),
    Measure.URGENT_HOURS: N_("{amount} 小时（含夜间和假日）"),
    Measure.WORKING_HOURS: N_("{amount} 个工作时"),
    Measure.WORKING_DAYS: N_("{amount} 个工作日"),
    Measure.DAYS: N_("{amount} 天（自然日）"),
}
COUNTED_IN: Mapping[str, str] = {
    Measure.URGENT_MINUTES: N_("连续时间"),
    Measure.URGENT_HOURS: N_("连续时间"),
    Measure.WORKING_HOURS: N_("工作时间"),
    Measure.WORKING_DAYS: N_("工作日"),
    Measure.DAYS: N_("自然日"),
}
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"example terms (?P<name>\S+), \w+, (?P<urgency>\w+)"), N_("示例期限 {name}，{urgency}")),
    (re.compile(r"(?P<name>.+), \w+, (?P<urgency>\w+)"), N_("期限规则「{name}」，{urgency}")),
    (re.compile(r"rule (?P<rule>\S+) of the catalogue (?P<name>.+)"), N_("目录「{name}」的规则 {rule}")),
    (re.compile(re.escape(CHOSEN)), N_("派单员定的时限")),
    (re.compile(r"day of review of what is on hold"), N_("挂账复核日")),
    (re.compile(r"limits by urgency, from before clocks were explained"), N_("按紧急程度的旧时限")),
)


@dataclass(frozen=True)
class Clock:
    """A clock as the page shows it."""

    name: str
    unit: str
    about: str | None
    due_at: datetime | None
    state: ClockState
    late: bool
    excused: bool
    """It is late, and an appeal against that was upheld."""
    stopped_at: datetime | None
    why: list[str]


ORDER = (ClockState.OVERDUE, ClockState.RUNNING, ClockState.PAUSED, ClockState.STOPPED)


def clocks(ticket: Ticket, now: datetime) -> list[Clock]:
    """All clocks of the ticket: those that run first, by their deadlines."""
    found = [
        Clock(
            name=clock.setting.name,
            unit=clock.setting.unit,
            about=clock.setting.about,
            due_at=clock.setting.due_at,
            state=clock.state(now),
            late=clock.late(now),
            excused=bool(clock.upheld),
            stopped_at=clock.stopped_at,
            why=explained(clock.setting),
        )
        for clock in ticket.clocks
    ]
    last = datetime.max.replace(tzinfo=CHINA)
    return sorted(found, key=lambda clock: (ORDER.index(clock.state), clock.due_at or last))


def explained(setting: Setting) -> list[str]:
    """Why a clock is due when it is, line by line, in the language of the page."""
    return list(_explained(setting))


def _explained(setting: Setting) -> Iterator[str]:
    rule = _rule(setting.rule)
    yield say(N_("{rule}：{limit}"), rule=rule, limit=limit(setting.limit)) if setting.limit else rule
    yield say(LINES[Says.STARTED], at=_at(setting.started_at))
    if setting.resumed_at is not None:
        yield say(N_("中间停过表，{at} 接着走"), at=_at(setting.resumed_at))
    if setting.left is not None:
        yield _line(Line(Says.REMAINDER, text=setting.measure, length=setting.left))
    yield from (_line(line) for line in setting.why)
    yield from (say(NOTES[note]) for note in setting.notes)
    yield say(LINES[Says.DUE], at=_at(setting.due_at)) if setting.due_at else say(N_("没有期限"))


def limit(written: str) -> str:
    """A limit as people say it, from `5 working_days`."""
    amount, _, measure = written.partition(" ")
    for known, pattern in MEASURES.items():
        if measure in (known, known.removesuffix("s")):
            return say(pattern, amount=amount)
    return written


def _rule(rule: str) -> str:
    for pattern, words in RULES:
        if found := pattern.fullmatch(rule):
            facts = found.groupdict()
            if "urgency" in facts:
                facts["urgency"] = say(URGENCIES.get(facts["urgency"], facts["urgency"]))
            return say(words, **facts) if facts else say(words)
    return rule


def _line(line: Line) -> str:
    text = say(COUNTED_IN[line.text]) if line.says is Says.REMAINDER else limit(line.text)
    return say(
        LINES[line.says],
        at=_at(line.at),
        first=_day(line.first),
        days=say(N_("至")).join(dict.fromkeys((_day(line.first), _day(line.last)))),
        length=length(line.length or timedelta(0)),
        count=line.count,
        text=text,
        name=f"（{line.text}）" if line.text else "",
        papers=say(N_("，依据 {papers}"), papers="、".join(line.papers)) if line.papers else "",
    )


def _at(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(CHINA)
    return f"{_day(local.date())} {local:%H:%M}"


def _day(day: date | None) -> str:
    if day is None:
        return ""
    return say(
        N_("{year}-{month:02}-{day:02} {weekday}"),
        year=day.year,
        month=day.month,
        day=day.day,
        weekday=say(WEEKDAYS[day.weekday()]),
    )
