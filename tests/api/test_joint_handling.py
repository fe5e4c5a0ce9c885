"""Joint handling over HTTP: several departments, each with its own task, returns, and what comes back."""

from typing import Any

import pytest

from tests.api.steps import GRID, Steps, problem


def tasks(steps: Steps, ticket: str) -> dict[str, str]:
    """The stage of each department's task."""
    return {task["department"]: task["stage"] for task in steps.read(ticket)["tasks"]}


def returned(steps: Steps) -> str:
    """A ticket that housing, which assists water, has sent back."""
    ticket = steps.at_stage("dispatched")
    steps.do("housing", ticket, "send_back", reason="不属于住建。")
    assert tasks(steps, ticket) == {"water": "dispatched", "housing": "returned"}
    return ticket


def test_an_accepted_return_lets_the_department_go(steps: Steps) -> None:
    ticket = returned(steps)
    steps.do("dispatcher", ticket, "accept_return", department="housing", note="同意。")
    steps.do("water", ticket, "claim")
    steps.do("water", ticket, "handle", result="已疏通。")
    assert steps.read(ticket)["stage"] == "handled"
    assert tasks(steps, ticket) == {"water": "handled", "housing": "returned"}
    events = steps.events(ticket)
    assert events[3:5] == ["SentBack", "ReturnAccepted"]


def test_a_refused_return_gives_the_task_back(steps: Steps) -> None:
    ticket = returned(steps)
    steps.do("dispatcher", ticket, "refuse_return", department="housing", note="请配合。")
    assert tasks(steps, ticket) == {"water": "dispatched", "housing": "dispatched"}
    steps.do("housing", ticket, "claim")
    assert steps.history(ticket)[4]["event"] == "ReturnRefused"


def test_a_return_is_ruled_on_once(steps: Steps) -> None:
    ticket = returned(steps)
    steps.do("dispatcher", ticket, "refuse_return", department="housing", note="请配合。")
    with steps.nothing_done(ticket):
        body = {"department": "housing", "note": "同意。"}
        problem(steps.people["dispatcher"].post(f"{ticket}/accept_return", json=body), 409, "TaskWrongStage")


def test_after_two_returns_the_ruling_is_final(steps: Steps) -> None:
    ticket = returned(steps)
    steps.do("dispatcher", ticket, "refuse_return", department="housing", note="请配合。")
    steps.do("housing", ticket, "send_back", reason="确实不属于。")
    steps.do("dispatcher", ticket, "refuse_return", department="housing", note="终审。")
    with steps.nothing_done(ticket):
        again = steps.people["housing"].post(f"{ticket}/send_back", json={"reason": "第三次。"})
        problem(again, 409, "RulingFinal")


def test_the_ticket_is_handled_when_the_last_department_has(steps: Steps) -> None:
    ticket = steps.at_stage("claimed")
    steps.do("housing", ticket, "handle", result="已更换。")
    assert steps.read(ticket)["stage"] == "dispatched"
    steps.do("water", ticket, "handle", result="已疏通。")
    assert steps.read(ticket)["stage"] == "handled"


def test_a_department_may_be_added_later(steps: Steps) -> None:
    ticket = steps.at_stage("claimed")
    problem(steps.people["power"].get(ticket), 404, "UnknownTicket")
    steps.do("dispatcher", ticket, "dispatch", lead="water", assisting=["power"])
    assert tasks(steps, ticket) == {"water": "claimed", "housing": "claimed", "power": "dispatched"}
    steps.do("water", ticket, "handle", result="已疏通。")
    steps.do("housing", ticket, "handle", result="已更换。")
    assert steps.read(ticket)["stage"] == "dispatched"
    steps.do("power", ticket, "claim")
    steps.do("power", ticket, "handle", result="已断电。")
    assert steps.read(ticket)["stage"] == "handled"


def test_a_department_reports_on_site_and_notes_its_progress(steps: Steps) -> None:
    ticket = steps.at_stage("claimed")
    photos = [steps.photo("water"), steps.photo("water")]
    steps.do("water", ticket, "attend")
    steps.do("water", ticket, "note_progress", text="正在疏通。", photos=photos)
    *_, attended, noted = steps.history(ticket)
    assert (attended["event"], attended["data"]["department"]) == ("Attended", "water")
    assert (noted["event"], noted["data"]["photos"]) == ("ProgressNoted", photos)
    problem(steps.people["water"].post(f"{ticket}/attend", json={}), 409, "AlreadyAttended")


def test_a_community_may_keep_what_is_small(steps: Steps) -> None:
    ticket = steps.report()
    steps.do("sorter", ticket, "sort", category="garbage", urgency="ordinary", keep=True)
    assert tasks(steps, ticket) == {"220621100001": "dispatched"}
    steps.do("sorter", ticket, "claim")
    steps.do("sorter", ticket, "handle", result="已清运。")
    with steps.nothing_done(ticket):
        problem(steps.people["sorter"].post(f"{ticket}/verify", json={"solved": "solved"}), 403, "NotYours")
    steps.do("grid", ticket, "verify", solved="solved")
    assert steps.events(ticket) == ["Reported", "Sorted", "Dispatched", "Claimed", "Handled", "Verified"]


