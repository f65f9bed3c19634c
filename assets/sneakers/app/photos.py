"""A photo of a pair: looked at by what it is, never by what it says it is, and drawn anew.

Of the file nothing is kept but the picture: no place, no camera, no thumbnail of before. Who stores it is `service`.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tributary.assets.sneakers.app.errors import Refused

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 12 * 1024 * 1024
"""Bytes of a file that is taken."""
MOST_PIXELS = 50_000_000
LONGEST_SIDE, THUMBNAIL_SIDE = 1024, 160
"""Pixels of what is kept, at most."""
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 80


@dataclass(frozen=True)
class Picture:
    """A photo as it is kept: JPEG, and in small."""

    sha256: str
    image: bytes
    thumbnail: bytes


def read_picture(data: bytes | None) -> Picture:
    """The picture of a file that somebody sends.

    Raises:
        Refused: there is none, or it is too large or no picture.
    """
    if not data:
        raise Refused("photo", "The photo is missing: please take or choose one.")
    if len(data) > LARGEST:
        raise Refused("photo", f"The file has more than {LARGEST // 1024**2} MB: please choose a smaller one.")
    image = _opened(data, FORMATS)
    kept = _jpeg(image, LONGEST_SIDE)
    return Picture(hashlib.sha256(kept).hexdigest(), kept, _jpeg(image, THUMBNAIL_SIDE))


def kept_picture(sha256: str, image: bytes) -> Picture:
    """A picture that was kept before, by its name and bytes.

    Raises:
        Refused: it is no such picture.
    """
    if hashlib.sha256(image).hexdigest() != sha256 or len(image) > LARGEST:
        raise Refused("photo", "The photo is not the one of its name.")
    opened = _opened(image, ("JPEG",))
    if max(opened.size) > LONGEST_SIDE or opened.getexif():
        raise Refused("photo", "The photo is none that was kept here.")
    return Picture(sha256, image, _jpeg(opened, THUMBNAIL_SIDE))


def _opened(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    from PIL import Image, ImageOps

    large = f"The photo has more than {MOST_PIXELS // 10**6} megapixels: choose a smaller one."
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Refused("photo", large)
            # Decodes a large JPEG as a smaller one, which is quick and needs little memory.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            if upright.mode not in ("RGB", "L"):
                seen = upright.convert("RGBA")
                upright = Image.new("RGB", seen.size, "white")
                upright.paste(seen, mask=seen.getchannel("A"))
            return upright.convert("RGB")
    except Image.DecompressionBombError:
        raise Refused("photo", large) from None
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError):
        raise Refused("photo", "This is no picture that can be read: choose a JPEG, PNG or WebP file.") from None


def _jpeg(image: Image.Image, side: int) -> bytes:
    drawn = image.copy()
    drawn.thumbnail((side, side))
    data = io.BytesIO()
    # What Pillow would write along comes from `info`.
    drawn.info.clear()
    drawn.save(data, "JPEG", quality=_QUALITY, optimize=True)
    return data.getvalue()
