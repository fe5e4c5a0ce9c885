"""Appeals against an overdue mark (超时申诉): they change what counts, never what happened."""

from datetime import datetime

from domain.actors import Actor, Person, Role
from domain.errors import AlreadyAppealed, NotAppealed, NotLate, NotYours
from domain.text import check_text
from domain.ticket import appealing_events as events
from domain.ticket import commands
from domain.ticket.clocks import OF_DEPARTMENT
from domain.ticket.deferring import Deferring
from domain.ticket.stage import Stage


class Appealing(Deferring):
    """What is asked and decided about lateness."""

    def appeal(self, command: commands.Appeal, by: Person, at: datetime) -> None:
        """超时申诉: once for a clock of the department that has run out."""
        actor, task = self.must_serve(by, "appeal", command.department)
        self.must_stand("appeal", Stage.DISPATCHED, Stage.HANDLED, Stage.VERIFIED)
        found = self.clocks.find(command.clock, task.department) if command.clock in OF_DEPARTMENT else None
        if found is None or not found.late(at):
            raise NotLate(department=task.department, clock=command.clock)
        if found.appealed_by is not None:
            raise AlreadyAppealed(department=task.department, clock=command.clock)
        check_text("reason", command.reason)
        self._record(
            events.Appealed,
            actor,
            at,
            department=task.department,
            clock=command.clock,
            reason=command.reason,
        )

    def uphold_appeal(self, command: commands.UpholdAppeal, by: Person, at: datetime) -> None:
        """申诉成立: the lateness stays a fact and does not count; never decided by who appealed."""
        self._decide(events.AppealUpheld, "uphold_appeal", command, by, at)

    def dismiss_appeal(self, command: commands.DismissAppeal, by: Person, at: datetime) -> None:
        """申诉不成立: the lateness counts; never decided by who appealed."""
        self._decide(events.AppealDismissed, "dismiss_appeal", command, by, at)

    def _decide(
        self,
        event: type[events.AppealUpheld] | type[events.AppealDismissed],
        verb: str,
        command: commands.UpholdAppeal | commands.DismissAppeal,
        by: Person,
        at: datetime,
    ) -> None:
        actor: Actor = self.must_be(by, verb, (Role.SUPERVISOR, self.town), (Role.SUPERVISOR, self.county))
        task = self.task_of(command.department)
        found = self.clocks.find(command.clock, task.department)
        if command.clock not in OF_DEPARTMENT or found is None or not found.appeal_open:
            raise NotAppealed(department=task.department, clock=command.clock)
        if found.appealed_by == actor.account or task.department in by.units(Role.HANDLER):
            raise NotYours(verb=verb, who="a supervisor who does not serve the department")
        check_text("note", command.note)
        self._record(event, actor, at, department=task.department, clock=command.clock, note=command.note)
