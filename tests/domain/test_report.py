"""Reporting (上报): what is taken in, and under which number."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import NotYours, OutOfRange, UnknownCategory
from domain.ticket.commands import Report
from domain.ticket.events import HandledOnSite, LinkGiven, Location, Reported
from domain.ticket.stage import Source, Stage
from tests.domain.given import NOON, given
from tests.domain.people import (
    COMMUNITY,
    COUNTY,
    GRID,
    TOWN,
    dispatcher,
    other_resident,
    other_worker,
    resident,
    worker,
)
from tests.domain.stories import ON_SITE, REPORT

MIDNIGHT = timedelta(hours=12)
"""How long after noon."""


def test_a_report_says_where_it_is_and_keeps_every_word() -> None:
    ticket = (
        given().when(worker(REPORT)).then(Reported, grid=GRID, community=COMMUNITY, town=TOWN, county=COUNTY)
    )
    assert (ticket.title, ticket.description) == (REPORT.title, REPORT.description)
    assert ticket.reported_at == ticket.stage_since == NOON + timedelta(minutes=1)
    assert ticket.stage is Stage.REPORTED


@pytest.mark.parametrize(
    ("after", "series"),
    [(MIDNIGHT - timedelta(microseconds=1), "FS-260302"), (MIDNIGHT, "FS-260303")],
)
def test_the_number_has_the_date_on_the_wall_not_that_of_utc(after: timedelta, series: str) -> None:
    given().when(worker(REPORT, after)).then(Reported, number=series)


@pytest.mark.parametrize(("serial", "number"), [(7, "FS-260302-0007"), (12_345, "FS-260302-12345")])
def test_the_next_serial_of_the_series_completes_the_number(serial: int, number: str) -> None:
    story = given(worker(REPORT))
    reported = story.history[0]
    assert isinstance(reported, Reported)
    assert reported.numbered(serial).number == number


def test_a_report_from_elsewhere_is_told_whose_it_is() -> None:
    given().when(other_worker(REPORT)).then_refused(NotYours, f"a grid worker of {GRID}")


def test_a_resident_reports_the_ticket_that_is_theirs_and_has_its_link() -> None:
    ticket = given().when(resident(replace(REPORT, photos=("a",)))).then(Reported, LinkGiven)
    assert ticket.source is Source.RESIDENT
    assert ticket.own_photos == ticket.shown_to_resident == ("a",)
    assert ticket.link == ticket.id
    assert given(worker(replace(REPORT, photos=("a",)))).ticket.shown_to_resident == ()


def test_a_resident_reports_no_other_ticket_and_handles_none() -> None:
    given().when(other_resident(REPORT)).then_refused(NotYours)
    given().when(resident(ON_SITE)).then_refused(NotYours, f"a grid worker of {GRID}")


def test_only_a_grid_worker_handles_on_the_spot() -> None:
    given().when(dispatcher(ON_SITE)).then_refused(NotYours, f"a grid worker of {GRID}")


def test_what_was_handled_on_the_spot_is_handled_and_calls_nobody() -> None:
    ticket = given().when(worker(ON_SITE)).then(Reported, HandledOnSite, result="换了灯泡")
    assert ticket.stage is Stage.HANDLED
    assert ticket.tasks == {}


def test_photos_of_afterwards_stand_with_what_was_done_on_the_spot() -> None:
    ticket = (
        given()
        .when(worker(replace(ON_SITE, photos=("before",), photos_after=("after",))))
        .then(Reported, HandledOnSite, photos=("after",))
    )
    assert (ticket.photos, list(ticket.later_photos)) == (("before",), ["after"])


@pytest.mark.parametrize(
    "report", [replace(REPORT, photos_after=("after",)), replace(ON_SITE, photos_after=("p",) * 10)]
)
def test_photos_of_afterwards_need_something_done_and_are_nine_at_most(report: Report) -> None:
    given().when(worker(report)).then_refused(OutOfRange, "photos")


def test_a_category_nobody_knows_is_refused() -> None:
    report = Report("路灯不亮", "不亮", GRID, category="aliens")
    given().when(worker(report)).then_refused(UnknownCategory, "aliens")


@pytest.mark.parametrize("where", [(180.0, 90.0), (-180.0, -90.0), (127.28, 42.33)])
def test_a_place_on_the_earth_is_kept(where: tuple[float, float]) -> None:
    report = Report("路灯不亮", "不亮", GRID, location=Location(*where))
    given().when(worker(report)).then(Reported, location=Location(*where))


@pytest.mark.parametrize("where", [(180.1, 0.0), (0.0, -90.1), (float("nan"), 0.0), (0.0, float("inf"))])
def test_a_place_that_is_not_on_the_earth_is_refused(where: tuple[float, float]) -> None:
    report = Report("路灯不亮", "不亮", GRID, location=Location(*where))
    given().when(worker(report)).then_refused(OutOfRange, "location")


def test_nine_photos_are_kept_in_their_order() -> None:
    photos = tuple(f"photo-{number}" for number in range(9))
    given().when(worker(Report("路灯不亮", "不亮", GRID, photos=photos))).then(Reported, photos=photos)


@pytest.mark.parametrize("photos", [("p",) * 10, ("",), ("p" * 101,)])
def test_ten_photos_or_one_that_is_none_are_refused(photos: tuple[str, ...]) -> None:
    report = Report("路灯不亮", "不亮", GRID, photos=photos)
    given().when(worker(report)).then_refused(OutOfRange, "photos")
