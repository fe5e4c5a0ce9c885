"""Photos over HTTP: uploaded one by one as they are, shown without what they hide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from adapters.photos.album import Photo
from adapters.photos.picture import TYPES, Size
from adapters.photos.storing import NoFile
from api import photographs
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route, reader
from domain.errors import UnknownPhoto
from domain.ticket.events import Location

router = APIRouter(prefix="/api/photos", tags=["photos"], route_class=Route)

BINARY = {"schema": {"type": "string", "format": "binary"}}
IMAGES: dict[str, Any] = dict.fromkeys(TYPES.values(), BINARY)
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": IMAGES, "description": "the photo, 10 MiB at most"},
    **SIGNED_IN,
}
INERT = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""Whatever somebody put into a photo, no browser takes it for a page of ours."""


@dataclass(frozen=True)
class PhotoShape:
    """A photo that is kept, with what its EXIF says of when (by the camera's clock) and where (WGS-84)."""

    id: str
    width: int
    height: int
    taken_at: datetime | None
    location: Location | None

    @classmethod
    def of(cls, photo: Photo) -> Self:
        """The photo as people are told of it."""
        seen = photo.picture
        return cls(photo.id, seen.width, seen.height, seen.taken_at, seen.location)


@router.post("", status_code=201, response_model=PhotoShape, openapi_extra=BODY)
async def upload(request: Request) -> Response:
    """Upload a photo (JPEG, PNG or WebP, 10 MiB at most), to be named in a step within seven days.

    Its id is the SHA-256 of its content: the same photo again gives the same answer.
    """
    # It takes no idempotency key, for which the whole body would be read: the content is the key.
    calling = await reader(request)
    try:
        photo = await photographs.upload(calling.serving, calling.person, request.stream())
    except ClientDisconnect:
        raise HTTPException(400, "The photo broke off: send it again.") from None
    return Json(PhotoShape.of(photo), 201, headers={"Location": f"/api/photos/{photo.id}"})


@router.get(
    "/{id}",
    response_class=Response,
    responses={200: {"description": "the photo", "content": IMAGES}},
    openapi_extra=SIGNED_IN,
)
async def read(id: str, calling: Calling, size: Size = Size.VIEW) -> Response:
    """The photo, drawn anew and upright, to be looked at; or the original as evidence, to be kept."""
    photo = await photographs.seen(calling.serving, calling.person, id, whole=size is Size.ORIGINAL)
    try:
        content = await calling.serving.album.read(id, size)
    except NoFile:
        raise UnknownPhoto(photo=id) from None
    if size is not Size.ORIGINAL:
        return Response(content, media_type="image/jpeg", headers=INERT)
    ending = photo.picture.type.removeprefix("image/")
    saved = {"Content-Disposition": f'attachment; filename="{id[:16]}.{ending}"', **INERT}
    return Response(content, media_type=photo.picture.type, headers=saved)


@router.get("/{id}/facts", response_model=PhotoShape, openapi_extra=SIGNED_IN)
async def read_facts(id: str, calling: Calling) -> Response:
    """What is known of the photo: its size, and when and where it was taken."""
    return Json(PhotoShape.of(await photographs.seen(calling.serving, calling.person, id, whole=True)))
