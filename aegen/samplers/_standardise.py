"""Centre and spread of each column, safe for constant columns, huge offsets and tiny scales.

`centre_and_scale` are moments, for models that are defined by them. What only sets a unit follows
the bulk of the codes: `centre_and_spread` from quantiles, for a bandwidth by a rule; or moments of
`winsorised` codes, for principal axes.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput

__all__ = [
    "FAR",
    "ROUNDING",
    "centre_and_scale",
    "centre_and_spread",
    "column_ends",
    "effective_count",
    "first_copies",
    "ordered_spread",
    "refuse_constant",
    "standardise",
    "winsorised",
]

TAILS = 0.5 ** np.arange(2, 9)
"""What a central range leaves out on either side: a quarter (the interquartile range) and less."""

LEVELS = np.concatenate([[0.5], TAILS, 1 - TAILS])
"""The median, and the ends of these ranges."""

NORMAL_RANGES = -2 * ndtri(TAILS)
"""How wide they are for a normal distribution."""

NARROW = 0.1
"""A range is too narrow to stand for a column if below this share of the next."""

FAR = 10.0
"""Spreads from the median beyond which a value is far: a normal one never comes to be."""

ROWS_AT_ONCE = 64
"""Rows whose ends are sought side by side, which takes a fifth of the time."""

ROUNDING = 1e-9
"""Shares of the rows that differ by less are the same: they are sums of weights."""


def centre_and_scale(
    z: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation (dividing by n) of each column of ``z`` (n, d), both (d,).

    A constant column has exactly its value and exactly 0. ``weights`` (n,) sum to one; rows of
    weight zero do not count.
    """
    if weights is not None:
        z, weights = z[weights > 0], weights[weights > 0]
    low, high = column_ends(z)
    constant = low == high
    centre = np.where(constant, low, np.average(z, axis=0, weights=weights))
    # Squares are taken of values of at most 1, so that none overflows or vanishes.
    largest = np.where(constant, 1.0, np.maximum(high - centre, centre - low))
    # They lie in memory as z does: of columns one after the other, sums are those of each alone.
    squares = np.subtract(z, centre, out=np.empty_like(z, np.result_type(z, centre)))
    squares /= largest
    squares *= squares
    scale = largest * np.sqrt(np.average(squares, axis=0, weights=weights))
    return centre, np.where(constant, 0.0, scale)


