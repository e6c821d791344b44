"""POT's exact transport, without the deep-learning frameworks that importing it would load."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["transport"]

FRAMEWORKS = ("PYTORCH", "JAX", "CUPY", "TENSORFLOW")

STEPS = 100_000_000
"""Where the network simplex gives up. 2,000 rows a side need far fewer than a million."""


def transport(cost: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Optimal transport between n and m equal weights by the network simplex.

    Args:
        cost: of moving a unit from each source to each target (n, m).

    Returns:
        the least cost of moving one unit in all, and the dual potentials of sources (n,) and of
        targets (m,): no sum of two is above their cost, and their means add up to the value.

    Raises:
        RuntimeError: the simplex did not end, which is a defect and not the caller's.

    Example:
        >>> transport(np.array([[3.0, 5.0]]))[0]
        4.0
    """
    n, m = cost.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the log says whether it ended
        value, log = _pot().emd2(
            np.full(n, 1 / n),
            np.full(m, 1 / m),
            np.ascontiguousarray(cost),
            numItermax=STEPS,
            log=True,
            center_dual=True,
            check_marginals=False,
        )
    if log["warning"] is not None:
        raise RuntimeError(f"optimal transport of {n} to {m} rows did not end: {log['warning']}")
    return float(value), np.asarray(log["u"], float), np.asarray(log["v"], float)


def _pot() -> Any:
    """POT, told not to look for frameworks, which it does once, unless it is imported already."""
    if "ot" in sys.modules:
        return sys.modules["ot"]
    added = [f"POT_BACKEND_DISABLE_{name}" for name in FRAMEWORKS]
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        import ot
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return ot
