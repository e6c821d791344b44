"""Distances between two sets of rows, and units in which their squares are ordinary numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.core.errors import InvalidInput
from aegen.metrics.base import Measured

__all__ = ["in_units", "measured_in_units", "ordinary_units", "squared_distances"]

FEW_DIMENSIONS = 16
"""Up to here a direct sum of squared differences takes as long as matrix products do."""

CLOSE = 1e-6
"""Pairs nearer than this, squared and beside their distance to the centre, are measured anew."""

LARGEST = 1e150
"""Values and influences stay below: their squares are summed for standard errors."""

AT_ONCE = 4_000_000
"""Differences held at once while close pairs are measured anew (32 MB)."""


def squared_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared Euclidean distance of each row of ``a`` (n, d) to each of ``b`` (m, d): (n, m).

    Right to about ten digits, also for rows that nearly agree; exactly 0 for equal rows, never
    negative. In many dimensions from one matrix product, |a|² - 2ab + |b|², of rows less their
    centre; the few pairs for which that loses digits are measured again by their differences.
    2,000 rows by 2,000 take 0.02 s in 10 dimensions, 0.1 s in 784. Values above 1e150 overflow:
    see `ordinary_units`.

    Example:
        >>> squared_distances(np.array([[0.0], [1.0]]), np.array([[3.0]])).tolist()
        [[9.0], [4.0]]
    """
    from scipy.spatial.distance import cdist

    if a.shape[1] <= FEW_DIMENSIONS or not len(a) or not len(b):
        direct: FloatArray = cdist(a, b, "sqeuclidean")
        return direct
    centre = a.mean(axis=0)
    x = a - centre
    y = x if b is a else b - centre
    squares: FloatArray = x @ y.T
    rows, columns = _completed(squares, np.square(x).sum(axis=1), np.square(y).sum(axis=1))
    step = max(1, AT_ONCE // a.shape[1])
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], columns[start : start + step]
        squares[i, j] = np.square(a[i] - b[j]).sum(axis=1)
    return squares


@compiled
def _completed(products: FloatArray, a: FloatArray, b: FloatArray) -> tuple[IntArray, IntArray]:
    """Make squared distances of products (n, m), in place, with squares (n,) and (m,).

    Gives the pairs that are too close for it.
    """
    n, m = products.shape
    close = 0
    for i in range(n):
        for j in range(m):
            both = a[i] + b[j]
            products[i, j] = both - 2 * products[i, j]
            close += products[i, j] < CLOSE * both
    rows, columns = np.empty(close, dtype=np.int64), np.empty(close, dtype=np.int64)
    for i in range(n if close else 0):
        for j in range(m):
            if products[i, j] < CLOSE * (a[i] + b[j]):
                close -= 1
                rows[close], columns[close] = i, j
    return rows, columns


def ordinary_units(real: FloatArray, made: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Both sets of rows less the centre of ``real`` and over 2^e, so that no square overflows.

    Distances of the result times 2^e are those of the rows; a power of two changes no digit. The
    largest number in them is 1 to 2, or 0. The third that is returned is e.

    Example:
        >>> ordinary_units(np.array([[1.0], [5.0]]), np.array([[3.0]]))[2]
        1
    """
    first = _exponent(real, made)
    real, made = np.ldexp(real, -first), np.ldexp(made, -first)
    centre = real.mean(axis=0)
    real, made = real - centre, made - centre
    second = _exponent(real, made)
    return np.ldexp(real, -second), np.ldexp(made, -second), first + second


def in_units(value: float | FloatArray, exponent: int, title: str) -> FloatArray:
    """``value`` times 2^``exponent``.

    Raises:
        InvalidInput: the product is too large for its square to be a number.

    Example:
        >>> float(in_units(1.5, 2, "the distance"))
        6.0
    """
    with np.errstate(over="ignore"):
        scaled: FloatArray = np.ldexp(value, exponent)
    if not np.abs(scaled).max(initial=0.0) < LARGEST:
        raise InvalidInput(
            f"rows are too far apart for {title}, which overflows: divide both sets of rows by "
            "their common scale"
        )
    return scaled


def measured_in_units(
    value: float, influences: Iterable[FloatArray], exponent: int, title: str
) -> Measured:
    """A value with its influences, all times 2^``exponent``; raises what `in_units` does."""
    real, made = (in_units(part, exponent, title) for part in influences)
    return Measured(float(in_units(value, exponent, title)), real, made)


def _exponent(real: FloatArray, made: FloatArray) -> int:
    """The e with 2^e <= largest absolute number < 2^(e + 1); 0 where all are 0."""
    largest = max(float(np.abs(rows).max(initial=0.0)) for rows in (real, made))
    return math.frexp(largest)[1] - 1 if largest else 0
