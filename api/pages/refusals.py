"""What the pages say of a refusal: the sentence of the domain, in the language of the page."""

import re
from collections.abc import Mapping
from typing import Any

from api.pages.language import N_, say
from api.pages.reasons import reason
from api.pages.words import CLOCKS, ROLES, STAGES
from api.pages.words import TASK_STAGES as TASKS
from domain.refusal import Refusal

SENTENCES: Mapping[str, str] = {
    "NotSignedIn": N_("请先登录；登录可能已过期。"),
    "WrongPassword": N_("账号或密码不对，请核对后再试。"),
    "TooManyAttempts": N_("密码错得太多，请等 {seconds} 秒再试。"),
    "TooOften": N_("从您这里或一共来得太多了：请等 {minutes} 分钟再试。"),
    "NotOpen": N_("这里不收居民自己的上报：请告诉网格员或社区。"),
    "NotYours": N_("只有{who}可以{verb}。"),
    "UnknownTicket": N_("没有您能看到的工单 {ticket}：请核对编号，或问问它归谁管。"),
    "WrongStage": N_("工单现在是「{stage}」，不能{verb}；要等它到「{needed}」。"),
    "TaskWrongStage": N_("{department}的任务现在是「{stage}」，不能{verb}；要等它到「{needed}」。"),
    "NoTask": N_("{department}在这件工单里没有任务，请先派给它。"),
    "NotPublished": N_("这件工单没有公开，什么都没有改。"),
    "NoLink": N_("这件工单没有有效的居民链接，什么都没有改。"),
    "AlreadyCalled": N_("{department}已经在办这件工单，不必再派。"),
    "NothingToDispatch": N_("选的部门都已经在办这件工单，请另选一个。"),
    "LeadCannotSendBack": N_("{department}是主办，不能退单；请派单员改派主办。"),
    "RulingFinal": N_("{department}的退单已经裁定过，这是终审。"),
    "OnHold": N_("{department}的任务正在挂账，请派单员先解挂。"),
    "NotHeld": N_("{department}的任务没有挂账，什么都没有改。"),
    "HeldBefore": N_("{department}的任务挂过账，不能再挂；请延期或改派。"),
    "AlreadyAsked": N_("{department}已经申请延期，请等派单员决定。"),
    "NotAsked": N_("{department}没有申请延期，或已不需要，什么都没有改。"),
    "TooManyExtensions": N_("{department}的延期次数已经用完，不能再延。"),
    "RanOut": N_("{department}的时限已到，延期要在到期之前申请。"),
    "NotLate": N_("{department}的「{clock}」没有超时，无需申诉。"),
    "AlreadyAppealed": N_("{department}的「{clock}」已经申诉过，以第一次的决定为准。"),
    "NotAppealed": N_("{department}的「{clock}」没有待决定的申诉，什么都没有改。"),
    "NotWaitedFor": N_("工单现在不等{department}。"),
    "NoReplyDue": N_("{department}没有待回复的督办，什么都没有改。"),
    "NothingDue": N_("这件工单现在没有到点的督办步骤，什么都没有改。"),
    "AlreadyAttended": N_("{department}已经到场；之后再去，请记为处置进展。"),
    "AlreadyAnswered": N_("这次办理已经评价过；如有不对，请要求重办。"),
    "CannotJoin": N_("工单 {ticket} 不能并件：{why}。"),
    "Conflict": N_("有人同时改了这件工单：请看过再做一次。"),
    "VersionDiffers": N_("您看的时候工单又有了变化：请看过现在的情况再决定。"),
    "OutOfRange": N_("「{field}」填得不对：{why}。"),
    "UnknownGrid": N_("没有网格 {grid}，请从名录里选。"),
    "PlaceClosed": N_("网格 {grid} 不再受理，因为 {closed} 已撤销：请选一个在用的。"),
    "UnknownUnit": N_("没有在用的单位 {unit}，请从名录里选。"),
    "UnknownDepartment": N_("没有部门 {department}，请从名录里选。"),
    "UnknownCategory": N_("没有事项类别 {category}，请从目录里选。"),
    "UnknownRule": N_("目录 {catalogue} 里没有规则 {rule}，请从目录里选。"),
    "CatalogueKnown": N_("目录 {catalogue} 已经是这些规则，什么都没有改。"),
    "CatalogueExists": N_("已有目录 {catalogue}，规则或日期不同：请另起一个名字。"),
    "TermsKnown": N_("期限规则 {terms} 已经是这些内容，什么都没有改。"),
    "TermsExist": N_("已有期限规则 {terms}，内容不同：请另起一个名字。"),
    "HoursKnown": N_("{unit}的工作时间已经是 {hours}，什么都没有改。"),
    "UnknownYear": N_("日历 {calendar} 还没有 {year} 年：请录入当年放假通知，或由派单员定一个时限。"),
    "YearsKnown": N_("日历 {calendar} 已经有这些年份，什么都没有改。"),
    "WhichDepartment": N_("您为这件工单的几个部门办事：请说明是哪一个。"),
    "KeyReused": N_("这张表单已经用过：请重新打开页面再填。"),
    "UnknownResident": N_("没有这位居民的个人信息：请用电话或工单编号查找。"),
    "ReasonNeeded": N_("请写明为何查看个人信息：每件工单问一次，会记录在案。"),
    "SecondNeeded": N_("{verb}要有第二人签字：另一位管理员。"),
    "UnitExists": N_("已有代码为 {unit} 的单位：请修改它，或另用一个代码。"),
    "UnknownAccount": N_("没有账号 {account}，请核对写法。"),
    "AccountExists": N_("已有账号 {account}，请另取一个名字。"),
    "UnknownReceiver": N_("没有接收方 {receiver}，请从名录里选。"),
    "ReceiverExists": N_("已有接收方 {receiver}：请修改它，或另用一个代码。"),
    "RoleUnfit": N_("角色「{role}」只能授给 {needed}，而 {unit} 不是：请选合适的单位。"),
    "NotGranted": N_("{account}没有 {unit} 的「{role}」角色，什么都没有改。"),
    "AlreadyGranted": N_("{account}已有 {unit} 的「{role}」角色，什么都没有改。"),
    "NoPhoto": N_("这张照片收不下：{why}。"),
    "PhotoMissing": N_("照片 {photo} 不是您传的，或等得太久：请重新上传。"),
    "UnknownPhoto": N_("没有您能看到的照片 {photo}。"),
    "TooManyPhotos": N_("您有 {waiting} 张照片还没有用在工单里：请先把上报发完。"),
    "BadTable": N_("表格 {what} {why}。"),
    "AlreadySo": N_("{what}{state}，什么都没有改。"),
    "NotSealed": N_("日志封存到第 {size} 条为止：请少要一些，或过一秒再试。"),
    "AlreadyClosed": N_("{what}已经撤销，什么都没有改。"),
}
"""The Chinese of every refusal of the domain, by its name."""

