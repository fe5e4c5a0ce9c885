"""Photos for the tests: each with points of its own, and with EXIF where one is asked for."""

import itertools
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

ORIENTATION, MAKE, EXIF, GPS = 0x0112, 0x010F, 0x8769, 0x8825
SECRET = "Serial-No-4711"
"""What a camera says of itself, and nobody needs to see."""
_different = itertools.count()


def picture(
    size: tuple[int, int] = (64, 48), form: str = "JPEG", exif: Image.Exif | None = None, **how: Any
) -> bytes:
    """A photo unlike all others: its upper left corner is red, the rest has a colour of its own."""
    nth = next(_different)
    image = Image.new("RGB", size, (nth * 37 % 256, nth // 7 % 256, 128 + nth % 128))
    image.paste((255, 0, 0), (0, 0, size[0] // 4, size[1] // 4))
    image.putpixel((size[0] - 1, size[1] - 1), (nth % 256, nth // 256 % 256, 0))
    written = BytesIO()
    # The comment makes it another file even where the points come out alike.
    more = {"exif": exif} if exif is not None else {}
    if form == "JPEG":
        more["comment"] = f"photo {nth}"  # type: ignore[assignment]
    image.save(written, form, **more, **how)
    return written.getvalue()


def exif(
    orientation: int = 1,
    taken: str = "2026:11:22 09:30:05",
    zone: str | None = None,
    at: tuple[float, float] | None = (127.284, 42.331),
    sides: str = "EN",
) -> Image.Exif:
    """What a phone writes beside the points; `at` is longitude and latitude in degrees."""
    made = Image.Exif()
    made[ORIENTATION], made[MAKE] = orientation, SECRET
    more = made.get_ifd(EXIF)
    more[0x9003] = taken
    if zone:
        more[0x9011] = zone
    if at:
        gps = made.get_ifd(GPS)
        gps[3], gps[1] = sides[0], sides[1]
        gps[4], gps[2] = (_sexagesimal(degrees) for degrees in at)
    return made


def _sexagesimal(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    minutes, seconds = divmod(round(degrees * 3_600_000), 60_000)
    return IFDRational(minutes // 60), IFDRational(minutes % 60), IFDRational(seconds, 1000)
