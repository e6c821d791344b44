"""1-NN accuracy among real rows: is something of the data left out?"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics._pooled_neighbours import weighed
from aegen.metrics.base import Measured, Metric

__all__ = ["NearestNeighbourAccuracyReal"]


class NearestNeighbourAccuracyReal(Metric):
    r"""How often the nearest neighbour of a real row, in both sets pooled, is a real row.

    $\frac1n \sum_i 1[NN(x_i) \in X]$, one half of 1-NN accuracy. Best is 1/2. Above it real rows
    keep to themselves, as where generated rows leave a part of the data out; below it each real
    row has a generated one nearby, as where generated rows crowd among them. Ties count by
    their share.

    Goes wrong as the whole does: the sets must be as large, and the reference rows must not be
    those that the latent model was fitted to. Half the spread may leave it near 1/2 while the
    other half of the accuracy tells.

    Sways are those of the jackknife, which finds the value anew without each row (ties aside),
    made smaller by one factor so that they say what disjoint blocks of rows show.

    Reference: Xu et al. 2018 (arXiv 1806.07755), section 3, true positive rate.

    Example:
        >>> NearestNeighbourAccuracyReal()([[0.0], [1.0]], [[0.5], [0.6]])
        0.0
    """

    title: ClassVar[str] = "1-NN accuracy, real rows"
    summary: ClassVar[str] = (
        "How often a real row's nearest neighbour is real; 0.5 is best, more: parts left out."
    )
    direction: ClassVar[Literal["lower", "higher", "nearer"]] = "nearer"
    best: ClassVar[float] = 0.5
    paired: ClassVar[bool] = True

    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured:
        return weighed(reference, generated, (1.0, 0.0), rng)
