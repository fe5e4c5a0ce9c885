"""How deadlines are set (时限计算): by the terms in force, the catalogue, and the calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.catalogue.version import Versions, rule_of
from domain.errors import OutOfRange, UnknownYear
from domain.ticket.clocks import CHOSEN, ENDS, OF_DEPARTMENT, Clock, ClockName, Note, Setting
from domain.ticket.ladder import Step
from domain.ticket.stage import Urgency
from domain.ticket.terms import EXAMPLE, Terms, in_force
from domain.working_time import CHINESE, Deadline, Limit, Line, Measure, Span, WorkingTime

CHINESE_OFFICE = WorkingTime(CHINESE)
"""The hours and the calendar that ship."""


@dataclass(frozen=True)
class Timing:
    """What deadlines are computed from: terms, catalogue, calendar and hours, as they were given."""

    terms: tuple[Terms, ...] = ()
    time: WorkingTime = CHINESE_OFFICE
    catalogue: Versions = ()
    times: Mapping[str, WorkingTime] = field(default_factory=dict)
    """That of units with hours of their own."""

    def time_of(self, unit: str) -> WorkingTime:
        """The working time of a unit."""
        return self.times.get(unit, self.time)

    def terms_at(self, at: datetime) -> Terms:
        """The terms in force at that moment."""
        return in_force(self.terms, at)

    def steps_to_come(self, clock: Clock, urgency: Urgency) -> list[tuple[datetime, Step]]:
        """The steps of the ladder that were not taken for this clock, and when each is.

        By the terms in force when the clock was started; standing still changes no ladder.
        """
        was = clock.setting
        if was.due_at is None:
            return []
        ladder = self.terms_at(was.started_at).ladders[was.name, urgency]
        to_come = ladder[len(clock.steps) :]  # By their number, as the view knows them.
        return [(rung.at(was.started_at, was.due_at), rung.step) for rung in to_come]

    def begin(
        self, name: ClockName, unit: str, urgency: Urgency, at: datetime, about: str | None = None
    ) -> Setting:
        """A clock that starts at `at`.

        Nothing is ever refused because a year was not entered: where the limit needs one, there is no
        deadline, and to claim and to handle the example's limit holds, which needs none.
        """
        terms = self.terms_at(at)
        rule, limit = _rule(terms, name, urgency), terms.limits[name, urgency]
        try:
            return self._set(name, unit, at, rule, limit, about)
        except UnknownYear:
            unknown = (Note.UNKNOWN_YEAR,)
            if name in (ClockName.CLAIM, ClockName.HANDLE):
                return replace(self._example(name, unit, urgency, at), notes=unknown)
            return Setting(name, unit, at, None, rule, str(limit), limit.measure, about, notes=unknown)

    def _example(self, name: ClockName, unit: str, urgency: Urgency, at: datetime) -> Setting:
        return self._set(name, unit, at, _rule(EXAMPLE, name, urgency), EXAMPLE.limits[name, urgency])

    def _set(
        self, name: ClockName, unit: str, at: datetime, rule: str, limit: Limit, about: str | None = None
    ) -> Setting:
        deadline = self.time_of(unit).deadline(at, limit)
        return Setting(
            name=name,
            unit=unit,
            started_at=at,
            due_at=_local(deadline.due, at),
            rule=rule,
            limit=str(limit),
            measure=limit.measure,
            about=about,
            why=_why(deadline, limit.measure),
        )

    def _to_handle(
        self, unit: str, urgency: Urgency, at: datetime, by_rule: tuple[str, str] | None, known: bool
    ) -> Setting:
        """The handling clock, by the rule of the catalogue that the sorter chose, else by urgency."""
        terms = self.terms_at(at)
        rule, limit = _rule(terms, ClockName.HANDLE, urgency), terms.limits[ClockName.HANDLE, urgency]
        if by_rule and (found := rule_of(self.catalogue, *by_rule)):
            rule, limit = f"rule {by_rule[1]} of the catalogue {by_rule[0]}", found.read_limit()
        try:
            return self._set(ClockName.HANDLE, unit, at, rule, limit)
        except UnknownYear:
            if known:
                raise
        return replace(self._example(ClockName.HANDLE, unit, urgency, at), notes=(Note.UNKNOWN_YEAR,))

    def call(
        self,
        department: str,
        urgency: Urgency,
        at: datetime,
        chosen: datetime | None = None,
        before: Clock | None = None,
        by_rule: tuple[str, str] | None = None,
        must_be_known: bool = False,
    ) -> tuple[Setting, ...]:
        """The clocks of a department that is called; none of them runs out after its handling clock.

        A deadline to handle it that the dispatcher has `chosen` stands, if it lies after `at` and within a
        year. A department that had it `before` goes on with the time that was left. `by_rule` names the
        catalogue and the rule in it that say how long handling may take. With `must_be_known`, a year that
        this limit needs and nobody entered is refused with `UnknownYear`.
        """
        if chosen is not None:
            _check_chosen(chosen, at, self.terms_at(at).longest_chosen)
            handle = Setting(ClockName.HANDLE, department, at, chosen, CHOSEN)
        elif before is not None and before.paused_at is not None:
            handle = self.go_on(before, at)
        else:
            handle = self._to_handle(department, urgency, at, by_rule, must_be_known)
        others = [self.begin(name, department, urgency, at) for name in OF_DEPARTMENT[:-1]]
        return (*(_capped(other, handle, at) for other in others), handle)

    def go_on(self, clock: Clock, at: datetime) -> Setting:
        """How a clock that stood still goes on at `at`: with the time that was left, in its own measure.

        One that had run out before goes on as late as it was.
        """
        was, stood = clock.setting, clock.paused_at or at
        if was.due_at is None:
            return replace(was, resumed_at=at)
        notes = tuple(note for note in was.notes if note is not Note.CAPPED)
        as_before = replace(
            was, due_at=was.due_at + (at - stood), resumed_at=at, left=None, notes=notes, why=()
        )
        if was.due_at <= stood:
            return replace(as_before, notes=_noted(as_before, Note.LATE))
        working_time = self.time_of(was.unit)
        try:
            left = working_time.between(stood, was.due_at, was.measure)
            deadline = working_time.deadline(at, Span(was.measure, left))
        except UnknownYear:
            return replace(as_before, notes=_noted(as_before, Note.UNKNOWN_YEAR))
        due_at = _local(deadline.due, at)
        return replace(as_before, due_at=due_at, left=left, why=_why(deadline, was.measure))

    def extend(self, clock: Clock, urgency: Urgency, at: datetime) -> Setting:
        """How a handling clock goes on that is extended: by as much time again, counted from its deadline.

        A deadline that was chosen is extended by the limit of the terms. Raises `UnknownYear`.
        """
        was = clock.setting
        limit = self.terms_at(at).limits[was.name, urgency]
        again = Limit.read(was.limit) if was.limit else limit
        deadline = self.time_of(was.unit).deadline(was.due_at or at, again)
        why = (*was.why, *_why(deadline, was.measure))
        return replace(
            was,
            due_at=_local(deadline.due, at),
            notes=(*was.notes, Note.EXTENDED),
            why=tuple(dict.fromkeys(why)),
        )

    def all_go_on(self, clocks: list[Clock], at: datetime) -> tuple[Setting, ...]:
        """How clocks of one unit that stood still go on, none of them beyond the handling clock."""
        settings = [self.go_on(clock, at) for clock in clocks]
        handle = next((each for each in settings if each.name is ClockName.HANDLE), None)
        return tuple(each if handle in (None, each) else _capped(each, handle, at) for each in settings)


USUAL = Timing()
"""The example terms and the calendar that ships."""


def due(settings: tuple[Setting, ...], name: ClockName, otherwise: datetime) -> datetime:
    """When the clock of this name is due, of these."""
    return next((each.due_at for each in settings if each.name is name and each.due_at), otherwise)


def _capped(setting: Setting, handle: Setting | None, at: datetime) -> Setting:
    """Not later than the handling clock, unless that is late already: then its own time is what is left."""
    if handle is None or handle.due_at is None or setting.due_at is None:
        return setting
    if setting.due_at <= handle.due_at or handle.due_at <= at:
        return setting
    notes = _noted(setting, Note.CAPPED)
    return replace(setting, due_at=handle.due_at, measure=handle.measure, notes=notes)


def _noted(setting: Setting, note: Note) -> tuple[Note, ...]:
    return tuple(dict.fromkeys((*setting.notes, note)))


def _rule(terms: Terms, name: ClockName, urgency: Urgency) -> str:
    return f"{terms.name}, {name}, {urgency}"


def _why(deadline: Deadline, measure: Measure) -> tuple[Line, ...]:
    if not measure.needs_calendar:
        return ()
    return tuple(line for line in deadline.why if line.says not in ENDS)


def _local(due: datetime, at: datetime) -> datetime:
    """The deadline by the clock that `at` is told by."""
    return due.astimezone(at.tzinfo)


def _check_chosen(due_at: datetime, at: datetime, longest: timedelta) -> None:
    if due_at.tzinfo is None or not at < due_at <= at + longest:
        why = f"must have a zone and lie after now, within {longest.days} days"
        raise OutOfRange(field="due_at", why=why)
