"""Receivers (接收方): who is told, how that goes, and who registered and amended them."""

import base64
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.batch import Receipt
from adapters.telling.means import Means
from adapters.telling.waiting import Outbox, read_told
from api import administering
from api.calling import Caller
from api.importing.receivers import COLUMNS, read_receivers, take_receivers
from api.importing.table import Outcome
from api.pages import downloads, words
from api.pages.administration import administers
from api.pages.entering import NOTHING, After, Given, Said, bring, offered, read, take, told
from api.pages.language import N_, say
from api.pages.page import Visiting, Visitor, render
from domain.actors import Role
from domain.receiver import EVERYTHING, AmendReceiver, Receiver, RegisterReceiver, topics
from domain.way import Way
from projections.units import names_of

router = APIRouter()

LIST = "/administration/receivers"
LINES = 200
Verb = Callable[[Caller, str, Given], Awaitable[Receipt]]
VERBS: Mapping[str, Verb] = {
    "amend": lambda calling, code, given: administering.change_receiver(
        calling, code, Receiver.amend, read(AmendReceiver, given, "topics")
    ),
    "pause": lambda calling, code, given: administering.change_receiver(calling, code, Receiver.pause),
    "resume": lambda calling, code, given: administering.change_receiver(calling, code, Receiver.resume),
    "close": lambda calling, code, given: administering.change_receiver(calling, code, Receiver.close),
}


@router.get(LIST)
async def show_receivers(request: Request, visitor: Visiting, after: After = 0) -> Response:
    """The receivers one looks after, and how telling them goes."""
    await visitor.serving.standing.passed("receivers", after)
    return await _list(request, visitor, NOTHING)


async def _list(request: Request, visitor: Visitor, said: Said) -> Response:
    rows = await administering.receivers_of(Caller(visitor.serving, visitor.person), LINES)
    return render(
        request,
        "receivers.html",
        visitor,
        said.status,
        said=said,
        lines=rows,
        units=await offered(visitor),
        names=await names_of(visitor.serving.reading, {row["unit"] for row in rows} - {""}),
        topics={EVERYTHING: "", **topics()},
        may=bool(visitor.person.units(Role.ADMINISTRATOR)),
    )


@router.post(LIST)
async def register(request: Request, visitor: Visiting) -> Response:
    """Register a receiver; a webhook gets a secret, which is said once."""
    made: list[tuple[str, str]] = []

    async def asks(calling: Caller, given: Given) -> Receipt:
        command = read(RegisterReceiver, given, "topics")
        if command.secret is None and (command.way.is_robot or command.way is Way.WEBHOOK):
            command = replace(command, secret=command.code)
        receipt = await administering.register_receiver(calling, command)
        found = await administering.receiver_of(calling, command.code)
        made.append((command.code, _new_secret(found)))
        return receipt

    answer = await take(request, visitor, asks, partial(_list, request, visitor), LIST, "code")
    if not made or not made[0][1]:
        return answer
    ((code, secret),) = made
    return await _receiver(request, visitor, code, Said(secret=secret))


def _new_secret(receiver: Receiver) -> str:
    """A secret for a webhook that has none yet, kept where the messenger reads it, if we may write there."""
    folder = os.environ.get("WHISTLE_SECRETS")
    means = Means(secrets=Path(folder) if folder else None)
    name = receiver.secret or ""
    if receiver.way is not Way.WEBHOOK or means.kept(name, receiver.around) is not None:
        return ""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    means.keep(name, receiver.around, secret)
    return secret


@router.post(f"{LIST}/table")
async def bring_receivers(request: Request, visitor: Visiting) -> Response:
    """Take a table of receivers in."""

    async def takes(named: str, content: bytes, given: Given, outcome: Outcome) -> None:
        rows = await run_in_threadpool(read_receivers, named, content)
        await take_receivers(Caller(visitor.serving, visitor.person), rows, outcome)

    administering.must_oversee_something(visitor.person, "list receivers")
    return await bring(request, visitor, takes, partial(_list, request, visitor), "receivers")


@router.get("/administration/receivers.{form}")
async def take_along(visitor: Visiting, form: downloads.Form) -> Response:
    """The receivers one looks after; their secrets by name, as nobody can read one."""
    rows = await administering.receivers_of(Caller(visitor.serving, visitor.person), downloads.MOST + 1)
    yes = {True: "yes", False: ""}
    lines = [
        (
            row["code"], row["name"], row["way"], row["unit"], " ".join(row["topics"]), row["address"],
            row["secret"], yes[row["paused"]], yes[row["closed"]],
        )
        for row in rows
    ]  # fmt: skip
    return await downloads.table("receivers", form, COLUMNS, lines)


@router.get(f"{LIST}/{{code}}")
async def show_receiver(request: Request, visitor: Visiting, code: str, after: After = 0) -> Response:
    """A receiver, what could not be sent to it, and what happened to it."""
    await visitor.serving.standing.passed("receivers", after)
    return await _receiver(request, visitor, code, NOTHING)


async def _receiver(request: Request, visitor: Visitor, code: str, said: Said) -> Response:
    reading = visitor.serving.reading
    found = await administering.receiver_of(Caller(visitor.serving, visitor.person), code)
    administering.must_oversee(visitor.person, "see the history of this receiver", *found.around)
    outbox = Outbox(reading)
    dead = await outbox.dead(found.id, LINES, 0)
    unit = found.around[0] if found.around else ""
    known = topics()
    return render(
        request,
        "receiver.html",
        visitor,
        said.status,
        said=said,
        receiver=found,
        way=say(words.WAYS[found.way]),
        told=[known.get(topic, topic) for topic in found.topics],
        topics={EVERYTHING: "", **known},
        keep=f"{unit}/{found.secret}" if unit else found.secret,
        standing=(await outbox.standing([found.id])).get(found.id),
        dead=[{**row, "told": read_told(row["told"])} for row in dead],
        names=await names_of(reading, {found.unit} - {""}),
        events=await told(visitor, found),
        may=administers(visitor, *found.around),
    )


@router.post(f"{LIST}/{{code}}/retry")
async def retry(request: Request, visitor: Visiting, code: str) -> Response:
    """Send once more what was given up."""
    retried = await administering.retry(Caller(visitor.serving, visitor.person), code)
    done = say(N_("{n} 条又在等着发送。"), n=retried)
    return await _receiver(request, visitor, code, Said(done=done))


@router.post(f"{LIST}/{{code}}/{{verb}}")
async def change(request: Request, visitor: Visiting, code: str, verb: str) -> Response:
    """Change a receiver."""
    if verb not in VERBS:
        raise HTTPException(404)
    return await take(
        request,
        visitor,
        lambda calling, given: VERBS[verb](calling, code, given),
        partial(_receiver, request, visitor, code),
        f"{LIST}/{quote(code)}",
    )
