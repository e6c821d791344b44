"""Each column drawn on its own: what is left of the codes when their dependence is ignored."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.fields import Field
from aegen.samplers._columns import centre_and_scale, refuse_constant
from aegen.samplers._margins import Margin, silverman
from aegen.samplers.base import DensitySampler

__all__ = ["IndependentMargins"]


class IndependentMargins(DensitySampler):
    r"""Every column follows the codes' own values, smoothed, and knows nothing of the others.

    $f(z) = \prod_j \hat f_j(z_j)$ with $\hat f_j(x) = \frac{1}{n h_j} \sum_i
    \varphi((x - z_{ij})/h_j)$ and $h_j$ = bandwidth times the column's standard deviation. A draw
    is exact: per column, the value of a random row plus $h_j$ times a normal number.

    Goes wrong wherever columns depend on each other; it is the yardstick for how much dependence
    matters. Smoothing widens each column by the factor sqrt(1 + bandwidth²). A constant column is
    drawn as that constant and has no density.

    Reference: "Independent" in arXiv 2309.09916; there the bandwidth was not scaled by the spread.

    Example:
        >>> model = IndependentMargins().fit([[0.0, 1.0], [2.0, 3.0], [1.0, 5.0]])
        >>> model.sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Independent margins"
    summary: ClassVar[str] = "Each column as the codes have it, smoothed, without dependence."
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {"codes_": ("n", "d"), "width_": ("d",)}

    codes_: FloatArray
    width_: FloatArray

    def __init__(
        self,
        bandwidth: Annotated[
            float | None,
            Field(
                "Width of the smoothing in standard deviations of a column; empty: Silverman's.",
                low=0.005,
                high=5,
                log=True,
            ),
        ] = None,
    ) -> None:
        self.bandwidth = bandwidth

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        bandwidth = silverman(len(z)) if self.bandwidth is None else self.bandwidth
        self.codes_ = z.copy()
        self.width_ = bandwidth * centre_and_scale(z)[1]

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        d = self._d
        rows = rng.integers(len(self.codes_), size=(n, d))
        drawn: FloatArray = self.codes_[rows, np.arange(d)]
        drawn += self.width_ * rng.standard_normal((n, d))
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.codes_[0], self.width_)
        total = np.zeros(len(z))
        for j, width in enumerate(self.width_):
            margin = Margin.of(np.sort(self.codes_[:, j]), float(width))
            total += margin.density_and_cdf(z[:, j])[0]
        return total
