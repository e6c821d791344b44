"""Recall of Kynkäänniemi et al.: do generated rows lie everywhere where real ones do?"""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.metrics._manifold import NeighbourhoodMetric, held_share
from aegen.metrics.base import Measured

__all__ = ["Recall"]


class Recall(NeighbourhoodMetric):
    r"""Share of real rows that lie on the manifold of the generated ones.

    $\frac1n \sum_i 1[\exists j: |x_i - y_j| \le r_k(y_j)]$: precision with the roles exchanged, so
    generated rows $y_1..y_m$ carry the balls, and $r_k(y_j)$ is the distance of $y_j$ to its k-th
    nearest other generated row.

    What real rows reach is below 1, as for precision.

    Goes wrong where generated rows lie far apart: their balls are wide and hold everything, so
    thrice the spread has a recall of 1. Coverage has no such flaw.

    Influences of real rows are exact, those of generated rows are as the real ones' of precision.

    Cost: all distances between the rows, O(m (n + m) d): 0.1 s for 2,000 a side of 10 numbers.

    Reference: Kynkäänniemi et al. 2019 (arXiv 1904.06991), equations 1 and 2. Without ties it
    agrees with the package prdc, whose balls are open.

    Example:
        >>> Recall(k=1)([[0.5], [9.0], [1.5], [1.9]], [[0.0], [1.0], [3.0]])
        0.75
    """

    title = "Recall"
    summary = "Share of real rows that lie among the generated ones; 1 is best."
    references = ("kynkaanniemi2019",)
    direction = "higher"
    best = 1.0
    detects = "part"

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        value, made, real = held_share(y, x, self.k, rng, name="generated rows", title=self.title)
        return Measured(value, real, made)
