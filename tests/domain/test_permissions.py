"""Every step, at every stage, by everybody, against the one written table: docs/permissions.md."""

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from uuid import UUID

import pytest

from domain.actors import Role
from domain.ticket import commands, events
from domain.ticket.clocks import ClockName
from domain.ticket.commands import (
    AcceptReturn,
    Appeal,
    Attend,
    Claim,
    DismissAppeal,
    Dispatch,
    GiveLink,
    GrantExtension,
    Hold,
    Join,
    NoteProgress,
    Part,
    Publish,
    RefuseExtension,
    RefuseReturn,
    Reject,
    Reopen,
    Reply,
    RequestExtension,
    Resume,
    RevokeLink,
    SendBack,
    Supervise,
    UpholdAppeal,
    Urge,
    Withdraw,
)
from domain.ticket.ladder import Step as Rung
from domain.ticket.stage import Stage, TaskStage
from tests.domain import people, permission_tables
from tests.domain.given import NOON, Given, given
from tests.domain.people import A_DAY, COMMUNITY, Somebody, Step, dispatcher, housing, sorter, water, worker
from tests.domain.permission_tables import Answer
from tests.domain.stories import (
    HANDLE,
    KEEP,
    NOT_SOLVED,
    ON_SITE,
    REPORT,
    SOLVED,
    SORT,
    SORTED,
    called,
    done,
)

PAGE = permission_tables.read()
OTHER = UUID("0197d3a0-0000-7000-8000-000000000002")

MORE, LATER = RequestExtension("等材料"), NOON + 30 * A_DAY
ASKED = {
    "report": REPORT,
    "report as handled": ON_SITE,
    "sort": SORT,
    "sort and keep": KEEP,
    "reject": Reject("不属本街道"),
    "join": Join(OTHER),
    "part": Part("不是同一件事"),
    "dispatch": Dispatch("housing", ("urban",)),
    "claim": Claim(),
    "attend": Attend(),
    "note progress": NoteProgress("已派人"),
    "handle": HANDLE,
    "send back": SendBack("不归我们管"),
    "accept return": AcceptReturn("water", "同意"),
    "refuse return": RefuseReturn("water", "应由你们办理"),
    "request extension": MORE,
    "grant extension": GrantExtension("water", "同意"),
    "refuse extension": RefuseExtension("water", "来得及"),
    "hold": Hold("water", "等批复", LATER),
    "resume": Resume("water"),
    "urge": Urge("请抓紧"),
    "supervise": Supervise(Rung.RED_CARD, "为何未到场"),
    "reply": Reply("正在办"),
    "appeal": Appeal(ClockName.HANDLE, "路面结冰"),
    "uphold appeal": UpholdAppeal("water", ClockName.HANDLE, "属实"),
    "dismiss appeal": DismissAppeal("water", ClockName.HANDLE, "不属实"),
    "verify as solved": SOLVED,
    "verify as not solved": NOT_SOLVED,
    "reopen": Reopen("又坏了"),
    "give link": GiveLink(),
    "revoke link": RevokeLink(),
    "publish": Publish("已修好"),
    "withdraw": Withdraw(),
}

PERSONS: dict[str, tuple[Somebody, ...]] = {
    "grid worker": (worker,),
    "sorter": (sorter,),
    "keeping": (sorter,),
    "dispatcher": (dispatcher,),
    "lead": (housing,),
    "assisting": (water,),
    "not called": (people.traffic,),
    "supervisor": (people.supervisor, people.county_supervisor),
    "resident": (people.resident,),
    "auditor": (people.auditor, people.town_auditor, people.county_auditor),
    "administrator": (people.administrator, people.town_administrator),
    "operator": (people.operator,),
    "elsewhere": people.foreigners,
    "nobody": (people.nobody,),
}

CALLED = called("water")
DONE = (*CALLED, *done(housing, water))
KEPT = (worker(REPORT), sorter(KEEP))
KEPT_DONE = (*KEPT, *done(sorter))

UNTIL: dict[str, tuple[Step, ...]] = {
    "new": (),
    "reported": (worker(REPORT),),
    "sorted": SORTED,
    "dispatched": CALLED,
    "handled": DONE,
    "verified": (*DONE, worker(SOLVED)),
    "rejected": (worker(REPORT), sorter(Reject("不属本街道"))),
    "joined": (worker(REPORT), sorter(Join(OTHER))),
}
UNTIL_KEPT: dict[str, tuple[Step, ...]] = {
    "new": (),
    "dispatched": KEPT,
    "handled": KEPT_DONE,
    "verified": (*KEPT_DONE, worker(SOLVED)),
}


