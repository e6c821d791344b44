"""An uploaded picture as an image of a bundle's shape, by a few stated rules."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput

__all__ = ["FORMATS", "UploadedImage", "read_picture"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
"""Kinds of files that are read; what a file is called does not matter."""

BYTES = 20_000_000
PIXELS = 25_000_000
SMALLEST = 8
LONGEST = 4


@dataclass(frozen=True, eq=False)
class UploadedImage:
    """A picture in a bundle's shape.

    Attributes:
        image: uint8 (h, w, c).
        steps: what was done to it, in words, in order; empty where it fitted.
    """

    image: ByteArray
    steps: tuple[str, ...]


def read_picture(
    content: bytes, shape: tuple[int, int, int], *, invert: bool = False
) -> UploadedImage:
    """The picture in a file's bytes as an image of ``shape`` (h, w, c).

    Rules, in this order: turned upright as its EXIF note says; 16-bit grey becomes 8-bit; clear
    parts are put on black (not where c is 4); colour becomes grey by its luminance (ITU-R 601)
    where c is 1, grey becomes colour where it is 3; what exceeds the shape's proportions is cut
    off evenly at both ends; shrunk by averaging areas or enlarged by cubic interpolation; and
    inverted, last, where that is asked for.

    Raises:
        InvalidInput: no picture, another kind of file, damaged, above 20 MB or 25 million pixels,
            below 8 pixels on a side, or more than 4 times as long as wide.
    """
    from PIL import Image, UnidentifiedImageError

    if len(content) > BYTES:
        most = f"bring a picture of at most {BYTES // 1_000_000} MB"
        raise InvalidInput(f"the file has {len(content) / 1e6:.0f} MB: {most}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # as sizes are checked
            opened = Image.open(io.BytesIO(content), formats=FORMATS)
        with opened as picture:
            _check_size(*picture.size)
            return _fitted(picture, shape, invert)
    except InvalidInput:
        raise
    except Image.DecompressionBombError:
        raise InvalidInput(_too_many("over 178 million")) from None
    except UnidentifiedImageError:
        raise InvalidInput(
            "the file is no picture that can be read: bring a PNG, JPEG, WebP or BMP file"
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError, Warning) as problem:
        raise InvalidInput(
            f"the picture is damaged and cannot be read to its end ({problem}): save it anew"
        ) from problem


def _check_size(width: int, height: int) -> None:
    """Refuse before anything is unpacked, so that a small file cannot fill the memory."""
    if width * height > PIXELS:
        raise InvalidInput(_too_many(f"{width * height / 1e6:.0f} million"))
    found = f"the picture has {width} x {height} pixels"
    if min(width, height) < SMALLEST:
        raise InvalidInput(f"{found}: bring one of at least {SMALLEST} x {SMALLEST}")
    if max(width, height) > LONGEST * min(width, height):
        raise InvalidInput(
            f"{found}, too long a strip: bring one at most {LONGEST} times as long as wide"
        )


def _too_many(pixels: str) -> str:
    return (
        f"the picture has {pixels} pixels: bring one of at most "
        f"{PIXELS // 1_000_000} million, such as 5,000 x 5,000"
    )


def _fitted(picture: Any, shape: tuple[int, int, int], invert: bool) -> UploadedImage:
    """The opened picture, by the rules."""
    from PIL import Image, ImageOps

    height, width, channels = shape
    steps: list[str] = []
    upright = ImageOps.exif_transpose(picture)
    if upright.size != picture.size:
        steps.append("turned upright")
    image = _coloured(upright, channels, steps)
    image = _cut(image, width / height, steps)
    if image.size != (width, height):
        wide, high = image.size
        what = "shrunk" if wide > width else "enlarged"
        steps.append(f"{what} from {wide} x {high} to {width} x {height} pixels")
        resampling = Image.Resampling.BOX if wide > width else Image.Resampling.BICUBIC
        image = image.resize((width, height), resampling)
    array = np.asarray(image, dtype=np.uint8).reshape(shape).copy()
    if invert:
        colours = min(channels, 3)
        array[..., :colours] = 255 - array[..., :colours]
        steps.append("light and dark exchanged")
    return UploadedImage(array, tuple(steps))


def _coloured(picture: Any, channels: int, steps: list[str]) -> Any:
    """In grey, colour, or colour with opacity."""
    from PIL import Image

    if picture.mode.startswith("I"):
        levels = np.asarray(picture).astype(np.float64) / 257
        picture = Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
        steps.append("16-bit levels to 8-bit")
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    if picture.has_transparency_data and mode != "RGBA":
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(ground, clear).convert("RGB")
        steps.append("clear parts put on black")
    grey = picture.mode in ("L", "LA", "1")
    if mode == "L" and not grey:
        steps.append("colour to grey")
    elif mode != "L" and grey:
        steps.append("grey to colour")
    return picture.convert(mode)


def _cut(image: Any, ratio: float, steps: list[str]) -> Any:
    """The middle, in the proportions width / height = ``ratio``."""
    width, height = image.size
    wide, high = min(width, round(height * ratio)), min(height, round(width / ratio))
    if (wide, high) == (width, height):
        return image
    steps.append(f"cut to its middle {wide} x {high} of {width} x {height} pixels")
    left, top = (width - wide) // 2, (height - high) // 2
    return image.crop((left, top, left + wide, top + high))
