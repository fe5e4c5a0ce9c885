"""The terms of a town (期限规则启用): each is adopted once, from a day on, and stays as it was."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Person
from domain.errors import OutOfRange, TermsExist, TermsKnown
from domain.event import Aggregate, Created, Event, id_of
from domain.text import check_text
from domain.ticket.clocks import ClockName
from domain.ticket.ladder import Ladder, Rung, Step
from domain.ticket.stage import Urgency
from domain.ticket.terms import EXAMPLE, Terms, in_force
from domain.ticket.written_terms import Row, read
from domain.unit import administrator
from domain.working_time import Limit

LONGEST_NAME = 50


@dataclass(frozen=True)
class AdoptTerms:
    """Ask for terms to be adopted, in force from the start of a local day."""

    name: str
    effective_from: date
    rows: tuple[Row, ...]

    def terms(self) -> Terms:
        """The terms that the rows say. Raises `OutOfRange` for the first that is refused."""
        refusals: list[OutOfRange] = []
        terms = read(self.name, self.effective_from, self.rows, lambda _, refusal: refusals.append(refusal))
        if terms is None:
            raise refusals[0]
        return terms


@dataclass(frozen=True)
class LimitOf:
    """How long a clock runs, as `Limit` writes it."""

    clock: ClockName
    urgency: Urgency
    limit: str


@dataclass(frozen=True)
class RungOf:
    """When a step is taken for a clock, after its deadline."""

    clock: ClockName
    urgency: Urgency
    step: Step
    after: timedelta


class TermsBegun(Created):
    """Terms of one's own were begun, without any yet (期限规则建立)."""

    TOPIC: ClassVar[str] = "terms.begun"


class TermsAdopted(Event):
    """Terms were adopted, as the table said them (期限规则启用). Deadlines set before stay."""

    TOPIC: ClassVar[str] = "terms.adopted"
    name: str
    effective_from: date
    limits: tuple[LimitOf, ...]
    rungs: tuple[RungOf, ...]
    extensions: int
    holds: int
    returns: int
    longest_hold: timedelta
    longest_chosen: timedelta

    def apply(self, adopted: "AdoptedTerms") -> None:
        ladders: dict[tuple[ClockName, Urgency], Ladder] = {
            (clock, urgency): () for clock in ClockName for urgency in Urgency
        }
        for rung in self.rungs:
            ladders[rung.clock, rung.urgency] += (Rung(rung.step, rung.after),)
        limits = {(each.clock, each.urgency): Limit.read(each.limit) for each in self.limits}
        terms = Terms(
            self.name, self.effective_from, {**EXAMPLE.limits, **limits}, ladders,
            self.extensions, self.holds, self.longest_hold, self.returns, self.longest_chosen, self.at,
        )  # fmt: skip
        adopted.terms = (*adopted.terms, terms)


class AdoptedTerms(Aggregate):
    """All terms that were adopted, in order."""

    TOPIC: ClassVar[str] = "terms"

    terms: tuple[Terms, ...] = field(default=(), init=False)

    @staticmethod
    def the_id() -> UUID:
        """The id of the one history of terms there is."""
        return id_of("terms", "")

    @classmethod
    def begin(cls, by: Person, at: datetime) -> Self:
        """Begin, without any terms yet."""
        return cls._begin(TermsBegun, cls.the_id(), administrator(by, "adopt terms"), at)

    def adopt(self, command: AdoptTerms, by: Person, at: datetime) -> None:
        """启用: these terms from that day on, or from now where it is past.

        Raises `TermsKnown` where they are in force on that day without it, `TermsExist` where the name stands
        for others, `OutOfRange` where others would keep them out of force, or a row is none.
        """
        actor = administrator(by, "adopt terms")
        check_text("name", command.name, LONGEST_NAME)
        new = command.terms()
        then = in_force(self.terms, replace(new, adopted_at=at).since)
        if then.same_as(new):
            raise TermsKnown(terms=then.name)
        if any(command.name == each.name for each in (EXAMPLE, *self.terms)):
            raise TermsExist(terms=command.name)
        now = in_force(self.terms, at)
        if command.effective_from < now.effective_from:
            raise OutOfRange(
                field="effective_from",
                why=f"lies before {now.effective_from}, when {now.name} came into force: give a later day",
            )
        self._record(
            TermsAdopted,
            actor,
            at,
            name=command.name,
            effective_from=command.effective_from,
            limits=tuple(LimitOf(*key, str(limit)) for key, limit in new.limits.items()),
            rungs=tuple(
                RungOf(*key, rung.step, rung.after) for key, ladder in new.ladders.items() for rung in ladder
            ),
            extensions=new.extensions,
            holds=new.holds,
            returns=new.returns,
            longest_hold=new.longest_hold,
            longest_chosen=new.longest_chosen,
        )
