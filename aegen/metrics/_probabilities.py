"""Rows that hold a classifier's probabilities for the values of one or more attributes."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput

__all__ = ["attributes"]

ROUNDING = 1e-3
"""How far a row's probabilities may be from a whole sum, as those made in float32 are."""


def attributes(probabilities: FloatArray, name: str = "row") -> int:
    """How many attributes ``probabilities`` (m, k) are for, which is what each row sums to.

    Raises:
        InvalidInput: the rows are something else than probabilities.

    Example:
        >>> attributes(np.array([[0.25, 0.75, 1.0, 0.0]]))
        2
    """
    sums = probabilities.sum(axis=1)
    k = round(float(sums[0])) if np.isfinite(sums[0]) else 0
    if k < 1 or probabilities.min() < 0 or not np.abs(sums - k).max() <= ROUNDING:
        raise InvalidInput(
            f"this metric takes probabilities: every {name} must sum to the number of attributes, "
            f"with nothing below 0; the sums are {sums.min():.6g} to {sums.max():.6g} and the "
            f"least number is {probabilities.min():.6g}"
        )
    return k
