"""Units of their own for codes, in which squares neither overflow nor vanish."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["Units"]

LARGEST = 1e150
"""Numbers beyond are taken for this one, whose square is a number still."""


class Units(NamedTuple):
    """A centre and a scale of codes (n, d): scales are powers of two, which change no digit.

    Attributes:
        first: exponent of the scale in which the codes' mean is taken.
        centre: that mean (d,).
        second: exponent of what is left when it is subtracted.
    """

    first: int
    centre: FloatArray
    second: int

    @classmethod
    def of(cls, z: FloatArray) -> Self:
        """Those in which the largest number is 1/2 to 1, or all are 0.

        Example:
            >>> units = Units.of(np.array([[1e300], [3e300]]))
            >>> units.apply(np.array([[1e300], [3e300]])).round(2).tolist()
            [[-0.75], [0.75]]
        """
        first = _exponent(z)
        scaled = np.ldexp(z, -first)
        centre = scaled.mean(axis=0)
        return cls(first, centre, _exponent(scaled - centre))

    def apply(self, z: FloatArray) -> FloatArray:
        """Codes (m, d) in these units."""
        with np.errstate(over="ignore"):
            moved = np.ldexp(np.ldexp(z, -self.first) - self.centre, -self.second)
        inside: FloatArray = np.clip(moved, -LARGEST, LARGEST)
        return inside


def _exponent(z: FloatArray) -> int:
    return int(np.frexp(np.abs(z).max(initial=0.0))[1])
