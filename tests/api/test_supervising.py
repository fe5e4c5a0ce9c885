"""Urging, supervising and replying over HTTP; and the steps that the service takes by itself."""

import asyncio
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

from adapters.batch import Receipt
from adapters.database import Database
from adapters.event_store import EventStore, new_id, utc_now
from adapters.reading import Reading
from adapters.recorder import OutcomeUnknown, Recorder
from api.adopted import Adopted
from api.demonstration.town import grid_worker
from api.timekeeper import Timekeeper
from domain.ticket import Ticket, commands
from domain.ticket.stage import Urgency
from domain.unit import Place
from tests.adapters.writing import command, recording, storing, wait_for
from tests.api.steps import GRID, Steps, problem
from tests.conftest import People, catch_up, projecting


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


class Faulty(EventStore):
    """A store whose answers are lost for some tickets, as when the database goes away in the middle."""

    def __init__(self, recorder: Recorder, reading: Reading, faults: dict[UUID, list[Exception]]) -> None:
        super().__init__(recorder, reading)
        self.faults = faults

    async def change(self, kind: Any, id: UUID, verb: Any, *facts: Any, **named: Any) -> Receipt:
        """As it is, but for the faults."""
        if self.faults.get(id):
            raise self.faults[id].pop(0)
        return await super().change(kind, id, verb, *facts, **named)


def test_whatever_happens_to_one_ticket_the_others_have_their_steps_and_it_has_them_later(
    database: Database,
) -> None:
    lost, broken, well = (waiting_since(database, timedelta(days=2)) for _ in range(3))
    id_of = {path: UUID(path.rsplit("/", 1)[1]) for path in (lost, broken, well)}

    async def looks() -> list[list[int]]:
        reading = Reading(database.service)
        await reading.open()
        async with recording(database) as recorder:
            faults: dict[UUID, list[Exception]] = {
                id_of[lost]: [OutcomeUnknown()],
                id_of[broken]: [KeyError()],
            }
            store = Faulty(recorder, reading, faults)
            keeper, counts = Timekeeper(store, reading, Adopted(store)), []
            now = store.now()
            for later in (0, 1, 601):
                store.now = lambda later=later: now + timedelta(seconds=later)  # type: ignore[misc]
                await keeper.look()
                catch_up(database)
                counts.append([len(await reading.events_after(id, 1)) for id in id_of.values()])
        await reading.close()
        return counts

    catch_up(database)
    assert asyncio.run(looks()) == [[0, 0, 4], [4, 0, 4], [4, 4, 4]]
