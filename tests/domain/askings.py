"""Whoever may come, and whatever they may ask of a ticket, sensible or not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.actors import Role
from domain.ticket.commands import (
    AcceptReturn,
    Attend,
    Claim,
    Dispatch,
    GrantExtension,
    Handle,
    Hold,
    Join,
    NoteProgress,
    Part,
    RefuseExtension,
    RefuseReturn,
    Reject,
    Reopen,
    RequestExtension,
    Resume,
    SendBack,
    Sort,
    Verify,
)
from domain.ticket.stage import Satisfied, Solved, Urgency
from tests.domain import people
from tests.domain.given import NOON
from tests.domain.people import COMMUNITY, GRID, TOWN, Somebody, somebody
from tests.domain.practice import Part as Stands
from tests.domain.practice import Practice

OTHER = UUID("0197d3a0-0000-7000-8000-000000000002")
REVIEW = NOON + 300 * people.A_DAY
"""Long after any life here ends."""
REJECT, JOIN, PART = Reject("不属本街道"), Join(OTHER), Part("不是同一件事")

neighbour = somebody("neighbour", (Role.GRID_WORKER, GRID), (Role.HANDLER, "housing"))
one_for_all = somebody("one-for-all", (Role.SORTER, COMMUNITY), (Role.DISPATCHER, TOWN))
two_hats = somebody("two-hats", (Role.HANDLER, "water"), (Role.HANDLER, "urban"))
ROLES: dict[Somebody, set[str]] = {
    people.worker: {"worker"},
    people.sorter: {"sorter"},
    people.dispatcher: {"dispatcher"},
    people.housing: {"housing"},
    people.water: {"water"},
    people.urban: {"urban"},
    people.traffic: {"traffic"},
    people.resident: {"resident"},
    people.supervisor: {"supervisor"},
    neighbour: {"worker", "housing"},
    one_for_all: {"sorter", "dispatcher"},
    two_hats: {"water", "urban"},
    people.auditor: set(),
    people.administrator: set(),
    people.other_dispatcher: set(),
    people.other_resident: set(),
    people.nobody: set(),
}
SERVES = {
    "housing": people.housing,
    "water": people.water,
    "urban": people.urban,
    "traffic": people.traffic,
    COMMUNITY: people.sorter,
}

departments = st.sampled_from(["housing", "water", "urban"])
named = departments | st.sampled_from(["traffic", "aliens"])
meant = st.none() | st.sampled_from(["housing", "water", "urban", COMMUNITY])
passing = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=1), timedelta(days=2)])
sorts = st.builds(Sort, st.just("drain"), st.sampled_from(Urgency), keep=st.booleans())
rejects, joins, parts = st.just(REJECT), st.just(JOIN), st.just(PART)
dispatches = st.builds(Dispatch, named, st.lists(departments, max_size=2).map(tuple))
claims = st.builds(Claim, meant)
results = st.builds(Handle, st.just("已修好"), department=meant)
send_backs = st.builds(SendBack, st.just("不归我们管"), meant)
notes = st.builds(NoteProgress, st.just("已派人"), department=meant) | st.builds(Attend, meant)
requests = st.builds(RequestExtension, st.just("等材料"), meant)
holds = st.builds(Hold, named, st.just("等批复"), st.just(REVIEW)) | st.builds(Resume, named)
rulings = st.sampled_from([AcceptReturn, RefuseReturn, GrantExtension, RefuseExtension]).flatmap(
    lambda ruling: st.builds(ruling, named, st.just("经研究"))
)
verdicts = st.builds(Verify, st.sampled_from(Solved), st.none() | st.sampled_from(Satisfied))
reopenings = st.builds(Reopen, st.just("又坏了"), st.lists(named, max_size=2, unique=True).map(tuple))
anything = st.one_of(
    sorts,
    rejects,
    joins,
    parts,
    dispatches,
    claims,
    results,
    send_backs,
    notes,
    rulings,
    requests,
    holds,
    verdicts,
    reopenings,
)
anybody = st.sampled_from(list(ROLES))


def sensible(practice: Practice) -> list[tuple[Somebody, Any]]:
    """What somebody would do next with a ticket that stands like this, most of it allowed."""
    match practice.stage:
        case "reported":
            sorting = [(people.sorter, Sort("drain", urgency)) for urgency in Urgency]
            keeping = [(people.sorter, Sort("drain", urgency, keep=True)) for urgency in Urgency]
            return [*sorting, *sorting, *keeping, (people.sorter, REJECT), (one_for_all, JOIN)]
        case "sorted":
            joint = [(people.dispatcher, Dispatch("housing", ("water", "urban")))] * 4
            return [
                *joint,
                (people.dispatcher, Dispatch("urban")),
                (one_for_all, REJECT),
                (one_for_all, JOIN),
            ]
        case "dispatched":
            calls = [Dispatch(practice.lead, (name,)) for name in ("housing", "water", "urban", "traffic")]
            leads = [Dispatch(name) for name in practice.parts]
            parts = [act for name, part in practice.parts.items() for act in _sensible_in(name, part)]
            return [*parts, *parts, *((people.dispatcher, call) for call in [*calls, *leads])]
        case "handled" | "verified":
            verifying = [people.resident, people.resident, people.sorter, people.worker, neighbour]
            again = [Reopen("又坏了"), *(Reopen("又坏了", (name,)) for name in practice.parts)]
            return [
                *((who, Verify(solved)) for who in verifying for solved in Solved),
                *((people.supervisor, reopen) for reopen in again),
            ]
        case "rejected":
            return [(people.resident, Reopen("请再看看"))]
        case _:
            return [(people.sorter, PART)]


def _sensible_in(name: str, stands: Stands) -> list[tuple[Somebody, Any]]:
    """What the department, or the dispatcher for it, would do next."""
    does = SERVES[name]
    if stands.held:
        return [(people.dispatcher, Resume(name))] * 3
    if stands.wants_more:
        return [
            (people.dispatcher, decide(name, "经研究")) for decide in (GrantExtension, RefuseExtension)
        ] * 2
    match stands.state:
        case "called":
            return [(does, Claim(name)), (does, Claim(name)), (does, SendBack("不归我们管", name))]
        case "claimed":
            noted = [(does, Attend(name)), (does, NoteProgress("已派人", department=name))]
            handled = [(does, Handle("已修好", department=name))] * 2
            more = [
                (does, RequestExtension("等材料", name)),
                (people.dispatcher, Hold(name, "等批复", REVIEW)),
            ]
            return [*noted, *handled, *more, (does, SendBack("不归我们管", name))]
        case "asked":
            rulings = [AcceptReturn(name, "同意"), RefuseReturn(name, "应由你们办理")]
            return [(people.dispatcher, ruling) for ruling in rulings]
        case _:
            return []
