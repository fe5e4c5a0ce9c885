"""The auditor's replay (回放): a ticket as it stood after each of its events, and what that event changed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import steps
from api.pages import deadlines, history
from api.pages.lanes import lanes_of
from api.pages.language import N_, say
from api.pages.page import Visiting, render
from api.pages.words import CARDS, CLOCKS, STAGES, TASK_STAGES, URGENCIES, exact
from domain.account import Account
from domain.catalogue import in_force
from domain.errors import OutOfRange
from domain.ticket import Ticket
from domain.ticket.clocks import ClockState
from projections.accounts import names_of as account_names
from projections.history import history as events_of
from projections.history import version_at
from projections.units import names_of

router = APIRouter()

CLOCK_STATES = {
    ClockState.RUNNING: N_("{due} 到期"),
    ClockState.OVERDUE: N_("{due} 到期，已超时"),
    ClockState.PAUSED: N_("停表"),
    ClockState.STOPPED: N_("已停"),
}


@dataclass(frozen=True)
class Fact:
    """Something that is so at a moment, and what was so before, where that was something else."""

    name: str
    value: str
    before: str | None


@router.get("/tickets/{id}/replay")
async def replay(
    request: Request,
    id: str,
    visitor: Visiting,
    version: Annotated[int | None, Query()] = None,
    position: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """The ticket as it stood at this version or position of the log, the newest unless said.

    The address is the link to that moment. Raises `OutOfRange` for a version that it does not have.
    """
    serving = visitor.serving
    now_it_is = await steps.seen(serving, visitor.person, steps.ticket_id(id))
    last = now_it_is.version
    if version is None and position is not None:
        version = await version_at(serving.reading, now_it_is.id, position)
    chosen = last if version is None else version
    if not 1 <= chosen <= last:
        raise OutOfRange(field="version", why=f"must lie between 1 and {last}")
    before = await serving.store.find_at(Ticket, now_it_is.id, chosen - 1) if chosen > 1 else None
    then = await serving.store.find_at(Ticket, now_it_is.id, chosen) or now_it_is
    (item,) = await events_of(serving.reading, now_it_is.id, 1, after=chosen - 1)
    by = item["by"]["account"]
    has_desk = visitor.audits and await serving.store.find(Account, Account.id_of(by))
    units = {then.grid, then.community, then.town, *now_it_is.tasks, *history.units([item])}
    units |= {clock.setting.unit for clock in now_it_is.clocks} | set(now_it_is.cards)
    names = await names_of(serving.reading, units)
    people = await account_names(serving.reading, history.accounts([item]))
    rules = in_force((await serving.adopted.timing()).catalogue, then.modified_on)
    categories = {code: category.name for code, category in rules.categories.items()}
    (told,) = history.told([item], names, people, categories, then.modified_on)
    return render(
        request,
        "replay.html",
        visitor,
        ticket=then,
        last=last,
        told=told,
        position=item["position"],
        topic=item["topic"],
        desk_of=by if has_desk else None,
        facts=changes(before, then, names, categories),
        lanes=lanes_of(then, told.at),
        names=names,
        now=told.at,
    )


def changes(
    before: Ticket | None, then: Ticket, names: dict[str, str], categories: dict[str, str]
) -> list[Fact]:
    """All that is so, and what it was before where that was otherwise; facts come, and none goes."""
    was = facts_of(before, names, categories) if before else {}
    return [
        Fact(name, value, was.get(name, "") if was.get(name) != value else None)
        for name, value in facts_of(then, names, categories).items()
    ]


def facts_of(ticket: Ticket, names: dict[str, str], categories: dict[str, str]) -> dict[str, str]:
    """What is so of a ticket, in words: its stage, its tasks, its clocks, its cards."""
    found = {
        say(N_("阶段")): say(STAGES[ticket.stage]),
        say(N_("类别")): categories.get(ticket.category or "", ticket.category or ""),
        say(N_("紧急程度")): say(URGENCIES[ticket.urgency]),
    }
    for department, task in ticket.tasks.items():
        name = names.get(department, department)
        found[say(N_("{unit}的任务"), unit=name)] = say(TASK_STAGES[task.stage])
    for clock in sorted(
        deadlines.clocks(ticket, ticket.modified_on), key=lambda each: (each.unit, each.name)
    ):
        unit = names.get(clock.unit, clock.unit)
        about = f"（{names.get(clock.about, clock.about)}）" if clock.about else ""
        state = CLOCK_STATES[clock.state] if clock.due_at or clock.state not in DATED else N_("没有期限")
        due = exact(clock.due_at)[:16] if clock.due_at else ""
        found[say(N_("{unit}的时限：{clock}"), unit=unit, clock=say(CLOCKS[clock.name])) + about] = say(
            state, due=due
        )
    for unit, card in ticket.cards.items():
        found[say(N_("{unit}的督办"), unit=names.get(unit, unit))] = say(CARDS[card])
    return found


DATED = (ClockState.RUNNING, ClockState.OVERDUE)
