"""Who may upload a photo, name it in a step, and look at it; HTTP and the pages are held to the same."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from adapters.personal.marking import ANYTHING
from adapters.photos.album import UNNAMED, Photo
from api.service import Service
from domain.actors import Person, Role
from domain.errors import NotYours, PhotoMissing, TooManyPhotos, UnknownPhoto
from domain.text import check_photos
from domain.ticket import Ticket
from projections import photos

MOST_WAITING = 200
"""Photos of one account that are in no ticket yet."""
MOST_WITH_FORM = 18
"""Photos of one resident's form: as many as a report has, and as many changed their minds about."""
UPLOADERS = (Role.GRID_WORKER, Role.SORTER, Role.DISPATCHER, Role.HANDLER, Role.OPERATOR)
"""Who may report or act, and so has something to show."""
FIELDS = ("photos", "photos_after")
"""Where a step names photos."""
ID = re.compile("[0-9a-f]{64}")
ELSEWHERE = re.compile(r"[\w.:-]+", re.ASCII)
"""An id that is none of ours, of a photo that another system keeps: it is noted, and shows nothing here."""


async def upload(serving: Service, person: Person, chunks: AsyncIterator[bytes]) -> Photo:
    """Take in a photo. Raises `NotYours`, `TooManyPhotos` and what `Album.receive` raises."""
    if not any(person.units(role) for role in UPLOADERS):
        raise NotYours(verb="upload photos", who="those who report or handle")
    return await _receive(serving, person.account, MOST_WAITING, chunks)


async def upload_with_form(serving: Service, form: str, chunks: AsyncIterator[bytes]) -> Photo:
    """Take in a photo that came with a resident's `form`; only a report by this form can name it."""
    return await _receive(serving, form, MOST_WITH_FORM, chunks)


async def _receive(serving: Service, account: str, most: int, chunks: AsyncIterator[bytes]) -> Photo:
    waiting = await photos.waiting(serving.reading, account, serving.store.now() - UNNAMED)
    if waiting >= most:
        raise TooManyPhotos(waiting=waiting)
    return await serving.album.receive(chunks, account)


async def seen(serving: Service, person: Person, id: str, whole: bool = False) -> Photo:
    """The photo with this id, where the person may see it, or all of it, its EXIF too.

    A resident sees what they sent or the community released, drawn anew. Raises `UnknownPhoto`.
    """
    found = await serving.album.find(id) if ID.fullmatch(id) else None
    if found is None or not await _may_see(serving, person, id, whole):
        raise UnknownPhoto(photo=id)
    return found


async def _may_see(serving: Service, person: Person, id: str, whole: bool) -> bool:
    """The view names the tickets; whether one of them may be seen now, its own history says."""
    if await photos.is_own(serving.reading, person.account, id):
        return True
    is_resident = bool(person.units(Role.RESIDENT))
    if is_resident and whole:
        return False
    for ticket in await photos.tickets_with(serving.reading, person, id):
        found = await serving.store.find(Ticket, ticket)
        if found is not None and found.visible_to(person):
            return not is_resident or id in found.shown_to_resident
    return False


def named(command: Any) -> tuple[str, ...]:
    """All photos that a step names, each once."""
    return tuple(dict.fromkeys(photo for field in FIELDS for photo in getattr(command, field, ())))


async def check_named(serving: Service, person: Person, command: Any) -> None:
    """Refuse a step that names a photo which is not there, or which the person could not have seen.

    Whoever knew the id of somebody else's photo could otherwise make it their own by a report that names it.
    """
    asked = [id for id in named(command) if ID.fullmatch(id) or not _is_elsewhere(id)]
    if not asked:
        return
    for field in FIELDS:
        check_photos(getattr(command, field, ()))
    missing = set(asked) - await serving.album.may_be_named(asked, person.account, ())
    others = [id for id in missing if ID.fullmatch(id) and await _may_see(serving, person, id, whole=False)]
    if others:
        missing -= await serving.album.may_be_named(others, person.account, others)
    for id in asked:
        if id in missing:
            raise PhotoMissing(photo=id)


def _is_elsewhere(id: str) -> bool:
    """Whether another system may know a photo by this id: it is kept, so no name or phone stands in it."""
    return ELSEWHERE.fullmatch(id) is not None and ANYTHING.search(id) is None


async def tidy(serving: Service, before: datetime) -> int:
    """Remove photos that no ticket names and nobody wanted since `before`; gives how many they were.

    The view that says which ones a ticket names must stand where the log stands, or it would say too little:
    raises `NotYet` where it does not.
    """
    await serving.album.tidy()
    head, _ = await serving.standing.positions()
    await serving.standing.passed("photos", head)
    removed = 0
    while found := await photos.in_no_ticket(serving.reading, before):
        taken = await serving.album.remove(found, before)
        removed += taken
        if not taken:
            break
    return removed
