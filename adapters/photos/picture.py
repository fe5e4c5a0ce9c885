"""What is in a photo: type by content, size, when and where it was taken; and what is shown of it."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps

from domain.calendar import CHINA
from domain.errors import NoPhoto
from domain.ticket.events import Location

TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""By what the library calls them; MPO is a JPEG with a second picture behind it, as some phones write."""
LARGEST_PICTURE = 60_000_000
"""Points of a picture: what phones take has up to 50 million, and decoding takes four bytes each."""
QUALITY = 82

Image.MAX_IMAGE_PIXELS = None  # The library would warn of its own measure; ours is checked here.


class Size(StrEnum):
    """How large a photo is shown."""

    THUMBNAIL = "thumbnail"
    VIEW = "view"
    ORIGINAL = "original"


EDGES = {Size.VIEW: 1600, Size.THUMBNAIL: 320}
"""Points along the longer edge at most, of what is drawn anew to be shown; the larger one first."""


@dataclass(frozen=True)
class Picture:
    """What a photo says of itself; width and height as it is looked at, upright."""

    type: str
    width: int
    height: int
    taken_at: datetime | None
    """By the camera's clock; where it names no zone, China's is taken."""
    location: Location | None
    """As the EXIF says: WGS-84 by its standard, though some phones write GCJ-02."""


def develop(photo: Path, folder: Path) -> tuple[Picture, dict[Size, Path]]:
    """Decode the whole photo, and draw what is shown of it into `folder`: upright, without anything hidden.

    Raises `NoPhoto` for what is no photo, not a whole one, or too large to be decoded safely, and `OSError`
    where the disk is at fault.
    """
    try:
        with Image.open(photo, formats=("JPEG", "PNG", "WEBP")) as image:
            width, height = image.size
            if width * height > LARGEST_PICTURE:
                raise NoPhoto(why=f"it has {width} × {height} points: take it with fewer than 50 million")
            picture = _picture(image)
            image.draft("RGB", (EDGES[Size.VIEW],) * 2)  # A JPEG is decoded no larger than needed.
            image.load()
            return picture, _draw(image, folder)
    except NoPhoto:
        raise
    except Exception as problem:  # A decoder fed with anything raises anything.
        if isinstance(problem, OSError) and problem.errno is not None:
            raise  # Not the photo: the disk.
        raise NoPhoto(why="it is no whole JPEG, PNG or WebP: send it as one of these") from problem


def _draw(image: Image.Image, folder: Path) -> dict[Size, Path]:
    seen = image
    if image.mode not in ("RGB", "RGBA"):
        seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
    drawn = {}
    for size, edge in EDGES.items():
        seen.thumbnail((edge, edge))
        upright = ImageOps.exif_transpose(seen)
        # A new picture has nothing but points: no EXIF, comment or profile comes along.
        clean = Image.new("RGB", upright.size, "white")
        clean.paste(upright, mask=upright if upright.mode == "RGBA" else None)
        drawn[size] = folder / size
        clean.save(drawn[size], "JPEG", quality=QUALITY, optimize=True)
    return drawn


def _picture(image: Image.Image) -> Picture:
    width, height = image.size
    try:
        exif = image.getexif()
        if exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
            width, height = height, width
        taken_at = _taken_at(exif.get_ifd(ExifTags.IFD.Exif))
        location = _location(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # EXIF that cannot be read says nothing, and may raise anything.
        taken_at = location = None
    return Picture(TYPES[str(image.format)], width, height, taken_at, location)


def _taken_at(exif: dict[int, Any]) -> datetime | None:
    taken = str(exif.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
    zone = str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    for text, form in ((taken + zone, "%Y:%m:%d %H:%M:%S%z"), (taken, "%Y:%m:%d %H:%M:%S")):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - one without zone gets China's
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=CHINA)
    return None


def _location(gps: dict[int, Any]) -> Location | None:
    try:
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    known = abs(longitude) <= 180 and abs(latitude) <= 90 and (longitude, latitude) != (0, 0)
    return Location(longitude, latitude) if known else None


def _degrees(parts: Any, side: str, negative: str) -> float:
    """Degrees, minutes and seconds as one number with its sign. Raises `ValueError` where it is none."""
    degrees, minutes, seconds = (float(part) for part in parts)
    found = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(found):
        raise ValueError(side)
    return round(-found if side.strip("\0 ") == negative else found, 7)
