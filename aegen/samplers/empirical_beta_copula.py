"""The paper's own model: every training row, moved by as much as ranks are uncertain."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, log_ndtr, ndtr, ndtri

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.fields import Field
from aegen.core.neighbours import Neighbours
from aegen.core.progress import report
from aegen.samplers._beta import draw_beta
from aegen.samplers._beta_sums import BetaSums
from aegen.samplers._columns import (
    centre_and_scale,
    effective_count,
    refuse_constant,
    standardise,
)
from aegen.samplers._kernel_sums import in_threads
from aegen.samplers._margins import Margin, Quantiles, silverman
from aegen.samplers.base import ConditionalSampler, DensitySampler, RowSampler, Sampler

__all__ = ["EmpiricalBetaCopula"]

BLOCK = 2048
"""Draws made at a time, so that what a block needs stays in the processor's cache."""

JUDGED = 1000
"""Most held-out rows that a degree is judged by."""

FOLDS, FEW = 5, 5000
"""Fewer rows than the second are held out in so many turns, more in one."""

NEIGHBOURS = 50
"""Nearest rows whose directions a local jitter follows."""

SMALLEST, LARGEST = 1e-300, 1 - 2.0**-53
"""Probabilities that round to 0 and 1 count as these."""


class EmpiricalBetaCopula(RowSampler, DensitySampler, ConditionalSampler):
    r"""Ranks of the codes as the dependence, smoothed by beta distributions, on smoothed margins.

    With $R_{ij}$ the rank of code i in column j (1..n, ties broken at random by ``rng``), a draw
    picks a row I, then for every column, independently, $U_j \sim Beta(R_{Ij}, n + 1 - R_{Ij})$,
    the law of the $R_{Ij}$-th smallest of n uniform numbers, then $Z_j = \hat F_j^{-1}(U_j)$.
    The density is

    $\log f(z) = \log\frac1n\sum_i\prod_j f_{n,R_{ij}}(\hat F_j(z_j)) + \sum_j\log\hat f_j(z_j)$

    with $f_{n,r}$ the density of Beta(r, n + 1 - r), summed in logs.

    ``margins``: "kde" is the average of n normal distributions around a column's values with
    standard deviation $(3n/4)^{-1/5}$ times the column's (Silverman's rule); its inverse is read
    from a table whose error is below 2e-7 in probability. "gaussian" is the normal distribution
    with the column's mean and standard deviation. "empirical" gives $z_{(\lceil nU \rceil)}$, so
    that only values that occurred are drawn; then there is no density.

    ``degree``: m below n smooths more. A row's rank becomes one of m steps, $S = \lceil mR/n
    \rceil$, and $U \sim Beta(S, m + 1 - S)$. Where m does not divide n, a rank that lies across a
    border takes either step with the chance of its share in it, anew for each draw and column. So
    margins of U are exactly uniform for every m from 1 to n. "auto" takes the degree with the
    largest held-out log-density of the copula (a fifth of the rows held out, at most 1,000 of
    them judged; all fifths in turn below 5,000 rows).

    ``rows``: "iid" picks each draw's row on its own. "balanced" uses each row equally often within
    a batch, up to one, in random order: every draw has the same law as before, and the batch
    repeats no row before all were used.

    ``jitter``: coordinates need not move independently. Let $V = \Phi(e)$ with e normal, variances
    1 and a correlation matrix $(1 - c) I + c K$, c the ``coupling``, and $U_j$ the $V_j$-quantile
    of the row's beta distribution: margins stay uniform whatever K is. "correlated" takes for K
    the correlation of the normal scores of all ranks, "local" that of the differences between the
    row and its 50 nearest in standardised columns, so that a draw moves along the sheet that the
    codes lie on. Coupled jitter has neither density nor conditions here (each would need n d
    incomplete beta functions).

    Row weights: a row of weight w stands for a stretch of that length in each column's ranks, so
    margins follow the weighted codes, and n in "n" and in Silverman's rule is the effective number
    of rows. Conditions are exact: given $U_J$, rows count by $\prod_{j \in J} f_{ij}(u_j)$ and the
    other columns are as before; `effective_rows` says how many rows that leaves, `collapse` when
    they are too few.

    Goes wrong by copying: with every row (m = n), the training code nearest to a draw is nearly
    always the one it started from, held-out codes get almost no density, and two conditions leave
    one row. Degrees of 20 to 60 copy as little as new data on the bundles here. Degree 1 is
    independence. There is no tail dependence. A constant column is drawn as that constant and has
    no density.

    Reference: arXiv 2309.09916; Segers, Sibuya and Tsukahara 2017 (arXiv 1607.04430); coupled
    jitter is in the spirit of the smooth empirical copulas of Kojadinovic and Yi. Unlike the
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
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {
        "ordered_": ("d", "n"),
        "ranks_": ("n", "d"),
        "shares_": ("n",),
        "weights_": ("n",),
        "centre_": ("d",),
        "scale_": ("d",),
    }

    ordered_: FloatArray
    ranks_: NDArray[np.int32]
    shares_: FloatArray
    centre_: FloatArray
    scale_: FloatArray
    count_: float
    degree_: int

    def __init__(
        self,
        margins: Annotated[
            Literal["kde", "gaussian", "empirical"],
            Field(
                "Each column smoothed (kde), as a bell curve (gaussian), or only values that "
                "occurred (empirical)."
            ),
        ] = "kde",
        degree: Annotated[
            int | Literal["n", "auto"],
            Field(
                "Steps of the ranks; fewer smooth more, n (as many as rows) is the paper's, auto "
                "is the likeliest for held-out codes.",
                low=1,
                log=True,
                slide=(("n", "copies rows"), (1, "ignores dependence")),
                slow=("auto",),
            ),
        ] = "n",
        rows: Annotated[
            Literal["iid", "balanced"],
            Field("Rows picked independently (iid), or each equally often in a batch (balanced)."),
        ] = "iid",
        jitter: Annotated[
            Literal["independent", "correlated", "local"],
            Field(
                "Columns move on their own (independent), as all codes vary together "
                "(correlated), or towards a row's neighbours (local)."
            ),
        ] = "independent",
        coupling: Annotated[
            float,
            Field(
                "Share of the movement that columns have in common, where they do not move on "
                "their own.",
                low=0,
                high=1,
                step=0.05,
            ),
        ] = 0.5,
    ) -> None:
        self.margins = margins
        self.degree = degree
        self.rows = rows
        self.jitter = jitter
        self.coupling = coupling

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        n = len(z)
        self._weigh(n, weights)
        self.shares_ = self.weights_
        self.count_ = effective_count(z, weights) if weights is not None else float(n)
        self.ordered_, self.ranks_ = _ranked(z, rng)
        self.centre_, self.scale_ = centre_and_scale(z, weights)
        self._forget()
        if self.degree == "auto":
            self.degree_ = _likeliest(self, z, weights, rng)
            return
        self.degree_ = max(1, round(self.count_)) if self.degree == "n" else int(self.degree)
        if self.degree_ > n:
            raise InvalidInput(
                "the degree of an empirical beta copula must be at most the number of codes "
                f'({n}), got {self.degree_}: lower it, or use "n"'
            )

    def _forget(self) -> None:
        """Leave out what is derived from learned attributes, to be made when it is needed."""
        self._tables: Quantiles | None = None
        self._sums: BetaSums | None = None
        self._before: FloatArray | None = None
        self._common: FloatArray | None = None
        self._near: Neighbours | None = None

    def _defect(self) -> str | None:
        problem = super()._defect()
        if problem:
            return problem
        self._forget()
        n = len(self.ranks_)
        if self.ranks_.dtype != np.int32 or self.ordered_.dtype != np.float64:
            return "ranks_ must be int32 and ordered_ float64"
        if n < 2 or (np.sort(self.ranks_, axis=0) != np.arange(1, n + 1)[:, None]).any():
            return "ranks_ must hold every rank once in each column"
        if (np.diff(self.ordered_) < 0).any() or (self.scale_ < 0).any():
            return "ordered_ must be sorted and scale_ not negative"
        if (self.shares_ < 0).any() or not np.isclose(self.shares_.sum(), 1):
            return "shares_ must be none negative and sum to one"
        if not 1 <= self.degree_ <= n or not self.count_ <= n + 0.5:
            return "degree_ and count_ must be at most the number of rows"
        return None

    # draws

    def _choose_rows(self, n: int, chances: FloatArray, rng: np.random.Generator) -> IntArray:
        if self.rows == "iid":
            return super()._choose_rows(n, chances, rng)
        # Systematic sampling over the rows in random order: each comes the whole number below or
        # above n times its chance.
        order = rng.permutation(np.flatnonzero(chances))
        until = np.cumsum(chances[order])
        counts = np.diff(np.floor(until / until[-1] * n + rng.random()), prepend=0.0)
        counts[0] += n - counts.sum()  # rounding at the very end
        return rng.permutation(np.repeat(order, np.maximum(counts, 0).astype(np.int64)))[:n]

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        """One code for each row; blocks have seeds of their own, so threads change nothing."""
        drawn = np.empty((len(rows), self._d))
        starts = np.arange(0, len(rows), BLOCK)
        seeds = rng.integers(2**64, size=len(starts), dtype=np.uint64)
        self._prepare()

        def some(blocks: IntArray) -> FloatArray:
            for k in blocks:
                block = drawn[starts[k] : starts[k] + BLOCK]
                self._draw_u(rows[starts[k] : starts[k] + BLOCK], block, seeds[k])
                self._inverse_margins(block)
            return drawn[:0]

        if len(starts) == 1:
            some(np.zeros(1, dtype=np.int64))
        elif len(starts):
            in_threads(some, np.arange(len(starts)))
        return drawn

    def _prepare(self) -> None:
        """What draws need and threads share."""
        if self.margins == "kde" and self._tables is None:
            self._tables = Quantiles.of(self.ordered_, self._width(), self._ordered_shares())
        if not self._even and self._before is None:
            self._stretches(np.zeros(0, dtype=np.int64))
        if self.jitter == "correlated" and self._common is None:
            self._common = self._correlation_root()
        if self.jitter == "local" and self._near is None:
            self._near = Neighbours(self._standard_codes())

    def _draw_u(self, rows: IntArray, u: FloatArray, seed: np.uint64) -> None:
        """Fill ``u`` (k, d) with draws of the copula that start from these rows (k,)."""
        m = self.degree_
        rng = np.random.default_rng(seed)
        if self._even and m == len(self.ranks_):
            steps = self.ranks_[rows]
        else:
            start, length = self._stretches(rows)
            place = np.floor(start + length[:, None] * rng.random(start.shape))
            steps = np.clip(place + 1, 1, m).astype(np.int32)
        if self.jitter == "independent":
            draw_beta(seed, steps, m, u)
        else:
            u[:] = betaincinv(steps, m + 1 - steps, ndtr(self._coupled(rows, rng)))

    def _coupled(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        """Normal numbers (k, d) of variance 1, coupled as ``jitter`` and ``coupling`` say."""
        own = rng.standard_normal((len(rows), self._d))
        if self.jitter == "correlated":
            assert self._common is not None
            common = rng.standard_normal(own.shape) @ self._common.T
        else:
            assert self._near is not None
            codes = self._near.reference
            k = min(NEIGHBOURS + 1, len(codes))
            near = self._near.query(codes[rows], k)[0]
            away = codes[near] - codes[rows][:, None]
            spread = np.sqrt(np.square(away).sum(axis=1))
            pull = rng.standard_normal((len(rows), k))
            common = np.einsum("ik,ikj->ij", pull, away) / np.where(spread > 0, spread, 1.0)
            common = np.where(spread > 0, common, own)
        both: FloatArray = np.sqrt(1 - self.coupling) * own + np.sqrt(self.coupling) * common
        return both

    def _correlation_root(self) -> FloatArray:
        """A square root of the correlation of the ranks' normal scores, (d, d)."""
        start, length = self._stretches()
        scores = ndtri((start + length[:, None] / 2) / self.degree_)
        scores = np.where(self.shares_[:, None] > 0, scores, 0.0)
        covariance = (scores * self.shares_[:, None]).T @ scores
        spread = np.sqrt(np.diag(covariance))
        values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
        root: FloatArray = vectors * np.sqrt(np.clip(values, 0.0, None))
        return root

    def _standard_codes(self) -> FloatArray:
        """The training codes, made of their order and ranks, standardised."""
        codes = np.take_along_axis(self.ordered_.T, self.ranks_.astype(np.int64) - 1, axis=0)
        return standardise(codes, self.centre_, self.scale_)

    # ranks

    @property
    def _even(self) -> bool:
        """Whether all rows have the same share."""
        return bool((self.shares_ == self.shares_[0]).all())

    def _stretches(self, rows: IntArray | None = None) -> tuple[FloatArray, FloatArray]:
        """Where the stretches of some rows, or of all, begin (k, d), and their lengths (k,).

        Both in steps: the stretches of a column together are (0, m).
        """
        n, d = self.ranks_.shape
        m = self.degree_
        ranks = self.ranks_ if rows is None else self.ranks_[rows]
        if self._even:  # products of whole numbers, so that borders are met exactly
            return m * (ranks.astype(np.int64) - 1) / n, np.full(len(ranks), m / n)
        if self._before is None:
            ordered = self._ordered_shares()
            assert ordered is not None
            self._before = np.cumsum(ordered, axis=1) - ordered
        shares = self.shares_ if rows is None else self.shares_[rows]
        return m * self._before[np.arange(d), ranks - 1], m * shares

    def _ordered_shares(self) -> FloatArray | None:
        """The rows' shares in the order of each column, (d, n); None where all are the same."""
        if self._even:
            return None
        n, d = self.ranks_.shape
        ordered = np.empty((d, n))
        ordered[np.arange(d), self.ranks_ - 1] = self.shares_[:, None]
        return ordered

    def _row_sums(self) -> BetaSums:
        """The rows, ready to be summed over; kept, as they are used again and again."""
        if self._sums is None:
            start, length = self._stretches()
            self._sums = BetaSums.of(start, length, self.weights_, self.degree_)
        return self._sums

    # margins

    def _width(self) -> FloatArray:
        return silverman(self.count_) * self.scale_

    def _inverse_margins(self, u: FloatArray) -> None:
        """Replace ``u`` (k, d) by the values that its probabilities stand for in each column."""
        if self.margins == "kde":
            assert self._tables is not None
            self._tables.replace(u)
        elif self.margins == "gaussian":
            u[:] = self.centre_ + self.scale_ * ndtri(np.clip(u, SMALLEST, LARGEST))
        else:
            u[:] = self._empirical_quantiles(u)

    def _empirical_quantiles(self, u: FloatArray) -> FloatArray:
        """The least value of each column up to which at least u of the rows lie."""
        shares = self._ordered_shares()
        n, d = self.ranks_.shape
        if shares is None:
            place = np.clip(np.ceil(u * n).astype(np.int64), 1, n) - 1
        else:
            until = np.cumsum(shares, axis=1)
            place = np.empty(u.shape, dtype=np.int64)
            for j in range(d):
                place[:, j] = np.searchsorted(until[j], u[:, j] * until[j, -1], side="left")
                place[:, j] = np.minimum(place[:, j], np.flatnonzero(shares[j])[-1])
        values: FloatArray = self.ordered_[np.arange(d), place]
        return values

    def _log_margin_and_u(self, x: FloatArray, j: int) -> tuple[FloatArray, FloatArray]:
        """Log-density of column j's margin, and probability up to each x (k,)."""
        scale = float(self.scale_[j])
        if self.margins == "gaussian":
            t = np.clip((x - self.centre_[j]) / scale, -1e100, 1e100)
            log_density = -0.5 * t * t - np.log(scale) - 0.5 * np.log(2 * np.pi)
            return log_density, np.exp(log_ndtr(t))
        shares = self._ordered_shares()
        own = None if shares is None else shares[j]
        margin = Margin.of(self.ordered_[j], float(self._width()[j]), own)
        return margin.density_and_cdf(x)

    # density and distribution function

    def _score_samples(self, z: FloatArray) -> FloatArray:
        self._require_density("density")
        refuse_constant(self.title, self.ordered_[:, 0], self.scale_)
        u = np.empty_like(z)
        density = np.zeros(len(z))
        for j in range(z.shape[1]):
            log_density, u[:, j] = self._log_margin_and_u(z[:, j], j)
            density += log_density
        return density + self._copula_log_density(u)

    def _copula_log_density(self, u: FloatArray) -> FloatArray:
        """Log-density of the copula at ``u`` (k, d), each within (0, 1)."""
        return self._row_sums().log_density(np.clip(u, SMALLEST, LARGEST))

    def _require_density(self, noun: str) -> None:
        if self.margins == "empirical" and noun == "density":
            raise InvalidInput(
                f'{self.title} with margins="empirical" has no density, as it only draws values '
                'that occurred: use margins="kde"'
            )
        if self.jitter != "independent":
            raise InvalidInput(
                f'{self.title} with jitter="{self.jitter}" has no {noun} that can be computed: '
                'use jitter="independent"'
            )

    def cdf(self, z: FloatArray) -> FloatArray:
        r"""Chance that a draw is at most z in every column, of each row of ``z`` (k, d), (k,).

        $\sum_i w_i \prod_j F_{ij}(\hat F_j(z_j))$; of a conditioned model, of its free columns.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: another dimension, values that are not finite, or coupled jitter.

        Example:
            >>> model = EmpiricalBetaCopula().fit([[0.0, 1.0], [2.0, 3.0], [1.0, 5.0]], rng=0)
            >>> model.cdf([[99.0, 99.0], [-99.0, 9.0]]).round(6).tolist()
            [1.0, 0.0]
        """
        from aegen.core import arrays

        self._require_fitted()
        self._require_density("distribution function")
        z = arrays.codes(z, dimension=self.n_features_in_)
        reached = (z[:, ~self.free_] >= self.given_[~self.free_]).all(axis=1)
        free = np.ascontiguousarray(z[:, self.free_])
        u = np.empty_like(free)
        for j in range(free.shape[1]):
            u[:, j] = self._probability(free[:, j], j)
        return np.where(reached, self._row_sums().cdf(u), 0.0)

    def _probability(
        self, x: FloatArray, j: int, side: Literal["left", "right"] = "right"
    ) -> FloatArray:
        """Probability up to each x (k,) in column j; "left" leaves x itself out."""
        if self.scale_[j] == 0 or self.margins == "empirical":
            shares = self._ordered_shares()
            n = len(self.ranks_)
            until = np.arange(n + 1) / n if shares is None else np.r_[0, np.cumsum(shares[j])]
            probability: FloatArray = until[np.searchsorted(self.ordered_[j], x, side=side)]
            return np.minimum(probability, 1.0)
        return self._log_margin_and_u(x, j)[1]

    # conditions

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        self._require_density("condition")
        given = dict(zip(np.flatnonzero(known).tolist(), values.tolist(), strict=True))
        chances = self._chances_given(given)
        if chances.sum() <= 0:
            raise InvalidInput(
                f"{self.title} gives these values no chance together: condition on others"
            )
        free = ~known
        left = self._learnt(
            int(free.sum()),
            ordered_=self.ordered_[free],
            ranks_=np.ascontiguousarray(self.ranks_[:, free]),
            shares_=self.shares_,
            weights_=chances / chances.sum(),
            centre_=self.centre_[free],
            scale_=self.scale_[free],
            count_=self.count_,
            degree_=self.degree_,
        )
        left._forget()
        if self._tables is not None:
            left._tables = self._tables.take(free)
        return left

    def _chances_given(self, given: dict[int, float]) -> FloatArray:
        """Chances of the rows given values of some columns, up to a factor, (n,)."""
        for j, value in given.items():
            self._require_possible(j, value)
        columns = [j for j in given if self.scale_[j] > 0]
        chances = np.zeros(len(self.ranks_))
        if not columns:
            return self.weights_
        at = [np.array([given[j]]) for j in columns]
        start, length = self._stretches()
        sums = BetaSums.of(start[:, columns], length, self.weights_, self.degree_)
        u = np.array([self._probability(x, j)[0] for x, j in zip(at, columns, strict=True)])
        if self.margins == "empirical":
            below = [self._probability(x, j, "left")[0] for x, j in zip(at, columns, strict=True)]
            chances[sums.kept] = sums.between(np.array(below), u)
        else:
            logs = sums.row_logs(np.clip(u, SMALLEST, LARGEST))
            chances[sums.kept] = np.exp(logs - logs.max())
        return chances

    def _require_possible(self, j: int, value: float) -> None:
        """Refuse a value that column j never takes."""
        constant = self.scale_[j] == 0
        if (constant or self.margins == "empirical") and value not in self.ordered_[j]:
            why = "is constant" if constant else "has empirical margins"
            raise InvalidInput(
                f"{self.title} cannot be given {value:g} in a column that {why}: take a value "
                f"that occurred, such as {self.ordered_[j][len(self.ranks_) // 2]:g}"
            )


