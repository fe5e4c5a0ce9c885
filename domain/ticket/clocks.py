"""The clocks of a ticket (时限): what runs for whom, until when, by which rule, and where it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.calendar import CHINA
from domain.ticket.ladder import Step
from domain.working_time import Line, Measure, Says, rendered


class ClockName(StrEnum):
    """What has to be done before the clock runs out."""

    SORT = "sort"  # 分拣: the community's
    DISPATCH = "dispatch"  # 派单: the town's, also for each return that awaits a ruling
    CLAIM = "claim"  # 报到: each department's, as the three below
    CONTACT = "contact"  # 联系群众
    ATTEND = "attend"  # 到场
    HANDLE = "handle"  # 办结
    VERIFY = "verify"  # 核查: the community's
    REPLY = "reply"  # 回复督办: of whoever was urged or supervised


OF_DEPARTMENT = (ClockName.CLAIM, ClockName.CONTACT, ClockName.ATTEND, ClockName.HANDLE)


class Note(StrEnum):
    """What else there is to say of a deadline."""

    CAPPED = "capped"  # not later than the handling clock of the department
    LATE = "late"  # it had run out before it stood still
    EXTENDED = "extended"  # by as much time again; once for each extension
    UNKNOWN_YEAR = "unknown_year"  # its limit needs a year that nobody entered


CHOSEN = "chosen by the dispatcher"
"""The rule of a deadline that the dispatcher set."""
SAID = {
    Note.CAPPED: "brought forward: never later than the department's handling clock",
    Note.LATE: "it had run out before it stood still, and stays as late as it was",
    Note.EXTENDED: "extended: as much time again as the limit gave",
    Note.UNKNOWN_YEAR: "the limit needs a year that the calendar lacks: "
    "enter its notice with `whistle import calendar FILE`",
}
ENDS = (Says.LIMIT, Says.REMAINDER, Says.STARTED, Says.DUE)
"""Lines that say nothing which the setting itself does not say."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a clock was set, as the event says it that did so: it never changes, whatever rule comes later."""

    name: ClockName
    unit: str
    """Whose clock it is: a department, the community, or the town."""
    started_at: datetime
    due_at: datetime | None
    """None where no deadline could be told; the notes say why."""
    rule: str
    """The rule that gave the limit, in words."""
    limit: str = ""
    """The limit as `Limit` writes it; empty for a deadline that was chosen."""
    measure: Measure = Measure.URGENT_HOURS
    """What time it counts in when it goes on after standing still."""
    about: str | None = None
    """The department whose return, request or hold the town has to decide on, for that dispatch clock."""
    resumed_at: datetime | None = None
    left: timedelta | None = None
    """How much was left, in time of its measure, when it went on at `resumed_at`."""
    notes: tuple[Note, ...] = ()
    why: tuple[Line, ...] = ()
    """What the calendar had to do with it."""

    @property
    def key(self) -> "Key":
        """What tells it from the other clocks of the ticket."""
        return self.name, self.about or self.unit

    def explained(self) -> list[str]:
        """Why it is due when it is, line by line, in English."""
        lines = [f"{self.rule}: {self.limit.replace('_', ' ')}" if self.limit else self.rule]
        lines += _said(Says.STARTED, self.started_at)
        if self.resumed_at is not None:
            lines.append(f"stood still, went on {_said(Says.DUE, self.resumed_at)[0].removeprefix('due ')}")
        if self.left is not None:
            lines += rendered((Line(Says.REMAINDER, text=self.measure, length=self.left),))
        lines += rendered(self.why)
        lines += [SAID[note] for note in self.notes]
        return lines + (_said(Says.DUE, self.due_at) if self.due_at else ["no deadline"])


Key = tuple[ClockName, str]


def _said(says: Says, at: datetime) -> list[str]:
    return rendered((Line(says, at=at.astimezone(CHINA)),))


