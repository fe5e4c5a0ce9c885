"""Photos that no ticket ever named are removed, and no others."""

from datetime import timedelta

import pytest

from adapters.event_store import utc_now
from adapters.photos.picture import Size
from api import photographs
from api.service import NotYet, Service
from tests.api.steps import REPORT, Steps, problem
from tests.pictures import picture

SOON = timedelta(minutes=1)


def tidy(steps: Steps) -> int:
    """Remove all photos that no ticket names, as if they had waited long enough."""
    service: Service = steps.people.nobody.app.state.service  # type: ignore[attr-defined]
    assert steps.people.nobody.portal is not None
    removed: int = steps.people.nobody.portal.call(photographs.tidy, service, utc_now() + SOON)
    return removed


def test_a_photo_that_no_ticket_names_is_removed_and_one_that_a_ticket_names_is_kept(own: Steps) -> None:
    waits, named = own.photo(), own.photo()
    own.report(photos=[named])
    own.people.catch_up()
    assert tidy(own) == 1
    problem(own.people["grid"].get(f"/api/photos/{waits}"), 404, "UnknownPhoto")
    problem(own.people["grid"].post("/api/tickets", json={**REPORT, "photos": [waits]}), 422, "PhotoMissing")
    for size in Size:
        path = f"/api/photos/{named}"
        assert own.people["grid"].get(path, params={"size": size}).status_code == 200
    assert tidy(own) == 0


def test_nothing_is_removed_where_it_is_not_known_what_tickets_name(own: Steps) -> None:
    named = own.photo()
    own.report(photos=[named])
    with pytest.raises(NotYet):
        tidy(own)
    own.people.catch_up()
    assert tidy(own) == 0


def test_what_is_uploaded_or_named_just_now_is_not_removed(own: Steps) -> None:
    own.photo()
    own.people.catch_up()
    service: Service = own.people.nobody.app.state.service  # type: ignore[attr-defined]
    assert own.people.nobody.portal is not None
    assert own.people.nobody.portal.call(photographs.tidy, service, utc_now() - SOON) == 0


def test_a_removed_photo_may_be_uploaded_again(own: Steps) -> None:
    photo = picture()
    own.people.catch_up()
    for _ in range(2):
        answer = own.people["grid"].post("/api/photos", content=photo)
        assert own.people["grid"].get(answer.headers["location"]).status_code == 200
        assert tidy(own) == 1


def test_a_ticket_whose_photo_is_lost_is_still_a_ticket(own: Steps) -> None:
    named = own.photo()
    ticket = own.report(photos=[named])
    own.people.catch_up()
    for kept in (own.people.data / "photos").rglob(f"{named}.*"):
        kept.unlink()
    problem(own.people["grid"].get(f"/api/photos/{named}"), 404, "UnknownPhoto")
    assert own.read(ticket)["photos"] == [named]
    assert own.get("grid", f"/api/photos/{named}/facts")["id"] == named
