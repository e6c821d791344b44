"""Gaussian copula with kernel-smoothed margins: the simplest copula with dependence."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.threads import one_blas_thread
from aegen.samplers._learned import covariance, effective, indices, positive_probabilities
from aegen.samplers._mixed_marginal import (
    MixedMargin,
    copies_and_count,
    may_repeat,
    refuse_impossible,
)
from aegen.samplers._normal import (
    Shrinkage,
    known_units,
    normal_root,
    normal_rows,
    regression,
    symmetric,
    weighted_correlation,
)
from aegen.samplers._normal_box import box_draws, box_log_probability, drawn_within
from aegen.samplers._normal_scores import NormalScores, rank_scores
from aegen.samplers._principal import Reduce
from aegen.samplers._standardise import (
    centre_and_scale,
    refuse_constant,
    standardise,
)
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

__all__ = ["GaussianCopula"]

ROUNDS = 20
"""How often scores of point masses are drawn anew; correlations of the second half are kept."""

RIDGE = 1e-3
"""Independent share of the scores while point masses are drawn, so that there is an inverse."""

CANDIDATES = 16_000
"""How many stand for a condition on a point mass."""


class GaussianCopula(DensitySampler, ConditionalSampler):
    r"""Gaussian copula of normal scores, with kernel-smoothed margins.

    With $\hat F_j$ the kernel-smoothed distribution function of column j (normal kernel, bandwidth
    $(3n/4)^{-1/5}$ times the column's spread; values that repeat are point masses and bounds are
    kept, ``_mixed_marginal.py``) and $x_j = \Phi^{-1}(\hat F_j(z_j))$ its normal score, scores are
    jointly normal: $x \sim N(0, R)$. So, away from point masses,

    $\log f(z) = \log\varphi_R(x) + \sum_j [\log\hat f_j(z_j) - \log\varphi(x_j)]$.

    R holds the correlations of the normal scores of the ranks (van der Waerden's; for normal
    scores no estimator that knows nothing of the margins has a smaller asymptotic variance),
    tied values sharing a score. Unlike a matrix made from Kendall's or Spearman's coefficients
    pair by pair, it is a correlation matrix whatever the codes are, and rows can be weighted
    exactly. With ``shrinkage`` s every correlation is multiplied by 1 - s.

    At a point mass a score is only known to lie in an interval. Such scores are drawn in turn,
    each given the others, and R is averaged over rounds (Hoff's Gibbs sampler); the density has
    the probability of the interval in its place, to about three digits where there are several
    (``_normal_box.py``).

    Conditions are exact, however far from the codes: scores given some of them are normal again,
    and a conditioned model keeps their mean and covariance. Of the tails, logarithms are taken
    (`_normal_scores.py`). Given a point mass, weighted candidates stand for the law:
    ``effective_rows()`` of the answer tells how many carry the weight.

    Goes wrong where the dependence is not Gaussian: clusters and curved sheets smear, and
    far tails are independent. A constant column is drawn as that constant and has no density;
    columns whose ranks depend on each other linearly have none either.

    Cost: O(n d log n + n d²): 0.1 s for 60,000 codes of 10 numbers; 10,000 draws take 0.1 s.

    Reference: Klaassen and Wellner 1997 (efficiency of the correlation of normal scores); Hoff
    2007 (point masses); "copula" models of codes in arXiv 1906.05423 and 2309.09916.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(200, 2))
        >>> GaussianCopula().fit(codes).condition({0: 1.5}).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Gaussian copula"
    summary: ClassVar[str] = "Each column's own shape, tied together by a matrix of correlations."
    references: ClassVar[tuple[str, ...]] = (
        "klaassen1997",
        "hoff2007",
        "tagasovska2019",
        "coblenz2023",
    )
    weighted: ClassVar[bool] = True
    mixed: ClassVar[bool] = True
    remedy: ClassVar[str] = "add rows, set shrinkage above 0, or use independent margins"

    codes_: Annotated[FloatArray, "n d"]
    weights_: Annotated[FloatArray, "n", positive_probabilities]
    copies_: Annotated[IntArray, "n", indices("n")]
    count_: Annotated[float, effective("n")]
    mean_: Annotated[FloatArray, "d"]
    covariance_: Annotated[FloatArray, "d d", covariance]

    _scores: NormalScores | None = None

    def __init__(
        self,
        shrinkage: Shrinkage = 0.0,
        reduce: Reduce = None,
    ) -> None:
        self.shrinkage = shrinkage
        self.reduce = reduce

    def minimum_rows(self, d: int) -> int:
        """One more than ``d`` for a matrix that is estimated whole, else 2."""
        return d + 1 if self.shrinkage == 0 else 2

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        if weights is None:
            weights = np.full(len(z), 1 / len(z))
        self.codes_, self.weights_ = z[weights > 0], weights[weights > 0]
        self.copies_, self.count_ = copies_and_count(self.codes_, self.weights_)
        self.mean_ = np.zeros(z.shape[1])
        self._scores = None
        self.covariance_ = self._correlation(rng)

    def _correlation(self, rng: np.random.Generator) -> FloatArray:
        """Correlations of the normal scores, (d, d); 0 throughout for a constant column."""
        scores = rank_scores(self.codes_, self.weights_)
        x = standardise(scores, *centre_and_scale(scores, self.weights_))
        factor, varying = 1.0 - self.shrinkage, np.ptp(self.codes_, axis=0) > 0
        correlation = weighted_correlation(x, self.weights_, varying, factor)
        if not may_repeat(self.codes_).any():
            return correlation
        atoms = np.stack(
            [m.atom_of(z) for m, z in zip(self._margins().margins, self.codes_.T, strict=True)],
            axis=1,
        )
        if not (atoms & varying).any():
            return correlation
        low, high, _ = self._margins().of_codes(self.codes_)
        kept = np.zeros_like(correlation)
        for turn in range(ROUNDS):
            _redraw(x, correlation, low, high, atoms & varying, rng)
            units = standardise(x, *centre_and_scale(x, self.weights_))
            correlation = weighted_correlation(units, self.weights_, varying, factor)
            if turn >= ROUNDS // 2:
                kept += correlation / (ROUNDS - ROUNDS // 2)
        return symmetric(kept, varying)

    @property
    def _constant(self) -> BoolArray:
        """Which columns never change, (d,)."""
        return np.array([margin.constant for margin in self._margins().margins])

    def _margins(self) -> NormalScores:
        if self._scores is None:
            self._scores = NormalScores(
                MixedMargin.of_codes(self.codes_, self.weights_, self.copies_, count=self.count_)
            )
        return self._scores

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        x = normal_rows(n, _root(self.covariance_), rng)
        x += self.mean_
        return self._margins().to_codes(x)

    def _score_samples(self, z: FloatArray) -> FloatArray:
        scores = self._margins()
        varies = np.array([not margin.constant for margin in scores.margins])
        refuse_constant(self.title, self.codes_[0], varies)
        low, high, logs = scores.of_codes(z)
        atomic = low < high
        if not atomic.any():
            return self._log_density(low, high, logs, np.zeros(z.shape[1], dtype=np.bool_))
        at, pattern = np.unique(atomic, axis=0, return_inverse=True)
        density = np.empty(len(z))
        for k, atoms in enumerate(at):
            rows = pattern.ravel() == k
            density[rows] = self._log_density(low[rows], high[rows], logs[rows], atoms)
        return density

    def _log_density(
        self, low: FloatArray, high: FloatArray, logs: FloatArray, atoms: BoolArray
    ) -> FloatArray:
        """Of scores (m, d) whose columns ``atoms`` (d,) are known by intervals, others as such.

        ``logs`` (m, d) are those of the margins' densities.
        """
        points = ~atoms
        if not points.any():
            return box_log_probability(
                np.tile(self.mean_, (len(low), 1)), self.covariance_, low, high
            )
        x, mean = low[:, points], self.mean_[points]
        scale, factor = _factor(self.covariance_[np.ix_(points, points)])
        if factor is None:
            raise InvalidInput(
                f"{self.title} has no density: some columns of the training codes depend on each "
                "other exactly, in ranks; fit with shrinkage above 0, or leave such columns out"
            )
        y = solve_triangular(factor, ((x - mean) / scale).T, lower=True)
        volume = np.log(np.diag(factor)).sum() + np.log(scale).sum()
        # The sums of x² nearly cancel margins' densities in far tails, so column by column.
        density: FloatArray = (logs[:, points] + 0.5 * x * x).sum(axis=1) - volume
        density -= 0.5 * (y * y).sum(axis=0)
        if atoms.any():
            law = regression(_root(self.covariance_), points)
            away = (x - mean) @ law.slopes.T
            density += box_log_probability(
                self.mean_[atoms] + away, law.rest @ law.rest.T, low[:, atoms], high[:, atoms]
            )
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        from aegen.samplers.bootstrap import Bootstrap

        margins = self._margins().take(known)
        refuse_impossible(self.title, margins.margins, values)
        low, high, _ = margins.of_codes(values[None])
        atoms = known.copy()
        atoms[known] = low[0] < high[0]
        scores = np.zeros(len(known))
        scores[known] = low[0]
        points = known & ~atoms
        varying = np.where(self._constant, 0.0, 1.0)[points]
        law = regression(_root(self.covariance_), points)
        away = known_units(self.title, self.mean_[points], varying, scores[points], law.whitener)
        mean = self.mean_[~points] + law.slopes @ away
        if atoms.any():
            inside = known[~points]
            ends = low[:, low[0] < high[0]], high[:, low[0] < high[0]]
            x, weights = _given_intervals(mean, law.rest @ law.rest.T, inside, *ends, rng)
            return Bootstrap()._learnt(
                x.shape[1], codes_=self._margins().take(~known).to_codes(x), weights_=weights
            )
        spread, root = law.left()
        root *= spread[:, None]
        left = root @ root.T
        given = self._learnt(
            len(spread),
            codes_=np.ascontiguousarray(self.codes_[:, ~known]),
            weights_=self.weights_,
            copies_=self.copies_,
            count_=self.count_,
            mean_=mean,
            covariance_=(left + left.T) / 2,
        )
        given._scores = self._margins().take(~known)
        return given


def _redraw(
    x: FloatArray,
    correlation: FloatArray,
    low: FloatArray,
    high: FloatArray,
    atoms: BoolArray,
    rng: np.random.Generator,
) -> None:
    """Draw the scores ``x`` (n, d) of ``atoms`` (n, d) anew between their ends, in place.

    Column by column, each given the others.
    """
    d = len(correlation)
    with one_blas_thread():
        precision = np.linalg.inv((1 - RIDGE) * correlation + RIDGE * np.eye(d))
    for j in np.flatnonzero(atoms.any(axis=0)):
        rows = atoms[:, j]
        pull, spread = precision[j] / precision[j, j], precision[j, j] ** -0.5
        pull[j] = 0.0
        mean = -np.einsum("nd,d->n", x[rows], pull)
        ends = [(end[rows, j] - mean) / spread for end in (low, high)]
        x[rows, j] = mean + spread * drawn_within(ends[0], ends[1], rng.random(len(mean)))[0]


def _given_intervals(
    mean: FloatArray,
    covariance: FloatArray,
    inside: BoolArray,
    low: FloatArray,
    high: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Weighted draws of a normal law given that some coordinates lie in intervals.

    Args:
        mean: of the law, (d,).
        covariance: of the law, (d, d).
        inside: which coordinates are in intervals, (d,), k of them.
        low: lower ends of the intervals, (1, k).
        high: upper ends, (1, k).
        rng: for the draws.

    Returns:
        The other coordinates (CANDIDATES, d - k) and weights (CANDIDATES,), sum one.
    """
    own = covariance[np.ix_(inside, inside)]
    u = rng.random((CANDIDATES, len(own)))
    away, logs = (found[0] for found in box_draws(mean[inside][None], own, low, high, u))
    law = regression(_root(covariance), inside)
    x = mean[~inside] + away @ law.slopes.T
    x += rng.standard_normal((CANDIDATES, law.rest.shape[1])) @ law.rest.T
    weights = np.exp(logs - logs.max())
    return x, weights / weights.sum()


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
