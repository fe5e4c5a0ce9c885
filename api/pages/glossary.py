"""The words of the field (用语), explained: the one place that says what they mean."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages.language import N_
from api.pages.page import render
from api.pages.words import ROLES, STAGES
from domain.actors import Role
from domain.ticket.stage import Stage

router = APIRouter()

PEOPLE: Mapping[str, str] = {
    ROLES[Role.RESIDENT]: N_("住在这里、反映这件事的人。办得怎么样，居民说了算。"),
    ROLES[Role.GRID_WORKER]: N_("负责一个网格：巡查、上报，能当场处置的就当场处置。"),
    ROLES[Role.SORTER]: N_("在社区：看每一件是什么事、急不急，社区能办的自己办。"),
    ROLES[Role.DISPATCHER]: N_("在乡镇或街道：把社区办不了的派给部门，这就是「吹哨」。"),
    ROLES[Role.HANDLER]: N_("在部门：报到、到场、办结。"),
    ROLES[Role.SUPERVISOR]: N_("看有没有拖延，催办、督办，裁定超时申诉。"),
    ROLES[Role.AUDITOR]: N_("什么都能看，什么都不能改，每一步都能重看一遍。"),
}
COURSE: Mapping[str, str] = {
    STAGES[Stage.REPORTED]: N_("已经收下，有了编号，等社区分拣。"),
    STAGES[Stage.SORTED]: N_("社区已经看过，等派给部门。"),
    STAGES[Stage.DISPATCHED]: N_("已经派给部门，或者社区自己在办。"),
    STAGES[Stage.HANDLED]: N_("承办的都说办好了，等核查和居民评价。"),
    STAGES[Stage.VERIFIED]: N_("没有经办它的人去看过，或者居民说解决了。"),
    STAGES[Stage.REJECTED]: N_("不归这里管，写明了理由；不同意可以要求重办。"),
    STAGES[Stage.JOINED]: N_("和另一件是同一个问题，并到那一件里一起办。"),
}
OTHERS: Mapping[str, str] = {
    N_("工单"): N_("一件事从上报到核查的全部经过。"),
    N_("网格"): N_("社区里的一小片，有几栋楼或几条巷子，有自己的网格员。"),
    N_("报到"): N_("部门说：收到了，我们来。"),
    N_("主办"): N_("牵头的部门，不能退单；其他一起办的叫协办。"),
    N_("退单"): N_("协办部门认为不归它管，由派单员裁定。"),
    N_("延期"): N_("部门申请多一点时间，由派单员决定。"),
    N_("挂账"): N_("眼下办不了，写明原因和哪天再看；时钟停着。"),
    N_("催办"): N_("请快一点，并且要回复。"),
    N_("督办"): N_("超时或不该拖的，发黄牌、红牌，要回复。"),
    N_("返工"): N_("没有办好，重新办，时钟重新开始。"),
    N_("回音壁"): N_("社区把办了什么说给所有人听的一页，没有姓名和门牌。"),
}


@router.get("/terms")
async def glossary(request: Request) -> Response:
    """All words with their meaning, open to everybody."""
    parts = {N_("谁"): PEOPLE, N_("一件事走到哪里"): COURSE, N_("办的时候"): OTHERS}
    return render(request, "glossary.html", parts=parts)
