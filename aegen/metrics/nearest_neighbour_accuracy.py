"""Leave-one-out 1-nearest-neighbour accuracy of a two-sample test."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray
from aegen.metrics._pooled_neighbours import HALVES, PooledAccuracy, accuracies, shares
from aegen.metrics.base import Measured

__all__ = ["Accuracies", "NearestNeighbourAccuracy"]


class Accuracies(NamedTuple):
    """Share of rows whose nearest neighbour is of their own kind, for each kind.

    Attributes:
        real: among real rows; high where generated rows leave parts of the data out.
        generated: among generated rows; high where they lie apart, or in clumps.
    """

    real: float
    generated: float


class NearestNeighbourAccuracy(PooledAccuracy):
    r"""Leave-one-out 1-NN accuracy: how often a row's nearest, in both sets pooled, is of its set.

    With real rows $x_1..x_n$ and as many generated rows $y_1..y_n$,

    $\frac{1}{2n} \left(\sum_i 1[NN(x_i) \in X] + \sum_i 1[NN(y_i) \in Y]\right)$

    where $NN$ is the nearest of all other rows by Euclidean distance. It tends to 1/2 where both
    sets follow one law (their leave-one-out mean is a little below, (n - 1)/(2n - 1)), to 1 where
    they can be distinguished, and lies below 1/2 where each generated row sits on a real one.
    A row with several nearest neighbours counts by their share, so exact copies and rows on a
    grid need no random choice and the value is exact.

    Goes wrong where the two sets differ in size, which is refused as 1/2 would no longer be the
    best; in many dimensions it sees small shifts of everything before it sees a missing class.
    Rows that the latent model was fitted to must not be the reference: copies of them look good.
    Its two halves, `parts`, are metrics of their own too, as opposite errors in them cancel here:
    latent models are ranked by the worse one (``nearest_neighbour_worse_half.py``).

    Influences are the jackknife's (ties aside), scaled so that the error is the one that disjoint
    blocks of rows show (``_block_variance.py``).

    Cost: a nearest neighbour of each row: 0.04 s for 2,000 a side of 10 numbers.

    Reference: Lopez-Paz and Oquab 2017 (arXiv 1610.06545); Xu et al. 2018 (arXiv 1806.07755).

    Example:
        >>> NearestNeighbourAccuracy()([[0.0], [1.0]], [[10.0], [11.0]])
        1.0
        >>> NearestNeighbourAccuracy()([[0.0], [10.0]], [[0.1], [10.1]])
        0.0
    """

    title = "1-NN accuracy"
    summary = (
        "How often the nearest neighbour tells generated from real; 0.5 is best, less is copying."
    )
    references = ("lopezpaz2017", "xu2018")
    which = "whole"
    details = HALVES

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        whole, *halves = accuracies(x, y, rng)
        return replace(whole, details=dict(zip(HALVES, halves, strict=True)))

    def parts(self, reference: ArrayLike, generated: ArrayLike) -> Accuracies:
        """The value's two halves: among real rows, and among generated ones.

        Raises:
            InvalidInput: sets of different sizes or dimensions.

        Example:
            >>> NearestNeighbourAccuracy().parts([[0.0], [1.0]], [[0.5], [0.6]])
            Accuracies(real=0.0, generated=1.0)
        """
        found = shares(*self._rows(reference, generated))
        return Accuracies(float(found.real.mean()), float(found.generated.mean()))
