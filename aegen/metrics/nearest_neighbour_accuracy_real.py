"""1-nearest-neighbour accuracy among real rows: is something of the data left out?"""

from __future__ import annotations

from aegen.metrics._pooled_neighbours import PooledAccuracy

__all__ = ["NearestNeighbourAccuracyReal"]


class NearestNeighbourAccuracyReal(PooledAccuracy):
    r"""Leave-one-out 1-NN accuracy among real rows: how often the nearest row is real too.

    $\frac1n \sum_i 1[NN(x_i) \in X]$, one half of 1-NN accuracy. Best is 1/2. Above it real rows
    keep to themselves, as where generated rows leave a part of the data out; below it each real
    row has a generated one nearby, as where generated rows crowd among them. Ties count by
    their share.

    Goes wrong as the whole does: the sets must be as large, and the reference rows must not be
    those that the latent model was fitted to. Half the spread may leave it near 1/2 while the
    other half of the accuracy tells.

    Cost: a nearest neighbour of each row: 0.04 s for 2,000 a side of 10 numbers.

    Reference: Xu et al. 2018 (arXiv 1806.07755), section 3, true positive rate.

    Example:
        >>> NearestNeighbourAccuracyReal()([[0.0], [1.0]], [[0.5], [0.6]])
        0.0
    """

    title = "1-NN accuracy, real rows"
    summary = (
        "How often a real row's nearest neighbour is real; 0.5 is best, more: parts left out."
    )
    references = ("xu2018",)
    which = "real"