def _ranked(z: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, NDArray[np.int32]]:
    """Sorted columns (d, n) of codes (n, d), and the rank of each in its column, from 1 (n, d)."""
    n, d = z.shape
    ordered = np.empty((d, n))
    ranks = np.empty((n, d), dtype=np.int32)
    for j in range(d):
        order = _order(z[:, j], rng)
        ordered[j] = z[order, j]
        ranks[order, j] = np.arange(1, n + 1, dtype=np.int32)
    return ordered, ranks


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


def _likeliest(
    model: EmpiricalBetaCopula,
    z: FloatArray,
    weights: FloatArray | None,
    rng: np.random.Generator,
) -> int:
    """The degree whose copula gives held-out codes the largest mean log-density.

    Margins do not depend on the degree, so only the copula is judged. Degrees go up by half each
    until two in a row are worse, then those between the neighbours of the best are tried.
    """
    moving = model.scale_ > 0
    if not moving.any() or len(z) < 4:
        return 1
    z = z[:, moving]
    parts = np.array_split(rng.permutation(len(z)), FOLDS)
    parts = parts if len(z) < FEW else parts[:1]
    trials = []
    for part in parts:
        rest = np.setdiff1d(np.arange(len(z)), part)
        share = None if weights is None else weights[rest] / max(weights[rest].sum(), 1e-300)
        judged = part[: -(-JUDGED // len(parts))]
        if (z[rest].min(axis=0) == z[rest].max(axis=0)).any():
            continue
        trial = EmpiricalBetaCopula(margins="kde", degree=1).fit(
            z[rest], sample_weight=share, rng=rng
        )
        u = np.stack([trial._probability(z[judged, j], j) for j in range(z.shape[1])], axis=1)
        trials.append((trial, u, None if weights is None else weights[judged]))
    if not trials:
        return 1
    most = min(max(1, round(trial.count_)) for trial, _, _ in trials)
    scores: dict[int, float] = {}

    def score(degree: int) -> float:
        if degree not in scores:
            report(min(0.9, len(scores) / 16), f"degree {degree}")
            total = []
            for trial, u, counts in trials:
                trial.degree_ = degree
                trial._sums = None
                total.append(np.average(trial._copula_log_density(u), weights=counts))
            scores[degree] = float(np.mean(total))
        return scores[degree]

    ladder = np.unique(np.clip(np.round(1.5 ** np.arange(60)), 1, most).astype(int))
    worse, best = 0, 1
    for degree in ladder:
        better = score(int(degree)) >= score(best)
        best, worse = (int(degree), 0) if better else (best, worse + 1)
        if worse == 2:
            break
    place = int(np.searchsorted(ladder, best))
    low, high = ladder[max(place - 1, 0)], ladder[min(place + 1, len(ladder) - 1)]
    for degree in np.unique(np.round(np.geomspace(low, high, 7)).astype(int)):
        score(int(degree))
    return max(scores, key=lambda degree: (scores[degree], -degree))
