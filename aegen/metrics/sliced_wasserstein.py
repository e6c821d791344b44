"""Sliced Wasserstein distance: the earth mover's distance along random directions."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.parameters import Field
from aegen.metrics._distances import measured_in_units, ordinary_units
from aegen.metrics._two_sample import TwoSampleMetric
from aegen.metrics.base import Measured

__all__ = ["SlicedWasserstein"]

AT_ONCE = 1_000_000
"""Projected rows held at once, 8 MB an array."""


class SlicedWasserstein(TwoSampleMetric):
    r"""Sliced 1-Wasserstein distance: that of projections onto random directions, averaged.

    $\frac{1}{k} \sum_{\theta} \int |F_\theta(t) - G_\theta(t)| \, dt$ where $F_\theta$ and
    $G_\theta$ are the distribution functions of $\theta \cdot x$ and $\theta \cdot y$ for real
    rows x and generated rows y, and the k unit vectors $\theta$ are drawn evenly from all
    directions. On a line the cheapest way to carry is in order, so sorting is exact. The order is
    1: distances are averaged as they are, so the value is never above the earth mover's distance,
    and its mean over choices of directions does not depend on how many there are, which is not
    so for the root of a mean of squares. The sets may differ in size.

    The influences are the centred dual prices, which on a line are integrals of the sign of G - F,
    averaged over directions. They are for the sampling of rows; the directions are the same
    for the same rng, and add an error of their own that falls with the root of their number.
    Beside 120 repeated draws, errors were right within an eighth for laws that differ, and up to
    a half too large for one law on both sides, where the sign of G - F is hardly determined.

    Goes wrong where sets differ along few of many directions: a shift by v in d dimensions counts
    as about $|v| \sqrt{2 / (\pi d)}$, so compare values in one space only.

    Cost: a sort along each direction, O(k n log n): 0.03 s for 2,000 a side.

    Reference: Rabin, Peyré, Delon and Bernot 2011; order and prices as in Santambrogio 2015,
    chapter 2. POT's ``sliced_wasserstein_distance`` with p=1 agrees for the same directions.

    Example:
        >>> round(SlicedWasserstein()([[0.0], [1.0]], [[3.0], [2.0]], rng=0), 12)
        2.0
    """

    title = "Sliced Wasserstein"
    summary = "Earth mover's distance along random directions, averaged; lower is better."
    references = ("rabin2011", "santambrogio2015")
    direction = "lower"
    best = 0.0
    unit_power = 1
    rotation_invariant = False  # another draw of directions

    def __init__(
        self,
        projections: Annotated[
            int, Field("How many random directions.", low=1, high=100_000, log=True)
        ] = 100,
    ) -> None:
        self.projections = projections

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        x, y, unit = ordinary_units(x, y)
        directions = _directions(self.projections, x.shape[1], rng)
        value, real, made = 0.0, np.zeros(len(x)), np.zeros(len(y))
        step = max(1, AT_ONCE // (len(x) + len(y)))
        for start in range(0, self.projections, step):
            some = directions[start : start + step].T
            distances, of_real, of_made = _along_lines(x @ some, y @ some)
            value += distances.sum() / self.projections
            real += of_real.sum(axis=1) / self.projections
            made += of_made.sum(axis=1) / self.projections
        centred = (part - part.mean() for part in (real, made))
        return measured_in_units(value, centred, unit, self.title)


def _directions(k: int, d: int, rng: np.random.Generator) -> FloatArray:
    """``k`` unit vectors (k, d), each evenly from all directions."""
    drawn = rng.standard_normal((k, d))
    unit: FloatArray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def _along_lines(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The earth mover's distance in each column of ``x`` (n, k) and ``y`` (m, k).

    Returns:
        the distances (k,), and dual prices of rows of x (n, k) and of y (m, k), each column up
        to a constant.
    """
    n, m = len(x), len(y)
    pooled = np.concatenate([x, y])
    order = np.argsort(pooled, axis=0)
    gaps = np.diff(np.take_along_axis(pooled, order, axis=0), axis=0)
    # In whole numbers, so that equal shares of both sets differ by exactly 0.
    ahead = np.cumsum(np.where(order < n, m, -n), axis=0)[:-1]
    distances = (np.abs(ahead) * gaps).sum(axis=0) / (n * m)
    prices = np.zeros_like(pooled)
    climbed = np.cumsum(-np.sign(ahead) * gaps, axis=0)
    np.put_along_axis(prices, order[1:], climbed, axis=0)
    return distances, prices[:n], -prices[n:]
