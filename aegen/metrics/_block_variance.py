"""Subsampling variance of values that depend on nearest neighbours, from disjoint blocks of rows.

The jackknife says which rows influence such a value, but overstates by how much, up to twice, as
each random meeting of neighbours counts once for every row in it. Blocks that share no row are as
good as repeated draws, so how their values scatter tells the scale.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.metrics.base import variance

__all__ = ["scatter", "shrink"]

REPEATS = 6
"""Times that the rows are divided anew; what is found is the mean."""

LEAST = 0.3
"""Least factor of the influences: in simulations the jackknife was not farther off than 0.44."""


def scatter(
    value: Callable[[FloatArray, FloatArray], float | FloatArray],
    real: FloatArray,
    made: FloatArray,
    fewest: int,
    rng: np.random.Generator,
) -> FloatArray | None:
    """Sampling variance of ``value(real, made)``, a number or several, by disjoint random blocks.

    The variance among B blocks over B, B about a third of the root of the number of rows: 14 for
    2,000. None where a block would have less than ``fewest`` rows or there were less than three.

    Reference: Politis and Romano 1994, Large sample confidence regions based on subsamples.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 2000, 1))
        >>> found = scatter(lambda x, y: x.mean() - y.mean(), x, y, 10, rng)
        >>> bool(0.5 < found / (2 / 2000) < 2)
        True
    """
    rows = min(len(real), len(made))
    blocks = min(int(np.sqrt(rows) / 3), rows // fewest)
    if blocks < 3:
        return None
    found = []
    for _ in range(REPEATS):
        parts = (np.array_split(rng.permutation(len(z)), blocks) for z in (real, made))
        values = np.array([value(real[i], made[j]) for i, j in zip(*parts, strict=True)])
        found.append(np.var(values, axis=0, ddof=1) / blocks)
    mean: FloatArray = np.asarray(np.mean(found, axis=0))
    return mean


def shrink(
    total: float | FloatArray | None, loose: list[FloatArray], exact: FloatArray | None
) -> float:
    """The factor for ``loose`` influences, of the jackknife, that makes the variance ``total``.

    1 where that is None. Beside them there may be ``exact`` influences, which stay as they are.

    Example:
        >>> influences = np.array([2.0, -2.0])
        >>> shrink(0.5, [influences], None)
        0.5
    """
    said = sum(variance(part) for part in loose)
    if total is None or said == 0:
        return 1.0
    rest = total - (variance(exact) if exact is not None else 0.0)
    return float(np.clip(np.sqrt(max(rest, 0.0) / said), LEAST, 1.0))
