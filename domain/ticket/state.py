"""How a ticket stands, who may see it, and how events change it; nothing here refuses a fact."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.actors import Actor, Person, Role
from domain.errors import NoTask, NotYours, UnknownTicket, WhichDepartment, WrongStage
from domain.event import Aggregate
from domain.ticket import events
from domain.ticket.clocks import Clocks
from domain.ticket.ladder import Step
from domain.ticket.publishing_events import Publication
from domain.ticket.stage import Satisfied, Solved, Source, Stage, TaskStage, Urgency
from domain.ticket.task import Task


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said of a handled ticket, and when."""

    solved: Solved
    satisfied: Satisfied | None
    at: datetime


class State(Aggregate):
    """Everything known of one ticket at one version."""

    number: str
    title: str
    description: str
    grid: str
    community: str
    town: str
    county: str
    category: str | None
    address: str | None
    location: events.Location | None
    urgency: Urgency
    source: Source
    reporter: events.Reporter | None
    photos: tuple[str, ...]
    later_photos: dict[str, None] = field(default_factory=dict, init=False)
    """Those of the steps after the report, each once, in their order."""
    own_photos: tuple[str, ...] = field(default=(), init=False)
    """Those of the report that the resident sent without an account."""
    stage: Stage = field(default=Stage.REPORTED, init=False)
    reported_at: datetime = field(init=False)
    imported: bool = field(default=False, init=False)
    """Whether it comes from elsewhere, with the time it has there."""
    stage_since: datetime = field(init=False)
    handled_at: datetime | None = field(default=None, init=False)
    """When it was handled, in this round."""
    reopened_at: datetime | None = field(default=None, init=False)
    """When it had to be done again, the last time."""
    tasks: dict[str, Task] = field(default_factory=dict, init=False)
    result: str | None = field(default=None, init=False)
    """What was done on the spot, where no department was needed."""
    handled_on_site_by: str | None = field(default=None, init=False)
    verification: Verdict | None = field(default=None, init=False)
    """What staff found on site."""
    answer: Verdict | None = field(default=None, init=False)
    """What the resident says, which no staff can give or change."""
    last_answer: Verdict | None = field(default=None, init=False)
    """The same, also where it was said of a round before this one."""
    rule: str | None = field(default=None, init=False)
    """The id of the rule that the sorter chose, in the version of the catalogue named beside it."""
    catalogue: str | None = field(default=None, init=False)
    clocks: Clocks = field(default_factory=Clocks, init=False)
    """Every clock as it was set last."""
    cards: dict[str, Step] = field(default_factory=dict, init=False)
    """The gravest card that each unit was given."""
    reopened: int = field(default=0, init=False)
    """How often it had to be done again."""
    link: UUID | None = field(default=None, init=False)
    """The resident's secret link that works now, by a name that is no secret."""
    link_given_by: str | None = field(default=None, init=False)
    """None also where the resident has it from their own report, so that no staff could have kept it."""
    publication: Publication | None = field(default=None, init=False)
    """What the community shows of it to everybody."""
    joined_into: UUID | None = field(default=None, init=False)
    gathered: tuple[UUID, ...] = field(default=(), init=False)
    stage_before_joining: Stage = field(default=Stage.REPORTED, init=False)

    @property
    def lead(self) -> Task | None:
        """The task of the lead department, once there is one."""
        return next((task for task in self.tasks.values() if task.lead), None)

    @property
    def handled_by(self) -> frozenset[str | None]:
        """The accounts whose handling counts now: they do not verify it."""
        return frozenset({self.handled_on_site_by, *(task.handled_by for task in self.tasks.values())})

    @property
    def by_rule(self) -> tuple[str, str] | None:
        """The catalogue and the rule in it that the sorter chose: how long handling may take."""
        return (self.catalogue, self.rule) if self.catalogue and self.rule else None

    # Who may see and act.

    def visible_to(self, person: Person) -> bool:
        """Whether this ticket is one of the person's grid, community, town, departments, or link."""
        return any(held.unit in self._seen_by(held.role) for held in person.roles)

    @classmethod
    def unknown(cls, id: UUID) -> UnknownTicket:
        """That there is no such ticket."""
        return UnknownTicket(ticket=id)

    def _seen_by(self, role: Role) -> tuple[str, ...]:
        """The units whose people in this role see the ticket."""
        seen: dict[Role, tuple[str, ...]] = {
            Role.GRID_WORKER: (self.grid,),
            Role.SORTER: (self.community,),
            Role.DISPATCHER: (self.town,),
            Role.SUPERVISOR: (self.town, self.county),
            Role.HANDLER: tuple(self.tasks),
            Role.RESIDENT: (str(self.id),),
            Role.AUDITOR: ("", self.town, self.county),
            Role.OPERATOR: ("",),
            Role.CLOCK: ("",),
        }
        return seen.get(role, ())

    def must_be(self, person: Person, verb: str, *allowed: tuple[Role, str]) -> Actor:
        """The person in the first of the `allowed` roles they hold; anybody else is told whose it is."""
        if not self.visible_to(person):
            raise self.unknown(self.id)
        for role, unit in allowed:
            if actor := person.acting_as(role, unit):
                return actor
        raise NotYours(verb=verb, who=spoken(*allowed))

    def must_reach_resident(self, person: Person, verb: str) -> Actor:
        """The person as somebody who may hand the resident the secret link of this ticket.

        The resident's word is not written by who is at work on it: neither by an account that handled it nor
        by one that serves a department called, or the community that kept it.
        """
        actor = self.must_be(
            person,
            verb,
            (Role.GRID_WORKER, self.grid),
            (Role.SORTER, self.community),
            (Role.DISPATCHER, self.town),
        )
        serving = person.units(Role.HANDLER) | person.units(Role.SORTER)
        if actor.account in self.handled_by or not serving.isdisjoint(self.tasks):
            raise NotYours(verb=verb, who="somebody who does not handle it")
        return actor

    def must_serve(self, person: Person, verb: str, department: str | None) -> tuple[Actor, Task]:
        """The person as a handler, and the task they mean; in doubt they are asked which one.

        A task that the community kept for itself (自办) is served by its sorters.
        """
        if not self.visible_to(person):
            raise self.unknown(self.id)
        serving = {unit: Role.SORTER for unit in person.units(Role.SORTER) if unit == self.community}
        serving |= dict.fromkeys(person.units(Role.HANDLER), Role.HANDLER)
        if department is None:
            mine = [unit for unit in self.tasks if unit in serving]
            if len(mine) > 1:
                raise WhichDepartment()
            department = mine[0] if mine else None
        if department is None or department not in serving:
            called = [(Role.HANDLER, unit) for unit in self.tasks] or [(Role.HANDLER, "a department called")]
            raise NotYours(
                verb=verb, who=spoken((Role.HANDLER, department)) if department else spoken(*called)
            )
        actor = Actor(person.account, serving[department], department)
        return actor, self.task_of(department)

    def task_of(self, department: str) -> Task:
        """The task of this department, or the refusal that it has none."""
        task = self.tasks.get(department)
        if task is None:
            raise NoTask(department=department)
        return task

    def must_stand(self, verb: str, *stages: Stage) -> None:
        """Refuse `verb` unless the ticket stands in one of `stages`."""
        if self.stage not in stages:
            raise WrongStage(stage=self.stage, verb=verb, needed=" or ".join(stages))

    # How events change it.

    def enter(self, stage: Stage, at: datetime) -> None:
        """Stand in another stage from now on."""
        self.stage, self.stage_since = stage, at
        if stage is Stage.HANDLED:
            self.handled_at = at

    def call(self, call: "events.Call", at: datetime) -> None:
        """A department is called; how often it sent this ticket back is not forgotten."""
        before = self.tasks.pop(call.department, None)
        self.tasks[call.department] = Task(
            call.department,
            dispatched_at=at,
            claim_by=call.claim_by,
            due_at=call.due_at,
            returns=before.returns if before else 0,
            extensions=before.extensions if before else 0,
            holds=before.holds if before else 0,
        )

    def is_last_at_work(self, department: str, handled: bool) -> bool:
        """Whether the ticket is handled once this department has handled its task, or is let go."""
        lead = self.lead
        led = lead and (lead.stage is TaskStage.HANDLED or (handled and lead.department == department))
        return bool(led) and not any(t.open for t in self.tasks.values() if t.department != department)

    def settle(self, at: datetime) -> None:
        """The ticket is handled when its lead has handled it and nobody else is still at it."""
        lead = self.lead
        if lead and lead.stage is TaskStage.HANDLED and not any(t.open for t in self.tasks.values()):
            self.enter(Stage.HANDLED, at)

    def hear(self, said: "events.Verified") -> None:
        """Keep what was said: the resident's word apart from the staff's."""
        verdict = Verdict(said.solved, said.satisfied, said.at)
        if said.by.role is Role.RESIDENT:
            self.answer = self.last_answer = verdict
        else:
            self.verification = verdict
        if said.solved is not Solved.NOT_SOLVED and self.stage is Stage.HANDLED:
            self.enter(Stage.VERIFIED, said.at)

    def begin_again(self, at: datetime) -> None:
        """A fresh round; what was said of the last one is history."""
        self.answer = self.verification = None
        self.result = self.handled_on_site_by = self.handled_at = None
        self.reopened += 1
        self.reopened_at = at
        at_work = any(task.open for task in self.tasks.values())
        self.enter(Stage.DISPATCHED if at_work else Stage.REPORTED, at)


def spoken(*allowed: tuple[Role, str]) -> str:
    """Who may, as a sentence says it."""
    return " or ".join(f"a {role.spoken} of {unit[:50]}" for role, unit in allowed)
