"""Numbers that are measured on a picture of one bright shape on a dark ground, such as a digit.

Slant, upright width, height, thickness and area are those of Morpho-MNIST (D. Castro, J. Tan,
B. Kainz, E. Konukoglu, B. Glocker: Morpho-MNIST: quantitative assessment and diagnostics for
representation learning. JMLR 20, 2019, arXiv 1809.10780), but for two things: widths and heights
come from the spread of the ink without a search, and thickness from distances without a skeleton,
so that the blur of a decoded picture moves them little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput, UnknownName

__all__ = ["MEASURES", "about", "measure"]

UPSAMPLED = 2
"""Times that pictures are enlarged before lengths within a stroke are measured."""

CUT = 0.02
"""Share of the ink that lies outside of width and height, as in Morpho-MNIST."""

AT_A_TIME = 1024
"""Pictures that are measured at a time."""


def measure(name: str, images: ArrayLike) -> FloatArray:
    """A measure of `MEASURES` of each picture, to a hundredth, float64 (n,); 0 of an empty one.

    Args:
        name: which: "slant", "thickness", ...
        images: (n, h, w, c), uint8 or floats in [0, 1]; colours are averaged.

    Raises:
        UnknownName: there is no such measure.
        InvalidInput: no images.

    Example:
        >>> bar = np.zeros((1, 20, 20, 1)); bar[:, 4:16, 8:11] = 1
        >>> measure("height", bar).tolist(), measure("width", bar).tolist()
        ([12.0], [3.0])
    """
    if name not in MEASURES:
        raise UnknownName("measure", name, MEASURES)
    given = np.asarray(images)
    if given.ndim != 4:
        raise InvalidInput(f"pictures must be (n, h, w, c), got {given.shape}")
    grey = arrays.images(given, shape=given.shape[1:]).mean(axis=3, dtype=np.float64)
    parts = [MEASURES[name](grey[k : k + AT_A_TIME]) for k in range(0, len(grey), AT_A_TIME)]
    return np.concatenate([np.empty(0), *parts]).round(2) + 0.0  # no -0.0


def about(name: str) -> str:
    """What a measure of `MEASURES` is, in a sentence.

    Example:
        >>> about("height")
        'Height in pixels, without a fiftieth of the ink.'
    """
    return str(MEASURES[name].__doc__)


def _slant(grey: FloatArray) -> FloatArray:
    """Lean to the right in radians: the angle of the shear that takes it away."""
    return np.arctan(_shear(grey))


def _shear(grey: FloatArray) -> FloatArray:
    """How far a shape leans to the right for each pixel upwards, by its second moments."""
    x, y, mass = _centred(grey)
    across = (grey * x * y).sum(axis=(1, 2))
    upright = (grey * y**2).sum(axis=(1, 2))
    empty = (mass == 0) | (upright == 0)
    shear: FloatArray = -across / np.where(empty, 1, upright)
    return np.where(empty, 0.0, shear)


def _centred(grey: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Columns (n, 1, w) and rows (n, h, 1) from each picture's centre of mass, and the mass."""
    _, h, w = grey.shape
    mass = grey.sum(axis=(1, 2))
    safe = np.where(mass == 0, 1, mass)
    x, y = np.arange(w)[None, None, :], np.arange(h)[None, :, None]
    middle_x = (grey * x).sum(axis=(1, 2)) / safe
    middle_y = (grey * y).sum(axis=(1, 2)) / safe
    return x - middle_x[:, None, None], y - middle_y[:, None, None], mass


def _height(grey: FloatArray) -> FloatArray:
    """Height in pixels, without a fiftieth of the ink."""
    return _extent(grey.sum(axis=2))


def _width(grey: FloatArray) -> FloatArray:
    """Width in pixels, without a fiftieth of the ink."""
    return _extent(grey.sum(axis=1))


