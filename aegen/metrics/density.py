"""Density of Naeem et al.: how many real rows have each generated row near them?"""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.metrics._block_variance import scatter, shrink
from aegen.metrics._distances import squared_distances
from aegen.metrics._manifold import (
    Balls,
    Inside,
    NeighbourhoodMetric,
    inside,
    of_one_scale,
    reaches,
)
from aegen.metrics.base import Measured

__all__ = ["Density"]

MOST = 1.5
"""The expectation for real rows above which 1 is no more what is best."""


class Density(NeighbourhoodMetric):
    r"""How many balls around real rows a generated row is in, over k, on average.

    $\frac{1}{km} \sum_j \sum_i 1[|y_j - x_i| \le r_k(x_i)]$ with real rows $x_1..x_n$, generated
    rows $y_1..y_m$ and $r_k(x_i)$ the distance of $x_i$ to its k-th nearest other real row. Its
    expectation for equal laws is exactly 1 for every n, m, k and law without ties: each ball
    holds a new row with probability $k/n$. Above 1 generated rows crowd where real ones are dense.

    Goes wrong as a measure of likeness: half the spread has a value above 1, and so have rows
    that lie at the modes only; hence values nearer to 1 are better here, not higher ones.
    Wide balls around single real rows count less than in precision, as one among k. Where real
    rows tie, balls hold more of them than k, and the expectation grows as much; where it is above
    `MOST`, as of rows half of which are equal, the metric refuses.

    Influences of generated rows are exact. Those of real rows are the jackknife's, scaled so that
    the error is the one that disjoint blocks of rows show (``_block_variance.py``).

    Cost: all distances between the rows, O(n (n + m) d): 0.1 s for 2,000 a side of 10 numbers.

    Reference: Naeem et al. 2020 (arXiv 2002.09797), equation 3, with closed balls. Without
    ties it agrees with the package prdc, whose balls are open.

    Example:
        >>> Density(k=1)([[0.0], [1.0], [3.0]], [[0.5], [9.0], [1.5], [1.9]])
        1.5
    """

    title = "Density"
    summary = "How many real rows lie around a generated one, over what is usual; 1 is best."
    references = ("naeem2020",)
    direction = "nearer"
    best = 1.0

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        real, made = of_one_scale(x, y)
        balls = Balls.around(real, self.k, name="reference rows", title=self.title)
        if (balls.reach == balls.next).any():
            self._require_few_ties(inside(balls, real))
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

    def _require_few_ties(self, own: Inside) -> None:
        """Refuse real rows of whose balls, with what each holds of them, no 1 can be expected."""
        usual = float((own.of_ball - 1).mean() / self.k)  # without the centre
        if usual > MOST:
            raise InvalidInput(
                f"reference rows tie so often that a ball to the k-th neighbour, k = {self.k}, "
                f"holds {usual * self.k:,.0f} of them on average, so {self.title} would be near "
                f"{usual:,.3g} for real rows, not 1: read Coverage, or take another k"
            )

    def _value(self, real: FloatArray, made: FloatArray) -> float:
        """The value for few rows."""
        held = squared_distances(real, made) <= reaches(real, self.k)[:, None]
        return float(held.sum() / (self.k * len(made)))
