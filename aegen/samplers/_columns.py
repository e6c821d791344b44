"""Centre and spread of each column, safe for constant columns, huge offsets and tiny scales."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput

__all__ = ["centre_and_scale", "refuse_constant", "standardise"]


def centre_and_scale(
    z: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation (dividing by n) of each column of ``z`` (n, d), both (d,).

    A constant column has exactly its value and exactly 0. ``weights`` (n,) sum to one; rows of
    weight zero do not count.
    """
    if weights is not None:
        z, weights = z[weights > 0], weights[weights > 0]
    low, high = z.min(axis=0), z.max(axis=0)
    constant = low == high
    centre = np.where(constant, low, np.average(z, axis=0, weights=weights))
    centred = z - centre
    # Squares are taken of values of at most 1, so that none overflows or vanishes.
    largest = np.where(constant, 1.0, np.abs(centred).max(axis=0))
    centred /= largest
    scale = largest * np.sqrt(np.average(centred * centred, axis=0, weights=weights))
    return centre, np.where(constant, 0.0, scale)


def standardise(z: FloatArray, centre: FloatArray, scale: FloatArray) -> FloatArray:
    """``(z - centre) / scale``; a column of scale 0 becomes 0.

    Values are held within ±1e100, far beyond any that matters, so that their squares stay finite.
    """
    with np.errstate(over="ignore"):
        shifted = np.clip(z - centre, -1e300, 1e300)
        scaled = np.where(scale > 0, shifted / np.where(scale > 0, scale, 1.0), 0.0)
    held: FloatArray = np.clip(scaled, -1e100, 1e100)
    return held


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
