"""A picture file as an image of a stated shape, by one rule for uploads and for data sets."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput

__all__ = ["channels_of", "fit", "opened", "upright_size"]

SMALLEST = 8
LONGEST = 4

ORIENTATION = 0x0112
"""The EXIF tag that says how a picture was held; 5 to 8 mean on its side."""

UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,  # what Pillow calls a header that makes no sense
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""What Pillow lets through from a damaged file; which one depends on where the damage is."""


@contextmanager
def opened(file: BinaryIO, formats: tuple[str, ...], pixels: int) -> Iterator[Any]:
    """The Pillow image in a file, of which only the header is read until it is used.

    Args:
        file: the open file.
        formats: kinds of files that are read, as Pillow calls them, whatever they are called.
        pixels: how many it may have, so that a small file cannot fill the memory.

    Raises:
        InvalidInput: no picture, another kind, damaged (also where the block finds that out), or
            too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Sizes are checked here; odd notes in a file that is read all the same disturb nobody.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=formats) as picture:
                width, height = picture.size
                if width * height > pixels:
                    raise InvalidInput(_too_many(f"{width * height / 1e6:.0f} million", pixels))
                yield picture
    except InvalidInput:
        raise
    except Image.DecompressionBombError:
        raise InvalidInput(_too_many("over 178 million", pixels)) from None
    except UnidentifiedImageError:
        *others, last = map(_written, formats)
        kinds = f"{', '.join(others)} or {last}"
        raise InvalidInput(
            f"the file is no picture that can be read: bring a {kinds} file"
        ) from None
    except UNREADABLE as problem:
        raise InvalidInput(
            f"the picture is damaged and cannot be read to its end ({problem}): save it anew"
        ) from problem


def _written(format_: str) -> str:
    return {"WEBP": "WebP"}.get(format_, format_)


def _too_many(found: str, pixels: int) -> str:
    side = int(pixels**0.5)
    return (
        f"the picture has {found} pixels: bring one of at most "
        f"{pixels // 1_000_000} million, such as {side:,} x {side:,}"
    )


def upright_size(picture: Any) -> tuple[int, int]:
    """Height and width of an opened picture when it is turned upright, from its header."""
    width, height = picture.size
    # Asked for a note that is not there, Pillow would unpack a PNG to its end; a TIFF's size is
    # that of the upright picture already.
    noted = "exif" in picture.info and picture.format != "TIFF"
    if noted and picture.getexif().get(ORIENTATION) in (5, 6, 7, 8):
        return width, height
    return height, width


def channels_of(picture: Any) -> int:
    """Channels that hold an opened picture: 1 grey, 3 colour, 4 colour with clear parts."""
    if _grey(picture):
        return 1
    return 4 if picture.has_transparency_data else 3


def _grey(picture: Any) -> bool:
    return picture.mode in ("1", "L", "LA", "I", "F") or picture.mode.startswith("I;")


def fit(
    picture: Any, shape: tuple[int, int, int], *, invert: bool = False
) -> tuple[ByteArray, tuple[str, ...]]:
    """A Pillow image as uint8 (h, w, c), and what was done to it, in words.

    Rules, in this order: turned upright as its EXIF note says; 16-bit grey becomes 8-bit; clear
    parts are put on black (not where c is 4); colour becomes grey by its luminance (ITU-R 601)
    where c is 1, grey becomes colour where it is 3; what exceeds the shape's proportions is cut
    off evenly at both ends; shrunk by averaging areas or enlarged by cubic interpolation; and
    inverted, last, where that is asked for.

    Raises:
        InvalidInput: below 8 pixels on a side and below the shape's, so long a strip that less
            than a quarter would be left, or levels that are no 8 or 16 bits.
    """
    from PIL import Image, ImageOps

    height, width, channels = shape
    steps: list[str] = []
    upright = ImageOps.exif_transpose(picture)
    if upright.size != picture.size:
        steps.append("turned upright")
    _check_size(*upright.size, shape)
    image = _coloured(upright, channels, steps)
    image = _cut(image, width / height, steps)
    if image.size != (width, height):
        wide, high = image.size
        what = "shrunk" if wide > width else "enlarged"
        steps.append(f"{what} from {wide} x {high} to {width} x {height} pixels")
        resampling = Image.Resampling.BOX if wide > width else Image.Resampling.BICUBIC
        image = image.resize((width, height), resampling)
    array = np.array(image, dtype=np.uint8).reshape(shape)
    if invert:
        colours = min(channels, 3)
        array[..., :colours] = 255 - array[..., :colours]
        steps.append("light and dark exchanged")
    return array, tuple(steps)


def _check_size(width: int, height: int, shape: tuple[int, int, int]) -> None:
    h, w, _ = shape
    smallest = min(SMALLEST, h, w)
    found = f"the picture has {width} x {height} pixels"
    if min(width, height) < smallest:
        raise InvalidInput(f"{found}: bring one of at least {smallest} x {smallest}")
    longer = (width * h) / (height * w)
    if not 1 / LONGEST <= longer <= LONGEST:
        raise InvalidInput(
            f"{found}, too long a strip: less than a quarter would be left at {w} x {h}; bring "
            "one whose proportions are nearer to that"
        )


def _coloured(picture: Any, channels: int, steps: list[str]) -> Any:
    """In grey, colour, or colour with opacity."""
    from PIL import Image

    grey = _grey(picture)
    if picture.mode == "F":
        raise InvalidInput(
            "the picture holds floating-point levels, of which none is known to be white: "
            "save it with 8 or 16 bits"
        )
    if picture.mode.startswith("I"):
        levels = np.asarray(picture)
        if levels.min() < 0 or levels.max() > 65535:
            raise InvalidInput("the picture holds 32-bit levels: save it with 8 or 16 bits")
        eight = np.clip(levels.astype(np.float64) / 257 + 0.5, 0, 255).astype(np.uint8)
        picture = Image.fromarray(eight)
        steps.append("16-bit levels to 8-bit")
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    if picture.has_transparency_data and mode != "RGBA":
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(ground, clear).convert("RGB")
        steps.append("clear parts put on black")
    if mode == "L" and not grey:
        steps.append("colour to grey")
    elif mode != "L" and grey:
        steps.append("grey to colour")
    if picture.mode == "LAB":
        picture = picture.convert("RGB")  # Pillow knows no other way out of it
    return picture.convert(mode)


def _cut(image: Any, ratio: float, steps: list[str]) -> Any:
    """The middle, in the proportions width / height = ``ratio``."""
    width, height = image.size
    wide = max(1, min(width, round(height * ratio)))
    high = max(1, min(height, round(width / ratio)))
    if (wide, high) == (width, height):
        return image
    steps.append(f"cut to its middle {wide} x {high} of {width} x {height} pixels")
    left, top = (width - wide) // 2, (height - high) // 2
    return image.crop((left, top, left + wide, top + high))
