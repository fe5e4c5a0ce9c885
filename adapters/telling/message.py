"""What a message says: number, kind of matter, place, what happened, a link; no word that anybody wrote."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from domain.calendar import CHINA
from domain.event import NAMESPACE

MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Told:
    """What is told of one event, as the outbox keeps it: the same for all receivers."""

    topic: str
    what: str
    """The step in Chinese, such as 派单."""
    ticket: UUID
    number: str
    category: str
    place: str
    departments: tuple[str, ...]
    """The departments that the event is about, by name."""
    at: datetime
    card: str = ""
    """Which card it is, where somebody was supervised."""
    clock: str = ""
    """The clock it is about, where a step of the ladder was taken."""
    due_at: datetime | None = None
    """What that was due."""


@dataclass(frozen=True)
class Message:
    """One message to one receiver."""

    receiver: UUID
    position: int
    """Of the event that it tells of."""
    told: Told
    link: str | None
    """Where the ticket is seen, if the service knows its public address."""

    @property
    def id(self) -> str:
        """The same whenever it is sent again, so that a receiver knows what it has already."""
        return f"msg_{uuid5(NAMESPACE, f'message:{self.receiver}:{self.position}').hex}"

    @property
    def title(self) -> str:
        """One line, such as `派单 FS-261122-0031`."""
        return f"{plain(self.told.what)} {plain(self.told.number)}"

    def text(self, most: int) -> str:
        """Some lines of at most that many bytes in UTF-8; what is cut is cut between characters."""
        told = self.told
        rows = {
            "类别": told.category,
            "地点": told.place,
            "部门": "、".join(told.departments),
            "时限": told.due_at.astimezone(CHINA).strftime(MINUTE) if told.due_at else "",
            "时间": told.at.astimezone(CHINA).strftime(MINUTE),
        }
        lines = [self.title, *(f"{name}：{plain(value)}" for name, value in rows.items() if value)]
        end = f"\n{self.link}" if self.link else ""
        return cut("\n".join(lines), most - len(end.encode())) + end


def plain(text: str) -> str:
    """The text on one line, without signs that are no text."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cut(text: str, most: int) -> str:
    """The text, or as many characters as fit into that many bytes with a sign that some are missing."""
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    return encoded[: max(most - len("…".encode()), 0)].decode(errors="ignore") + "…"