VERBS: Mapping[str, str] = {
    "report": N_("上报"),
    "upload photos": N_("上传照片"),
    "handle on the spot": N_("自行处置"),
    "sort": N_("分拣"),
    "reject": N_("不予受理"),
    "join": N_("并件"),
    "part": N_("拆件"),
    "dispatch": N_("派单"),
    "claim": N_("报到"),
    "attend": N_("到场"),
    "note_progress": N_("记进展"),
    "handle": N_("办结"),
    "send_back": N_("退单"),
    "accept_return": N_("准予退单"),
    "refuse_return": N_("不准退单"),
    "request_extension": N_("申请延期"),
    "grant_extension": N_("准予延期"),
    "refuse_extension": N_("不准延期"),
    "hold": N_("挂账"),
    "resume": N_("解挂"),
    "appeal": N_("超时申诉"),
    "uphold_appeal": N_("认定申诉成立"),
    "dismiss_appeal": N_("驳回申诉"),
    "urge": N_("催办"),
    "supervise": N_("督办"),
    "reply": N_("回复督办"),
    "verify": N_("核查"),
    "reopen": N_("要求重办"),
    "give_link": N_("发居民链接"),
    "revoke_link": N_("收回居民链接"),
    "publish": N_("公开到回音壁"),
    "withdraw": N_("从回音壁撤下"),
    "see the workload": N_("看工作量"),
    "see what is overdue": N_("看超时"),
    "see the leader's page": N_("看总览"),
    "see who looked at personal data": N_("看查看记录"),
    "see the seal of the log": N_("看日志的封存"),
    "see the administration": N_("看管理页面"),
    "register units": N_("新增单位"),
    "amend units": N_("改单位的名称"),
    "close units": N_("撤销单位"),
    "enter hours": N_("定工作时间"),
    "see the history of this unit": N_("看这个单位的经过"),
    "list accounts": N_("看账号"),
    "see the history of accounts": N_("看账号的经过"),
    "open accounts": N_("开户"),
    "grant roles": N_("授予角色"),
    "grant a role to yourself": N_("给自己授予角色"),
    "make somebody an administrator or auditor": N_("授予管理员或审计员角色"),
    "set the password of an administrator or auditor": N_("给别的管理员或审计员重设密码"),
    "revoke roles": N_("收回角色"),
    "change the passwords of others": N_("重设别人的密码"),
    "change the accounts of others": N_("改别人的账号"),
    "close accounts": N_("停用账号"),
    "reopen accounts": N_("恢复账号"),
    "sign others out": N_("让别人退出"),
    "adopt a catalogue": N_("启用目录"),
    "adopt terms": N_("启用期限规则"),
    "enter a calendar": N_("录入工作日历"),
    "list receivers": N_("看接收方"),
    "see the history of this receiver": N_("看这个接收方的经过"),
    "register receivers": N_("登记接收方"),
    "amend receivers": N_("变更接收方"),
    "pause receivers": N_("暂停接收方"),
    "resume receivers": N_("恢复接收方"),
    "close receivers": N_("停用接收方"),
    "retry messages": N_("再发没有送达的消息"),
}
"""What is done, as a button and a sentence say it."""
WHO: Mapping[str, str] = {
    "a supervisor who does not serve the department": N_("不在该部门任职的督查"),
    "a dispatcher who did not ask for it": N_("没有申请它的派单员"),
    "a dispatcher who does not serve the department": N_("不在该部门任职的派单员"),
    "somebody who does not handle it": N_("不经办它的人"),
    "somebody who did not handle it": N_("没有经办它的人"),
    "an administrator": N_("管理员"),
    "a supervisor, dispatcher or auditor": N_("督查、派单员或审计"),
    "an administrator or auditor": N_("管理员和审计"),
    "an administrator or auditor of everything": N_("全部单位的管理员和审计"),
    "those who report or handle": N_("上报或经办的人"),
    "somebody with an account that holds a role": N_("有角色的账号"),
}
FIELDS: Mapping[str, str] = {
    "reason": N_("理由"),
    "note": N_("说明"),
    "text": N_("内容"),
    "card": N_("黄牌还是红牌"),
    "result": N_("办理结果"),
    "due_at": N_("时限"),
    "review_at": N_("复核日期"),
    "assisting": N_("协办部门"),
    "lead": N_("主办部门"),
    "category": N_("类别"),
    "urgency": N_("紧急程度"),
    "rule": N_("目录规则"),
    "into": N_("并到哪件"),
    "solved": N_("是否解决"),
    "satisfied": N_("是否满意"),
    "title": N_("标题"),
    "description": N_("情况"),
    "address": N_("地址"),
    "password": N_("密码"),
    "current": N_("现在的密码"),
    "again": N_("再写一遍新密码"),
    "account": N_("账号"),
    "q": N_("查找的词"),
    "photos": N_("照片"),
    "photos_after": N_("处置后的照片"),
    "handled": N_("怎么处置的"),
    "location": N_("坐标"),
    "datum": N_("坐标系"),
    "the table": N_("表格"),
    "file": N_("文件"),
    "code": N_("代码"),
    "name": N_("名称"),
    "parent": N_("上级"),
    "level": N_("级别"),
    "letters": N_("工单编号的字母"),
    "hours": N_("工作时间"),
    "role": N_("角色"),
    "roles": N_("角色"),
    "row": N_("这一行"),
    "way": N_("怎么通知"),
    "topics": N_("通知哪些事"),
    "secret": N_("密钥的名字"),
    "effective_from": N_("哪天起用"),
    "time_limit": N_("时限"),
    "filing_condition": N_("立案条件"),
    "closing_condition": N_("结案条件"),
    "minor_name": N_("小类名称"),
    "minor_code": N_("小类代码"),
}
THING = re.compile(r"The (account|unit|receiver) (.*)")
THINGS = {"account": N_("账号"), "unit": N_("单位"), "receiver": N_("接收方")}
WORDS: Mapping[str, Mapping[str, str]] = {
    "stage": {**TASKS, **STAGES},
    "needed": {**STAGES, **TASKS},
    "verb": VERBS,
    "clock": CLOCKS,
    "field": FIELDS,
    "role": ROLES,
    "state": {"paused": N_("已经暂停"), "in use": N_("在用")},
}
"""Facts that are one of a few words."""
ROLE_OF = re.compile(r"an? ([a-z ]+?) of (\S+)")


