"""The verbs of the departments that were called: each for its own task (部门联动)."""

from datetime import datetime

from domain.actors import Person
from domain.errors import AlreadyAttended, LeadCannotSendBack, OnHold, RulingFinal, TaskWrongStage
from domain.text import check_photos, check_text, often
from domain.ticket import commands, events
from domain.ticket.clocks import ClockName, Setting
from domain.ticket.stage import Stage, TaskStage
from domain.ticket.state import State
from domain.ticket.task import Task
from domain.ticket.timing import USUAL, Timing


class Handling(State):
    """What a department does with its task in a ticket."""

    def claim(self, command: commands.Claim, by: Person, at: datetime) -> None:
        """报到: the department reports for duty."""
        actor, task = self.must_serve(by, "claim", command.department)
        self._task_must_be("claim", task, TaskStage.DISPATCHED)
        self._record(events.Claimed, actor, at, department=task.department)

    def attend(self, command: commands.Attend, by: Person, at: datetime) -> None:
        """到场: the department is on site, once in a round."""
        actor, task = self.must_serve(by, "attend", command.department)
        self._task_must_be("attend", task, TaskStage.CLAIMED)
        if task.attended_at is not None:
            raise AlreadyAttended(department=task.department)
        self._record(events.Attended, actor, at, department=task.department)

    def send_back(self, command: commands.SendBack, by: Person, at: datetime, timing: Timing = USUAL) -> None:
        """退单: not our matter; the lead answers for the whole and cannot (首接负责)."""
        actor, task = self.must_serve(by, "send_back", command.department)
        self._task_must_be("send_back", task, TaskStage.DISPATCHED, TaskStage.CLAIMED)
        if task.lead:
            raise LeadCannotSendBack(department=task.department)
        if task.returns >= timing.terms_at(at).returns:
            raise RulingFinal(department=task.department, often=often(task.returns))
        check_text("reason", command.reason)
        to_rule = timing.begin(ClockName.DISPATCH, self.town, self.urgency, at, about=task.department)
        self._record(
            events.SentBack,
            actor,
            at,
            department=task.department,
            reason=command.reason,
            clocks=(to_rule,),
        )

    def note_progress(self, command: commands.NoteProgress, by: Person, at: datetime) -> None:
        """处置进展: what was done so far."""
        actor, task = self.must_serve(by, "note_progress", command.department)
        self._task_must_be("note_progress", task, TaskStage.CLAIMED)
        check_text("text", command.text)
        check_photos(command.photos)
        self._record(
            events.ProgressNoted,
            actor,
            at,
            department=task.department,
            text=command.text,
            photos=command.photos,
        )

    def handle(self, command: commands.Handle, by: Person, at: datetime, timing: Timing = USUAL) -> None:
        """办结: the department has done its part."""
        actor, task = self.must_serve(by, "handle", command.department)
        self._task_must_be("handle", task, TaskStage.CLAIMED)
        check_text("result", command.result)
        check_photos(command.photos)
        clocks = self.to_verify(timing, at) if self.is_last_at_work(task.department, handled=True) else ()
        self._record(
            events.Handled,
            actor,
            at,
            department=task.department,
            result=command.result,
            photos=command.photos,
            clocks=clocks,
        )
        if self.link is not None and self.link_given_by == actor.account:
            # The resident's word is never written by who handled the ticket: somebody else gives a new link.
            self._record(events.LinkRevoked, actor, at, link=self.link)

    def to_verify(self, timing: Timing, at: datetime) -> tuple[Setting, ...]:
        """The clock of the community that starts when all is handled."""
        return (timing.begin(ClockName.VERIFY, self.community, self.urgency, at),)

    def _task_must_be(self, verb: str, task: Task, *stages: TaskStage) -> None:
        self.must_stand(verb, Stage.DISPATCHED)
        if task.stage not in stages:
            raise TaskWrongStage(
                department=task.department, stage=task.stage, verb=verb, needed=" or ".join(stages)
            )
        if task.held_at is not None and verb != "note_progress":
            raise OnHold(department=task.department)
