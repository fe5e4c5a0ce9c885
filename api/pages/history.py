"""How a ticket came about (经过), in plain sentences, newest first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.pages.language import N_, say
from api.pages.words import CARDS, CLOCKS, KINDS, ROLES, SATISFIED, SOLVED, URGENCIES, WAYS, spoken
from domain.working_time import Hours

SENTENCES: Mapping[str, str] = {
    "Reported": N_("上报「{title}」"),
    "HandledOnSite": N_("当场处置：{result}"),
    "Sorted": N_("分拣为「{category}」，{urgency}"),
    "Rejected": N_("不予受理：{reason}"),
    "Joined": N_("并入 {number}"),
    "Gathered": N_("{number} 并入本单"),
    "Parted": N_("拆件，单独办理：{reason}"),
    "Released": N_("{number} 拆出，单独办理"),
    "Dispatched": N_("派给{called}，{lead}主办"),
    "Claimed": N_("{department}报到"),
    "Attended": N_("{department}到场"),
    "ProgressNoted": N_("{department}：{text}"),
    "Handled": N_("{department}办结：{result}"),
    "SentBack": N_("{department}退单：{reason}"),
    "ReturnAccepted": N_("准予{department}退单：{note}"),
    "ReturnRefused": N_("不准{department}退单：{note}"),
    "ExtensionRequested": N_("{department}申请延期：{reason}"),
    "ExtensionGranted": N_("准予{department}延期到{due_at}：{note}"),
    "ExtensionRefused": N_("不准{department}延期：{note}"),
    "Held": N_("{department}挂账，{review_at}复核：{reason}"),
    "Resumed": N_("{department}解挂，接着办"),
    "Urged": N_("催{department}抓紧办"),
    "Supervised": N_("督办{department}：{card}"),
    "Replied": N_("{department}回复督办：{text}"),
    "Appealed": N_("{department}就「{clock}」超时提出申诉：{reason}"),
    "AppealUpheld": N_("{department}「{clock}」超时的申诉成立，不计入考核：{note}"),
    "AppealDismissed": N_("{department}「{clock}」超时的申诉不成立：{note}"),
    "Verified": N_("核查：{solved}"),
    "LinkGiven": N_("发了居民链接"),
    "LinkRevoked": N_("收回居民链接"),
    "Published": N_("公开到回音壁：{text}"),
    "Withdrawn": N_("从回音壁撤下"),
    "Reopened": N_("重办：{reason}"),
}
"""What each event says; a test holds that none is left out."""
ADMINISTRATION: Mapping[str, str] = {
    "UnitRegistered": N_("登记{kind}「{name}」"),
    "UnitAmended": N_("改名为「{name}」"),
    "UnitClosed": N_("撤销，不再接新事"),
    "HoursBegun": N_("开始登记工作时间"),
    "HoursEntered": N_("{unit}的工作时间定为 {slots}"),
    "AccountOpened": N_("开户，使用人{name}"),
    "RoleGranted": N_("授予{unit}「{role}」"),
    "RoleRevoked": N_("收回{unit}「{role}」"),
    "PasswordChanged": N_("改了密码"),
    "AccountClosed": N_("账号停用"),
    "AccountReopened": N_("恢复使用"),
    "SignedOut": N_("在所有设备上强制退出"),
    "CatalogueBegun": N_("建立目录"),
    "CatalogueAdopted": N_("启用目录 {name}，{effective_from} 起，共 {rules} 条规则"),
    "CalendarBegun": N_("建立日历 {name}"),
    "YearEntered": N_("录入 {year} 年（{papers}），共 {days} 天"),
    "TermsBegun": N_("建立期限规则"),
    "TermsAdopted": N_("启用期限规则 {name}，{effective_from} 起"),
    "ReceiverRegistered": N_("登记接收方「{name}」（{way}），通知 {topics} 种事"),
    "ReceiverAmended": N_("变更为「{name}」，通知 {topics} 种事"),
    "ReceiverClosed": N_("停用，不再通知"),
    "ReceiverPaused": N_("发送暂停"),
    "ReceiverResumed": N_("发送恢复"),
}
"""What each event of the administration says; a test holds that none is left out."""
PATTERNS = {**SENTENCES, **ADMINISTRATION}
WORDS = {
    "urgency": URGENCIES, "solved": SOLVED, "satisfied": SATISFIED, "clock": CLOCKS, "card": CARDS,
    "role": ROLES, "kind": KINDS, "way": WAYS,
}  # fmt: skip
"""Facts that are one of a few words."""
AND = N_("、")
EVERYTHING = N_("全部单位")


def len_of(value: Sequence[Any]) -> str:
    """How many there are, of what is too much to be told."""
    return str(len(value))


LISTS: Mapping[str, Callable[[Sequence[Any]], str]] = {
    "slots": lambda value: str(Hours(tuple((begin, end) for begin, end in value))),
    "papers": lambda value: say(AND).join(value),
}
"""Facts of several values that are told one by one."""


@dataclass(frozen=True)
class Told:
    """One event as a sentence: when, who in which role, what."""

    version: int
    event: str
    at: datetime
    recorded_at: datetime
    who: str
    role: str
    text: str
    photos: Sequence[str]


def units(items: Iterable[Mapping[str, Any]]) -> set[str]:
    """The codes of all units that these events name."""
    found: set[str] = set()
    for item in items:
        data = item["data"]
        found |= {item["by"]["unit"], data.get("department", ""), data.get("lead", ""), data.get("unit", "")}
        found |= {call["department"] for call in data.get("calls", ())}
    return found - {""}


def accounts(items: Iterable[Mapping[str, Any]]) -> set[str]:
    """The accounts of all who did these things or signed for them."""
    return {
        account
        for item in items
        for account in (item["by"]["account"], item["data"].get("consent"))
        if account
    }


def told(
    items: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    people: Mapping[str, str],
    categories: Mapping[str, str],
    now: datetime,
) -> list[Told]:
    """The events in plain sentences, newest first."""
    return [_told(item, names, people, categories, now) for item in reversed(items)]


def _told(
    item: Mapping[str, Any],
    names: Mapping[str, str],
    people: Mapping[str, str],
    categories: Mapping[str, str],
    now: datetime,
) -> Told:
    data, by = item["data"], item["by"]
    facts = {name: _said(name, value, names, categories, now) for name, value in data.items()}
    called = [names.get(call["department"], call["department"]) for call in data.get("calls", ())]
    facts["called"] = say(AND).join(called) or facts.get("lead", "")
    pattern = PATTERNS[item["event"]]
    text = say(pattern, **facts)
    extra = [facts["satisfied"]] if data.get("satisfied") else []
    if data.get("text") and "{text}" not in pattern:
        extra.append(facts["text"])
    if data.get("note") and "{note}" not in pattern:
        extra.append(facts["note"])
    if data.get("consent"):
        extra.append(say(N_("{account}签字同意"), account=people.get(data["consent"], data["consent"])))
    return Told(
        version=item["version"],
        event=item["event"],
        at=datetime.fromisoformat(str(item["at"])),
        recorded_at=item["recorded_at"],
        who=people.get(by["account"], by["account"]),
        role=f"{names.get(by['unit'], '')}{say(ROLES.get(by['role'], by['role']))}",
        text=say(N_("。")).join([text, *extra]),
        photos=data.get("photos") or (),
    )


def _said(
    name: str, value: Any, names: Mapping[str, str], categories: Mapping[str, str], now: datetime
) -> str:
    if name in ("department", "lead"):
        return names.get(value, value)
    if name == "unit":
        return names.get(value, value) or say(EVERYTHING)
    if isinstance(value, list | tuple):
        return LISTS.get(name, len_of)(value)
    if name == "category":
        return categories.get(value, value or "")
    if value and name in ("due_at", "review_at"):
        return spoken(datetime.fromisoformat(value), now)
    return say(WORDS[name].get(value, value)) if value and name in WORDS else str(value or "")
