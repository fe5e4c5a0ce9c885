"""The echo wall (回音壁), open to all: what was done, in the community's words, month by month."""

import re
from asyncio import gather
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters.photos.picture import Size
from adapters.photos.storing import NoFile
from adapters.turns import Turn
from api.adopted import versions
from api.pages.page import render
from api.service import Service
from api.web.photos import INERT
from api.web.requests import Serving, address_of
from domain.catalogue import in_force
from domain.errors import OutOfRange, UnknownPhoto
from domain.unit import Kind
from projections import wall
from projections.units import names_of, units

router = APIRouter(prefix="/wall")

LINES = 30
MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")


@router.get("")
async def show(
    request: Request,
    serving: Serving,
    month: Annotated[str, Query(max_length=7)] = "",
    community: Annotated[str, Query(max_length=50)] = "",
    skip: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    """The figures of a month, the present one unless said, and what was published in it."""
    await serving.turns.take(Turn.WALL, address_of(request))
    now = serving.store.now()
    month = month or wall.month(now)
    if not MONTH.fullmatch(month):
        raise OutOfRange(field="month", why="is none: write it as 2026-11")
    reading = serving.reading
    rows, figures, months, communities, known = await gather(
        wall.published(reading, month, community or None, LINES + 1, skip),
        wall.figures(reading, month, community or None),
        wall.months(reading),
        units(reading, 200, None, Kind.COMMUNITY),
        versions(serving.store),
    )
    lines = rows[:LINES]
    named = {code for row in lines for code in (row["grid"], row["community"], *row["departments"])}
    return render(
        request,
        "wall.html",
        month=month,
        months=sorted({month, *months}, reverse=True),
        community=community,
        communities=[(unit["code"], unit["name"]) for unit in communities],
        figures=figures,
        lines=lines,
        names=await names_of(reading, named),
        categories={c.code: c.name for c in in_force(known, now).categories.values()},
        following=skip + LINES if len(rows) > LINES else None,
    )


@router.get("/photos/{id}")
async def photo(id: str, serving: Serving, size: Size = Size.THUMBNAIL) -> Response:
    """A photo that was released, drawn anew without anything hidden; its original is nobody's here."""
    if size is Size.ORIGINAL or not await wall.shows(serving.reading, id):
        raise UnknownPhoto(photo=id)
    return await drawn(serving, id, size)


async def drawn(serving: Service, id: str, size: Size) -> Response:
    """A photo as it is shown to people without an account. Raises `UnknownPhoto`."""
    try:
        content = await serving.album.read(id, size)
    except NoFile:
        raise UnknownPhoto(photo=id) from None
    return Response(content, media_type="image/jpeg", headers=INERT)
