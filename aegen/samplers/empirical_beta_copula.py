"""The paper's own model: every training row, moved by as much as ranks are uncertain."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.fields import Field
from aegen.samplers._beta import draw_beta
from aegen.samplers._columns import centre_and_scale, refuse_constant
from aegen.samplers._compiled import compiled
from aegen.samplers._margins import Margin, Quantiles, silverman
from aegen.samplers.base import DensitySampler, RowSampler

__all__ = ["EmpiricalBetaCopula"]

BLOCK = 2048
"""Draws made at a time, so that what a block needs stays in the processor's cache."""

NEGLIGIBLE = 60.0
"""A row whose log-density is this far below the largest changes no digit of the sum."""


class EmpiricalBetaCopula(RowSampler, DensitySampler):
    r"""Ranks of the codes as the dependence, smoothed by beta distributions, on smoothed margins.

    With $R_{ij}$ the rank of code i in column j (1..n, ties broken at random by ``rng``), a draw
    picks a row I, then for every column, independently, $U_j \sim Beta(R_{Ij}, n + 1 - R_{Ij})$,
    the law of the $R_{Ij}$-th smallest of n uniform numbers, then $Z_j = \hat F_j^{-1}(U_j)$.
    The density is

    $\log f(z) = \log\frac1n\sum_i\prod_j f_{n,R_{ij}}(\hat F_j(z_j)) + \sum_j\log\hat f_j(z_j)$

    with $f_{n,r}$ the density of Beta(r, n + 1 - r), summed in logs.

    Margins: "kde" is the average of n normal distributions around a column's values with standard
    deviation $(3n/4)^{-1/5}$ times the column's (Silverman's rule); its inverse is read from a
    table whose error is below 2e-7 in probability. "empirical" gives $z_{(\lceil nU \rceil)}$, so
    that only values that occurred are drawn; then there is no density.

    A ``degree`` m below n smooths more: a row's rank becomes one of m steps, $S = \lceil mR/n
    \rceil$, and $U \sim Beta(S, m + 1 - S)$. Where m does not divide n, a rank that straddles two
    steps takes either with the chance of its share in it, anew for each draw and column. So
    margins of U are exactly uniform for every m from 1 to n.

    Goes wrong by copying: with every row (m = n), the training code nearest to a draw is nearly
    always the one it started from, and held-out codes get almost no density; compare degrees of
    10 to 50 by `score` on held-out codes. Degree 1 is independence. Row weights move the margins
    away from the codes' own. There is no tail dependence. A constant column is drawn as that
    constant and has no density.

    Reference: arXiv 2309.09916; Segers, Sibuya and Tsukahara 2017 (arXiv 1607.04430). Unlike the
    published code, ranks are a permutation, coordinates are drawn independently, and the bandwidth
    is scaled by the column's spread.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(200, 2))
        >>> model = EmpiricalBetaCopula(degree=50).fit(codes, rng=0)
        >>> model.sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Empirical beta copula"
    summary: ClassVar[str] = "Each draw is a training row, moved as far as ranks are uncertain."
    weighted: ClassVar[bool] = False
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {
        "ordered_": ("d", "n"),
        "ranks_": ("n", "d"),
        "weights_": ("n",),
        "width_": ("d",),
    }

    ordered_: FloatArray
    ranks_: NDArray[np.int32]
    width_: FloatArray

    def __init__(
        self,
        margins: Annotated[
            Literal["kde", "empirical"],
            Field("Each column smoothed (kde), or only values that occurred (empirical)."),
        ] = "kde",
        degree: Annotated[
            int | Literal["n"],
            Field(
                "Steps of the ranks; fewer smooth more, n (as many as rows) is the paper's.",
                low=1,
                log=True,
            ),
        ] = "n",
    ) -> None:
        self.margins = margins
        self.degree = degree

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        n, d = z.shape
        self._weigh(n, weights)
        _degree(self.degree, n)
        ordered = np.empty((d, n))
        ranks = np.empty((n, d), dtype=np.int32)
        for j in range(d):
            order = _order(z[:, j], rng)
            ordered[j] = z[order, j]
            ranks[order, j] = np.arange(1, n + 1, dtype=np.int32)
        self.ordered_, self.ranks_ = ordered, ranks
        self.width_ = silverman(n) * centre_and_scale(z)[1]
        self._quantiles: Quantiles | None = None

    def _defect(self) -> str | None:
        problem = super()._defect()
        if problem:
            return problem
        self._quantiles = None
        n = len(self.ranks_)
        if self.ranks_.dtype != np.int32 or self.ordered_.dtype != np.float64:
            return "ranks_ must be int32 and ordered_ float64"
        if n < 2 or (np.sort(self.ranks_, axis=0) != np.arange(1, n + 1)[:, None]).any():
            return "ranks_ must hold every rank once in each column"
        if (np.diff(self.ordered_) < 0).any() or (self.width_ < 0).any():
            return "ordered_ must be sorted and width_ not negative"
        return None

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        drawn = np.empty((len(rows), self._d))
        for start in range(0, len(rows), BLOCK):
            block = drawn[start : start + BLOCK]
            self._draw_u(rows[start : start + BLOCK], block, rng)
            self._inverse_margins(block)
        return drawn

    def _draw_u(self, rows: IntArray, u: FloatArray, rng: np.random.Generator) -> None:
        """Fill ``u`` (k, d) with draws of the copula that start from these rows (k,)."""
        n = len(self.weights_)
        m = _degree(self.degree, n)
        steps, share = _steps(self.ranks_[rows], n, m)
        if share is not None:
            steps += rng.random(steps.shape) >= share
        draw_beta(rng.integers(2**64, dtype=np.uint64), steps, m, u)

    def _inverse_margins(self, u: FloatArray) -> None:
        """Replace ``u`` (k, d) by the values that its probabilities stand for in each column."""
        if self.margins == "empirical":
            n, d = self.ranks_.shape
            place = np.clip(np.ceil(u * n).astype(np.int64), 1, n) - 1
            u[:] = self.ordered_[np.arange(d), place]
            return
        if self._quantiles is None:
            self._quantiles = Quantiles.of(self.ordered_, self.width_)
        self._quantiles.replace(u)

    def _score_samples(self, z: FloatArray) -> FloatArray:
        if self.margins == "empirical":
            raise InvalidInput(
                f'{self.title} with margins="empirical" has no density, as it only draws values '
                'that occurred: use margins="kde"'
            )
        refuse_constant(self.title, self.ordered_[:, 0], self.width_)
        u = np.empty_like(z)
        density = np.zeros(len(z))
        for j, width in enumerate(self.width_):
            margin = Margin.of(self.ordered_[j], float(width))
            log_density, u[:, j] = margin.density_and_cdf(z[:, j])
            density += log_density
        return density + self._copula_log_density(u)

    def _copula_log_density(self, u: FloatArray) -> FloatArray:
        """Log-density of the copula at ``u`` (k, d), each within (0, 1)."""
        n = len(self.weights_)
        m = _degree(self.degree, n)
        steps, share = _steps(self.ranks_, n, m)
        # At 0 and 1 themselves, where a far tail rounds to, the nearest number inside is taken.
        u = np.clip(u, 1e-300, 1 - 2.0**-53)
        share = np.ones((0, 0)) if share is None else share
        return _log_mixture(u, steps, share, _log_binomials(m), m) - math.log(n)


def _degree(degree: int | str, n: int) -> int:
    """The degree as a number, at most ``n``."""
    m = n if degree == "n" else int(degree)
    if m > n:
        raise InvalidInput(
            f"the degree of an empirical beta copula must be at most the number of codes ({n}), "
            f'got {m}: lower it, or use "n"'
        )
    return m


def _order(column: FloatArray, rng: np.random.Generator) -> IntArray:
    """Indices that sort ``column``, equal values in random order."""
    order = np.argsort(column)
    ordered = column[order]
    same = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    if len(tied):
        # The sort's own order of equal values differs between processors, so by row first.
        among = order[tied][np.lexsort((order[tied], ordered[tied]))]
        order[tied] = among[np.lexsort((rng.random(len(tied)), ordered[tied]))]
    return order


def _steps(
    ranks: NDArray[np.int32], n: int, m: int
) -> tuple[NDArray[np.int32], FloatArray | None]:
    """For ranks out of n their lower step of m, and the chance of that step; None for always.

    Rank r owns the stretch ((r-1)/n, r/n]; step s owns ((s-1)/m, s/m]. The chance is the share of
    the first that lies in the second; the rest lies in the next step.
    """
    if m == n:
        return ranks, None
    before = m * (ranks.astype(np.int64) - 1)
    low = before // n + 1
    share = None if n % m == 0 else np.minimum((low * n - before) / m, 1.0)
    return low.astype(np.int32), share


def _log_binomials(m: int) -> FloatArray:
    """Logs of m! / ((s-1)! (m-s)!), the constant of Beta(s, m+1-s), for s = 0..m (0 unused)."""
    logs = np.r_[0.0, np.cumsum(np.log(np.arange(1, m + 1)))]
    s = np.arange(1, m + 1)
    constants: FloatArray = np.r_[0.0, logs[m] - logs[s - 1] - logs[m - s]]
    return constants


@compiled
def _log_mixture(
    u: FloatArray, steps: NDArray[np.int32], share: FloatArray, constants: FloatArray, m: int
) -> FloatArray:
    """The log of sum_i prod_j f(u_j) for each u (k, d): one gather a row and column.

    ``steps`` (n, d) and ``share`` are those of `_steps`, the second empty where it is None. A row
    is left as soon as it can no longer matter beside the best one: what it has plus the most
    that the columns still to come could add is too little.
    """
    n, d = steps.shape
    out = np.empty(len(u))
    slope, offset, most = np.empty(d), np.empty(d), np.empty(d + 1)
    for p in range(len(u)):
        most[d] = 0.0
        for j in range(d - 1, -1, -1):
            offset[j] = (m - 1) * math.log1p(-u[p, j])
            slope[j] = math.log(u[p, j]) - math.log1p(-u[p, j])
            # The largest term is at the mode of the binomial; a step of slack covers rounding.
            s = min(max(math.ceil(u[p, j] * m), 1), m)
            most[j] = most[j + 1] + constants[s] + (s - 1) * slope[j] + offset[j] + 1e-6
        best, total = -np.inf, 0.0
        for i in range(n):
            term = 0.0
            for j in range(d):
                s = steps[i, j]
                term += constants[s] + (s - 1) * slope[j] + offset[j]
                if len(share) and share[i, j] < 1.0:
                    ratio = (m - s) / s * math.exp(slope[j])
                    term += math.log(share[i, j] + (1.0 - share[i, j]) * ratio)
                if term + most[j + 1] < best - NEGLIGIBLE:
                    break
            else:
                if term > best:
                    total = total * math.exp(best - term) + 1.0
                    best = term
                else:
                    total += math.exp(term - best)
        out[p] = best + math.log(total)
    return out
