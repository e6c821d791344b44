"""1-NN accuracy among generated rows: do they lie apart, or in clumps?"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics._pooled_neighbours import weighed
from aegen.metrics.base import Measured, Metric

__all__ = ["NearestNeighbourAccuracyGenerated"]


class NearestNeighbourAccuracyGenerated(Metric):
    r"""How often the nearest neighbour of a generated row, in both sets pooled, is generated.

    $\frac1n \sum_i 1[NN(y_i) \in Y]$, one half of 1-NN accuracy. Best is 1/2. Above it generated
    rows lie apart from the data, or in clumps, as where several start from one training row;
    below it each lies on a real row. Ties count by their share.

    Goes wrong as the whole does: the sets must be as large, and the reference rows must not be
    those that the latent model was fitted to.

    Sways are those of the jackknife, which finds the value anew without each row (ties aside),
    made smaller by one factor so that they say what disjoint blocks of rows show.

    Reference: Xu et al. 2018 (arXiv 1806.07755), section 3, true negative rate.

    Example:
        >>> NearestNeighbourAccuracyGenerated()([[0.0], [1.0]], [[0.5], [0.6]])
        1.0
    """

    title: ClassVar[str] = "1-NN accuracy, generated rows"
    summary: ClassVar[str] = (
        "How often a generated row's nearest neighbour is generated; 0.5 is best, more is clumps."
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
        return weighed(reference, generated, (0.0, 1.0), rng)
