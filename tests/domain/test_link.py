"""The resident's secret link (居民链接): one at a time, given by who does not handle the ticket."""

import pytest

from domain.actors import Role
from domain.errors import NoLink, NotYours
from domain.ticket.commands import GiveLink, RevokeLink
from domain.ticket.events import Dispatched, LinkGiven, LinkRevoked, Sorted
from domain.ticket.task_events import Handled
from tests.domain.given import given
from tests.domain.people import GRID, Somebody, Step, dispatcher, housing, resident, somebody, sorter, worker
from tests.domain.stories import HANDLE, KEEP, ON_SITE, REPORT, called, done

KEPT = (worker(REPORT), sorter(KEEP))


@pytest.mark.parametrize("who", [worker, sorter, dispatcher])
def test_a_link_given_says_who_gave_it(who: Somebody) -> None:
    ticket = given(*called()).when(who(GiveLink())).then(LinkGiven)
    assert ticket.link is not None
    assert ticket.link_given_by == who.account


def test_a_new_link_ends_the_one_before() -> None:
    story = given(*called(), worker(GiveLink()))
    before = story.ticket.link
    assert story.when(sorter(GiveLink())).then(LinkGiven).link != before


def test_a_link_revoked_works_no_more_and_is_revoked_once() -> None:
    story = given(*called(), worker(GiveLink()))
    link = story.ticket.link
    assert story.when(dispatcher(RevokeLink())).then(LinkRevoked, link=link).link is None
    story.when(dispatcher(RevokeLink())).then_refused(NoLink)


@pytest.mark.parametrize("command", [GiveLink(), RevokeLink()])
def test_who_handled_it_on_site_neither_gives_nor_revokes_the_link(command: GiveLink | RevokeLink) -> None:
    given(worker(ON_SITE), sorter(GiveLink())).when(worker(command)).then_refused(NotYours, "not handle it")


@pytest.mark.parametrize("story", [KEPT, (*KEPT, *done(sorter))], ids=["in hand", "handled"])
def test_the_community_that_kept_a_ticket_does_not_give_the_link(story: tuple[Step, ...]) -> None:
    given(*story).when(sorter(GiveLink())).then_refused(NotYours, "not handle it")
    given(*story).when(worker(GiveLink())).then(LinkGiven)


def test_a_grid_worker_who_also_serves_a_department_called_does_not_give_the_link() -> None:
    both = somebody("both", (Role.GRID_WORKER, GRID), (Role.HANDLER, "housing"))
    given(*called()).when(both(GiveLink())).then_refused(NotYours, "not handle it")


def test_a_link_is_revoked_when_who_gave_it_handles_the_ticket() -> None:
    both = somebody("both", (Role.GRID_WORKER, GRID), (Role.HANDLER, "housing"))
    reported, *rest = called()
    story = (reported, both(GiveLink()), *rest, *done(both)[:1])
    assert given(*story).when(done(both)[1]).then(Handled, LinkRevoked).link is None


def test_a_link_is_revoked_when_the_community_keeps_the_ticket() -> None:
    story = given(worker(REPORT), sorter(GiveLink()))
    assert story.when(sorter(KEEP)).then(Sorted, Dispatched, LinkRevoked).link is None


def test_the_link_of_a_residents_own_report_stays_whoever_handles_it() -> None:
    story = given(resident(REPORT))
    assert story.when(sorter(KEEP)).then(Sorted, Dispatched).link == story.ticket.id


def test_a_link_stays_when_somebody_else_handles_the_ticket() -> None:
    story = given(*called(), worker(GiveLink()), *done(housing)[:1])
    assert story.when(housing(HANDLE)).then(Handled).link is not None
