"""The echo wall (回音壁): what the community publishes, and nobody else."""

import pytest

from domain.errors import NotPublished, NotYours, OutOfRange, WrongStage
from domain.ticket.commands import Publish, Reopen, Withdraw
from domain.ticket.events import Reopened
from domain.ticket.publishing_events import Published, Withdrawn
from tests.domain.given import given
from tests.domain.people import Somebody, dispatcher, housing, sorter, supervisor, water, worker
from tests.domain.stories import called, done

DONE = (*called("water"), *done(housing, water))
SAID = Publish("已疏通，没有再堵。")


def test_the_community_publishes_what_was_handled() -> None:
    ticket = given(*DONE).when(sorter(SAID)).then(Published, text=SAID.text, photos=())
    assert ticket.publication is not None
    assert ticket.publication.text == SAID.text


@pytest.mark.parametrize("who", [worker, dispatcher, housing, supervisor])
def test_nobody_else_publishes(who: Somebody) -> None:
    given(*DONE).when(who(SAID)).then_refused(NotYours)
    given(*DONE, sorter(SAID)).when(who(Withdraw())).then_refused(NotYours)


def test_what_is_not_handled_is_not_published() -> None:
    given(*called("water")).when(sorter(SAID)).then_refused(WrongStage)


def test_photos_of_other_tickets_are_not_released() -> None:
    given(*DONE).when(sorter(Publish("好了", ("0" * 64,)))).then_refused(OutOfRange, "choose among its own")


def test_what_was_published_is_replaced_and_withdrawn_once() -> None:
    story = given(*DONE, sorter(SAID))
    again = story.when(sorter(Publish("又看过了"))).then(Published).publication
    assert again is not None
    assert again.text == "又看过了"
    assert story.when(sorter(Withdraw())).then(Withdrawn).publication is None
    story.when(sorter(Withdraw())).then_refused(NotPublished)


def test_what_has_to_be_done_again_stays_published_with_its_stage() -> None:
    ticket = given(*DONE, sorter(SAID)).when(supervisor(Reopen("又堵了"))).then(Reopened)
    assert ticket.publication is not None
    assert ticket.stage == "dispatched"
