"""The worse half of 1-nearest-neighbour accuracy: the figure that latent models are ranked by."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.metrics._pooled_neighbours import HALVES, WHOLE, accuracies
from aegen.metrics._two_sample import TwoSampleMetric
from aegen.metrics.base import Measured

__all__ = ["NearestNeighbourWorseHalf"]


class NearestNeighbourWorseHalf(TwoSampleMetric):
    r"""How far the worse half of leave-one-out 1-NN accuracy is from 1/2.

    $\max(|a_X - \frac12|, |a_Y - \frac12|)$ with $a_X = \frac1n \sum_i 1[NN(x_i) \in X]$ among
    real rows and $a_Y$ the same among generated ones, where $NN$ is the nearest of all other rows.
    The accuracy is the mean of both halves, in which opposite errors cancel: rows that crowd where
    the data is dense ($a_X$ above 1/2) and lie on real rows there ($a_Y$ below) may have one of
    1/2. Here both must be right. 0 is best, 1/2 the worst; two sets of n rows of one law have a
    mean of about $0.6 / \sqrt n$, as each half is off by chance.

    Goes wrong as the whole does: the sets must be as large, which is enforced, and the reference
    rows must not be those that the latent model was fitted to.

    Influences are those of the worse half, towards its side; where both are as bad, or near 0,
    the error that follows is too large rather than too small.

    Cost: a nearest neighbour of each row: 0.04 s for 2,000 a side of 10 numbers.

    Reference: Xu et al. 2018 (arXiv 1806.07755), section 3, who judge both halves; their maximum
    is this package's.

    Example:
        >>> NearestNeighbourWorseHalf()([[0.0], [1.0], [5.0]], [[0.5], [0.6], [4.9]])
        0.5
    """

    title = "1-NN worse half"
    summary = "How far the worse half of 1-NN accuracy is from 0.5; 0 is best."
    references = ("xu2018",)
    direction = "lower"
    best = 0.0
    paired = True
    details = (*HALVES, WHOLE)

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        whole, *halves = accuracies(x, y, rng)
        worse = max(halves, key=lambda half: abs(half.value - 0.5))
        side = 1.0 if worse.value >= 0.5 else -1.0
        assert worse.influence_reference is not None
        assert worse.influence_generated is not None
        return Measured(
            side * (worse.value - 0.5),
            side * worse.influence_reference,
            side * worse.influence_generated,
            dict(zip(self.details, (*halves, whole), strict=True)),
        )
