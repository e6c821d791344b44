"""Linear and spherical interpolation (slerp) between two codes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, count
from aegen.core.errors import InvalidInput
from aegen.traversal.directions import one_code

__all__ = ["along", "interpolate"]


def interpolate(
    a: ArrayLike,
    b: ArrayLike,
    steps: int,
    *,
    kind: Literal["straight", "spherical"] = "straight",
    centre: ArrayLike | None = None,
) -> FloatArray:
    """Codes from ``a`` to ``b`` (d,), ends included, in ``steps`` >= 2 equal steps of t in [0, 1].

    straight: (1 - t) a + t b. In high dimensions its middle lies nearer to the centre than codes
    usually do, where decoders are less sure.
    spherical: around ``centre`` c, the angle turns evenly and the distance from c changes evenly:
    c + r(t) [sin((1-t) w) a' + sin(t w) b'] / sin w, with w the angle between the unit vectors a'
    and b' from c, and r(t) = (1 - t) |a - c| + t |b - c|.

    The centre (d,) may be the codes' mean; by default it is the origin.

    Returns:
        float64 (steps, d); the first row is ``a`` and the last is ``b``, exactly.

    Raises:
        InvalidInput: codes of different dimensions, an unknown kind, fewer than 2 steps, or a
            spherical path between codes that are opposite, where every way round is as short.

    Source: K. Shoemake, "Animating rotation with quaternion curves", 1985.

    Example:
        >>> interpolate([0.0, 2.0], [2.0, 0.0], 3).tolist()
        [[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]]
        >>> interpolate([0.0, 2.0], [2.0, 0.0], 3, kind="spherical")[1].round(3).tolist()
        [1.414, 1.414]
    """
    a = one_code(a, "a")
    b = one_code(b, "b", len(a))
    t = np.linspace(0, 1, count(steps, name="steps", minimum=2))[:, None]
    if kind not in ("straight", "spherical"):
        raise InvalidInput(f'kind must be "straight" or "spherical", got {kind!r}')
    if kind == "straight":
        path = (1 - t) * a + t * b
    else:
        c = np.zeros_like(a) if centre is None else one_code(centre, "centre", len(a))
        path = c + _arc(a - c, b - c, t)
    path[0], path[-1] = a, b
    return path


def along(points: ArrayLike, steps: int) -> FloatArray:
    """``steps`` >= 2 points at equal distances along a line of points (k, c), k >= 2.

    Returns:
        float64 (steps, c).

    Raises:
        InvalidInput: fewer than two points or steps.

    Example:
        >>> along([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]], 3).tolist()
        [[0.0, 0.0], [1.0, 1.0], [1.0, 3.0]]
    """
    line = arrays.codes(points, name="points", minimum=2, why="for a line")
    until = np.concatenate([[0.0], np.linalg.norm(np.diff(line, axis=0), axis=1).cumsum()])
    at = np.linspace(0, until[-1], count(steps, name="steps", minimum=2))
    return np.stack([np.interp(at, until, column) for column in line.T], axis=1)


def _arc(a: FloatArray, b: FloatArray, t: FloatArray) -> FloatArray:
    """The spherical interpolation around the origin."""
    long_a, long_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if long_a == 0 or long_b == 0:  # the centre itself has no angle
        return (1 - t) * a + t * b
    to_a, to_b = a / long_a, b / long_b
    # by half-chords: arccos loses half of the digits where the angle is small
    angle = 2 * np.arctan2(np.linalg.norm(to_a - to_b), np.linalg.norm(to_a + to_b))
    if np.pi - angle < 1e-6:
        raise InvalidInput(
            "a spherical path between codes that lie opposite each other is not unique: "
            "go straight, or move the centre"
        )
    radius: FloatArray = (1 - t) * long_a + t * long_b
    if angle < 1e-9:
        return radius * to_a
    arc: FloatArray = (np.sin((1 - t) * angle) * to_a + np.sin(t * angle) * to_b) / np.sin(angle)
    return radius * arc
