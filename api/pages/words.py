"""The words of the field, and time as people say it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from api.pages.language import N_, _
from domain.actors import Role
from domain.calendar import CHINA
from domain.ticket.clocks import ClockName
from domain.ticket.ladder import Step
from domain.ticket.stage import Satisfied, Solved, Source, Stage, TaskStage, Urgency
from domain.unit import Kind
from domain.way import Way
from projections.figures import Figure

STAGES: Mapping[str, str] = {
    Stage.REPORTED: N_("已上报"),
    Stage.SORTED: N_("已分拣"),
    Stage.DISPATCHED: N_("已派单"),
    Stage.HANDLED: N_("已办结"),
    Stage.VERIFIED: N_("已核查"),
    Stage.REJECTED: N_("不予受理"),
    Stage.JOINED: N_("已并件"),
}
TASK_STAGES: Mapping[str, str] = {
    TaskStage.DISPATCHED: N_("待报到"),
    TaskStage.CLAIMED: N_("在办"),
    TaskStage.HANDLED: N_("办结"),
    TaskStage.RETURNED: N_("退单"),
}
URGENCIES: Mapping[str, str] = {
    Urgency.ORDINARY: N_("一般"),
    Urgency.URGENT: N_("紧急"),
    Urgency.EMERGENCY: N_("特急"),
}
SOURCES: Mapping[str, str] = {
    Source.GRID: N_("网格巡查"),
    Source.RESIDENT: N_("居民自报"),
    Source.HOTLINE: N_("热线"),
    Source.VISIT: N_("入户走访"),
}
SOLVED: Mapping[str, str] = {
    Solved.SOLVED: N_("已解决"),
    Solved.PARTLY: N_("部分解决"),
    Solved.NOT_SOLVED: N_("未解决"),
}
SATISFIED: Mapping[str, str] = {
    Satisfied.SATISFIED: N_("满意"),
    Satisfied.BASICALLY: N_("基本满意"),
    Satisfied.NOT_SATISFIED: N_("不满意"),
}
ROLES: Mapping[str, str] = {
    Role.GRID_WORKER: N_("网格员"),
    Role.SORTER: N_("分拣员"),
    Role.DISPATCHER: N_("派单员"),
    Role.HANDLER: N_("经办人"),
    Role.SUPERVISOR: N_("督查"),
    Role.RESIDENT: N_("居民"),
    Role.AUDITOR: N_("审计"),
    Role.ADMINISTRATOR: N_("管理员"),
    Role.HOLDER: N_("本人"),
    Role.CLOCK: N_("到点自动"),
    Role.OPERATOR: N_("运维"),
}
CLOCKS: Mapping[str, str] = {
    ClockName.SORT: N_("分拣"),
    ClockName.DISPATCH: N_("派单"),
    ClockName.CLAIM: N_("报到"),
    ClockName.CONTACT: N_("联系群众"),
    ClockName.ATTEND: N_("到场"),
    ClockName.HANDLE: N_("办结"),
    ClockName.VERIFY: N_("核查"),
    ClockName.REPLY: N_("回复督办"),
}
CARDS: Mapping[str, str] = {
    Step.REMINDER: N_("提醒"),
    Step.YELLOW_CARD: N_("黄牌"),
    Step.RED_CARD: N_("红牌"),
    Step.LEADER: N_("报领导"),
}
NUMBERS: Mapping[str, str] = {
    "open": N_("在手"),
    "to_claim": N_("待报到"),
    "in_hand": N_("在办"),
    "due_today": N_("今天到期"),
    "overdue": N_("超时"),
    "on_hold": N_("挂账"),
    "sent_back": N_("退单待定"),
    "handled_30d": N_("30 天办结"),
    "unclaimed": N_("到时未报到"),
}
"""What a department has on its hands, as it is counted."""
AGES: Mapping[str, str] = {
    "30": N_("30 天以上"),
    "15": N_("15–29 天"),
    "7": N_("7–14 天"),
    "3": N_("3–6 天"),
    "1": N_("1–2 天"),
    "0": N_("今天上报"),
}
FIGURES: Mapping[str, str] = {
    Figure.REPORTED: N_("已上报"),
    Figure.OPEN: N_("未办结"),
    Figure.RESPONDED: N_("按时报到"),
    Figure.RESPONDED_LATE: N_("超时报到"),
    Figure.SOLVED: N_("居民说已解决"),
    Figure.PARTLY: N_("居民说部分解决"),
    Figure.NOT_SOLVED: N_("居民说未解决"),
    Figure.UNANSWERED: N_("办结后居民没有回答"),
    Figure.SATISFIED: N_("居民满意"),
    Figure.BASICALLY: N_("居民基本满意"),
    Figure.NOT_SATISFIED: N_("居民不满意"),
    Figure.UNRATED: N_("居民没说是否满意"),
    Figure.CLOSED_IN_TIME: N_("按期办结"),
    Figure.CLOSED_LATE: N_("超时办结"),
    Figure.DONE_ONCE: N_("一次办好"),
    Figure.REWORKED: N_("返工"),
    Figure.TASK_IN_TIME: N_("部门按期办结"),
    Figure.TASK_LATE: N_("部门超时办结"),
    "closed": N_("已办结"),
    "answered": N_("居民回答"),
    "task_handled": N_("部门办结"),
}
KINDS: Mapping[str, str] = {
    Kind.PROVINCE: N_("省"),
    Kind.CITY: N_("市"),
    Kind.COUNTY: N_("县区"),
    Kind.TOWN: N_("乡镇街道"),
    Kind.COMMUNITY: N_("社区"),
    Kind.GRID: N_("网格"),
    Kind.DEPARTMENT: N_("部门"),
}
WAYS: Mapping[str, str] = {
    Way.INBOX: N_("站内信"),
    Way.EMAIL: N_("邮件"),
    Way.WECOM: N_("企业微信机器人"),
    Way.DINGTALK: N_("钉钉机器人"),
    Way.FEISHU: N_("飞书机器人"),
    Way.WEBHOOK: N_("Webhook"),
}
WEEKDAYS = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))

LEFT = N_("还剩 {length}")
OVER = N_("已超 {length}")
LENGTHS = {
    "moment": N_("不到 1 分"),
    "minutes": N_("{minutes} 分"),
    "hours": N_("{hours} 小时"),
    "hours_minutes": N_("{hours} 小时 {minutes} 分"),
    "days": N_("{days} 天"),
    "days_hours": N_("{days} 天 {hours} 小时"),
}
"""How a length of time is said; the browser says it anew every half a minute by the same patterns."""
LONG = 7
"""Days from which on hours are not said any more."""


def length(time: timedelta) -> str:
    """A length of time in words: minutes, then hours and minutes, then days."""
    minutes = int(time.total_seconds()) // 60
    hours, days = minutes // 60, minutes // 1440
    facts = {"minutes": minutes % 60, "hours": hours % 24, "days": days}
    if minutes < 1:
        name = "moment"
    elif hours < 1:
        name = "minutes"
    elif days < 1:
        name = "hours_minutes" if minutes % 60 else "hours"
    else:
        name = "days_hours" if hours % 24 and days < LONG else "days"
    return _(LENGTHS[name], **facts)


def of_seconds(seconds: float | None) -> str:
    """So many seconds in words, or a dash where there was nothing to measure."""
    return "—" if seconds is None else length(timedelta(seconds=float(seconds)))


def countdown(due: datetime, now: datetime) -> str:
    """How long there is left, or how long ago it ran out."""
    return _(LEFT if due >= now else OVER, length=length(abs(due - now)))


def exact(at: datetime) -> str:
    """A moment to the second, by the clocks of China."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def spoken(at: datetime, now: datetime) -> str:
    """A moment as people say it: 今天 16:40, 明天 09:00, 11月3日 09:00."""
    local = at.astimezone(CHINA)
    days = (local.date() - now.astimezone(CHINA).date()).days
    named = {-1: N_("昨天"), 0: N_("今天"), 1: N_("明天"), 2: N_("后天")}
    if days in named:
        day = _(named[days])
    elif 0 < days < LONG:
        day = _(WEEKDAYS[local.weekday()])
    else:
        day = _(N_("{month}月{day}日"), month=local.month, day=local.day)
        if local.year != now.astimezone(CHINA).year:
            day = _(N_("{year}年{month}月{day}日"), year=local.year, month=local.month, day=local.day)
    return f"{day} {local:%H:%M}"
