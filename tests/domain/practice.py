"""The practice as a small model of one ticket: written from its description and not from the code."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.ticket.stage import Solved, Urgency
from tests.domain.people import A_DAY, A_MINUTE, AN_HOUR, DEPARTMENTS

LIMITS = {
    Urgency.EMERGENCY: (30 * A_MINUTE, 2 * AN_HOUR),
    Urgency.URGENT: (AN_HOUR, A_DAY),
    Urgency.ORDINARY: (A_DAY, 7 * A_DAY),
}
AT_WORK = ("called", "claimed")
DONE_WITH = ("done", "gone")
Events = list[str]


class NotSo(Exception):
    """The practice does not allow it."""


def must(allowed: object) -> None:
    """Go on only where the practice allows it."""
    if not allowed:
        raise NotSo


@dataclass
class Part:
    """What one department was called for: called, claimed, done, asked (to be let go), or gone."""

    claim_by: datetime
    due: datetime
    state: str = "called"
    before: str = "called"
    attended: bool = False
    stopped: datetime | None = None
    sent_back: int = 0
    done_by: str | None = None
    wants_more: str | None = None
    """Who asked for more time, until that is decided."""
    extended: int = 0
    held: datetime | None = None
    was_held: bool = False


@dataclass
class Practice:
    """Where one ticket stands; `ask` says what has to happen, or that it must not."""

    stage: str = "reported"
    urgency: Urgency = Urgency.ORDINARY
    parts: dict[str, Part] = field(default_factory=dict)
    lead: str = ""
    community: str = "220621100001"
    done_on_site_by: str | None = None
    answer: Solved | None = None
    found: Solved | None = None
    rounds: int = 0
    rested_at: str = ""

    def ask(self, who: str, roles: set[str], verb: str, asked: Any, at: datetime) -> Events | None:
        """The events this leads to, by name; None where it is refused and nothing changes."""
        try:
            return list(getattr(self, verb)(asked, at, who, roles))
        except NotSo:
            return None

    def sort(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        must("sorter" in roles and self.stage == "reported")
        self.stage, self.urgency = "sorted", asked.urgency
        if not asked.keep:
            return ["Sorted"]
        self.parts[self.community] = Part(*self._fresh(at))
        self.stage, self.lead = "dispatched", self.community
        return ["Sorted", "Dispatched"]

    def reject(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        must({"reported": "sorter", "sorted": "dispatcher"}.get(self.stage) in roles)
        self.stage = "rejected"
        return ["Rejected"]

    def join(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        must(roles & {"sorter", "dispatcher"} and self.stage in ("reported", "sorted"))
        self.rested_at, self.stage = self.stage, "joined"
        return ["Joined"]

    def part(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        must(roles & {"sorter", "dispatcher"} and self.stage == "joined")
        self.stage = self.rested_at
        return ["Parted"]

    def dispatch(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        must("dispatcher" in roles and self.stage in ("sorted", "dispatched"))
        named = [asked.lead, *asked.assisting]
        must(len(set(named)) == len(named) and DEPARTMENTS.issuperset(asked.assisting))
        must(asked.lead in DEPARTMENTS or asked.lead == self.lead)
        new = [name for name in named if name not in self.parts or self.parts[name].state == "gone"]
        must(all(name in new or name == self.lead for name in asked.assisting))
        must(asked.lead not in self.parts or self.parts[asked.lead].state != "asked")
        must(new or asked.lead != self.lead)
        self.parts |= {name: self._called(name, at) for name in new}
        self.stage, self.lead = "dispatched", asked.lead
        return ["Dispatched"]

    def _called(self, name: str, at: datetime) -> Part:
        """Whoever was let go has to handle it in the time that was left, and to claim it once more."""
        claim_by, due = self._fresh(at)
        old = self.parts.get(name)
        if old is None or old.stopped is None:
            return Part(claim_by, due)
        due = at + (old.due - old.stopped)
        if due > at:  # One that is late with handling it already still has its time to claim it.
            claim_by = min(claim_by, due)
        return Part(claim_by, due, sent_back=old.sent_back, extended=old.extended, was_held=old.was_held)

    def claim(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._own(asked, roles, "called")
        part.state = "claimed"
        return ["Claimed"]

    def attend(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._own(asked, roles, "claimed")
        must(not part.attended)
        part.attended = True
        return ["Attended"]

    def note_progress(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        self._own(asked, roles, "claimed", though_held=True)
        return ["ProgressNoted"]

    def handle(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._own(asked, roles, "claimed")
        part.state, part.done_by, part.wants_more = "done", who, None
        self._settle()
        return ["Handled"]

    def send_back(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._own(asked, roles, *AT_WORK)
        must(part is not self.parts.get(self.lead) and part.sent_back < 2)
        part.before, part.state, part.stopped, part.wants_more = part.state, "asked", at, None
        part.sent_back += 1
        return ["SentBack"]

    def accept_return(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        self._asked(asked, roles).state = "gone"
        self._settle()
        return ["ReturnAccepted"]

    def refuse_return(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._asked(asked, roles)
        stood_still = at - (part.stopped or at)
        part.state, part.due = part.before, part.due + stood_still
        if part.state == "called":
            part.claim_by += stood_still
        return ["ReturnRefused"]

    def request_extension(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._own(asked, roles, "claimed")
        must(not part.wants_more and part.extended < 2 and at <= part.due)
        part.wants_more = who
        return ["ExtensionRequested"]

    def grant_extension(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self._decided(asked, who, roles)
        part.due, part.extended = part.due + LIMITS[self.urgency][1], part.extended + 1
        return ["ExtensionGranted"]

    def refuse_extension(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        self._decided(asked, who, roles)
        return ["ExtensionRefused"]

    def _decided(self, asked: Any, who: str, roles: set[str]) -> Part:
        """Somebody else than who asked, and who serves the department, decides."""
        part = self.parts.get(asked.department)
        must("dispatcher" in roles and part and part.wants_more not in (None, who))
        must(not (asked.department == self.community and "sorter" in roles))
        self.parts[asked.department].wants_more = None
        return self.parts[asked.department]

    def hold(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self.parts.get(asked.department)
        must("dispatcher" in roles and self.stage == "dispatched" and part and part.state in AT_WORK)
        must(not (asked.department == self.community and "sorter" in roles))
        must(part and not part.held and not part.was_held)
        part = self.parts[asked.department]
        part.held, part.was_held, part.wants_more = at, True, None
        return ["Held"]

    def resume(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        part = self.parts.get(asked.department)
        must("dispatcher" in roles and part and part.held)
        part = self.parts[asked.department]
        stood_still = at - (part.held or at)
        part.held, part.due = None, part.due + stood_still
        if part.state == "called":
            part.claim_by += stood_still
        return ["Resumed"]

    def verify(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        if "resident" in roles:
            must(self.stage in ("handled", "verified") and self.answer is None)
            self.answer = asked.solved
        else:
            must(roles & {"worker", "sorter"} and self.stage == "handled")
            must(who not in {self.done_on_site_by, *(part.done_by for part in self.parts.values())})
            self.found = asked.solved
        self.stage = "verified"
        if asked.solved is not Solved.NOT_SOLVED:
            return ["Verified"]
        self._begin_again([name for name, part in self.parts.items() if part.state == "done"], at)
        return ["Verified", "Reopened"]

    def reopen(self, asked: Any, at: datetime, who: str, roles: set[str]) -> Events:
        must(roles & {"resident", "worker", "sorter", "dispatcher", "supervisor"})
        must(self.stage in ("handled", "verified", "rejected"))
        must(all(name in self.parts for name in asked.departments))
        done = [name for name, part in self.parts.items() if part.state == "done"]
        self._begin_again(list(asked.departments) or done, at)
        return ["Reopened"]

    def _begin_again(self, departments: list[str], at: datetime) -> None:
        for name in departments:
            old = self.parts[name]
            self.parts[name] = Part(*self._fresh(at), sent_back=old.sent_back, was_held=old.was_held)
        self.stage = "dispatched" if departments else "reported"
        self.answer = self.found = self.done_on_site_by = None
        self.rounds += 1

    def _own(self, asked: Any, roles: set[str], *states: str, though_held: bool = False) -> Part:
        """The part of the department somebody serves, while the ticket is being worked on."""
        serves = roles & DEPARTMENTS | ({self.community} if "sorter" in roles else set())
        mine = [name for name in self.parts if name in serves]
        name = asked.department or (mine[0] if len(mine) == 1 else None)
        must(name in mine and self.stage == "dispatched" and self.parts[name].state in states)
        must(though_held or not self.parts[str(name)].held)
        return self.parts[str(name)]

    def _asked(self, asked: Any, roles: set[str]) -> Part:
        part = self.parts.get(asked.department)
        must("dispatcher" in roles and part and part.state == "asked")
        return self.parts[asked.department]

    def _settle(self) -> None:
        """Handled when the last department has, and not before the lead has."""
        if self.parts[self.lead].state == "done" and all(p.state in DONE_WITH for p in self.parts.values()):
            self.stage = "handled"

    def _fresh(self, at: datetime) -> tuple[datetime, datetime]:
        claim, handle = LIMITS[self.urgency]
        return at + claim, at + handle