def _upright_width(grey: FloatArray) -> FloatArray:
    """Width in pixels as if the shape stood upright, without a fiftieth of the ink."""
    n, h, w = grey.shape
    _, y, _ = _centred(grey)
    shift = np.clip(_shear(grey)[:, None, None] * y, -h, h)
    left = np.arange(w) + h + shift  # of each pixel, (n, h, w)
    bins = np.floor(left).astype(np.int64)
    part = left - bins
    ink = np.zeros((n, w + 2 * h + 2))
    pictures = np.broadcast_to(np.arange(n)[:, None, None], bins.shape)
    np.add.at(ink, (pictures, bins), grey * (1 - part))
    np.add.at(ink, (pictures, bins + 1), grey * part)
    return _extent(ink)


def _extent(ink: FloatArray) -> FloatArray:
    """Between which places all ink (n, k) but a share lies: the length of that, (n,)."""
    n, k = ink.shape
    total = ink.sum(axis=1)
    filled = np.concatenate([np.zeros((n, 1)), ink.cumsum(axis=1)], axis=1)
    filled /= np.where(total == 0, 1, total)[:, None]
    low, high = (_place(filled, share) for share in (CUT / 2, 1 - CUT / 2))
    return np.where(total == 0, 0.0, np.minimum((high - low) / (1 - CUT), k))


def _place(filled: FloatArray, share: float) -> FloatArray:
    """Where each growing row of shares (n, k + 1) reaches ``share``, between its places."""
    after = np.clip((filled < share).sum(axis=1), 1, filled.shape[1] - 1)
    rows = np.arange(len(filled))
    low, high = filled[rows, after - 1], filled[rows, after]
    step = np.where(high > low, high - low, 1)
    place: FloatArray = after - 1 + np.clip((share - low) / step, 0, 1)
    return place


def _area(grey: FloatArray) -> FloatArray:
    """Pixels at least half as bright as the brightest of the picture."""
    area: FloatArray = _bright(grey).sum(axis=(1, 2)) / UPSAMPLED**2
    return area


def _thickness(grey: FloatArray) -> FloatArray:
    """Width of its strokes in pixels: four times the mean distance of its pixels to the ground."""
    from scipy.ndimage import distance_transform_edt

    bright = np.pad(_bright(grey), ((0, 0), (1, 1), (1, 1)))
    count = bright.sum(axis=(1, 2))
    distance = np.array([distance_transform_edt(one).sum() for one in bright])
    mean = distance / np.where(count == 0, 1, count) - 0.5  # from a pixel's middle to its edge
    thickness: FloatArray = np.where(count == 0, 0.0, 4 * mean / UPSAMPLED)
    return thickness


def _bright(grey: FloatArray) -> np.ndarray:
    """Which points of the enlarged pictures are in the shape, (n, UPSAMPLED h, UPSAMPLED w)."""
    large = grey
    for axis in (1, 2):
        large = _enlarged(large, axis)
    most = grey.max(axis=(1, 2))
    found: np.ndarray = (large >= most[:, None, None] / 2) & (most > 0)[:, None, None]
    return found


def _enlarged(grey: FloatArray, axis: int) -> FloatArray:
    """Linear interpolation along an axis, at the middles of smaller pixels."""
    n = grey.shape[axis]
    at = np.clip((np.arange(UPSAMPLED * n) + 0.5) / UPSAMPLED - 0.5, 0, n - 1)
    low = np.minimum(at.astype(np.int64), max(n - 2, 0))
    share = np.expand_dims(at - low, [k for k in range(grey.ndim) if k != axis])
    high = np.minimum(low + 1, n - 1)
    found: FloatArray = (1 - share) * grey.take(low, axis) + share * grey.take(high, axis)
    return found


MEASURES: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "slant": _slant,
    "thickness": _thickness,
    "width": _width,
    "upright-width": _upright_width,
    "height": _height,
    "area": _area,
}
"""Every measure by its name: of grey pictures (n, h, w), one number each."""
