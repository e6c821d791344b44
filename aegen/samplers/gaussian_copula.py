"""Gaussian copula with kernel-smoothed margins: the simplest copula with dependence."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.errors import InvalidInput
from aegen.samplers._kde_marginal import silverman
from aegen.samplers._normal import (
    Shrinkage,
    known_units,
    normal_root,
    regression,
    weighted_correlation,
)
from aegen.samplers._normal_scores import NormalScores, rank_scores
from aegen.samplers._standardise import (
    centre_and_scale,
    effective_count,
    refuse_constant,
    standardise,
)
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

__all__ = ["GaussianCopula"]


class GaussianCopula(DensitySampler, ConditionalSampler):
    r"""Gaussian copula of normal scores, with kernel-smoothed margins.

    With $\hat F_j$ the kernel-smoothed distribution function of column j (normal kernel, bandwidth
    $(3n/4)^{-1/5}$ times the column's standard deviation) and $x_j = \Phi^{-1}(\hat F_j(z_j))$ its
    normal score, scores are jointly normal: $x \sim N(0, R)$. So

    $\log f(z) = \log\varphi_R(x) + \sum_j [\log\hat f_j(z_j) - \log\varphi(x_j)]$.

    R holds the correlations of the normal scores of the ranks (van der Waerden's; for normal
    scores no estimator that knows nothing of the margins has a smaller asymptotic variance),
    tied values sharing a score. Unlike a matrix made from Kendall's or Spearman's coefficients
    pair by pair, it is a correlation matrix whatever the codes are, and rows can be weighted
    exactly. With ``shrinkage`` s every correlation is multiplied by 1 - s.

    Conditions are exact, however far from the codes: scores given some of them are normal again,
    and a conditioned model keeps their mean and covariance. Of the tails, logarithms are taken
    (`_normal_scores.py`).

    Goes wrong where the dependence is not Gaussian: clusters and curved sheets smear, and
    far tails are independent. A constant column is drawn as that constant and has no density;
    columns whose ranks depend on each other linearly have none either.

    Reference: Klaassen and Wellner 1997 (efficiency of the correlation of normal scores);
    "copula" models of codes in arXiv 1906.05423 and 2309.09916.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(200, 2))
        >>> GaussianCopula().fit(codes).condition({0: 1.5}).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Gaussian copula"
    summary: ClassVar[str] = "Each column's own shape, tied together by a matrix of correlations."
    weighted: ClassVar[bool] = True
    remedy: ClassVar[str] = "add rows, set shrinkage above 0, or use independent margins"

    codes_: Annotated[FloatArray, "n d"]
    weights_: Annotated[FloatArray, "n"]
    width_: Annotated[FloatArray, "d"]
    mean_: Annotated[FloatArray, "d"]
    covariance_: Annotated[FloatArray, "d d"]

    _scores: NormalScores | None = None

    def __init__(
        self,
        shrinkage: Shrinkage = 0.0,
    ) -> None:
        self.shrinkage = shrinkage

    def minimum_rows(self, d: int) -> int:
        """One more than ``d`` for a matrix that is estimated whole, else 2."""
        return d + 1 if self.shrinkage == 0 else 2

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        if weights is None:
            weights = np.full(len(z), 1 / len(z))
        self.codes_, self.weights_ = z[weights > 0], weights[weights > 0]
        scale = centre_and_scale(self.codes_, self.weights_)[1]
        self.width_ = silverman(effective_count(self.codes_, self.weights_)) * scale
        self.mean_ = np.zeros(z.shape[1])
        self.covariance_ = self._correlation()
        self._scores = None

    def _correlation(self) -> FloatArray:
        """Correlations of the normal scores of the ranks, (d, d); 0 throughout for a constant."""
        scores = rank_scores(self.codes_, self.weights_)
        x = standardise(scores, *centre_and_scale(scores, self.weights_))
        return weighted_correlation(x, self.weights_, self.width_ > 0, 1.0 - self.shrinkage)

    def _defect(self) -> str | None:
        self._scores = None
        if (self.weights_ <= 0).any() or not np.isclose(self.weights_.sum(), 1):
            return "weights_ must be positive and sum to one"
        if (self.width_ < 0).any():
            return "width_ must not be negative"
        if not len(self.codes_) or ((np.ptp(self.codes_, axis=0) > 0) != (self.width_ > 0)).any():
            return "width_ must be 0 for constant columns of codes_ and only for them"
        if (np.diag(self.covariance_) < 0).any():
            return "covariance_ must not have negative variances"
        if not np.array_equal(self.covariance_, self.covariance_.T):
            return "covariance_ must be symmetric"
        values = np.linalg.eigvalsh(self.covariance_)
        if values[0] < -1e-8 * max(values[-1], 1.0):
            return "covariance_ must not have negative eigenvalues"
        return None

    def _margins(self) -> NormalScores:
        if self._scores is None:
            self._scores = NormalScores.of(self.codes_, self.weights_, self.width_)
        return self._scores

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        root = _root(self.covariance_)
        x = rng.standard_normal((n, root.shape[1])) @ root.T
        x += self.mean_
        return self._margins().to_codes(x)

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.codes_[0], self.width_)
        scale, factor = _factor(self.covariance_)
        if factor is None:
            raise InvalidInput(
                f"{self.title} has no density: some columns of the training codes depend on each "
                "other exactly, in ranks; fit with shrinkage above 0, or leave such columns out"
            )
        x, logs = self._margins().of_codes(z)
        y = solve_triangular(factor, ((x - self.mean_) / scale).T, lower=True)
        volume = np.log(np.diag(factor)).sum() + np.log(scale).sum()
        # The sums of x² nearly cancel margins' densities in far tails, so column by column.
        density: FloatArray = (logs + 0.5 * x * x).sum(axis=1) - volume
        density -= 0.5 * (y * y).sum(axis=0)
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        at = self.codes_[0].copy()
        at[known] = values
        scores = self._margins().of_codes(at[None])[0][0]
        law = regression(_root(self.covariance_), known)
        constant = self.width_ == 0
        away = known_units(
            self.title,
            np.where(constant, self.codes_[0], self.mean_)[known],
            np.where(constant, 0.0, 1.0)[known],
            np.where(constant, at, scores)[known],
            law.whitener,
        )
        spread, root = law.left()
        root *= spread[:, None]
        left = root @ root.T
        given = self._learnt(
            len(spread),
            codes_=self.codes_[:, ~known],
            weights_=self.weights_,
            width_=self.width_[~known],
            mean_=self.mean_[~known] + law.slopes @ away,
            covariance_=(left + left.T) / 2,
        )
        given._scores = self._margins().take(~known)
        return given


def _factor(covariance: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Standard deviations (d,), and the Cholesky factor of the correlations if there is one."""
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all():
        return scale, None
    root = normal_root(covariance / np.outer(scale, scale))
    lower = root.shape == covariance.shape and not np.triu(root, 1).any()
    return scale, root if lower else None


def _root(covariance: FloatArray) -> FloatArray:
    """A square root of a covariance that may be singular, (d, r)."""
    scale = np.sqrt(np.diag(covariance))
    units = np.where(scale > 0, scale, 1.0)
    root: FloatArray = scale[:, None] * normal_root(covariance / np.outer(units, units))
    return root
