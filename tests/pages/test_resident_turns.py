"""What is open to all is slowed down for whoever asks too much, and for nobody else."""

import psycopg

from adapters.turns import Turn, Turns
from tests.api.steps import Steps
from tests.pages.test_resident_report import OURS, SECRET, of_module, own, send, sent
from tests.pictures import picture

__all__ = ["of_module", "own"]


def test_one_address_sends_so_many_and_the_address_is_nowhere(own: Steps) -> None:
    most = Turn.REPORT.value.here
    for nth in range(most):
        assert send(own, text=f"第{nth}件").status_code == 303
    refused = send(own, text="再来一件")
    assert refused.status_code == 429
    assert "再来一件" in refused.text
    assert len(own.ids("auditor", q="再来一件")) == 0
    with psycopg.connect(own.people.database.owner) as conn:
        rows = conn.execute("SELECT what, who, taken FROM access.turns").fetchall()
    assert {what for what, _, _ in rows} == {"REPORT", "FORM"}
    assert b"testclient" not in b"".join(bytes(who) for _, who, _ in rows)


def test_turns_are_counted_over_all_processes(own: Steps) -> None:
    serving = own.people.nobody.app.state.service  # type: ignore[attr-defined]
    other = Turns(serving.reading, serving.store, serving.keeping.residents)
    assert own.people.nobody.portal
    for _ in range(Turn.REPORT.value.here):
        own.people.nobody.portal.call(other.take, Turn.REPORT, "testclient")
    assert send(own).status_code == 429


def test_who_forges_the_header_of_a_proxy_is_counted_where_they_are(own: Steps) -> None:
    for nth in range(Turn.REPORT.value.here):
        send(own, text=f"第{nth}件", headers={**OURS, "x-forwarded-for": f"203.0.113.{nth}"})
    assert send(own, headers={**OURS, "x-forwarded-for": "203.0.113.99"}).status_code == 429


def test_guessing_links_is_slowed_down_for_who_guesses_alone(own: Steps) -> None:
    good = SECRET.search(sent(own))
    assert good
    own.people.nobody.cookies.clear()
    for nth in range(Turn.LINK.value.here):
        assert own.people.nobody.post(f"/r/{'x' * 40}{nth}", headers=OURS).status_code == 404
    refused = own.people.nobody.post(f"/r/{'y' * 43}", headers=OURS)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    own.people.nobody.cookies.set("whistle_link", "z" * 43, path="/r")
    assert own.people.nobody.get("/r").status_code == 429
    assert own.people.nobody.post(good.group(1), headers=OURS).status_code == 200


def test_the_wall_is_looked_at_so_often(own: Steps) -> None:
    answers = [own.people.nobody.get("/wall").status_code for _ in range(Turn.WALL.value.here + 1)]
    assert set(answers[:-1]) == {200}
    assert answers[-1] == 429


def test_photos_of_residents_do_not_fill_the_disk(own: Steps) -> None:
    serving = own.people.nobody.app.state.service  # type: ignore[attr-defined]
    assert own.people.nobody.portal
    for _ in range(Turn.PHOTO.value.here):
        own.people.nobody.portal.call(serving.turns.take, Turn.PHOTO, "testclient")
    refused = send(own, files=[picture()], text="有照片的事")
    assert refused.status_code == 429
    assert "有照片的事" in refused.text
    assert 'name="photo"' not in refused.text
    assert send(own, text="没有照片的事").status_code == 303
