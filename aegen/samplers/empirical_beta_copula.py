"""Empirical beta copula of Segers, Sibuya and Tsukahara, with smoothed margins."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr, ndtri

from aegen.core import arrays
from aegen.core.arrays import BoolArray, FloatArray, IntArray, count
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.samplers._beta import draw_beta
from aegen.samplers._beta_sums import BetaSums
from aegen.samplers._degree import likeliest_degree
from aegen.samplers._jitter import Correlated, Jitter, Local
from aegen.samplers._kernel_sums import in_threads
from aegen.samplers._learned import (
    effective,
    indices,
    not_negative,
    probabilities,
    ranks,
    sorted_rows,
)
from aegen.samplers._marginals import ColumnLaws, inside
from aegen.samplers._mixed_marginal import copies_and_count
from aegen.samplers._principal import Reduce
from aegen.samplers._ranks import Ranks, ranked
from aegen.samplers._standardise import (
    centre_and_scale,
    centre_and_spread,
    refuse_constant,
    standardise,
)
from aegen.samplers.base import ConditionalSampler, DensitySampler, RowSampler, Sampler

__all__ = ["EmpiricalBetaCopula"]

BLOCK = 2048
"""Draws made at a time, so that what a block needs stays in the processor's cache."""


class EmpiricalBetaCopula(RowSampler, DensitySampler, ConditionalSampler):
    r"""Empirical beta copula of the codes with kernel-smoothed, normal or empirical margins.

    With $R_{ij}$ the rank of code i in column j (1..n, ties broken at random by ``rng``), a draw
    picks a row I, then for every column, independently, $U_j \sim Beta(R_{Ij}, n + 1 - R_{Ij})$,
    the law of the $R_{Ij}$-th smallest of n uniform numbers, then $Z_j = \hat F_j^{-1}(U_j)$.
    The density is

    $\log f(z) = \log\frac1n\sum_i\prod_j f_{n,R_{ij}}(\hat F_j(z_j)) + \sum_j\log\hat f_j(z_j)$

    with $f_{n,r}$ the density of Beta(r, n + 1 - r), summed in logs.

    ``margins``: "kde" is the average of n normal distributions around a column's values with
    standard deviation $(3n/4)^{-1/5}$ times the column's spread (Silverman's rule); values that
    repeat are point masses, and bounds that no code passes are kept (``_mixed_marginal.py``). Its
    inverse is read from a table whose error is below 2e-7 in probability. "gaussian" is the normal
    distribution with the column's mean and standard deviation, far rows included. "empirical"
    gives $z_{(\lceil nU \rceil)}$, so that only values that occurred are drawn; then there is no
    density. At a point mass of a column the density is a probability there, with
    $F_{ij}(u_j) - F_{ij}(u_j^-)$ in place of $f_{ij}(u_j) \hat f_j(z_j)$.

    ``degree``: m below n smooths more. A row's rank becomes one of m steps, $S = \lceil mR/n
    \rceil$, and $U \sim Beta(S, m + 1 - S)$. Where m does not divide n, a rank that lies across a
    border takes either step with its share in it as probability, anew for each draw and column. So
    margins of U are exactly uniform for every m from 1 to n. "auto" takes the degree with the
    largest held-out log-density of the copula (a fifth of the rows held out, at most 1,000 of
    them used; all fifths in turn below 5,000 rows).

    ``rows``: "iid" picks each draw's row on its own. "balanced" uses each row equally often within
    a batch, up to one, in random order: every draw has the same law as before, and the batch
    repeats no row before all were used.

    ``jitter``: coordinates need not move independently. Let $V = \Phi(e)$ with e normal, variances
    1 and a correlation matrix $(1 - c) I + c K$, c the ``coupling``, and $U_j$ the $V_j$-quantile
    of the row's beta distribution: margins stay uniform whatever K is. "correlated" takes for K
    the correlation of the normal scores of all ranks, "local" that of the differences between the
    row and its 20 nearest in standardised columns, so that a draw moves along the sheet that the
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

    Cost: a fit ranks each column, O(n d log n): 0.3 s for 60,000 codes of 10 numbers, a few
    seconds where it chooses the degree. 10,000 draws take 0.05 s. A density or a condition looks
    at all n rows for each code.

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
    references: ClassVar[tuple[str, ...]] = ("coblenz2023", "segers2017")
    weights_repeat: ClassVar[bool] = False  # ranks of repeated rows are in random order
    mixed: ClassVar[bool] = True
    exact: ClassVar[dict[str, tuple[str, ...]]] = {
        "jitter": ("independent",),
        "margins": ("kde", "gaussian"),
    }

    ordered_: Annotated[FloatArray, "d n", sorted_rows]
    ranks_: Annotated[NDArray[np.int32], "n d", ranks]
    shares_: Annotated[FloatArray, "n", probabilities]
    copies_: Annotated[IntArray, "n", indices("n")]
    centre_: Annotated[FloatArray, "d"]
    scale_: Annotated[FloatArray, "d", not_negative]
    count_: Annotated[float, effective("n")]
    degree_: Annotated[int, effective("n")]

    def __init__(
        self,
        margins: Annotated[
            Literal["kde", "gaussian", "empirical"],
            Field(
                "Each column smoothed (kde), as a normal law (gaussian), or only values that "
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
        reduce: Reduce = None,
    ) -> None:
        self.margins = margins
        self.degree = degree
        self.rows = rows
        self.jitter = jitter
        self.coupling = coupling
        self.reduce = reduce

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        n = len(z)
        if not isinstance(self.degree, str) and self.degree > n:
            raise InvalidInput(
                "the degree of an empirical beta copula must be at most the number of codes "
                f'({n}), got {self.degree}: lower it, or use "n"'
            )
        self._weigh(n, weights)
        self.shares_ = self.weights_
        self.copies_, self.count_ = copies_and_count(z, weights)
        self.ordered_, self.ranks_ = ranked(z, rng)
        self.centre_, self.scale_ = centre_and_scale(z, weights)
        if self.degree == "auto":
            self.degree_ = likeliest_degree(z, weights, rng)
        else:
            self.degree_ = max(1, round(self.count_)) if self.degree == "n" else int(self.degree)

    def at_degree(self, degree: int) -> Self:
        """The same fit with another degree; nothing is learned anew, so it takes no time.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: a degree outside 1..n.

        Example:
            >>> model = EmpiricalBetaCopula().fit([[0.0], [2.0]], rng=0)
            >>> model.at_degree(1).degree_
            1
        """
        self._require_fitted()
        self._laws, self._rows  # noqa: B018 - made once here, and shared; they know no degree
        found = copy(self)
        found.__dict__.pop("_sums", None)
        found.degree = count(degree, name="degree", minimum=1, maximum=len(self.ranks_))
        found.degree_ = found.degree
        found._fields = found.get_params(deep=False)
        return found

    def adjusted(self, field: str, value: Any) -> Self | None:
        """Another degree; see `Sampler.adjusted`."""
        within = isinstance(value, int) and 1 <= value <= len(self.ranks_)
        return self.at_degree(value) if field == "degree" and within else None

    # what follows from the learned attributes, made when it is needed

    @cached_property
    def _rows(self) -> Ranks:
        return Ranks(self.ranks_, self.shares_)

    @cached_property
    def _laws(self) -> ColumnLaws:
        rows, n = self._rows, len(self.ranks_)
        return ColumnLaws(
            self.margins,
            self.ordered_,
            rows.ordered_shares,
            self.centre_,
            self.scale_,
            self.count_,
            None if (self.copies_ == np.arange(n)).all() else rows.order(self.copies_),
        )

    @cached_property
    def _sums(self) -> BetaSums:
        start, length = self._rows.stretches(self.degree_)
        return BetaSums.of(start, length, self.weights_, self.degree_)

    @cached_property
    def _coupled(self) -> Jitter:
        if self.jitter == "local":
            place = self.ranks_.astype(np.int64) - 1
            codes = np.take_along_axis(self.ordered_.T, place, axis=0)
            centre, spread = centre_and_spread(codes, self.shares_)
            return Local(standardise(codes, centre, spread), self.shares_)
        start, length = self._rows.stretches(len(self.ranks_))
        middle = (start + length[:, None] / 2) / len(self.ranks_)
        return Correlated(ndtri(inside(middle)), self.shares_)

    # draws

    def _choose_rows(
        self, n: int, probabilities: FloatArray, rng: np.random.Generator
    ) -> IntArray:
        if self.rows == "iid":
            return super()._choose_rows(n, probabilities, rng)
        # Systematic sampling over the rows in random order: each comes the whole number below or
        # above n times its probability.
        order = rng.permutation(np.flatnonzero(probabilities))
        until = np.cumsum(probabilities[order])
        counts = np.diff(np.floor(until / until[-1] * n + rng.random()), prepend=0.0)
        counts[0] += n - counts.sum()  # rounding at the very end
        return rng.permutation(np.repeat(order, np.maximum(counts, 0).astype(np.int64)))[:n]

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        """One code for each row; blocks have seeds of their own, so threads change nothing."""
        drawn = np.empty((len(rows), self._d))
        starts = np.arange(0, len(rows), BLOCK)
        seeds = rng.integers(2**64, size=len(starts), dtype=np.uint64)

        def block(k: int) -> None:
            some = slice(starts[k], starts[k] + BLOCK)
            self._draw_u(rows[some], drawn[some], seeds[k])
            self._laws.invert(drawn[some])

        if len(rows):
            block(0)  # also makes what the others share

        def blocks(which: IntArray) -> FloatArray:
            for k in which:
                block(k)
            return drawn[:0]

        if len(starts) > 1:
            in_threads(blocks, np.arange(1, len(starts)))
        return drawn

    def _draw_u(self, rows: IntArray, u: FloatArray, seed: np.uint64) -> None:
        """Fill ``u`` (k, d) with draws of the copula that start from these rows (k,)."""
        m = self.degree_
        rng = np.random.default_rng(seed)
        steps = self._rows.steps(m, rows, rng)
        if self.jitter == "independent":
            draw_beta(seed, steps, m, u)
        else:
            v = ndtr(self._coupled.draw(rows, self.coupling, rng))
            u[:] = betaincinv(steps, m + 1 - steps, v)

    # density and distribution function

    def _score_samples(self, z: FloatArray) -> FloatArray:
        self._require_density("density")
        refuse_constant(self.title, self.ordered_[:, 0], self.scale_)
        density, low, high = self._laws.of_codes(z)
        return density + self._sums.log_density(high, low)

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

    def cdf(self, z: ArrayLike) -> FloatArray:
        r"""Joint distribution function P(Z <= z) at each row of ``z`` (k, d), (k,).

        $\sum_i w_i \prod_j F_{ij}(\hat F_j(z_j))$; of a conditioned model, of its free columns.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: another dimension, values that are not finite, or coupled jitter.

        Example:
            >>> model = EmpiricalBetaCopula().fit([[0.0, 1.0], [2.0, 3.0], [1.0, 5.0]], rng=0)
            >>> model.cdf([[99.0, 99.0], [-99.0, 9.0]]).round(6).tolist()
            [1.0, 0.0]
        """
        self._require_fitted()
        self._require_density("distribution function")
        if self._subspace:
            raise InvalidInput(
                f"{self.title} of principal components has no distribution function that can be "
                "computed: leave reduce out"
            )
        points = arrays.codes(z, dimension=self.n_features_in_)
        reached = (points[:, ~self.free_] >= self.given_[~self.free_]).all(axis=1)
        free = points[:, self.free_]
        return np.where(reached, self._sums.cdf(self._laws.of_codes(free)[2]), 0.0)

    # columns on their own

    def to_uniform(self, z: ArrayLike) -> FloatArray:
        r"""Pseudo-observations $u_j = \hat F_j(z_j)$ of codes ``z`` (k, d), (k, d).

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: another dimension, values that are not finite, or a conditioned model.

        Example:
            >>> model = EmpiricalBetaCopula(margins="gaussian").fit([[0.0], [2.0]], rng=0)
            >>> model.to_uniform([[1.0]]).tolist()
            [[0.5]]
        """
        self._require_whole()
        return self._laws.of_codes(arrays.codes(z, dimension=self.n_features_in_))[2]

    def from_uniform(self, u: ArrayLike) -> FloatArray:
        r"""Codes $z_j = \hat F_j^{-1}(u_j)$ of numbers ``u`` (k, d) in [0, 1], (k, d).

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: another dimension, values outside [0, 1], or a conditioned model.

        Example:
            >>> model = EmpiricalBetaCopula(margins="gaussian").fit([[0.0], [2.0]], rng=0)
            >>> model.from_uniform([[0.5]]).tolist()
            [[1.0]]
        """
        self._require_whole()
        given = arrays.codes(u, name="u", dimension=self.n_features_in_)
        if given.size and not (given.min() >= 0 and given.max() <= 1):
            raise InvalidInput("u must lie in [0, 1]: make it with to_uniform")
        values = inside(given)
        self._laws.invert(values)
        return values

    def _require_whole(self) -> None:
        self._require_fitted()
        if self._subspace:
            raise InvalidInput(
                f"{self.title} of principal components has no margins of columns: leave reduce out"
            )
        if not self.free_.all():
            raise InvalidInput(
                f"columns of a conditioned {self.title} do not follow their margins: use the "
                "model from before"
            )

    # conditions

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        self._require_density("condition")
        probabilities = self._row_probabilities(known, values)
        if probabilities.sum() <= 0:
            raise InvalidInput(
                f"{self.title} gives these values probability 0 together: condition on others"
            )
        free = ~known
        left = self._learnt(
            int(free.sum()),
            ordered_=self.ordered_[free],
            ranks_=np.ascontiguousarray(self.ranks_[:, free]),
            shares_=self.shares_,
            copies_=self.copies_,
            weights_=probabilities / probabilities.sum(),
            centre_=self.centre_[free],
            scale_=self.scale_[free],
            count_=self.count_,
            degree_=self.degree_,
        )
        left.__dict__["_laws"] = self._laws.take(free)
        return left

    def _row_probabilities(self, known: BoolArray, values: FloatArray) -> FloatArray:
        """Probabilities of rows given values (k,) of ``known`` columns (d,), up to a factor."""
        laws = self._laws.take(known)
        logs, low, high = laws.of_codes(values[None])
        if logs[0] == -np.inf:
            self._refuse_impossible(laws, values)
        moving = self.scale_[known] > 0
        start, length = self._rows.stretches(self.degree_)
        columns = np.flatnonzero(known)[moving]
        sums = BetaSums.of(start[:, columns], length, self.weights_, self.degree_)
        rows = sums.row_logs(low[0, moving], high[0, moving])
        probabilities = np.zeros(len(self.ranks_))
        if rows.max() > -np.inf:
            probabilities[sums.kept] = np.exp(rows - rows.max())
        return probabilities

    def _refuse_impossible(self, laws: ColumnLaws, values: FloatArray) -> None:
        """Name the first of the ``values`` (k,) that its column never takes."""
        for j, value in enumerate(values):
            if laws.at(np.array([value]), j)[0][0] > -np.inf:
                continue
            occurred = laws.ordered[j]
            why = "has no values there"
            if laws.scale[j] == 0 or laws.kind == "empirical":
                why = "is constant" if laws.scale[j] == 0 else "has empirical margins"
            raise InvalidInput(
                f"{self.title} cannot be given {value:g} in a column that {why}: take a value "
                f"that occurred, such as {occurred[len(occurred) // 2]:g}"
            )
