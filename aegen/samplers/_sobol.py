"""Points that fill a cube evenly and are the same each time."""

from __future__ import annotations

from functools import lru_cache

from aegen.core.arrays import FloatArray

__all__ = ["sobol"]


@lru_cache(maxsize=32)
def sobol(d: int, points: int) -> FloatArray:
    """The first ``points``, a power of two, of a Sobol sequence in (0, 1)^d, (points, d).

    Shifted by half a step, so that none lies on a side; one point is the middle.
    """
    from scipy.stats import qmc

    sequence: FloatArray = qmc.Sobol(d, scramble=False).random(points)
    sequence += 0.5 / points
    sequence.setflags(write=False)
    return sequence
