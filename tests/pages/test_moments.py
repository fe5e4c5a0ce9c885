"""Lists as of a moment: the page of then says what the page said then, and stays at its moment."""

import re
from datetime import datetime
from html import unescape

import psycopg
import pytest

from adapters.event_store import utc_now
from domain.calendar import CHINA
from tests.api.steps import LIFE, Steps
from tests.api.test_as_of import keep_past, position
from tests.conftest import People

PAGES = (
    "/tickets", "/tickets?stage=dispatched", "/tickets?q=水仙", "/overdue",
    "/workload", "/workload?by=community", "/leader", "/tickets.csv", "/workload.csv?by=age",
)  # fmt: skip
MOMENT = re.compile(r'<p class="notice moment".*?</p>', re.DOTALL)
FORM = re.compile(r'<details class="no-print moment">.*?</details>', re.DOTALL)
OF_TIME = re.compile(r'data-now="[^"]*"|<title>.*?</title>|<time.*?</time>|<h1>.*?</h1>', re.DOTALL)
ASKED = re.compile(r"[?&](?:amp;)?(?:position|at)=[^\"&]*")
HIDDEN = re.compile(r'<input type="hidden" name="(?:position|at|next)"[^>]*>')
REPLAY = re.compile(r'(href="/tickets/[-0-9a-f]{36})/replay')


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def page(own: Steps, path: str, account: str = "auditor") -> str:
    """What is answered, without the marks of its moment."""
    answer = own.people[account].get(path)
    assert answer.status_code == 200, (path, answer.text)
    return unescape(answer.text)


def bare(text: str) -> str:
    """A page without what says which moment it shows, and how late that is by now."""
    for pattern in (MOMENT, FORM, OF_TIME, HIDDEN, ASKED):
        text = pattern.sub("", text)
    return re.sub(r"\s+", " ", REPLAY.sub(r"\1", text))


def with_(path: str, asked: str) -> str:
    """The path, asked for as of a moment."""
    return f"{path}{'&' if '?' in path else '?'}{asked}"


def test_each_list_shows_what_it_showed_then(own: Steps) -> None:
    ticket = own.report(title="水仙名苑漏水")
    said: dict[int, dict[str, str]] = {}
    for steps in LIFE.values():
        for account, verb, body in steps:
            own.do(account, ticket, verb, **body)
        own.people.catch_up()
        said[position(own)] = {path: bare(page(own, path)) for path in PAGES}
    keep_past(own)
    assert len({pages["/tickets"] for pages in said.values()}) > 2
    for at, pages in said.items():
        for path, then in pages.items():
            assert bare(page(own, with_(path, f"position={at}"))) == then, (at, path)


def test_a_moment_is_kept_by_all_that_the_page_leads_to(own: Steps) -> None:
    ticket = own.report(title="水仙名苑漏水")
    own.people.catch_up()
    reported = position(own)
    for account, verb, body in [each for steps in LIFE.values() for each in steps]:
        own.do(account, ticket, verb, **body)
    own.people.catch_up()
    keep_past(own)
    leader = page(own, f"/leader?position={reported}")
    links = re.findall(r'class="count[^"]*" href="([^"]+)"', leader)
    assert links
    assert all(f"position={reported}" in link for link in links)
    listed = page(own, links[0])
    assert "水仙名苑漏水" in listed
    (found,) = set(re.findall(r'href="(/tickets/[^"]+/replay\?position=\d+)"', listed))
    assert "只能看" in listed
    assert 'type="range"' in page(own, found)
    assert "第 1 步" in page(own, found)
    assert "水仙名苑漏水" not in page(own, "/tickets?stage=reported")
    assert "水仙名苑漏水" in page(own, f"/tickets?stage=reported&position={reported}")


def test_a_time_without_a_zone_is_by_the_clocks_of_china(own: Steps) -> None:
    own.report(title="水仙名苑漏水")
    own.people.catch_up()
    keep_past(own)
    with psycopg.connect(own.people.database.service) as conn:
        (first,) = conn.execute("SELECT min(recorded_at) FROM log.events").fetchone() or (utc_now(),)
    before: datetime = first.astimezone(CHINA).replace(year=2020)
    assert "没有合适的工单" in page(own, f"/tickets?at={before:%Y-%m-%dT%H:%M}")
    now = utc_now().astimezone(CHINA).replace(tzinfo=None)
    assert "水仙名苑漏水" in page(own, f"/tickets?at={now.isoformat()}")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("at=gestern", "2026-11-22T09:00"),
        ("at=2999-01-01T00:00", "还没有到"),
        ("position=999999999", "超出"),
        ("position=-1", "是一个数"),
        ("at=2026-01-01T00:00&position=3", "只填一个"),
    ],
)
def test_no_moment_is_refused_in_a_sentence(own: Steps, asked: str, why: str) -> None:
    answer = own.people["auditor"].get(f"/tickets?{asked}")
    assert answer.status_code == 422
    assert why in answer.text


def test_only_who_audits_is_offered_another_moment(own: Steps) -> None:
    assert 'type="datetime-local"' in page(own, "/tickets")
    assert 'type="datetime-local"' not in page(own, "/tickets", "dispatcher")
