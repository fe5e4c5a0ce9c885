"""Urging, supervising and replying over HTTP; and the steps that the service takes by itself."""

import asyncio
from contextlib import closing
from datetime import timedelta

from adapters.database import Database
from adapters.event_store import new_id, utc_now
from adapters.reading import Reading
from api.adopted import Adopted
from api.demonstration.town import grid_worker
from api.timekeeper import Timekeeper
from domain.ticket import Ticket, commands
from domain.ticket.stage import Urgency
from domain.unit import Place
from tests.adapters.writing import command, recording, storing, wait_for
from tests.api.steps import GRID, Steps, problem
from tests.conftest import People, projecting


def test_who_is_supervised_has_a_card_and_owes_a_reply(steps: Steps) -> None:
    ticket = steps.at_stage("dispatched")
    asked = {"card": "red_card", "text": "为何未到场?", "department": "water"}
    problem(steps.people["dispatcher"].post(f"{ticket}/supervise", json=asked), 403, "NotYours")
    steps.do("supervisor", ticket, "supervise", **asked)
    steps.do("dispatcher", ticket, "urge", text="请抓紧。", department="water")
    assert steps.read(ticket)["cards"] == {"water": "red_card"}
    (owed,) = [c for c in steps.get("auditor", f"{ticket}/deadlines")["items"] if c["clock"] == "reply"]
    assert (owed["unit"], owed["state"]) == ("water", "running")
    steps.do("water", ticket, "reply", text="已派人。")
    problem(steps.people["water"].post(f"{ticket}/reply", json={"text": "已到场。"}), 409, "NoReplyDue")
    assert [item["event"] for item in steps.history(ticket)][-3:] == ["Supervised", "Urged", "Replied"]


def test_nobody_is_urged_in_vain(steps: Steps) -> None:
    ticket = steps.at_stage("verified")
    answer = steps.people["supervisor"].post(f"{ticket}/urge", json={"text": "请抓紧。"})
    problem(answer, 409, "NotWaitedFor")
    bad = {"card": "leader", "text": "为何", "department": "water"}
    problem(steps.people["supervisor"].post(f"{ticket}/supervise", json=bad), 422, "OutOfRange")


def test_the_service_takes_what_is_due_by_itself_and_nobody_takes_it_again(database: Database) -> None:
    ticket = waiting_since(database, timedelta(days=2))
    with projecting(database), closing(People(database)) as people:
        steps = Steps(people)
        wait_for(lambda: len(steps.history(ticket)) >= 5)
        history = steps.history(ticket)
        steps.get("auditor", "/api/overdue", after=history[-1]["position"])
        assert asyncio.run(look(database)) == 0
        assert steps.history(ticket) == history
    assert [item["event"] for item in history] == ["Reported", "Urged", *["Supervised"] * 3]
    assert [item["data"].get("card") for item in history[2:]] == ["yellow_card", "red_card", "leader"]
    assert {item["by"]["account"] for item in history[1:]} == {"clock"}


async def look(database: Database) -> int:
    """Another process looks."""
    reading = Reading(database.service)
    await reading.open()
    try:
        async with storing(database) as store:
            return await Timekeeper(store, reading, Adopted(store)).look()
    finally:
        await reading.close()


def waiting_since(database: Database, since: timedelta) -> str:
    """An urgent ticket that was reported then, and nobody has sorted; gives its path."""
    at = utc_now() - since
    asked = commands.Report("下水堵塞", "一楼返水。", GRID, urgency=Urgency.URGENT)
    place = Place(GRID, GRID[:12], GRID[:9], GRID[:6], "FS")
    ticket = Ticket.report(asked, place, new_id(at), grid_worker(GRID), at)

    async def write() -> None:
        async with recording(database) as recorder:
            await recorder.record(command(ticket))

    asyncio.run(write())
    return f"/api/tickets/{ticket.id}"
