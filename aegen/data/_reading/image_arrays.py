"""Arrays of pictures in any usual layout and range as uint8 images (n, h, w, c)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.picture_file import fit
from aegen.core.progress import report
from aegen.data._lazy import LazyImages
from aegen.data._reading.image_files import LARGEST, checked_shape
from aegen.data._reading.named_arrays import array_file

__all__ = ["Convention", "MappedImages", "convention", "fitted", "images_of", "levels"]

BLOCK = 2048
"""Images looked at or converted together."""

CHANNELS = (1, 3, 4)

TOLERANCE = 1e-3
"""By how much a range may be exceeded, as by rounding."""

DIM = 64
"""What some number of pictures in 0 to 255 surely exceeds."""

Layout = Literal["hw", "hwc", "chw", "flat"]


@dataclass(frozen=True)
class Convention:
    """How an array holds pictures.

    Attributes:
        layout: what its axes are after the first.
        image_shape: (h, w, c).
        black: the number that stands for no light.
        white: the number that stands for full light.
    """

    layout: Layout
    image_shape: tuple[int, int, int]
    black: float = 0.0
    white: float = 255.0

    def __call__(self, block: NDArray[Any]) -> ByteArray:
        """Images (k, h, w, c) of some rows of the array."""
        if self.layout == "chw":
            block = np.moveaxis(block, 1, -1)
        elif self.layout in ("hw", "flat"):
            block = block.reshape(len(block), *self.image_shape)
        if block.dtype == np.uint8 and (self.black, self.white) == (0, 255):
            return block
        scaled = (block.astype(np.float64) - self.black) * (255 / (self.white - self.black))
        return np.clip(scaled + 0.5, 0, 255).astype(np.uint8)

    @property
    def note(self) -> str | None:
        """What was decided about the range, in a sentence, where it is not plain."""
        if (self.black, self.white) in ((0, 255), (0, 1)):
            return None
        return f"numbers from {self.black:g} to {self.white:g} were taken for black to white"


def convention(array: NDArray[Any], shape: tuple[int, ...] | None, where: str) -> Convention:
    """How ``array`` holds its pictures; every number of it is looked at unless it is uint8.

    Axes: (n, h, w); (n, h, w, c) where the last has 1, 3 or 4 channels; (n, c, h, w) where the
    second has; where both could be, ``shape`` decides, and channels last without it. (n, pixels)
    is unfolded to ``shape``. For the range see `levels`.

    Args:
        array: the pictures.
        shape: (h, w) or (h, w, c) of the images that are wanted, or None.
        where: what a sentence calls the array.

    Raises:
        InvalidInput: no such axes, or numbers whose black and white are unknown.
    """
    layout, found = _layout(array.shape, shape, where)
    return Convention(layout, found, *levels(_blocks(array), array.dtype, where))


def _layout(
    axes: tuple[int, ...], shape: tuple[int, ...] | None, where: str
) -> tuple[Layout, tuple[int, int, int]]:
    if len(axes) == 2 and shape is not None:
        wanted = checked_shape(shape if len(shape) == 3 else (*shape, 1))
        if math.prod(wanted) == axes[1]:
            return "flat", wanted
    likely = (0, 0, 0)
    layout: Layout = "hwc"
    if len(axes) == 3 and (axes[2] not in CHANNELS or axes[1] in CHANNELS):
        layout, likely = "hw", (axes[1], axes[2], 1)
    elif len(axes) == 4:
        last, first = (*axes[1:3], axes[3]), (*axes[2:4], axes[1])
        could_first, could_last = axes[1] in CHANNELS, axes[3] in CHANNELS
        if could_first and (not could_last or (shape and tuple(shape) == first[: len(shape)])):
            layout, likely = "chw", first
        elif could_last:
            likely = last
    h, w, c = likely
    if 0 in likely or axes[0] == 0:
        hint = "(n, h, w), (n, h, w, c) or (n, c, h, w) with 1, 3 or 4 channels"
        if len(axes) == 2:
            hint += ", or give shape=(height, width, channels) to unfold rows of pixels"
        if len(axes) == 3 and axes[2] in CHANNELS:
            hint += "; this looks like a single picture"
        raise InvalidInput(f"{where} must have shape {hint}, got {axes}")
    if max(h, w) > LARGEST and shape is None:
        raise InvalidInput(
            f"{where} has pictures of {w} x {h} pixels, and images have at most {LARGEST} on a "
            "side: give shape=(height, width, channels)"
        )
    return layout, (h, w, c)


def _blocks(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(array), BLOCK):
        report(start / len(array), "looking at the range of the numbers")
        yield array[start : start + BLOCK]


def levels(
    blocks: Iterator[NDArray[Any]], dtype: np.dtype[Any], where: str
) -> tuple[float, float]:
    """Which numbers are black and white.

    uint8: 0 and 255, or 0 and 1 where there is nothing else; uint16: 0 and 65535; other whole
    numbers as uint8 if they are within its range. Floats: 0 and 1 if they are within, -1 and 1 if
    they are within that, 0 and 255 if they are within that. Nothing but uint8 is taken for 0 to
    255 if its largest number is below 64, as pictures in 0 to 16 would be nearly black.

    Raises:
        InvalidInput: numbers beyond those ranges, or not finite, or no numbers.
    """
    if dtype.kind not in "biuf":
        raise InvalidInput(f"{where} must hold numbers, got {dtype}")
    if dtype.kind == "b":
        return 0.0, 1.0
    low, high = math.inf, -math.inf
    for block in blocks:
        low, high = float(np.minimum(low, block.min())), float(np.maximum(high, block.max()))
        if dtype == np.uint8 and high > 1:
            return 0.0, 255.0
    whole = dtype.kind in "iu"
    if dtype == np.uint16 and high > 255:
        return 0.0, 65535.0
    ranges = ((0, 1), (0, 255)) if whole else ((0, 1), (-1, 1), (0, 255))
    for black, white in ranges:
        slack = TOLERANCE * (white - black)
        dim = white == 255 and high < DIM and dtype != np.uint8
        if black - slack <= low and high <= white + slack and not dim:
            return float(black), float(white)
    raise InvalidInput(
        f"{where} has numbers from {low:g} to {high:g}, of which none is known to be black or "
        "white: give uint8, or floats in [0, 1] or [-1, 1], as they were before they were "
        "standardised"
    )


def fitted(images: ByteArray, image_shape: tuple[int, int, int]) -> ByteArray:
    """Images (k, h, w, c) in another shape, by the rules of `fit`; as they are where it is theirs.

    Raises:
        InvalidInput: they are too small or too long for it.
    """
    if images.shape[1:] == image_shape:
        return images
    from PIL import Image

    out = np.empty((len(images), *image_shape), np.uint8)
    for row, image in enumerate(images):
        flat = image[..., 0] if image.shape[2] == 1 else image
        out[row] = fit(Image.fromarray(np.ascontiguousarray(flat)), image_shape)[0]
    return out


def images_of(
    array: NDArray[Any], shape: tuple[int, ...] | None, where: str
) -> tuple[ByteArray, list[str]]:
    """The images of an array in memory, uint8 (n, h, w, c), and what was decided.

    Raises:
        InvalidInput: as `convention` and `fitted`.
    """
    held = convention(array, shape, where)
    wanted, notes = _wanted(held, shape)
    if held.layout != "chw" and array.dtype == np.uint8 and wanted == held.image_shape:
        return np.ascontiguousarray(held(array)), notes
    images = np.empty((len(array), *wanted), np.uint8)
    for start in range(0, len(array), BLOCK):
        images[start : start + BLOCK] = fitted(held(array[start : start + BLOCK]), wanted)
    return images, notes


def _wanted(
    held: Convention, shape: tuple[int, ...] | None
) -> tuple[tuple[int, int, int], list[str]]:
    """The shape of the images, and what was decided about it and the range."""
    h, w, c = held.image_shape
    notes = [held.note] if held.note else []
    if shape is None:
        return (h, w, c), notes
    wanted = checked_shape(shape if len(shape) == 3 else (*shape, c))
    if wanted != (h, w, c):
        notes.append(f"pictures of {w} x {h} with {c} channels were fitted to {wanted}")
    return wanted, notes


class MappedImages(LazyImages):
    """Pictures in an npy file that stays on the disk.

    Args:
        path: the file.
        shape: (h, w) or (h, w, c) of the images that are wanted, or None.

    Raises:
        StorageError, InvalidInput: as `array_file` and `convention`.
    """

    def __init__(self, path: Path, shape: tuple[int, ...] | None) -> None:
        array = array_file(path, mapped=True)
        self.path = path.resolve()
        self.held = convention(array, shape, path.name)
        image_shape, self.notes = _wanted(self.held, shape)
        super().__init__(len(array), image_shape)

    def _decode(self, rows: IntArray) -> ByteArray:
        array = array_file(self.path, mapped=True)
        return fitted(self.held(np.asarray(array[rows])), self.image_shape)

    def signature(self) -> bytes:
        """Size and time of change of the file."""
        about = self.path.stat()
        return repr((self.path.name, about.st_size, about.st_mtime_ns)).encode()
