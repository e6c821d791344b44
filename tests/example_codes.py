"""Tiny sets of codes whose true distribution is known, or that are awkward on purpose."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["AWKWARD", "CORRELATION", "clusters", "constant_column", "tied", "tilted"]

Array = NDArray[np.float64]

CORRELATION = 0.8


def tilted(n: int = 200, *, seed: int = 0) -> Array:
    """Normal codes (n, 2) with means 1 and -2, standard deviations 2 and 0.5, correlation 0.8."""
    x = np.random.default_rng(seed).normal(size=(n, 2))
    second = CORRELATION * x[:, 0] + np.sqrt(1 - CORRELATION**2) * x[:, 1]
    return np.column_stack([1 + 2 * x[:, 0], -2 + 0.5 * second])


def clusters(n: int = 300, d: int = 3, *, seed: int = 0) -> Array:
    """Three normal clusters (n, d) of shares 1/2, 1/3, 1/6, sd 0.3, centred at 0, 4 and -4."""
    rng = np.random.default_rng(seed)
    which = np.repeat([0.0, 4.0, -4.0], [n // 2, n // 3, n - n // 2 - n // 3])
    return which[:, None] + 0.3 * rng.normal(size=(n, d))


def tied(n: int = 200, *, seed: int = 0) -> Array:
    """Dependent codes (n, 2) with six different values a column."""
    return np.clip(np.round(tilted(n, seed=seed) * [0.5, 2.0]), [-2, -6], [3, -1])


def constant_column(n: int = 100, *, seed: int = 0) -> Array:
    """Codes (n, 3) whose column 1 is 7.1 throughout."""
    z = tilted(n, seed=seed)
    return np.column_stack([z[:, 0], np.full(n, 7.1), z[:, 1]])


def _far_away() -> Array:
    return tilted(60) + 1e9


def _tiny() -> Array:
    return tilted(60) * 1e-150


def _vast() -> Array:
    return tilted(60) * 1e90


def _outlier() -> Array:
    z = tilted(60)
    z[7] = 1e6
    return z


def _copies() -> Array:
    return np.repeat(tilted(20), 4, axis=0)


def _collinear() -> Array:
    z = tilted(60)
    return np.column_stack([z, z @ [1.0, 3.0]])


def _all_alike() -> Array:
    return np.full((20, 2), -3.3)


AWKWARD: dict[str, Callable[[], Array]] = {
    "tied": lambda: tied(60),
    "constant column": lambda: constant_column(60),
    "all alike": _all_alike,
    "copies": _copies,
    "collinear": _collinear,
    "outlier": _outlier,
    "far away": _far_away,
    "tiny": _tiny,
    "vast": _vast,
}
"""Sets that a latent model must fit and draw from, whatever it says about their density."""
