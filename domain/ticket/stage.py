"""Where a ticket and a task can stand."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a ticket stands: the brief's five stages, and two ways to end before them."""

    REPORTED = "reported"  # 已上报
    SORTED = "sorted"  # 已分拣
    DISPATCHED = "dispatched"  # 已派单
    HANDLED = "handled"  # 已办结
    VERIFIED = "verified"  # 已核查
    REJECTED = "rejected"  # 不予受理
    JOINED = "joined"  # 已并件


class TaskStage(StrEnum):
    """Where the task of one department stands."""

    DISPATCHED = "dispatched"  # 待报到
    CLAIMED = "claimed"  # 在办
    HANDLED = "handled"  # 已办结
    RETURNED = "returned"  # 已退单


class Urgency(StrEnum):
    """How long the matter can wait."""

    ORDINARY = "ordinary"  # 一般
    URGENT = "urgent"  # 紧急
    EMERGENCY = "emergency"  # 特急


class Source(StrEnum):
    """How the matter came in."""

    GRID = "grid"  # 网格巡查
    RESIDENT = "resident"  # 居民自报
    HOTLINE = "hotline"  # 热线
    VISIT = "visit"  # 入户走访


class Solved(StrEnum):
    """Whether the matter is solved, as somebody on site or the resident says."""

    SOLVED = "solved"  # 已解决
    PARTLY = "partly"  # 部分解决
    NOT_SOLVED = "not_solved"  # 未解决


class Satisfied(StrEnum):
    """Whether the resident is content."""

    SATISFIED = "satisfied"  # 满意
    BASICALLY = "basically"  # 基本满意
    NOT_SATISFIED = "not_satisfied"  # 不满意
