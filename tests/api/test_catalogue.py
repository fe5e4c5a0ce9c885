"""The catalogue over HTTP: what is in force, what is proposed and why, and what is sorted by it."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from api.terminal.managing import at_work
from domain.actors import OPERATOR
from domain.calendar import CHINA
from domain.catalogue import EXAMPLE, Adopt, Catalogue, Rule, numbered
from domain.category import CATEGORIES
from tests.api.steps import Steps, problem

PROPOSAL = "/api/catalogue/proposal"
DRAIN: dict[str, Any] = {"category": "drain", "urgency": "urgent"}


def a_rule(category: str, condition: str, limit: str) -> dict[str, str]:
    """The facts of a rule."""
    return {
        "category": category,
        "category_name": f"{category}类",
        "group": "部件",
        "filing_condition": condition,
        "closing_condition": "补齐",
        "limit": limit,
        "written_limit": limit,
    }


FIRST = numbered(
    [a_rule("cover", "井盖缺失", "2 urgent_hours"), a_rule("cover", "井盖松动", "2 working_days")]
)
SECOND = numbered([a_rule("cover", "井盖缺失", "1 urgent_hour")])


def today(later: int = 0) -> date:
    """The local day, or one so many days later."""
    return (datetime.now(CHINA) + timedelta(days=later)).date()


def adopt(steps: Steps, *adopted: tuple[str, date, tuple[Rule, ...]]) -> None:
    """Adopt these versions, one after the other."""

    async def work() -> None:
        async with at_work(steps.people.database) as service:
            await service.store.create(Catalogue.begin(OPERATOR, service.store.now()))
            for version in adopted:
                command = Adopt(*version)
                await service.store.change(
                    Catalogue, Catalogue.the_id(), Catalogue.adopt, command, by=OPERATOR
                )

    asyncio.run(work())


def listed(steps: Steps, **asked: Any) -> list[str]:
    """The ids of the rules that are listed, page after page of seven."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = steps.get("sorter", "/api/catalogue", limit=7, **asked, **more)
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


def test_where_nothing_was_adopted_the_example_is_in_force(steps: Steps) -> None:
    assert listed(steps) == [rule.id for rule in EXAMPLE.rules]
    assert listed(steps, category="drain") == ["drain.1", "drain.2"]
    assert listed(steps, category="nothing") == []
    names = {item["code"]: item["name"] for item in steps.get("grid", "/api/categories")["items"]}
    assert names == {code: category.name for code, category in CATEGORIES.items()}
    (version,) = steps.get("grid", "/api/catalogue/versions")["items"]
    assert (version["name"], version["in_force"], version["adopted_at"]) == ("示例", True, None)


def test_a_rule_says_everything_a_sorter_needs(steps: Steps) -> None:
    rule = steps.get("sorter", "/api/catalogue", category="manhole")["items"][0]
    assert rule["catalogue"] == "示例"
    assert (rule["limit"], rule["department"], rule["category_name"]) == (
        "2 urgent_hours",
        "urban",
        "井盖缺失",
    )
    assert rule["filing_condition"]
    assert rule["closing_condition"]


