r"""Columns with point masses, bounds or far values, as normal scores: for smooth, light models.

A Gaussian mixture or a flow knows nothing of values that repeat (a ReLU's zeros) or of bounds, and
one code of a million spoils its units. Columns of that kind are replaced before a fit by
$x = \Phi^{-1}(U)$, U uniform between $\hat F(z^-)$ and $\hat F(z)$ (the distributional transform,
with the law of `_mixed_marginal.py`), so that the model sees a normal column; its draws go back by
$\hat F^{-1}(\Phi(x))$, which gives point masses their share, passes no bound and keeps far values
as rare as they are. Other columns stay as they are. With g the model's density,

$f(z) = \mathrm{E}\, g(x) \prod_j \hat f_j(z_j) / \varphi(x_j)$

over the U of the point masses, $\hat f_j$ their probabilities there; the mean is taken over the
points of a Sobol sequence, to about two digits, and is exact where a row has none of them.

Reference: Rüschendorf 2009 (the distributional transform).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.samplers._kde_marginal import silverman
from aegen.samplers._mixed_marginal import (
    MISSING,
    MixedMargin,
    copies_and_count,
    may_repeat,
    refuse_impossible,
    surely_plain,
)
from aegen.samplers._normal_scores import NormalScores
from aegen.samplers._sobol import sobol
from aegen.samplers._standardise import (
    FAR,
    centre_and_scale,
    centre_and_spread,
    column_ends,
    winsorised,
)

__all__ = ["MixedColumns"]

LOOKED_AT = (500, 5000)
"""Rows that are looked at first; only columns that may be mixed are then looked at whole."""

FEW = 0.08
"""Values beyond `FAR` spreads are far if they are less than this share."""

SWAY = 1.05
"""Factor by which far values raise a standard deviation from which they matter."""

NEAR_END = 100
"""Rows at each end whose kernels are looked at."""

POINTS = 64
"""Scores that a point mass is averaged over."""


@dataclass(frozen=True)
class MixedColumns:
    """The columns of codes that are not smooth, unbounded and of light tails, k of d.

    Args:
        columns: which they are, (k,).
        codes: their values in the training rows, (n, k).
        weights: of the rows, all above 0, sum one, (n,).
        count: effective number of rows.
        copies: which rows are copies, see `copies_and_count`, (n,).
        scores: their laws.
    """

    columns: IntArray
    codes: FloatArray
    weights: FloatArray
    count: float
    copies: IntArray
    scores: NormalScores

    @staticmethod
    def find(z: FloatArray, weights: FloatArray | None, reach: float) -> MixedColumns | None:
        """Those of codes (n, d), constant ones left out; None where there are none.

        ``reach`` is the largest of all values less the smallest.
        """
        if weights is not None:
            z, weights = z[weights > 0], weights[weights > 0]
        ends, far, repeats = (np.ones(z.shape[1], dtype=np.bool_) for _ in range(3))
        for rows in LOOKED_AT:
            columns = np.flatnonzero(ends | far)
            if not len(columns):
                return None
            own = z if len(columns) == len(ends) else z[:, columns]
            some = own[:: -(-len(z) // rows)]
            ordered = np.sort(some, axis=0)
            spread = centre_and_spread(some, ordered=ordered)[1]
            first = rows == LOOKED_AT[0]
            if first or len(some) < len(z):  # else it would look at the same rows again
                repeats[columns] = may_repeat(some, ordered=ordered if first else None)
            ends[columns] &= repeats[columns] | _may_end(own, ordered, spread, first)
            far[columns] &= _may_be_far(own, spread, reach)
        if far.any():
            far[far] = _heavy(z[:, far], weights)
        ends &= ~far  # a far one is looked at anyway
        if weights is None and ends.any():
            if len(ordered) == len(z):
                ordered = ordered[:, ends[columns]]
            else:
                ordered = np.sort(z[:, ends], axis=0)
            ends[ends] = ~surely_plain(ordered)
        columns = np.flatnonzero(ends | far)
        if not len(columns):
            return None
        even = np.full(len(z), 1 / len(z)) if weights is None else weights
        copies, count = copies_and_count(z, weights)
        own = np.ascontiguousarray(z[:, columns])
        found = MixedColumns.of(columns, own, even, count, copies)
        smooth = [m.plain or m.constant for m in found.scores.margins]
        return found.take(far[columns] | ~np.array(smooth))

    @staticmethod
    def of(
        columns: IntArray,
        codes: FloatArray,
        weights: FloatArray,
        count: float,
        copies: IntArray,
    ) -> MixedColumns:
        """From what is saved."""
        margins = MixedMargin.of_codes(codes, weights, copies, count=count)
        return MixedColumns(columns, codes, weights, count, copies, NormalScores(margins))

    def take(self, kept: BoolArray) -> MixedColumns | None:
        """Some of the columns (k,); None for none of them."""
        if not kept.any():
            return None
        return replace(
            self,
            columns=self.columns[kept],
            codes=np.ascontiguousarray(self.codes[:, kept]),
            scores=self.scores.take(kept),
        )

    def without(self, known: BoolArray) -> MixedColumns | None:
        """What is left when ``known`` coordinates (d,) are given: the others are numbered anew."""
        left = self.take(~known[self.columns])
        return left and replace(left, columns=(np.cumsum(~known) - 1)[left.columns])

    def to_scores(self, z: FloatArray, u: FloatArray) -> FloatArray:
        """Codes (n, d) with scores for these columns; ``u`` (n, k) draws those of point masses."""
        low, high, _ = self.scores.of_codes(z[:, self.columns])
        at, x = low < high, z.copy()
        between = ndtr(low) + u * (ndtr(high) - ndtr(low))
        x[:, self.columns] = np.where(at, ndtri(between), high)
        return x

    def to_codes(self, x: FloatArray) -> FloatArray:
        """Draws (n, d) with codes in place of the scores of these columns."""
        z = x.copy()
        z[:, self.columns] = self.scores.to_codes(x[:, self.columns])
        return z

    def log_density(self, z: FloatArray, model: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Log-density of codes (m, d) by a ``model`` of the scores, itself in logs, (m,)."""
        own = z[:, self.columns]
        possible = np.ones(len(z), dtype=np.bool_)
        logs = np.zeros(len(z))
        at = np.zeros(own.shape, dtype=np.bool_)
        for j, margin in enumerate(self.scores.margins):
            part = margin.density_and_cdf(own[:, j])[0]
            possible &= part > -np.inf
            at[:, j] = margin.atom_of(own[:, j])
            logs += part
        logs[~possible] = -np.inf
        for rows, points in ((~at.any(axis=1), 1), (at.any(axis=1), POINTS)):
            rows &= possible
            if not rows.any():
                continue
            u = sobol(len(self.columns), points)
            whole = np.repeat(z[rows], points, axis=0)
            x = self.to_scores(whole, np.tile(u, (int(rows.sum()), 1)))
            s = x[:, self.columns]
            terms = model(x) + 0.5 * (s * s + np.log(2 * np.pi)).sum(axis=1)
            logs[rows] += logsumexp(terms.reshape(-1, points), axis=1) - np.log(points)
        return logs

    def given(self, title: str, known: BoolArray, values: FloatArray) -> FloatArray:
        """The ``values`` (k,) of the ``known`` coordinates (d,), as the model takes them.

        Raises:
            InvalidInput: a value that never occurs, or a point mass.
        """
        inside = known[self.columns]
        if not inside.any():
            return values
        part = self.scores.take(inside)
        place = (np.cumsum(known) - 1)[self.columns[inside]]
        own = values[place]
        refuse_impossible(title, part.margins, own)
        low, high, _ = part.of_codes(own[None])
        mass = np.flatnonzero(low[0] < high[0])
        if len(mass):
            raise InvalidInput(
                f"{title} cannot be given {own[mass[0]]:.10g}, a value that repeats in its "
                "column: give another, or use a copula"
            )
        taken = values.copy()
        taken[place] = high[0]
        return taken


