"""Density of Naeem et al.: how many real rows have each generated row near them?"""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.metrics._block_variance import scatter, shrink
from aegen.metrics._distances import squared_distances
from aegen.metrics._manifold import Balls, NeighbourhoodMetric, inside, of_one_scale, reaches
from aegen.metrics.base import Measured

__all__ = ["Density"]


class Density(NeighbourhoodMetric):
    r"""How many balls around real rows a generated row is in, over k, on average.

    $\frac{1}{km} \sum_j \sum_i 1[|y_j - x_i| < r_k(x_i)]$ with real rows $x_1..x_n$, generated
    rows $y_1..y_m$ and $r_k(x_i)$ the distance of $x_i$ to its k-th nearest other real row. Its
    expectation for equal laws is exactly 1 for every n, m, k and law without ties: each ball
    holds a new row with probability $k/n$. Above 1 generated rows crowd where real ones are dense.

    Goes wrong as a measure of likeness: half the spread has a value above 1, and so have rows
    that lie at the modes only; hence values nearer to 1 are better here, not higher ones.
    Wide balls around single real rows count less than in precision, as one among k.

    Influences of generated rows are exact. Those of real rows are the jackknife's, scaled so that
    the error is the one that disjoint blocks of rows show (``_block_variance.py``).

    Reference: Naeem et al. 2020 (arXiv 2002.09797), equation 3; agrees with the package prdc.

    Example:
        >>> Density(k=1)([[0.0], [1.0], [3.0]], [[0.5], [9.0], [1.5], [1.9]])
        1.5
    """

    title = "Density"
    summary = "How many real rows lie around a generated one, over what is usual; 1 is best."
    direction = "nearer"
    best = 1.0

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        real, made = of_one_scale(x, y)
        balls = Balls.around(real, self.k, name="reference rows", title=self.title)
        found = inside(balls, made)
        n, m = len(real), len(made)
        # Without row i its own ball goes, and those that reached over it are wider.
        wider = np.bincount(found.shell[:, 0], minlength=n)
        without = (
            np.bincount(balls.near.ravel(), weights=np.repeat(wider, self.k), minlength=n)
            - found.of_ball
        )
        of_real = -(n - 1) * (without - without.mean()) / (self.k * m)
        of_made = (found.of_point - found.of_point.mean()) / self.k
        total = scatter(self._value, real, made, 4 * self.k, rng)
        factor = shrink(total, [of_real], of_made)
        return Measured(float(found.of_point.mean() / self.k), factor * of_real, of_made)

    def _value(self, real: FloatArray, made: FloatArray) -> float:
        """The value for few rows."""
        held = squared_distances(real, made) < reaches(real, self.k)[:, None]
        return float(held.sum() / (self.k * len(made)))
