"""Ratio of nearest-training distances of generated and held-out rows: a measure of copying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.intervals import median_interval
from aegen.core.neighbours import Neighbours
from aegen.metrics.base import Measured, Metric

__all__ = ["COPIES", "Copying", "DistanceRatio", "ratio_to"]

COPIES = 0.9
"""A ratio below this marks a latent model as one that copies, unless somebody says otherwise."""


@dataclass(frozen=True)
class Copying:
    """How near draws are to training rows, beside how near new data are.

    ``ratio`` is the median distance of a draw to its nearest training row, over the same median
    of held-out rows: 0 where draws repeat training rows, 1 where they are as new as new data,
    above 1 where they lie away from the data. ``low`` to ``high`` is a 95 % confidence interval
    for the draws (order statistics of their median); the held-out median is taken as it is.
    """

    ratio: float
    low: float
    high: float
    n: int


def ratio_to(usual: float, distances: ArrayLike) -> Copying:
    """The ratio of nearest-training distances of draws (n,) to the ``usual`` one of new data.

    Raises:
        InvalidInput: no draws, or a usual distance of 0.

    Example:
        >>> ratio_to(2.0, [1.0, 1.0, 4.0])
        Copying(ratio=0.5, low=0.5, high=2.0, n=3)
    """
    if not usual > 0:
        raise InvalidInput(
            "held-out rows must differ from the training rows to give copying a scale: most of "
            "them are training rows"
        )
    ordered = np.sort(
        arrays.codes(np.reshape(distances, (-1, 1)), name="distances", minimum=1)[:, 0]
    )
    low, high = median_interval(len(ordered))
    return Copying(
        float(np.median(ordered)) / usual,
        float(ordered[low]) / usual,
        float(ordered[high]) / usual,
        len(ordered),
    )


class DistanceRatio(Metric):
    r"""Median distance of a generated row to the nearest training row, over that of real new rows.

    $\mathrm{med}_i \min_k |y_i - t_k| / \mathrm{med}_i \min_k |x_i - t_k|$ with generated rows y,
    held-out rows x and training rows t. Near 0 generated rows are copies of training rows; 1 is
    as new as new data; well above 1 they lie away from the data. The sets may differ in size.

    Goes wrong where held-out rows are of another kind than the training rows: they lie farther
    off, and everything looks like copying beside them.

    Cost: it looks for the nearest training rows: 0.15 s for 2,000 draws among 56,000 rows of 10
    numbers, more in more dimensions.

    Reference: the nearest-neighbour check of Meehan, Chaudhuri and Dasgupta 2020
    (arXiv 2004.05675), as a ratio of medians.

    Example:
        >>> DistanceRatio()([[1.0], [3.0]], [[0.5], [2.5]], training=[[0.0], [2.0]])
        0.5
    """

    title = "Distance ratio"
    summary = (
        "Distance to the nearest training row beside that of new data; 1 is best, 0 is copying."
    )
    references = ("meehan2020",)
    direction = "nearer"
    best = 1.0
    detects = "copies"
    needs_training = True

    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured:
        assert training is not None  # the base class sees to it
        new, made = (training.query(rows)[1][:, 0] for rows in (reference, generated))
        usual = float(np.median(new))
        ratio = ratio_to(usual, made).ratio
        return Measured(
            ratio, -ratio / usual * _median_influences(new), _median_influences(made) / usual
        )


def _median_influences(x: FloatArray) -> FloatArray:
    """The empirical influence of each of ``x`` (n,) on their median: (sign / 2) over the density.

    The density at the median is read off the width of its 95 % interval, as the difference of two
    order statistics over that of their levels (Siddiqui 1960).
    """
    ordered = np.sort(x)
    low, high = median_interval(len(x))
    sparsity = float(ordered[high] - ordered[low]) / (max(high - low, 1) / len(x))
    influences = 0.5 * sparsity * np.sign(x - np.median(x))
    centred: FloatArray = influences - influences.mean()
    return centred
