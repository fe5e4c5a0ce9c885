"""All kinds of histories there are: whoever reads the log has to know the events of every one of them."""

from domain.account import Account
from domain.catalogue import Catalogue
from domain.custody import Rotation
from domain.event import Aggregate
from domain.look import Look
from domain.receiver import Receiver
from domain.resident import Resident
from domain.ticket import Ticket
from domain.ticket.adopted_terms import AdoptedTerms
from domain.unit import Unit
from domain.working_time.entered import EnteredCalendar
from domain.working_time.entered_hours import EnteredHours

HISTORIES: tuple[type[Aggregate], ...] = (
    Ticket, Unit, Account, Receiver, Catalogue, EnteredCalendar, EnteredHours, AdoptedTerms,
    Resident, Look, Rotation,
)  # fmt: skip
"""A kind that is missing here stops every view at its first event, and a test fails before."""
