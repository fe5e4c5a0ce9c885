"""What people ask for, in the imperative, as it comes in; names and limits as in the contract."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.datum import Datum
from domain.ticket.clocks import ClockName
from domain.ticket.events import Location, Reporter
from domain.ticket.ladder import Step
from domain.ticket.stage import Satisfied, Solved, Source, Urgency


@dataclass(frozen=True)
class Report:
    """上报: a matter was found; with `handled`, it was also solved on the spot (自行处置)."""

    title: str
    description: str
    grid: str
    category: str | None = None
    address: str | None = None
    location: Location | None = None
    datum: Datum = Datum.WGS84
    """What the location is given in; it is kept by WGS-84."""
    urgency: Urgency = Urgency.ORDINARY
    source: Source = Source.GRID
    reporter: Reporter | None = None
    photos: tuple[str, ...] = ()
    handled: str | None = None
    """What was done on the spot, where the matter is solved already."""
    photos_after: tuple[str, ...] = ()
    """How it looks since then."""


@dataclass(frozen=True)
class Sort:
    """分拣: say what it is about and how urgent; with `keep`, the community handles it itself (自办)."""

    category: str
    urgency: Urgency
    note: str | None = None
    keep: bool = False
    rule: str | None = None
    """The id of the rule of the catalogue in force that fits, if the sorter chose one."""


@dataclass(frozen=True)
class Reject:
    """不予受理: not ours, or not a matter for us."""

    reason: str


@dataclass(frozen=True)
class Join:
    """并件: the same problem again; `into` is the ticket that goes on."""

    into: UUID
    reason: str | None = None


@dataclass(frozen=True)
class Part:
    """拆件: it was another problem after all."""

    reason: str


@dataclass(frozen=True)
class Dispatch:
    """派单 (吹哨): call one lead and any number of assisting departments; again to add some (加派)."""

    lead: str
    assisting: tuple[str, ...] = ()
    note: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Claim:
    """报到: the department reports for duty."""

    department: str | None = None


@dataclass(frozen=True)
class Attend:
    """到场: the department is on site."""

    department: str | None = None


@dataclass(frozen=True)
class SendBack:
    """退单: not our matter."""

    reason: str
    department: str | None = None


@dataclass(frozen=True)
class AcceptReturn:
    """退单审核: the department is let go."""

    department: str
    note: str


@dataclass(frozen=True)
class RefuseReturn:
    """退单审核: the department keeps its task, with the time that was left."""

    department: str
    note: str


@dataclass(frozen=True)
class RequestExtension:
    """申请延期: the department needs more time to handle it."""

    reason: str
    department: str | None = None


@dataclass(frozen=True)
class GrantExtension:
    """准予延期: as much time again as the limit gave at first."""

    department: str
    note: str


@dataclass(frozen=True)
class RefuseExtension:
    """不准延期: the deadline stays."""

    department: str
    note: str


@dataclass(frozen=True)
class Hold:
    """挂账: the department cannot go on for now; `review_at` is when the dispatcher looks at it again."""

    department: str
    reason: str
    review_at: datetime


@dataclass(frozen=True)
class Resume:
    """解挂: the department goes on, with the time that was left."""

    department: str


@dataclass(frozen=True)
class Urge:
    """催办: hurry, and reply; `department` is the unit meant, where the ticket waits for several."""

    text: str
    department: str | None = None


@dataclass(frozen=True)
class Supervise:
    """督办: a yellow or a red card for a unit that the ticket waits for, and a reply is due."""

    card: Step
    text: str
    department: str | None = None


@dataclass(frozen=True)
class Reply:
    """回复督办: what the unit says to having been urged or supervised."""

    text: str
    department: str | None = None


@dataclass(frozen=True)
class Appeal:
    """超时申诉: why it should not count that a clock of the department ran out."""

    clock: ClockName
    reason: str
    department: str | None = None


@dataclass(frozen=True)
class UpholdAppeal:
    """申诉成立: it stays late, and that does not count."""

    department: str
    clock: ClockName
    note: str


@dataclass(frozen=True)
class DismissAppeal:
    """申诉不成立: it stays late, and that counts."""

    department: str
    clock: ClockName
    note: str


@dataclass(frozen=True)
class NoteProgress:
    """处置进展: what was done so far."""

    text: str
    photos: tuple[str, ...] = ()
    department: str | None = None


@dataclass(frozen=True)
class Handle:
    """办结: the department has done its part."""

    result: str
    photos: tuple[str, ...] = ()
    department: str | None = None


@dataclass(frozen=True)
class Verify:
    """核查 / 回访: is it solved? Not solved reopens the ticket."""

    solved: Solved
    satisfied: Satisfied | None = None
    note: str | None = None


@dataclass(frozen=True)
class GiveLink:
    """发链接: a secret link for the resident, so that their word is their own; it ends the one before."""


@dataclass(frozen=True)
class RevokeLink:
    """收回链接: the secret link works no more."""


@dataclass(frozen=True)
class Publish:
    """公开: tell everybody on the echo wall what was done, with some of the ticket's photos."""

    text: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Withdraw:
    """撤下: take it off the wall."""


@dataclass(frozen=True)
class Reopen:
    """返工 / 重办: it has to be done again, by all departments or by those named."""

    reason: str
    departments: tuple[str, ...] = ()
