"""The row that shows a value best: its code is nearest to the mean of all that have the value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray

__all__ = ["typical_rows"]


def typical_rows(codes: FloatArray, labels: ArrayLike, values: Sequence[str]) -> dict[str, int]:
    """The row nearest to the mean of its value's codes, by value; a value of no row is left out.

    Of equally near ones the first.

    Args:
        codes: float64 (n, d).
        labels: index into ``values`` of each row, int (n,).
        values: names of the values.

    Example:
        >>> typical_rows(np.array([[0.0], [1.0], [2.0], [9.0]]), [0, 0, 0, 1], ["low", "high"])
        {'low': 1, 'high': 3}
    """
    given = np.asarray(labels)
    found = {}
    for k, value in enumerate(values):
        rows = np.flatnonzero(given == k)
        if len(rows):
            own = codes[rows]
            found[value] = int(rows[((own - own.mean(axis=0)) ** 2).sum(axis=1).argmin()])
    return found
