"""Personal data on their way into the log and out of it again."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.personal.marking import TEXTS, mark, masks, personal_of
from adapters.personal.parts import ERASED, Sealed, open_, resident_of, seal, sealed
from adapters.personal.residents import Residents
from adapters.reading import Reading
from domain.event import Event
from domain.ticket import Ticket
from domain.ticket.events import Reported

EVENTS = """
SELECT topic, state, metadata
  FROM log.events
 WHERE originator_id = %(id)s AND originator_version <= coalesce(%(until)s, originator_version)
 ORDER BY originator_version
"""
TICKETS = """
SELECT DISTINCT originator_id
  FROM log.events
 WHERE metadata ? 'personal' AND metadata #>> '{personal,resident}' = %(resident)s
 ORDER BY originator_id
"""
REMEMBERED = 10_000
"""Reports of which the stored event is kept at hand, as it is stored."""


@dataclass(frozen=True)
class Opened:
    """The events of a ticket as they are stored, and the keys of whose personal data are in them."""

    sealed: Sequence[Sealed]
    keys: Mapping[UUID, bytes | None]
    """None for a key that is there, and is not used."""

    @property
    def resident(self) -> UUID | None:
        """Whose personal data can be read here still: the resident of the ticket."""
        return next(iter(self.keys), None)

    @property
    def latest(self) -> UUID | None:
        """Whose personal data were written here last, be they erased."""
        whose = (resident_of(each.metadata) for each in reversed(self.sealed))
        return next((resident for resident in whose if resident), None)

    @property
    def known(self) -> tuple[str, ...]:
        """The reporter's name and phone, where they can be read."""
        return _known(next(iter(self.events()), None))

    def masked(self) -> "Opened":
        """The same, with what is personal left out."""
        return replace(self, keys=dict.fromkeys(self.keys))

    def events(self) -> list[Event]:
        """The events, with what is personal in its place, or `ERASED` where its key is no more."""
        return [open_(each, self.keys) for each in self.sealed]

    def ticket(self, version: int | None = None, at: datetime | None = None) -> Ticket | None:
        """The ticket as it stands, or as it stood at a version or a time."""
        found: Any = None
        for event in self.events():
            if (version is not None and event.originator_version > version) or (at and event.at > at):
                break
            found = event.mutate(found)
        return found if isinstance(found, Ticket) else None


class Keeping:
    """Takes what is personal out of commands, records it encrypted, and puts it back for who may read it."""

    def __init__(self, residents: Residents, reading: Reading) -> None:
        self.residents = residents
        self._reading = reading
        self._reports: OrderedDict[UUID, Sealed] = OrderedDict()

    async def marked(self, ticket: Ticket, command: Any) -> Any:
        """The command about this ticket without what is personal, the reporter's name and phone among it."""
        if not any(getattr(command, name, None) for name in TEXTS):
            return command
        return mark(command, await self._known(ticket.id) if ticket.reporter is not None else ())

    async def _known(self, ticket: UUID) -> tuple[str, ...]:
        """The reporter's name and phone, while somebody may; what is remembered is encrypted."""
        first = self._reports.get(ticket)
        if first is None:
            (row,) = await self._reading.rows(EVENTS, {"id": ticket, "until": 1})
            first = self._remember(ticket, Sealed(**row))
        resident = resident_of(first.metadata)
        keys = await self.residents.known([resident]) if resident else {}
        return _known(open_(first, keys))

    async def tickets(self, resident: UUID) -> tuple[UUID, ...]:
        """The tickets with personal data of this resident, as the log has it, erased or not."""
        rows = await self._reading.rows(TICKETS, {"resident": str(resident)})
        return tuple(row["originator_id"] for row in rows)

    def recorded(self, event: Event, personal: dict[str, Any]) -> None:
        """What was taken out of this event stands in the log: a report is at hand for what follows it."""
        if isinstance(event, Reported):
            self._remember(event.originator_id, sealed(event, personal))

    def _remember(self, ticket: UUID, report: Sealed) -> Sealed:
        self._reports[ticket] = report
        if len(self._reports) > REMEMBERED:
            self._reports.popitem(last=False)
        return report

    async def seal(self, events: Sequence[Event]) -> dict[int, dict[str, Any]]:
        """What was taken out of these events, by their place; raises `KeysAway` where it cannot be kept."""
        taken = {}
        for nth, event in enumerate(events):
            if any(True for value in vars(event).values() for _ in masks(value)):
                key = await self.residents.of_ticket(event.originator_id, _phone(event))
                if personal := seal(event, key.resident, key.key):
                    taken[nth] = personal
        return taken

    async def opened(self, ticket: UUID, until: int | None = None) -> Opened:
        """The events of a ticket, up to a version, and the keys to what is personal in them."""
        rows = await self._reading.rows(EVENTS, {"id": ticket, "until": until})
        whose = dict.fromkeys(id for row in rows if (id := resident_of(row["metadata"])))
        keys = await self.residents.known(list(whose)) if whose else {}
        return Opened([Sealed(**row) for row in rows], {id: keys[id] for id in whose if id in keys})


def _known(report: Event | None) -> tuple[str, ...]:
    return tuple(text for text in personal_of(report) if text != ERASED)


def _phone(event: Event) -> str | None:
    """The phone that the resident is known by, where this event says it."""
    reporter = getattr(event, "reporter", None)
    return next((text.parts[0] for text in masks(reporter) if reporter and text is reporter.phone), None)