def column_ends(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest value of each column of codes (n, d), (d,): many rows at a time."""
    if not z.flags.c_contiguous:
        return z.min(axis=0), z.max(axis=0)
    n, d = z.shape
    rows = n // ROWS_AT_ONCE * ROWS_AT_ONCE
    wide, rest = z[:rows].reshape(-1, ROWS_AT_ONCE * d), z[rows:]
    low, high = rest.min(axis=0, initial=np.inf), rest.max(axis=0, initial=-np.inf)
    if rows:
        low = np.minimum(low, wide.min(axis=0).reshape(-1, d).min(axis=0))
        high = np.maximum(high, wide.max(axis=0).reshape(-1, d).max(axis=0))
    return low, high


def centre_and_spread(
    z: FloatArray, weights: FloatArray | None = None, *, ordered: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    r"""Median and robust standard deviation of each column of ``z`` (n, d), both (d,).

    $s = \min(\sigma, (Q_{3/4} - Q_{1/4}) / 1.349)$, which a few far rows do not sway. Where more
    than half of the rows have one value, or nearly so beside the others (a ReLU's zeros, a
    saturated sigmoid), a wider central range over that of a normal distribution takes the place of
    the interquartile one; the standard deviation where there is none. A constant column has
    exactly its value and exactly 0. Whole-number ``weights`` (n,) are repeated rows. Without them,
    ``ordered`` are the sorted columns where these are known, (n, d).

    Reference: Silverman 1986, section 3.4.2.

    Example:
        >>> z = np.array([[i, max(i - 6, 0), 7] for i in range(9)] + [[1e9, 3, 7]])
        >>> [column.round(2).tolist() for column in centre_and_spread(z)]
        [[4.5, 0.0, 7.0], [3.71, 0.74, 0.0]]
    """
    scale = centre_and_scale(z, weights)[1]
    if weights is None:
        quantiles = _quantiles(np.sort(z, axis=0) if ordered is None else ordered, None)
        return quantiles[0], _spread(quantiles, scale)
    z, weights = z[weights > 0], weights[weights > 0]
    found = np.empty((1 + 2 * len(TAILS), z.shape[1]))
    for j, column in enumerate(z.T):
        order = np.argsort(column, kind="stable")
        found[:, j] = _quantiles(column[order], weights[order])
    return found[0], _spread(found, scale)


def ordered_spread(column: FloatArray, weights: FloatArray | None = None) -> float:
    """The spread of `centre_and_spread` of one sorted column (n,), whose weights (n,) are > 0."""
    scale = centre_and_scale(column[:, None], weights)[1]
    return float(_spread(_quantiles(column, weights)[:, None], scale)[0])


def _spread(quantiles: FloatArray, scale: FloatArray) -> FloatArray:
    """The spread of columns from their quantiles, see `_quantiles`, and their scale (d,)."""
    low, high = quantiles[1 : 1 + len(TAILS)], quantiles[1 + len(TAILS) :]
    widths = (high - low) / NORMAL_RANGES[:, None]
    wide_enough = widths > 0
    wide_enough[:-1] &= widths[:-1] >= NARROW * widths[1:]
    first = wide_enough.argmax(axis=0)
    width = np.where(wide_enough.any(axis=0), widths[first, np.arange(len(scale))], np.inf)
    return np.minimum(width, scale)


def winsorised(z: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """``z`` (n, d) with far values moved to 10 spreads from the median of their column.

    Moments of it are exactly those of columns that have no far value, and hardly swayed by those
    of others.
    """
    centre, spread = centre_and_spread(z, weights)
    held: FloatArray = np.clip(z, centre - FAR * spread, centre + FAR * spread)
    return held


def _quantiles(ordered: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Median, then lower and upper ends of the `TAILS`, of rows in order: (levels, ...).

    Where a level lies on a step, the mean of both values.
    """
    shares = np.arange(1.0, len(ordered) + 1) if weights is None else np.cumsum(weights)
    shares /= shares[-1]
    below = np.searchsorted(shares, LEVELS - ROUNDING)
    above = np.searchsorted(shares, LEVELS + ROUNDING, side="right")
    last = len(shares) - 1
    middle: FloatArray = (
        ordered[np.minimum(below, last)] / 2 + ordered[np.minimum(above, last)] / 2
    )
    return middle


def standardise(z: FloatArray, centre: FloatArray, scale: FloatArray) -> FloatArray:
    """``(z - centre) / scale``; a column of scale 0 becomes 0.

    Values are held within ±1e100, far beyond any that matters, so that their squares stay finite.
    """
    with np.errstate(over="ignore"):
        x = z - centre
        np.clip(x, -1e300, 1e300, out=x)
        x /= np.where(scale > 0, scale, 1.0)
    if not (scale > 0).all():
        x[:, ~(scale > 0)] = 0.0
    np.clip(x, -1e100, 1e100, out=x)
    return x


def refuse_constant(title: str, centre: FloatArray, scale: FloatArray) -> None:
    """Raise `InvalidInput` if a column is constant: there is no density along it.

    Raises:
        InvalidInput: names the columns.
    """
    constant = np.flatnonzero(scale == 0)
    if len(constant):
        first = ", ".join(str(int(k)) for k in constant[:5])
        more = f" and {len(constant) - 5} more" if len(constant) > 5 else ""
        columns = "column" if len(constant) == 1 else "columns"
        raise InvalidInput(
            f"{title} has no density: {columns} {first}{more} of the training codes "
            f"never changed (first value {centre[constant[0]]:g}); samples can be drawn, "
            "for a density leave constant columns out before fitting"
        )


def first_copies(z: FloatArray) -> IntArray:
    """For each row of ``z`` (n, d) the first row that equals it, itself if none before does."""
    first = np.arange(len(z))
    if z.shape[1] and (np.diff(np.sort(z[:, 0])) != 0).all():  # as a rule; a fifth of the time
        return first
    group = np.zeros(len(z), dtype=np.int64)
    alike = first  # rows that some other row still equals in all columns looked at
    for column in z.T:
        order = np.lexsort((column[alike], group[alike]))
        alike = alike[order]  # equal rows stay in their order
        step = (np.diff(column[alike]) != 0) | (np.diff(group[alike]) != 0)
        begins = np.r_[True, step]
        group[alike] = np.cumsum(begins)
        alone = begins & np.r_[step, True]
        alike = alike[~alone]
        if not len(alike):
            return first
    begins = np.r_[True, np.diff(group[alike]) != 0]
    first[alike] = alike[begins][np.cumsum(begins) - 1]
    return first


def effective_count(
    z: FloatArray, weights: FloatArray | None = None, first: IntArray | None = None
) -> float:
    r"""Kish's effective number of rows, $1 / \sum_i w_i^2$, copies counting as one heavier row.

    So whole-number weights and repeated rows have the same number, and rows that all differ and
    weigh the same count as they are. ``first`` is what `first_copies` says, where it is known.
    """
    first = first_copies(z) if first is None else first
    if weights is None and (first == np.arange(len(z))).all():
        return float(len(z))
    weights = np.full(len(z), 1 / len(z)) if weights is None else weights
    shares = np.bincount(first, weights=weights)
    return float(weights.sum() ** 2 / (shares @ shares))