def test_a_ticket_is_offered_rules_with_the_words_that_say_why(steps: Steps) -> None:
    ticket = steps.report(title="小区门口井盖不见了", description="昨晚有人差点掉下去，很危险")
    found = steps.get("sorter", f"{ticket}/proposal")
    assert found["next"] is None
    best = found["items"][0]
    assert (best["rule"]["id"], best["rule"]["department"]) == ("manhole.1", "urban")
    assert {"word": "井盖", "rule": "category_name", "text": "title"} in best["why"]
    scores = [item["score"] for item in found["items"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= 5


def test_a_text_is_offered_rules_before_it_is_reported(steps: Steps) -> None:
    def proposed(**asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = steps.people["grid"].post(PROPOSAL, json=asked).json()["items"]
        return found

    assert proposed(text="电梯困人")[0]["rule"]["id"] == "elevator.2"
    named = proposed(text="糟糕透了", category="heating")
    assert [item["rule"]["id"] for item in named] == ["heating.1", "heating.2"]
    assert named[0]["why"] == [{"word": "供热", "rule": "category", "text": "category"}]
    assert proposed(text="？！") == []
    for body in ({}, {"text": 7}):
        problem(steps.people["grid"].post(PROPOSAL, json=body), 400, "Malformed")
    problem(steps.people["grid"].post(PROPOSAL, json={"text": ""}), 422, "OutOfRange")


def test_who_does_not_see_the_ticket_gets_no_proposal_for_it(steps: Steps) -> None:
    ticket = steps.report()
    for account in ("water", "admin"):
        problem(steps.people[account].get(f"{ticket}/proposal"), 404, "UnknownTicket")
    problem(steps.people["sorter"].get("/api/tickets/nothing/proposal"), 404, "UnknownTicket")
    for path in ("/api/catalogue", "/api/catalogue/versions", f"{ticket}/proposal"):
        problem(steps.people.nobody.get(path), 401, "NotSignedIn")


def test_the_sorter_chooses_a_rule_and_the_history_says_of_which_catalogue(steps: Steps) -> None:
    ticket = steps.report()
    steps.do("sorter", ticket, "sort", **DRAIN, rule="drain.2")
    seen = steps.read(ticket)
    assert (seen["rule"], seen["catalogue"]) == ("drain.2", "示例")
    data = steps.history(ticket)[-1]["data"]
    assert (data["rule"], data["catalogue"]) == ("drain.2", "示例")
    assert steps.read(ticket, version=1)["rule"] is None


def test_a_rule_that_is_none_or_is_of_another_category_changes_nothing(steps: Steps) -> None:
    ticket = steps.report()
    sort = f"{ticket}/sort"
    with steps.nothing_done(ticket):
        unknown = steps.people["sorter"].post(sort, json={**DRAIN, "rule": "drain.9"})
        assert "/api/catalogue" in problem(unknown, 422, "UnknownRule")
        other = steps.people["sorter"].post(sort, json={**DRAIN, "rule": "manhole.1"})
        assert "manhole" in problem(other, 422, "OutOfRange")
        problem(steps.people["sorter"].post(sort, json={**DRAIN, "rule": 7}), 400, "Malformed")


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/api/catalogue?at=2026-03-01T00:00:00", 422, "OutOfRange"),
        ("/api/catalogue?at=9999-12-31T23:59:59Z", 422, "OutOfRange"),
        ("/api/catalogue?cursor=x", 422, "OutOfRange"),
        ("/api/catalogue?limit=0", 422, "OutOfRange"),
    ],
)
def test_what_cannot_be_answered_is_refused(steps: Steps, path: str, status: int, name: str) -> None:
    problem(steps.people["sorter"].get(path), status, name)


def test_a_version_counts_for_everything_from_its_day_on(own: Steps) -> None:
    before = own.report(title="井盖没了", description="路口", category="manhole")
    adopt(own, ("now", today(), FIRST), ("later", today(3), SECOND))
    assert listed(own) == ["cover.1", "cover.2"]
    then = f"{today(3)}T00:00:00+08:00"
    assert listed(own, at=then) == ["cover.1"]
    assert own.get("grid", "/api/categories")["items"] == [{"code": "cover", "name": "cover类"}]
    report = {"title": "x", "description": "y", "grid": "220621100001-01", "category": "manhole"}
    problem(own.people["grid"].post("/api/tickets", json=report), 422, "UnknownCategory")
    assert own.report(category="cover")
    assert own.read(before)["category"] == "manhole"
    best = own.get("sorter", f"{before}/proposal")["items"][0]["rule"]
    assert (best["catalogue"], best["limit"]) == ("now", "2 urgent_hours")
    best = own.get("sorter", f"{before}/proposal", at=then)["items"][0]["rule"]
    assert (best["catalogue"], best["limit"]) == ("later", "1 urgent_hour")
    problem(own.people["sorter"].post(f"{before}/sort", json=DRAIN), 422, "UnknownCategory")
    own.do("sorter", before, "sort", category="cover", urgency="urgent", rule="cover.2")
    assert own.read(before)["catalogue"] == "now"
    versions = own.get("auditor", "/api/catalogue/versions")["items"]
    assert [(v["name"], v["in_force"], v["rules"], v["adopted_by"]) for v in versions] == [
        ("示例", False, len(EXAMPLE.rules), None),
        ("now", True, 2, "operator"),
        ("later", False, 1, "operator"),
    ]


def test_a_list_that_was_begun_under_another_version_is_begun_again(own: Steps) -> None:
    cursor = own.get("sorter", "/api/catalogue", limit=1)["next"]
    adopt(own, ("now", today(), FIRST))
    answer = own.people["sorter"].get("/api/catalogue", params={"cursor": cursor, "limit": 1})
    assert "begin again" in problem(answer, 422, "OutOfRange")
