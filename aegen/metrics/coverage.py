"""Coverage of Naeem et al.: what share of real rows has a generated row near it?"""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics._block_variance import scatter, shrink
from aegen.metrics._distances import squared_distances
from aegen.metrics._manifold import Balls, NeighbourhoodMetric, measure, of_one_scale, reaches
from aegen.metrics.base import Measured

__all__ = ["Coverage"]


class Coverage(NeighbourhoodMetric):
    r"""Share of real rows that have a generated row as near as their k-th real neighbour.

    $\frac1n \sum_i 1[\min_j |x_i - y_j| \le r_k(x_i)]$ with real rows $x_1..x_n$, generated rows
    $y_1..y_m$ and $r_k(x_i)$ the distance of $x_i$ to its k-th nearest other real row.

    For equal laws without ties its expectation is exactly
    $1 - \frac{(n-1)(n-2) \cdots (n-k)}{(m+n-1)(m+n-2) \cdots (m+n-k)}$, about $1 - 2^{-k}$ where
    n = m: 0.969 for k = 5. A value above that is no better than real data.

    Goes wrong where few rows are generated, as each covers about k real ones. Copies of the real
    rows that it is given cover them all, so these must be rows that were not trained on.

    Influences are the jackknife's, scaled so that the error is the one that disjoint blocks of
    rows show (``_block_variance.py``).

    Cost: all distances between the rows, O(n (n + m) d): 0.1 s for 2,000 a side of 10 numbers.

    Reference: Naeem et al. 2020 (arXiv 2002.09797), equation 4 and section 3.2, with closed balls.
    Without ties it agrees with the package prdc, whose balls are open.

    Example:
        >>> Coverage(k=1)([[0.0], [1.0], [3.0], [9.0]], [[0.5], [1.9]])
        0.75
    """

    title = "Coverage"
    summary = "Share of real rows with a generated one near them; real data reach 0.97."
    references = ("naeem2020",)
    direction = "higher"
    best = 1.0
    seeds_needed = 3  # its error is understated where models are far from the data

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        real, made = of_one_scale(x, y)
        balls = Balls.around(real, self.k, name="reference rows", title=self.title)
        first, second, nearest = _two_nearest(real, made)
        n, m = len(real), len(made)
        covered = first <= balls.reach
        # Without real row i its own place in the count goes, and balls that reached over it grow.
        grown = ~covered & (first <= balls.next)
        gained = np.bincount(balls.near[grown].ravel(), minlength=n)
        without = (covered.sum() - covered + gained) / (n - 1)
        # Without generated row j those are bare that it alone covers.
        alone = covered & (second > balls.reach)
        lost = np.bincount(nearest[alone], minlength=m) / n
        of_real = -(n - 1) * (without - without.mean())
        of_made = (m - 1) * (lost - lost.mean())
        total = scatter(self._value, real, made, 4 * self.k, rng)
        factor = shrink(total, [of_real, of_made], None)
        return Measured(float(covered.mean()), factor * of_real, factor * of_made)

    def _value(self, real: FloatArray, made: FloatArray) -> float:
        """The value for few rows."""
        return float((squared_distances(real, made).min(axis=1) <= reaches(real, self.k)).mean())


def _two_nearest(real: FloatArray, made: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Squared distances of each real row to the two nearest generated ones; the nearest one."""
    rows, _ = Neighbours(made).query(real, min(2, len(made)))
    first = measure(real, made[rows[:, 0]])
    second = measure(real, made[rows[:, 1]]) if len(made) > 1 else np.full(len(real), np.inf)
    return first, second, rows[:, 0]