def test_a_grid_worker_may_solve_it_on_the_spot(steps: Steps) -> None:
    ticket = steps.report(handled="已扶正。")
    assert steps.events(ticket) == ["Reported", "HandledOnSite"]
    found = steps.read(ticket)
    assert (found["stage"], found["version"], found["result"]) == ("handled", 2, "已扶正。")
    problem(steps.people["grid"].post(f"{ticket}/verify", json={"solved": "solved"}), 403, "NotYours")
    steps.do("sorter", ticket, "verify", solved="solved")


def test_who_serves_several_departments_says_which_one(own: Steps) -> None:
    given = own.people["admin"].post("/api/accounts/water/grant", json={"role": "handler", "unit": "housing"})
    assert given.status_code == 200
    ticket = own.at_stage("dispatched")
    with own.nothing_done(ticket):
        problem(own.people["water"].post(f"{ticket}/claim", json={}), 422, "WhichDepartment")
    own.do("water", ticket, "claim", department="housing")
    assert tasks(own, ticket) == {"water": "dispatched", "housing": "claimed"}


def test_joined_tickets_rest_until_they_are_parted(steps: Steps) -> None:
    first, again = steps.at_stage("sorted"), steps.report(title="同一件事")
    into = first.rpartition("/")[2]
    receipt = steps.do("sorter", again, "join", into=into, reason="同一处。")
    assert receipt["id"] == again.rpartition("/")[2]
    joined = steps.read(again)
    assert (joined["stage"], joined["joined_into"]) == ("joined", into)
    assert (steps.events(again)[-1], steps.events(first)[-1]) == ("Joined", "Gathered")
    with steps.nothing_done(first, again):
        body = {"category": "drain", "urgency": "urgent"}
        problem(steps.people["sorter"].post(f"{again}/sort", json=body), 409, "WrongStage")
    steps.do("sorter", again, "part", reason="其实是两处。")
    assert steps.read(again)["stage"] == "reported"
    assert (steps.events(again)[-1], steps.events(first)[-1]) == ("Parted", "Released")


@pytest.mark.parametrize("into", ["itself", "nothing", "a handled one"])
def test_a_ticket_is_joined_to_another_one_that_goes_on(steps: Steps, into: str) -> None:
    ticket, handled = steps.report(), steps.at_stage("handled")
    id = {"itself": ticket, "nothing": "/01900000-0000-7000-8000-000000000000", "a handled one": handled}
    body = {"into": id[into].rpartition("/")[2]}
    with steps.nothing_done(ticket, handled):
        answer = steps.people["sorter"].post(f"{ticket}/join", json=body)
        assert answer.status_code in (404, 409)
        problem(answer, answer.status_code, answer.json()["type"].rpartition("/")[2])


def test_what_was_not_joined_cannot_be_parted(steps: Steps) -> None:
    ticket = steps.report()
    with steps.nothing_done(ticket):
        problem(steps.people["sorter"].post(f"{ticket}/part", json={"reason": "x"}), 409, "WrongStage")


@pytest.mark.parametrize("said", ["sorter", "grid"])
def test_staff_who_find_it_not_solved_reopen_it(steps: Steps, said: str) -> None:
    ticket = steps.at_stage("handled")
    steps.do(said, ticket, "verify", solved="not_solved", note="还在漏。")
    found = steps.read(ticket)
    assert (found["stage"], found["reopened"]) == ("dispatched", 1)
    assert steps.history(ticket)[-1]["data"]["reason"] == "还在漏。"
    for department in ("water", "housing"):
        steps.do(department, ticket, "claim")
        steps.do(department, ticket, "handle", result="再次处理。")
    steps.do("sorter", ticket, "verify", solved="solved")
    assert steps.read(ticket)["stage"] == "verified"


def test_reopening_may_call_one_department_alone(steps: Steps) -> None:
    ticket = steps.at_stage("verified")
    steps.do("dispatcher", ticket, "reopen", reason="立管又漏。", departments=["housing"])
    assert tasks(steps, ticket) == {"water": "handled", "housing": "dispatched"}


@pytest.mark.parametrize("account", ["grid", "sorter", "dispatcher", "supervisor"])
def test_who_may_reopen_does(steps: Steps, account: str) -> None:
    ticket = steps.at_stage("verified")
    steps.do(account, ticket, "reopen", reason="又堵了。")
    assert steps.read(ticket)["stage"] == "dispatched"


def test_a_rejected_ticket_can_be_taken_up_again(steps: Steps) -> None:
    ticket = steps.report()
    steps.do("sorter", ticket, "reject", reason="不受理。")
    steps.do("sorter", ticket, "reopen", reason="应当受理。")
    assert steps.read(ticket)["stage"] == "reported"


def test_the_dispatcher_rejects_what_was_sorted(steps: Steps) -> None:
    ticket = steps.at_stage("sorted")
    steps.do("dispatcher", ticket, "reject", reason="不属于本镇。")
    found: dict[str, Any] = steps.read(ticket)
    assert found["stage"] == "rejected"
    assert found["grid"] == GRID