def _heavy(z: FloatArray, weights: FloatArray | None = None) -> BoolArray:
    """Which columns of codes (n, d) have few far values that sway their standard deviation."""
    held = winsorised(z, weights)
    share = np.average(held != z, axis=0, weights=weights)
    scale, without = centre_and_scale(z, weights)[1], centre_and_scale(held, weights)[1]
    heavy: BoolArray = (share < FEW) & (scale > SWAY * without)
    return heavy


def _may_end(z: FloatArray, ordered: FloatArray, spread: FloatArray, first: bool) -> BoolArray:
    """Which columns of codes (n, d) may have bounds, (d,).

    Their spreads (d,) are those of some rows, whose values are ``ordered``, (m, d). The ends in a
    first look are those of these rows, which therefore lets more columns pass.
    """
    n = len(ordered) if first else len(z)
    k = min(NEAR_END, n // 2)
    if n == len(ordered):
        low, high = ordered[:k], ordered[n - k :]
    else:
        low, high = _lowest(z, ordered, k), -_lowest(-z, -ordered[::-1], k)
    width = silverman(n) * np.where(spread > 0, spread, np.inf)
    beyond = [
        ndtr(gaps / width).sum(axis=0) for gaps in (low.min(axis=0) - low, high - high.max(axis=0))
    ]
    may: BoolArray = np.max(beyond, axis=0) > (MISSING / 3 if first else MISSING)
    return may | (n < 2 * MISSING)


def _lowest(z: FloatArray, ordered: FloatArray, k: int) -> FloatArray:
    """The k lowest values of each column of codes (n, d), (k, d); some are ``ordered``."""
    place = min(-(-3 * k * len(ordered) // len(z)), len(ordered) - 1)
    lowest = np.empty((k, z.shape[1]))
    for j, column in enumerate(z.T):
        own = column[column < ordered[place, j]]
        lowest[:, j] = np.partition(own if len(own) >= k else column, k - 1)[:k]
    return lowest


def _may_be_far(z: FloatArray, spread: FloatArray, reach: float) -> BoolArray:
    """Which columns of codes (n, d) of such spreads (d,) have a range that holds far values."""
    far = FAR * spread
    if reach <= far.min():  # then no column can
        return np.zeros(z.shape[1], dtype=np.bool_)
    low, high = column_ends(z)
    held: BoolArray = high - low > far
    return held
