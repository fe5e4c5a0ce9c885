"""Joining (并件) and parting (拆件): both histories say so, nothing is lost, and there are no chains."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.errors import CannotJoin, WrongStage
from domain.ticket import Ticket
from domain.ticket.commands import Join, Part, Reject
from domain.ticket.events import Gathered, Joined, Parted, Released
from domain.ticket.stage import Stage
from tests.domain.given import NOON, given
from tests.domain.people import (
    PLACE,
    TICKET,
    Step,
    dispatcher,
    housing,
    other_sorter,
    sorter,
    worker,
)
from tests.domain.stories import REPORT, SORTED, called, done

OTHER = UUID("0197d3a0-0000-7000-8000-000000000002")
THIRD = UUID("0197d3a0-0000-7000-8000-000000000003")
JOIN = Join(OTHER, "同一盏灯")
PART = Part("不是同一盏灯")
REPORTED = (worker(REPORT),)


def other(*facts: Step) -> Ticket:
    """Another ticket, to which this has happened."""
    return given(*facts or REPORTED, id=OTHER).ticket


def test_both_histories_say_that_a_ticket_was_joined() -> None:
    into = other()
    ticket = (
        given(*REPORTED, beside=(into,))
        .when(sorter(JOIN))
        .then(Joined, into=OTHER, number=into.number, reason="同一盏灯")
    )
    (gathered,) = into.pending_events
    assert isinstance(gathered, Gathered)
    assert (gathered.ticket, gathered.number) == (TICKET, ticket.number)
    assert (ticket.stage, ticket.joined_into, into.gathered) == (Stage.JOINED, OTHER, (TICKET,))


def test_both_histories_say_that_a_ticket_was_parted() -> None:
    into = other()
    story = given(*REPORTED, sorter(JOIN), beside=(into,))
    ticket = story.when(sorter(PART)).then(Parted, reason=PART.reason)
    (released,) = into.pending_events
    assert isinstance(released, Released)
    assert (released.ticket, ticket.joined_into, into.gathered) == (TICKET, None, ())


@pytest.mark.parametrize("before", [REPORTED, SORTED], ids=["reported", "sorted"])
def test_a_parted_ticket_goes_on_where_it_stood(before: tuple[Step, ...]) -> None:
    stood = given(*before).ticket.stage
    story = given(*before, dispatcher(JOIN), beside=(other(),))
    assert story.when(dispatcher(PART)).then(Parted).stage is stood


def test_a_ticket_is_parted_even_when_the_other_was_handled_since() -> None:
    into = given(*called(), id=OTHER)
    story = given(*REPORTED, sorter(JOIN), beside=(into.ticket,))
    for step in done(housing):
        into.when(step)
    assert into.ticket.stage is Stage.HANDLED
    assert story.when(sorter(PART)).then(Parted).stage is Stage.REPORTED


@pytest.mark.parametrize("into", [REPORTED, SORTED, called()], ids=["reported", "sorted", "dispatched"])
def test_a_ticket_is_joined_into_one_that_goes_on(into: tuple[Step, ...]) -> None:
    given(*REPORTED, beside=(other(*into),)).when(sorter(JOIN)).then(Joined)


@pytest.mark.parametrize(
    "into",
    [(*called(), *done(housing)), (*REPORTED, sorter(Reject("不属本街道")))],
    ids=["handled", "rejected"],
)
def test_a_ticket_is_not_joined_into_one_that_has_ended(into: tuple[Step, ...]) -> None:
    given(*REPORTED, beside=(other(*into),)).when(sorter(JOIN)).then_refused(WrongStage)


def test_what_departments_are_working_on_is_not_joined_away() -> None:
    given(*called(), beside=(other(),)).when(dispatcher(JOIN)).then_refused(WrongStage, "is dispatched")


def test_a_ticket_is_not_joined_into_itself() -> None:
    given(*REPORTED).when(sorter(Join(TICKET))).then_refused(CannotJoin, "must be another one")


def test_a_ticket_is_not_joined_into_one_that_rests_itself() -> None:
    rests = given(*REPORTED, sorter(Join(THIRD)), beside=(given(*REPORTED, id=THIRD).ticket,), id=OTHER)
    given(*REPORTED, beside=(rests.ticket,)).when(sorter(JOIN)).then_refused(WrongStage, "is joined")


def test_a_ticket_into_which_others_were_joined_is_not_joined_itself() -> None:
    into = given(*REPORTED, id=THIRD)
    given(*REPORTED, sorter(Join(THIRD)), beside=(into.ticket,), id=OTHER)
    into.beside = {OTHER: other()}
    into.when(sorter(JOIN)).then_refused(CannotJoin, "part them first")


def test_once_all_others_were_parted_a_ticket_is_joined_itself() -> None:
    into = given(*REPORTED, id=THIRD)
    given(*REPORTED, sorter(Join(THIRD)), sorter(PART), beside=(into.ticket,), id=OTHER)
    into.beside = {OTHER: other()}
    assert into.when(sorter(JOIN)).events


def test_nobody_joins_into_a_ticket_they_do_not_see() -> None:
    place = replace(PLACE, community="220621100002", grid="220621100002-01")
    report = replace(REPORT, grid=place.grid)
    unseen = Ticket.report(report, place, OTHER, other_sorter, NOON)
    given(*REPORTED, beside=(unseen,)).when(sorter(JOIN)).then_refused(CannotJoin, "you see")
    given(*REPORTED, beside=(unseen,)).when(dispatcher(JOIN)).then(Joined)
