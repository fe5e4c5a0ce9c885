"""The catalogue of a town (事项目录): each version is adopted once, from a day on, and stays as it was."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Self
from uuid import UUID

from domain.actors import Person
from domain.catalogue.rule import Rule, check_all
from domain.catalogue.version import EXAMPLE, Version, in_force, standing_on
from domain.errors import CatalogueExists, CatalogueKnown, OutOfRange
from domain.event import Aggregate, Created, Event, id_of
from domain.text import check_text
from domain.unit import administrator

LONGEST_NAME = 50


@dataclass(frozen=True)
class Adopt:
    """Ask for a version to be adopted, in force from the start of a local day."""

    name: str
    effective_from: date
    rules: tuple[Rule, ...]


class CatalogueBegun(Created):
    """The catalogue was begun, without any rule yet (目录建立)."""

    TOPIC: ClassVar[str] = "catalogue.begun"


class CatalogueAdopted(Event):
    """A version was adopted, with all its rules (目录启用). Deadlines set before stay."""

    TOPIC: ClassVar[str] = "catalogue.adopted"
    name: str
    effective_from: date
    rules: tuple[Rule, ...]

    def apply(self, catalogue: "Catalogue") -> None:
        adopted = Version(self.name, self.effective_from, self.at, self.rules, self.by.account)
        catalogue.versions = (*catalogue.versions, adopted)


class Catalogue(Aggregate):
    """All versions of the catalogue, in the order they were adopted."""

    TOPIC: ClassVar[str] = "catalogue"

    versions: tuple[Version, ...] = field(default=(), init=False)

    @staticmethod
    def the_id() -> UUID:
        """The id of the one catalogue there is."""
        return id_of("catalogue", "")

    @classmethod
    def begin(cls, by: Person, at: datetime) -> Self:
        """Begin the catalogue, without any rule yet."""
        return cls._begin(CatalogueBegun, cls.the_id(), administrator(by, "adopt a catalogue"), at)

    def adopt(self, command: Adopt, by: Person, at: datetime) -> None:
        """启用: these rules from that day on, or from now where it is past: nobody decided by them before.

        Raises `CatalogueKnown` where these rules are in force on that day without it, `CatalogueExists`
        where the name stands for others, `OutOfRange` where another version would keep it out of force.
        """
        actor = administrator(by, "adopt a catalogue")
        check_text("name", command.name, LONGEST_NAME)
        check_all(command.rules)
        before = standing_on(self.versions, command.effective_from)
        if before.rules == command.rules:
            raise CatalogueKnown(catalogue=before.name)
        if any(command.name == version.name for version in (EXAMPLE, *self.versions)):
            raise CatalogueExists(catalogue=command.name)
        now = in_force(self.versions, at)
        if command.effective_from < now.effective_from:
            raise OutOfRange(
                field="effective_from",
                why=f"lies before {now.effective_from}, when {now.name} came into force: give a later day",
            )
        self._record(
            CatalogueAdopted,
            actor,
            at,
            name=command.name,
            effective_from=command.effective_from,
            rules=command.rules,
        )
