"""The replay shows each moment of a ticket as it was seen then, and what its event changed."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest

from api.pages.words import STAGES, TASK_STAGES
from domain.calendar import CHINA
from tests.api.steps import LIFE, Steps
from tests.conftest import People

FACT = re.compile(r"<div(?: class=\"(changed)\")?><dt>([^<]*)</dt>\s*<dd>(?:<mark>)?([^<]*)")


@pytest.fixture
def own(people: People) -> Steps:
    """A town of the test's own."""
    return Steps(people)


def moment(
    own: Steps, ticket: str, version: int | None, account: str = "auditor"
) -> dict[str, tuple[str, bool]]:
    """What the replay says of the ticket at this version: each fact, and whether it is marked as changed."""
    asked = {} if version is None else {"version": version}
    answer = own.people[account].get(f"{ticket.removeprefix('/api')}/replay", params=asked)
    assert answer.status_code == 200, answer.text
    state = answer.text[answer.text.index('<dl class="state">') :]
    return {unescape(name): (unescape(value), bool(new)) for new, name, value in FACT.findall(state)}


def test_every_moment_is_as_it_was_seen_then(own: Steps) -> None:
    ticket = own.report()
    seen: list[dict[str, Any]] = [own.read(ticket)]
    for steps in LIFE.values():
        for account, verb, body in steps:
            own.do(account, ticket, verb, **body)
            seen.append(own.read(ticket))
    names = {"water": "水务", "housing": "住建"}
    before: dict[str, tuple[str, bool]] = {}
    for then in seen:
        found = moment(own, ticket, then["version"])
        assert found["阶段"][0] == STAGES[then["stage"]]
        tasks = {names[task["department"]]: TASK_STAGES[task["stage"]] for task in then["tasks"]}
        assert {name[:2]: said for name, (said, _) in found.items() if name.endswith("的任务")} == tasks
        for task in then["tasks"]:
            due = datetime.fromisoformat(task["due_at"]).astimezone(CHINA)
            said, _ = found[f"{names[task['department']]}的时限：办结"]
            assert said == ("已停" if task["stage"] == "handled" else f"{due:%Y-%m-%d %H:%M} 到期")
        assert before.keys() <= found.keys()
        for name, (said, changed) in found.items():
            assert changed == (name not in before or before[name][0] != said), (then["version"], name)
        before = found
    assert moment(own, ticket, None) == before


def test_the_event_is_told_with_its_place_in_the_log(own: Steps) -> None:
    ticket = own.at_stage("dispatched")
    item = own.history(ticket)[2]
    text = own.people["auditor"].get(f"{ticket.removeprefix('/api')}/replay?version=3").text
    for fact in (f">{item['position']}<", item["topic"], "派单员"):
        assert fact in text


def test_a_moment_there_never_was_is_refused(own: Steps) -> None:
    path = own.report().removeprefix("/api")
    for version, status in (("0", 422), ("-1", 422), ("99", 422), ("x", 400)):
        assert own.people["auditor"].get(f"{path}/replay?version={version}").status_code == status


def test_whoever_may_not_see_the_ticket_sees_no_moment_of_it(own: Steps) -> None:
    path = own.at_stage("dispatched").removeprefix("/api")
    assert own.people["water"].get(f"{path}/replay").status_code == 200
    assert own.people["power"].get(f"{path}/replay").status_code == 404
    assert own.people.nobody.get(f"{path}/replay", follow_redirects=False).status_code in (303, 401)