def sentence(refusal: Refusal, names: Mapping[str, str] | None = None) -> str:
    """The refusal as the page says it, with the `names` of units for their codes."""
    facts = {name: _said(name, fact, names or {}) for name, fact in refusal.facts.items()}
    pattern = SENTENCES.get(type(refusal).__name__)
    if pattern is None:
        return str(refusal)
    return say(pattern, **facts)


def _said(name: str, fact: Any, names: Mapping[str, str]) -> str:
    said = str(fact)
    if name in WORDS:
        return say(N_(" 或 ")).join(say(WORDS[name].get(part, part)) for part in said.split(" or "))
    if name in ("department", "unit", "grid", "closed"):
        return names.get(said, said)
    if name == "who":
        return _who(said, names)
    if name == "what" and (thing := THING.fullmatch(said)):
        return f"{say(THINGS[thing[1]])} {thing[2]}"
    return reason(said) if name == "why" else said


def _who(said: str, names: Mapping[str, str]) -> str:
    if said in WHO:
        return say(WHO[said])
    roles = {role.replace("_", " "): word for role, word in ROLES.items()}
    parts = []
    for part in said.split(" or "):
        found = ROLE_OF.fullmatch(part)
        if found is None:
            return said
        parts.append(f"{names.get(found[2], found[2])} {say(roles.get(found[1], found[1]))}")
    return say(N_(" 或 ")).join(parts)
