"""The echo wall (回音壁): the community says to everybody what became of a matter."""

from datetime import datetime

from domain.actors import Person, Role
from domain.errors import NotPublished, OutOfRange
from domain.text import check_photos, check_text
from domain.ticket import commands
from domain.ticket import publishing_events as events
from domain.ticket.handling import Handling
from domain.ticket.stage import Stage


class Publishing(Handling):
    """What is shown to everybody: nothing but what the community writes and releases for it."""

    @property
    def released(self) -> tuple[str, ...]:
        """The photos that everybody may see, until the community takes them back."""
        return self.publication.photos if self.publication else ()

    @property
    def shown_to_resident(self) -> tuple[str, ...]:
        """The photos that the resident may see: what everybody may, and what they sent themselves."""
        return tuple(dict.fromkeys((*self.own_photos, *self.released)))

    def publish(self, command: commands.Publish, by: Person, at: datetime) -> None:
        """公开: once it is handled, in words of its own, with photos of this ticket alone."""
        actor = self.must_be(by, "publish", (Role.SORTER, self.community))
        self.must_stand("publish", Stage.HANDLED, Stage.VERIFIED)
        check_text("text", command.text)
        check_photos(command.photos)
        if not {*self.photos, *self.later_photos}.issuperset(command.photos):
            raise OutOfRange(field="photos", why="are not all of this ticket: choose among its own")
        self._record(events.Published, actor, at, text=command.text, photos=tuple(command.photos))

    def withdraw(self, command: commands.Withdraw, by: Person, at: datetime) -> None:
        """撤下: take it off the wall, at any time."""
        actor = self.must_be(by, "withdraw", (Role.SORTER, self.community))
        if self.publication is None:
            raise NotPublished()
        self._record(events.Withdrawn, actor, at)
