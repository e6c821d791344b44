"""Colour scales of numbers: which value each colour stands for, and where values lie between."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray
from aegen.core.errors import UnknownName

__all__ = ["SCALES", "Scale", "positions", "stops"]

Scale = Literal["even", "log", "rank"]

SCALES: tuple[Scale, ...] = get_args(Scale)
"""Colours go evenly with the values, with their logarithm, or with their rank."""

FAR = 2.0
"""So many times as long as the middle 98 % a range must be for its ends to be left out."""

STEPS = 128
"""Stretches of a scale that is not even."""


def stops(values: ArrayLike, scale: Scale = "even") -> tuple[float, ...]:
    """The values of colours that follow each other evenly, ascending; two for an even scale.

    An even scale ends at the 1 % and 99 % quantiles where a few far values would otherwise leave
    one colour to all others. A logarithmic one of values at or below 0 is logarithmic both ways
    from 0 (the inverse hyperbolic sine). By rank each colour has as many values.

    Args:
        values: (n,) finite.
        scale: one of `SCALES`.

    Raises:
        UnknownName: no scale is called so.

    Example:
        >>> stops([0.0, 1.0, 4.0]), stops([1.0, 2.0, 100.0], "rank")[64]
        ((0.0, 4.0), 2.0)
    """
    if scale not in SCALES:
        raise UnknownName("colour scale", scale, SCALES)
    x = np.asarray(values, dtype=np.float64)
    if not x.size:
        return 0.0, 1.0
    if scale == "rank":
        return tuple(np.quantile(x, np.linspace(0, 1, STEPS + 1)).tolist())
    low, high = float(x.min()), float(x.max())
    if scale == "log" and low < high:
        return tuple(_logarithmic(x, low, high).tolist())
    first, last = np.quantile(x, [0.01, 0.99]).tolist()
    return (first, last) if 0 < FAR * (last - first) < high - low else (low, high)


def _logarithmic(x: FloatArray, low: float, high: float) -> FloatArray:
    spaced: FloatArray
    if low > 0:
        spaced = np.geomspace(low, high, STEPS + 1)
    else:
        unit = float(np.quantile(np.abs(x[x != 0]), 0.1))
        first, last = np.arcsinh([low / unit, high / unit]).tolist()
        spaced = unit * np.sinh(np.linspace(first, last, STEPS + 1))
    spaced[[0, -1]] = low, high
    return spaced


def positions(values: ArrayLike, stops: ArrayLike) -> FloatArray:
    """Where values lie on a scale with these stops, (n,) from 0 to 1, in double precision.

    Values beyond the ends are at the ends; one that several stops share is in their middle.

    Example:
        >>> positions([1e9, 1e9 + 1e-3], [1e9 - 1e-3, 1e9 + 1e-3]).round(3).tolist()
        [0.5, 1.0]
    """
    x, ends = (np.asarray(each, dtype=np.float64) for each in (values, stops))
    last = len(ends) - 1
    left, right = np.searchsorted(ends, x, "left"), np.searchsorted(ends, x, "right")
    below = np.clip(left - 1, 0, last - 1)
    span = ends[below + 1] - ends[below]
    inside = below + (x - ends[below]) / np.where(span > 0, span, 1)
    place = np.where(right > left, (left + right - 1) / 2, inside)
    found: FloatArray = np.clip(place / last, 0, 1)
    return found
