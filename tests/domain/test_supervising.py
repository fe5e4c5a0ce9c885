"""Urging and supervising (催办、督办): by hand with a reply demanded, and step by step as time goes by."""

from dataclasses import replace

from domain.errors import NoReplyDue, NotWaitedFor, NotYours, OutOfRange, WhichDepartment
from domain.ticket.clocks import ClockName
from domain.ticket.commands import (
    Reply,
    Supervise,
    Urge,
)
from domain.ticket.ladder import Step
from domain.ticket.supervising_events import Replied, Supervised, Urged
from tests.domain.given import given
from tests.domain.people import (
    AN_HOUR,
    COMMUNITY,
    TOWN,
    dispatcher,
    housing,
    sorter,
    supervisor,
    water,
    worker,
)
from tests.domain.stories import KEEP, REPORT, SORTED, called, done
from tests.domain.timed import setting

URGE = Urge("请抓紧")
RED = Supervise(Step.RED_CARD, "为何未到场", "water")
REPLY = Reply("已派人")


def test_whoever_is_urged_owes_a_reply_and_gives_it() -> None:
    told = given(worker(REPORT))
    ticket = told.when(supervisor(URGE)).then(Urged, department=COMMUNITY, text="请抓紧", clock=None)
    assert setting(ticket, ClockName.REPLY, COMMUNITY).due_at is not None
    ticket = told.when(sorter(REPLY)).then(Replied, department=COMMUNITY, text="已派人")
    assert ticket.clocks.open(ClockName.REPLY) == []


def test_a_card_marks_the_department_and_a_milder_one_later_does_not_wash_it_off() -> None:
    told = given(*called("water"))
    ticket = told.when(supervisor(RED)).then(Supervised, card=Step.RED_CARD, department="water")
    assert ticket.cards == {"water": Step.RED_CARD}
    yellow = Supervise(Step.YELLOW_CARD, "仍未到场", "water")
    assert told.when(supervisor(yellow)).then(Supervised).cards == {"water": Step.RED_CARD}


def test_one_reply_answers_all_that_was_asked_and_its_deadline_is_that_of_the_first() -> None:
    told = given(*called("water"), supervisor(RED))
    first = setting(told.ticket, ClockName.REPLY, "water")
    ticket = told.when(dispatcher(Urge("请抓紧", "water"), AN_HOUR)).then(Urged, clocks=())
    assert setting(ticket, ClockName.REPLY, "water") == first
    assert told.when(water(REPLY)).then(Replied).clocks.open(ClockName.REPLY) == []
    told.when(water(REPLY)).then_refused(NoReplyDue, "water")


def test_a_department_is_named_where_the_ticket_waits_for_several() -> None:
    given(*called("water")).when(supervisor(URGE)).then_refused(WhichDepartment)
    given(*called()).when(supervisor(URGE)).then(Urged, department="housing")


def test_nobody_is_urged_whom_the_ticket_does_not_wait_for() -> None:
    asked = Urge("请抓紧", "urban")
    given(*called("water")).when(supervisor(asked)).then_refused(NotWaitedFor, "urban", "housing or water")
    given(*called(), *done(housing)).when(supervisor(URGE)).then(Urged, department=COMMUNITY)
    given(*SORTED).when(supervisor(URGE)).then(Urged, department=TOWN)


def test_a_supervisor_gives_yellow_and_red_cards_and_no_others() -> None:
    for step in (Step.REMINDER, Step.LEADER):
        asked = replace(RED, card=step)
        given(*called("water")).when(supervisor(asked)).then_refused(OutOfRange, "yellow_card or red_card")


def test_nobody_replies_for_another() -> None:
    told = given(*called("water"), supervisor(RED))
    told.when(housing(REPLY)).then_refused(NoReplyDue, "housing")
    told.when(housing(replace(REPLY, department="water"))).then_refused(NotYours, "a handler of water")
    told.when(worker(REPLY)).then_refused(NotYours)


def test_a_community_that_kept_the_ticket_replies_for_its_task() -> None:
    told = given(worker(REPORT), sorter(KEEP), supervisor(URGE))
    told.when(sorter(REPLY)).then(Replied, department=COMMUNITY)


def test_a_reply_is_owed_although_the_matter_was_handled_meanwhile() -> None:
    told = given(*called("water"), supervisor(RED), *done(water))
    told.when(water(REPLY)).then(Replied, department="water")