def task_until(does: Somebody) -> dict[str, tuple[Step, ...]]:
    """What a department has done until its task stands at a stage; only an assisting one goes."""
    department = {housing: "housing", sorter: COMMUNITY}.get(does, "water")
    steps: dict[str, tuple[Step, ...]] = {
        "dispatched": (),
        "claimed": (does(Claim()),),
        "asking": (does(Claim()), does(MORE)),
        "held": (does(Claim()), dispatcher(Hold(department, "等批复", LATER))),
        "handled": (does(Claim()), does(HANDLE)),
    }
    if does is water:
        steps["returned"] = (water(SendBack("不归我们管")),)
        steps["let go"] = (*steps["returned"], dispatcher(AcceptReturn("water", "同意")))
    if does is sorter:
        del steps["handled"]  # Then the ticket she kept is handled too.
    return steps


def situations(person: str, stage: str, of_task: bool) -> Iterator[tuple[str | None, Given]]:
    """The ticket at a stage, and where the step is about a task, at every stage of that as well."""
    facts = UNTIL_KEPT[stage] if person == "keeping" else UNTIL[stage]
    acting = {"lead": housing, "keeping": sorter}.get(person, water)
    for task_stage, more in task_until(acting).items() if of_task else [(None, ())]:
        other = given(worker(REPORT), id=OTHER).ticket
        yield task_stage, given(*facts, *more, beside=(other,))


def belongs(person: str, stage: str) -> bool:
    """Whether anybody can be this person at this stage."""
    if person == "keeping":
        return stage in UNTIL_KEPT
    return person not in ("lead", "assisting") or stage in UNTIL_KEPT


@pytest.mark.parametrize("stage", UNTIL)
@pytest.mark.parametrize("step", ASKED)
def test_everybody_may_do_what_the_table_says_and_nothing_else(step: str, stage: str) -> None:
    cell = PAGE.when[step][stage]
    tried = [
        f"{person.account} ({column}), task {task_stage}: {came} instead of {expected}"
        for column in PERSONS
        if cell and belongs(column, stage)
        for person in PERSONS[column]
        for task_stage, story in situations(column, stage, cell == "task")
        if (expected := PAGE.answer(step, column, stage, task_stage))
        != (came := what_came_of(story, person(ASKED[step])))
    ]
    assert tried == []


def what_came_of(story: Given, step: Step) -> Answer:
    """What really happened; that a refusal left everything as it was is seen to by `when`."""
    outcome = story.when(step)
    if outcome.refusal is not None:
        return Answer(refused=type(outcome.refusal).__name__)
    (other,) = story.beside.values()
    return Answer(names(outcome.events), names(other.pending_events))


def names(events: Sequence[object]) -> tuple[str, ...]:
    """The names of these events."""
    return tuple(type(event).__name__ for event in events)


@pytest.mark.parametrize("person", PERSONS)
def test_everybody_sees_the_tickets_the_table_says(person: str) -> None:
    sees = PAGE.who["see"][person] == permission_tables.SEES
    tickets = [
        story.ticket
        for stage in UNTIL
        if stage != "new" and belongs(person, stage)
        for _, story in situations(person, stage, of_task=False)
    ]
    assert {t.visible_to(each) for t in tickets for each in PERSONS[person]} == {sees}


def test_the_tables_leave_no_step_no_stage_and_no_role_out() -> None:
    parts = {events.Location, events.Reporter}
    asked = {one for one in vars(commands).values() if is_dataclass(one)} - parts
    assert asked == {type(command) for command in ASKED.values()}
    assert set(PAGE.who) - {"see"} == set(PAGE.when) == set(ASKED)
    assert {name for name, cells in PAGE.when.items() if "task" in cells.values()} == set(PAGE.task)
    assert all(set(cells) == set(PERSONS) for cells in PAGE.who.values())
    assert all(set(cells) == {"new", *Stage} == set(UNTIL) for cells in PAGE.when.values())
    assert all(set(cells) == {"asking", "held", "let go", *TaskStage} for cells in PAGE.task.values())
    everybody = [person for persons in PERSONS.values() for person in persons]
    never_held = {Role.HOLDER, Role.CLOCK}  # Of one's own account; and of time itself, which asks nothing.
    assert set(Role) - never_held == {held.role for person in everybody for held in person.roles}
