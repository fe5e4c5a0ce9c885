"""Photos that come with a form, from browsers without scripts."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from adapters.line import Line
from adapters.photos.album import RECEIVING, TooSlow
from adapters.turns import network
from api import photographs
from api.pages.page import Visitor
from api.web.requests import LARGEST, address_of

MOST_FILES = 18
CHUNK = 64 * 1024
_of_staff, _of_residents = Line(8, 2), Line(4, 1)
"""Forms of more than 1 MiB that are read at the same time: of all, and of one account or address."""


@asynccontextmanager
async def form_of(
    request: Request, most_fields: int, visitor: Visitor | None = None
) -> AsyncIterator[FormData]:
    """The form of a request, with its files until the end; without a visitor, of a resident.

    Raises `Overloaded` where many send large ones, and `TooSlow`.
    """
    length = request.headers.get("content-length", "")
    small = length.isdecimal() and int(length) <= LARGEST
    line, who = (
        (_of_staff, visitor.person.account) if visitor else (_of_residents, network(address_of(request)))
    )
    with nullcontext() if small else line.place(who):
        try:
            async with asyncio.timeout(RECEIVING):
                form = await request.form(max_files=MOST_FILES, max_fields=most_fields)
        except TimeoutError:
            raise TooSlow from None
        try:
            yield form
        finally:
            await form.close()


async def uploaded(visitor: Visitor, files: Sequence[Any]) -> list[str]:
    """The ids of the photos among what came with a form, taken in one by one; an empty field brings none."""
    found = []
    for file in files:
        if isinstance(file, UploadFile) and file.size:
            photo = await photographs.upload(visitor.serving, visitor.person, chunks(file))
            found.append(photo.id)
    return found


async def named(visitor: Visitor, form: FormData, files: str, field: str) -> FormData:
    """The form with the ids of its photos in `field`, in place of the `files` themselves."""
    texts = [(name, value) for name, value in form.multi_items() if name != files]
    photos = await uploaded(visitor, form.getlist(files))
    return FormData([*texts, *((field, photo) for photo in photos)])


async def chunks(file: UploadFile) -> AsyncIterator[bytes]:
    """The content of a file, bit by bit."""
    while chunk := await file.read(CHUNK):
        yield chunk
