"""How often is the training row that a draw started from the one nearest to it?"""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics._tied_neighbours import nearest
from aegen.metrics.base import Measured, Metric

__all__ = ["ParentShare"]


class ParentShare(Metric):
    r"""Share of generated rows whose nearest training row is the one that they started from.

    $\frac1m \sum_j 1[\arg\min_k |y_j - t_k| = p_j]$ with generated rows y, training rows
    $t_1..t_n$ and parents p. Where several training rows are as near, each counts by its share,
    so the parent's copies take their part. A new real row would have any parent with probability
    1/n, so 0 is best; near 1 the draws are their parents with a little noise, though in many
    dimensions that noise may be as large as the distance between training rows.

    Goes wrong as a measure of copying by itself, as it says nothing of how near: read it beside
    the distance ratio. Only latent models that start from training rows have parents. Reference
    rows are not used, so their influences are 0; those of generated rows are exact.

    Cost: it looks for the nearest training rows: 0.1 s for 2,000 draws among 56,000 rows of 10
    numbers, more in more dimensions.

    Reference: this package; Meehan, Chaudhuri and Dasgupta 2020 (arXiv 2004.05675) on tests of
    copying by nearest training rows.

    Example:
        >>> metric, training = ParentShare(), [[0.0], [2.0], [9.0]]
        >>> metric([[5.0]], [[0.1], [1.9]], training=training, parents=[0, 2])
        0.5
    """

    title = "Parent nearest"
    summary = "Share of draws whose nearest training row is the one they started from; 0 is best."
    references = ("meehan2020",)
    direction = "lower"
    best = 0.0
    detects = "copies"
    needs_training = True
    needs_parents = True

    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured:
        assert training is not None  # the base class sees to both
        assert parents is not None
        near = nearest(training, generated)
        hit = near.mean((near.found == parents[near.asked]).astype(float))
        return Measured(float(hit.mean()), np.zeros(len(reference)), hit - hit.mean())
