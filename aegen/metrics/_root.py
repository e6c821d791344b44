"""The root of a squared distance, with the sways that it has."""

from __future__ import annotations

import math

import numpy as np

from aegen.metrics.base import Measured

__all__ = ["root"]


def root(square: Measured) -> Measured:
    """The root of ``square``, and its sways: those of the square over twice the root.

    Where the square is below its own standard error, that stands in for it in the sways, as the
    root has no slope at 0.

    Example:
        >>> root(Measured(9.0, np.array([6.0, -6.0]), np.zeros(2))).real
        array([ 1., -1.])
    """
    value = math.sqrt(max(0.0, square.value))
    if square.real is None or square.made is None or square.error is None:
        return Measured(value)
    steepest = 2 * math.sqrt(max(square.value, square.error))
    if steepest == 0:
        return Measured(value, np.zeros_like(square.real), np.zeros_like(square.made))
    return Measured(value, square.real / steepest, square.made / steepest)