class ClockState(StrEnum):
    """Where a clock stands at a moment."""

    RUNNING = "running"
    OVERDUE = "overdue"  # it runs, and its deadline is past
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(slots=True)
class Clock:
    """A clock of the ticket: as it was set last, and whether it still runs."""

    setting: Setting
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    appealed_by: str | None = None
    """The account that appealed against its being late."""
    upheld: bool | None = None
    """What was decided on that appeal; None while nobody has."""

    steps: tuple[Step, ...] = ()
    """The steps of the ladder that were taken for it since it was set."""

    @property
    def appeal_open(self) -> bool:
        """Whether somebody appealed and nobody has decided."""
        return self.appealed_by is not None and self.upheld is None

    def counts(self, now: datetime) -> bool:
        """Whether it is late and that counts; an appeal that was upheld changes this and nothing else."""
        return self.late(now) and not self.upheld

    @property
    def running(self) -> bool:
        """Whether time runs against whoever has to act."""
        return self.paused_at is None and self.stopped_at is None

    def late(self, now: datetime) -> bool:
        """Whether it has run out at `now`, or had when it stopped or was last seen to stand still."""
        until = self.paused_at or self.stopped_at or now
        return self.setting.due_at is not None and self.setting.due_at < until

    def state(self, now: datetime) -> ClockState:
        """Where it stands at `now`."""
        if self.stopped_at is not None:
            return ClockState.STOPPED
        if self.paused_at is not None:
            return ClockState.PAUSED
        return ClockState.OVERDUE if self.late(now) else ClockState.RUNNING


@dataclass
class Clocks:
    """All clocks of one ticket, each as it was set last."""

    by_key: dict[Key, Clock] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Clock]:
        return iter(self.by_key.values())

    def find(self, name: ClockName, subject: str) -> Clock | None:
        """The clock of this unit, or about this department's return."""
        return self.by_key.get((name, subject))

    def running(self) -> list[Clock]:
        """Those that run."""
        return [clock for clock in self if clock.running]

    def open(self, name: ClockName) -> list[Clock]:
        """Those of this name that have not stopped, also where they stand still."""
        return [clock for clock in self if clock.setting.name is name and clock.stopped_at is None]

    def paused(self, unit: str | None = None) -> list[Clock]:
        """Those that stand still and can go on, of one unit or of all."""
        return [
            clock
            for clock in self
            if clock.paused_at is not None and clock.stopped_at is None and unit in (None, clock.setting.unit)
        ]

    def set(self, settings: Iterable[Setting], at: datetime | None = None) -> None:
        """Begin these, anew where they ran before.

        One that goes on `at` that moment, or is late by then all the same, keeps its appeal and its steps.
        """
        for setting in settings:
            was = self.by_key.get(setting.key)
            goes_on = at is not None and (setting.resumed_at == at or (setting.due_at or at) < at)
            self.by_key[setting.key] = _after(was, setting) if was and goes_on else Clock(setting)

    def go_on(self, settings: Iterable[Setting]) -> None:
        """Let those of these go on that stand still; appeals and the steps that were taken stay."""
        for setting in settings:
            was = self.by_key.get(setting.key)
            if was is not None and was.paused_at is not None:
                self.by_key[setting.key] = _after(was, setting)

    def stop(self, at: datetime, subject: str, *names: ClockName) -> None:
        """What these asked for is done, or not asked for any more."""
        for name in names:
            clock = self.by_key.get((name, subject))
            if clock is not None and clock.stopped_at is None:
                clock.stopped_at = at

    def pause(self, at: datetime, unit: str | None = None) -> None:
        """Let the clocks of one unit stand still, or all."""
        for clock in self.running():
            if unit in (None, clock.setting.unit):
                clock.paused_at = at


def _after(was: Clock, setting: Setting) -> Clock:
    """The same clock, set so from now on."""
    return Clock(setting, appealed_by=was.appealed_by, upheld=was.upheld, steps=was.steps)
