"""Kernel density estimate with a Gaussian kernel of one bandwidth."""

from __future__ import annotations

import math
from copy import copy
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.samplers._bandwidth import Parts, likeliest
from aegen.samplers._kernel_sums import log_sums
from aegen.samplers._learned import correlation, not_negative, within
from aegen.samplers._normal import (
    known_units,
    normal_root,
    normal_rows,
    principal_axes,
    regression,
    symmetric,
    weighted_correlation,
)
from aegen.samplers._principal import Reduce
from aegen.samplers._standardise import (
    centre_and_scale,
    refuse_constant,
    standardise,
)
from aegen.samplers.base import ConditionalSampler, DensitySampler, RowSampler, Sampler

__all__ = ["KDE"]


class KDE(RowSampler, DensitySampler, ConditionalSampler):
    r"""Gaussian kernel density estimate with a scalar, diagonal or full bandwidth matrix.

    $f(z) = \sum_i w_i N(z; z_i, h^2 C)$ with $w_i = 1/n$ or the row's weight, h the bandwidth and
    C the ``shape``: "diagonal" has the columns' variances, "scalar" the same variance, their mean,
    in every column (one width in the codes' own units), and "full" the codes' covariance, so that
    kernels are tilted as all the codes together are. "auto" has that covariance with correlations
    multiplied by 1 - s, s from 1e-4 to 1 as left-out rows are likeliest (1, no tilt, where others
    are not likelier by more than chance); it is defined for fewer rows than columns too. A draw is
    a random row plus h times a root of C times normal numbers.

    Kernels add their variance to that of the codes: each column would come out wider by
    sqrt(1 + h²). With ``variance`` "kept", draws are therefore moved towards the codes' mean m by
    $z \mapsto m + (z - m) / \sqrt{1 + h^2}$, so that columns have the variances of the codes (with
    shape "scalar", their sum); the law is $\sum_i w_i N(m + a (z_i - m), a^2 h^2 C)$ with
    $a = 1 / \sqrt{1 + h^2}$. "inflated" leaves draws as they are.

    Left empty, h makes the mean log-density that the other rows give to a row as large as possible
    (leave-one-out likelihood; exact copies of a row are left out with it), for 1,000 random rows
    and all their neighbours. Sums over neighbours use distances sorted into bins of 1/16 of a
    doubling, taken at their mean: h is off by less than 1 %.

    Given some coordinates, a row's weight becomes $w_i N(z_k; z_{ik}, h^2 C_{kk})$ and its kernel
    that of the other coordinates: moved by the regression $C_{fk} C_{kk}^{-1} (z_k - z_{ik})$ and
    narrowed as in a Gaussian where C is tilted. Conditions are exact, in logs, however far away;
    `effective_rows` tells how few rows are left. They are those of the law that draws follow.

    Goes wrong in many dimensions: one h must serve dense and sparse regions, and what is drawn
    lies off the surface that the codes lie on; where that h is near 1, gaps between clusters are
    filled as in a Gaussian. A constant column is drawn as that constant and has no density; with
    "full", codes that fill fewer dimensions stay within these and have no density either.

    Cost: choosing the width takes 1 to 9 s for 60,000 codes of 10 numbers, and nothing where it is
    given. Draws take no time; a density is a sum over all n rows for each code.

    Reference: Silverman 1986 (the variance is corrected as in his smoothed bootstrap, section
    6.4.1); the likelihood rule is Habbema, Hermans and van den Broek 1974.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> KDE(bandwidth=0.3).fit(codes).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Kernel density"
    summary: ClassVar[str] = "A Gaussian kernel around every training code, all of one width."
    references: ClassVar[tuple[str, ...]] = ("silverman1986", "habbema1974")
    weighted: ClassVar[bool] = True
    before: ClassVar[dict[str, Any]] = {"variance": "inflated"}

    codes_: Annotated[FloatArray, "n d"]
    centre_: Annotated[FloatArray, "d"]
    scale_: Annotated[FloatArray, "d", not_negative]
    correlation_: Annotated[FloatArray, "d d", correlation]
    bandwidth_: Annotated[float, within(1e-12, 1e12)]

    def __init__(
        self,
        bandwidth: Annotated[
            float | None,
            Field(
                "Width of the kernel in standard deviations of a column; auto: the likeliest.",
                low=1e-6,
                high=10,
                log=True,
                slide=((0.02, "copies rows"), (1.0, "blurs them together")),
            ),
        ] = None,
        shape: Annotated[
            Literal["auto", "scalar", "diagonal", "full"],
            Field(
                "The kernel: the same in all columns (scalar), as wide as each column (diagonal), "
                "tilted as the codes are (full), or as far between as helps (auto)."
            ),
        ] = "auto",
        variance: Annotated[
            Literal["kept", "inflated"],
            Field(
                "Draws as wide as the codes (kept), or wider by what the kernel adds (inflated)."
            ),
        ] = "kept",
        reduce: Reduce = None,
    ) -> None:
        self.bandwidth = bandwidth
        self.shape = shape
        self.variance = variance
        self.reduce = reduce

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.codes_ = z.copy()
        self._weigh(len(z), weights)
        self.centre_, self.scale_ = centre_and_scale(z, weights)
        varying = self.scale_ > 0
        self.correlation_ = np.diag(varying.astype(np.float64))
        if self.shape == "scalar":
            self.scale_ = _common(self.scale_)
        x = standardise(z, self.centre_, self.scale_)
        if self.shape in ("full", "auto"):
            self.correlation_ = weighted_correlation(x, self.weights_, varying)
        left_out = None
        if self.shape == "auto":
            left_out = Parts.cut(x[:, varying], self.weights_, rng)
            kept = 1 - left_out.shrinkage(rng)
            self.correlation_ = symmetric(kept * self.correlation_, varying)
        if self.bandwidth is not None:
            self.bandwidth_ = float(self.bandwidth)
            return
        if left_out is not None and kept > 0:
            self.bandwidth_ = left_out.bandwidth(1 - kept)
        else:
            self.bandwidth_ = likeliest(self._whiten(z), self.weights_, rng)

    def adjusted(self, field: str, value: Any) -> Self | None:
        """Another width of the kernel; see `Sampler.adjusted`."""
        if field != "bandwidth" or not isinstance(value, (int, float)):
            return None
        found = copy(self)
        found.bandwidth = found.bandwidth_ = float(value)
        found._fields = found.get_params(deep=False)
        return found

    def _whiten(self, z: FloatArray) -> FloatArray:
        """Codes (n, r) in units of the kernel's axes, for h = 1; flat directions are left out."""
        x = standardise(z, self.centre_, self.scale_)
        if not self._tilted:
            varying: FloatArray = x[:, self.scale_ > 0]
            return varying
        variances, axes = principal_axes(self.correlation_)
        turned: FloatArray = x @ (axes / np.sqrt(variances))
        return turned

    @property
    def _shrinkage(self) -> float:
        """What draws' distances from the mean are multiplied by."""
        return 1 / math.hypot(1.0, self.bandwidth_) if self.variance == "kept" else 1.0

    def _shrunk(self, z: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Codes (n, d) moved towards the mean, in ``out`` if it is given, which may be they."""
        factor = self._shrinkage
        if factor == 1:
            return z
        moved: FloatArray = np.subtract(z, self.centre_, out=out)
        moved *= factor
        moved += self.centre_
        return moved

    @cached_property
    def _tilted(self) -> bool:
        """Whether a kernel's columns depend on each other."""
        tilted: bool = (self.correlation_ != np.diag(np.diag(self.correlation_))).any()
        return tilted

    @cached_property
    def _root(self) -> FloatArray:
        """The root of the correlations (d, r), taken once: it takes as long as some draws."""
        return normal_root(self.correlation_)

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        reach = self._shrinkage * self.bandwidth_ * self.scale_
        if self._tilted:
            drawn = normal_rows(len(rows), reach[:, None] * self._root, rng)
        else:
            drawn = rng.standard_normal((len(rows), self._d))
            drawn *= reach
        start = self.codes_.take(rows, axis=0)
        drawn += self._shrunk(start, out=start)
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.centre_, self.scale_)
        variances, d = principal_axes(self.correlation_)[0], self._d
        h = self._shrinkage * self.bandwidth_
        if len(variances) < d:
            raise InvalidInput(
                f'{self.title} of shape "full" has no density: the training codes lie in '
                f"{len(variances)} of {d} dimensions (too few rows, or columns that depend on "
                'each other exactly); use shape="auto", add rows, or leave dependent columns '
                "out"
            )
        volume = d * math.log(h) + np.log(self.scale_).sum() + 0.5 * np.log(variances).sum()
        volume += 0.5 * d * math.log(2 * math.pi)
        equal = bool((self.weights_ == self.weights_[0]).all())
        weights = None if equal else self.weights_
        density: FloatArray = log_sums(
            self._whiten(z), self._whiten(self._shrunk(self.codes_)), 0.5 / h**2, weights
        )
        density -= volume
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        law = regression(self._root, known)
        centre, scale = self.centre_[known], self.scale_[known]
        y = known_units(self.title, centre, scale, values, law.whitener)
        every, h = self._shrunk(self.codes_), self._shrinkage * self.bandwidth_
        x = standardise(every[:, known], centre, scale)
        weights = _nearness(x @ law.whitener.T, law.whitener @ y, self.weights_, h)
        codes, wide = every[:, ~known], self.scale_[~known]
        spread, root = law.left()
        if self._tilted:
            codes = codes + wide * ((y - x) @ law.slopes.T)
        centre = centre_and_scale(codes, weights)[0]
        codes[:, (spread == 0) & (wide > 0)] = centre[(spread == 0) & (wide > 0)]
        return KDE(self.bandwidth, self.shape, "inflated", self.reduce)._learnt(
            len(spread),
            codes_=codes,
            weights_=weights,
            centre_=centre,
            scale_=wide * spread,
            correlation_=symmetric(root @ root.T, spread > 0),
            bandwidth_=h,
        )


def _common(scale: FloatArray) -> FloatArray:
    """The root mean square of the scales that are not 0, in their place."""
    varying = scale > 0
    largest = scale.max()
    if largest == 0:
        return scale
    mean = largest * math.sqrt(np.mean((scale[varying] / largest) ** 2))
    return np.where(varying, mean, 0.0)


def _nearness(x: FloatArray, y: FloatArray, weights: FloatArray, h: float) -> FloatArray:
    """Weights (n,), sum one, of rows ``x`` (n, k) after multiplying by exp(-|y - x|² / (2 h²)).

    Squared distances are taken less that of one of the nearest rows, by (a - b)(a + b), so that
    they are distinguished even where y lies far away.
    """
    away = np.where(weights > 0, ((y - x) ** 2).sum(axis=1), np.inf)
    near = x[int(away.argmin())]
    further = ((near - x) * (2 * y - x - near)).sum(axis=1)
    with np.errstate(divide="ignore"):
        logs = np.log(weights) - further * (0.5 / h**2)
    probabilities: FloatArray = np.exp(logs - logs.max())
    probabilities /= probabilities.sum()
    return probabilities
