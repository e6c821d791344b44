r"""Univariate laws of any codes: point masses, a kernel-smoothed rest, and bounds.

Codes are exactly zero in half of their rows (ReLU), take a few values only, or never pass a bound
(sigmoid). What a column does is found from its values:

- A value that occurs in at least five rows and in 1 % of them is a point mass (an atom), unless
  all these rows are copies of one another in their other columns too. Where such values make up
  nine tenths of the rows, and most others repeat too, all values are atoms.
- The rest is smoothed by a Gaussian kernel of bandwidth $(3n/4)^{-1/5} s$ with n its effective
  number of rows and s its spread, min(standard deviation, interquartile range / 1.35): the bulk
  decides, not the far rows. Groups of rows that lie far apart have bandwidths of their own, of
  which the smallest is taken; where a quarter of the rows crowd together (a saturated tanh), they
  are such a group.
- A side is bounded where it ends in an atom, or where kernels as wide as suits the last quarter of
  the rows (of many rows also the last eighth, sixteenth, ...) would place five rows or more beyond
  the last value and there is none: a tail that thins out, also that of a small group, has about
  one. The bound is the roundest number just beyond the last value, else that value. Activations
  that only come near to a bound (softplus, sigmoid) are known by the column's own kernels placing
  five rows beyond, where 0, 1 or -1 lies just there. Kernels are mirrored at a bound, so that no
  mass is lost beyond it.

The density is with respect to Lebesgue measure plus a unit mass at each atom, so an atom's density
is its probability. Used by all copulas and by `independent_margins.py`.

Reference: Silverman 1986, sections 2.10 (mirrored kernels) and 3.4.2 (the bandwidth).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.samplers._kde_marginal import REACH, Margin, silverman
from aegen.samplers._kernel_sums import in_threads
from aegen.samplers._standardise import (
    ROUNDING,
    centre_and_spread,
    effective_count,
    first_copies,
    ordered_spread,
)

__all__ = [
    "MISSING",
    "MixedMargin",
    "copies_and_count",
    "may_repeat",
    "refuse_impossible",
    "surely_plain",
]

LEAST_ROWS, LEAST_SHARE = 5, 0.01
"""Rows that have the same value, and their share of all rows, from which it is an atom."""

LOOKED_AT = 500
"""Rows that a first look goes over, before columns are looked at whole."""

MOSTLY = 0.1
"""Share of the rows below which those that are no atoms may still be such: rare counts."""

GROUP_SHARE, GROUP_ROWS = 0.05, 10.0
"""The least share and effective number of rows of a group with a bandwidth of its own."""

APART = 4.0
"""Spreads of the narrowest of groups that all gaps between them must exceed."""

QUARTER = 0.637
"""Standard deviations of a normal distribution that hold its central quarter."""

MISSING = 5.0
"""Rows expected beyond the last value from which their absence shows a bound. Beyond the last of
normal codes one is expected, and five in less than one column of 10,000."""

VALUES_AT_ONCE = 2**17
"""Values of columns that are looked at side by side: about a megabyte, which a cache holds."""

SORTING = 100
"""Differences in the time of which a value is sorted, or looked at in all ways."""

NATURAL = (0.0, 1.0, -1.0)
"""Bounds of activations."""

NEAR = 5.0
"""Kernels so many widths from an end place next to nothing beyond it: 1 of 3 million rows."""

FIRST = 20
"""Values at an end whose distances are the step that the next two are told in."""

JUST_BEYOND, NEAR_NATURAL = 6.0, 20.0
"""Mean distances of the last values within which the bound is a round number, or one of these."""

END = 4
"""The last rows whose spread tells how fast a column ends: one of so many, or of twice, ..."""

ENOUGH = 200.0
"""down to so many rows: among fewer, kernels would place five beyond no bound."""


NONE: FloatArray = np.empty(0)
"""The atoms of a column that has none."""


@dataclass(frozen=True)
class MixedMargin:
    """The law of one column.

    Args:
        atoms: values with a probability of their own, increasing, (a,).
        masses: their probabilities, (a,).
        share: the probability of all other values.
        rest: these, smoothed, with those mirrored at the bounds; None where there are none.
        low: nothing lies below, -inf for no bound.
        high: nothing lies above, +inf for no bound.
    """

    atoms: FloatArray
    masses: FloatArray
    share: float
    rest: Margin | None
    low: float
    high: float

    @staticmethod
    def of(
        ordered: FloatArray,
        weights: FloatArray | None = None,
        *,
        count: float,
        bandwidth: float | None = None,
        copies: IntArray | None = None,
    ) -> MixedMargin:
        """The law of a sorted column (n,).

        Args:
            ordered: the values, increasing.
            weights: of the values in that order, sum one, or None for equal ones.
            count: effective number of rows, see `_standardise.effective_count`.
            bandwidth: in spreads of the column; None for Silverman's.
            copies: in that order, a number for each row that copies of it share (n,), None where
                there are no copies.
        """
        if weights is not None:
            copies = None if copies is None else copies[weights > 0]
            ordered, weights = ordered[weights > 0], weights[weights > 0]
        atom = _atomic(ordered, copies)
        own = np.full(len(ordered), 1 / len(ordered)) if weights is None else weights
        atoms, group = np.unique(ordered[atom], return_inverse=True)
        masses = np.bincount(group, own[atom], len(atoms)).astype(np.float64)
        if atom.all():
            return MixedMargin(atoms, masses / masses.sum(), 0.0, None, atoms[0], atoms[-1])
        share = 1.0
        if len(atoms):
            share = float(own[~atom].sum())
            ordered = ordered[~atom]
            weights = None if weights is None else weights[~atom] / share
        count *= share
        if bandwidth is None:
            width = _bandwidth(ordered, weights, count)
        else:
            width = bandwidth * ordered_spread(ordered, weights)
        if width == 0:  # less apart than numbers can tell
            middle = ordered[:1]
            return MixedMargin(middle, np.ones(1), 0.0, None, middle[0], middle[0])
        low = _lower_bound(ordered, weights, count, width, atoms)
        turned = None if weights is None else weights[::-1]
        high = -_lower_bound(-ordered[::-1], turned, count, width, -atoms[::-1])
        rest = Margin.of(*_mirrored(ordered, weights, width, low, high))
        return MixedMargin(atoms, masses, share, rest, low, high)

    @staticmethod
    def of_codes(
        codes: FloatArray,
        weights: FloatArray,
        copies: IntArray,
        *,
        count: float,
        bandwidth: float | None = None,
    ) -> tuple[MixedMargin, ...]:
        """The laws of the columns of codes (n, d).

        Args:
            codes: of all rows.
            weights: of the rows, all above 0, sum one, (n,).
            copies: see `copies_and_count`, (n,).
            count: effective number of rows.
            bandwidth: in spreads of a column; None for Silverman's.
        """
        columns = np.ascontiguousarray(codes.T)
        if (weights == weights[0]).all():
            ordered = in_threads(np.sort, columns, cost=SORTING * columns.size)
            copied: list[IntArray | None] = [None] * len(columns)
            for j in np.flatnonzero(~_distinct(ordered)):
                rows = np.argsort(columns[j], kind="stable")
                ordered[j], copied[j] = columns[j, rows], copies[rows]
            return MixedMargin.of_columns(ordered, count=count, bandwidth=bandwidth, copies=copied)
        order = np.argsort(columns, axis=1, kind="stable")
        return tuple(
            MixedMargin.of(
                column[rows],
                weights[rows],
                count=count,
                bandwidth=bandwidth,
                copies=copies[rows],
            )
            for column, rows in zip(columns, order, strict=True)
        )

    @staticmethod
    def of_columns(
        ordered: FloatArray,
        weights: FloatArray | None = None,
        *,
        count: float,
        bandwidth: float | None = None,
        copies: IntArray | Sequence[IntArray | None] | None = None,
    ) -> tuple[MixedMargin, ...]:
        """The laws of sorted columns (d, n), as `of` of each; weights and copies are (d, n) too.

        Copies may be None for columns in which no value repeats. Those that are surely plain are
        found side by side: one by one, each takes half a millisecond.
        """
        nothing = [None] * len(ordered)
        widths = np.zeros(len(ordered))
        if weights is None:
            cost = SORTING * ordered.size
            widths = in_threads(_plain_widths, ordered, count, bandwidth, cost=cost)
        return tuple(
            MixedMargin(NONE, NONE, 1.0, Margin.of(column, float(width)), -np.inf, np.inf)
            if width > 0
            else MixedMargin.of(column, own, count=count, bandwidth=bandwidth, copies=copied)
            for column, own, copied, width in zip(
                ordered,
                nothing if weights is None else weights,
                nothing if copies is None else copies,
                widths,
                strict=True,
            )
        )

    @property
    def constant(self) -> bool:
        """Whether there is one value only."""
        return self.rest is None and len(self.atoms) == 1

    @property
    def plain(self) -> bool:
        """Whether it is smooth and unbounded: a kernel density estimate as it is."""
        return not len(self.atoms) and self.low == -np.inf and self.high == np.inf

    @property
    def scale(self) -> float:
        """What the smoothed part's distribution function is multiplied by."""
        return self.share / self._within[1]

    @cached_property
    def _within(self) -> tuple[float, float]:
        """Of the kernels with those mirrored, the mass below the lower bound and within both."""
        assert self.rest is not None
        ends = np.array([self.low, self.high])
        below, until = self.rest.density_and_cdf(ends)[1]
        return float(below), float(until - below)

    def atom_of(self, x: FloatArray) -> BoolArray:
        """Whether each x (m,) is an atom."""
        if not len(self.atoms):
            return np.zeros(len(x), dtype=np.bool_)
        found: BoolArray = np.isin(x, self.atoms)
        return found

    def density_and_cdf(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log of the density (of the probability, at an atom), and P(X <= x), at each x (m,)."""
        logs, below = self._rest_at(x)
        if not len(self.atoms):
            return logs, below
        place = np.searchsorted(self.atoms, x, side="right")
        until = self.share * below + np.r_[0.0, np.cumsum(self.masses)][place]
        at = place > 0
        at[at] = self.atoms[place[at] - 1] == x[at]
        with np.errstate(divide="ignore"):
            logs = logs + np.log(self.share)
            logs[at] = np.log(self.masses[place[at] - 1])
        return logs, np.minimum(until, 1.0)

    def interval(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log of the density, P(X < x) and P(X <= x) at each x (m,); they differ at atoms."""
        logs, until = self.density_and_cdf(x)
        below = until.copy()
        at = self.atom_of(x)
        below[at] -= self.masses[np.searchsorted(self.atoms, x[at])]
        return logs, np.maximum(below, 0.0), until

    def _rest_at(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log-density and distribution function of the smoothed part at each x (m,)."""
        if self.rest is None:
            return np.full(len(x), -np.inf), np.zeros(len(x))
        held = np.clip(x, self.low, self.high)
        logs, below = self.rest.density_and_cdf(held)
        if self.low > -np.inf or self.high < np.inf:
            before, inside = self._within
            logs = np.where(held == x, logs - math.log(inside), -np.inf)
            below = np.clip((below - before) / inside, 0.0, 1.0)
        return logs, below

    def knots(self) -> FloatArray:
        """Knots of the quantile function, (k, 3): rows of probability, value and slope.

        Two knots of one probability are where the slope jumps.
        """
        knots = np.empty((0, 3)) if self.rest is None else self._rest_knots()
        parts: list[FloatArray] = []
        start, scale = 0, [self.share, 1.0, 1 / self.share if self.share else 0.0]
        steps = np.r_[0.0, np.cumsum(self.masses)]
        logs, below = self._rest_at(self.atoms)
        slopes = np.where(logs > -600, np.exp(-np.maximum(logs, -600)), 0.0) * scale[2]
        for k, atom in enumerate(self.atoms):
            end = int(np.searchsorted(knots[:, 1], atom))
            parts.append(knots[start:end] * scale + [steps[k], 0, 0])
            start = end
            first, last = self.share * below[k] + steps[k], self.share * below[k] + steps[k + 1]
            jump = [[first, atom, slopes[k]], [first, atom, 0.0], [last, atom, 0.0]]
            if last < 1 - 1e-12:
                jump.append([last, atom, slopes[k]])
            parts.append(np.array(jump))
        if not len(self.atoms):
            return knots
        if self.rest is not None:
            parts.append(knots[start:] * scale + [steps[-1], 0, 0])
        whole = np.concatenate(parts)
        whole[:, 0] = np.minimum(np.maximum.accumulate(whole[:, 0]), 1.0)
        return whole[: np.searchsorted(whole[:, 0], 1.0) + 1]

    def _rest_knots(self) -> FloatArray:
        """Knots of the smoothed part within its bounds, those at an atom left out."""
        assert self.rest is not None
        knots = self.rest.knots()
        if self.low == -np.inf and self.high == np.inf:
            return knots
        before, inside = self._within
        knots[:, 0] = (knots[:, 0] - before) / inside
        knots[:, 2] *= inside
        u, value = knots[:, 0], knots[:, 1]
        knots = knots[(u > 0) & (u < 1) & (value > self.low) & (value < self.high)]
        ends = []
        for bound, u_bound in ((self.low, 0.0), (self.high, 1.0)):
            if np.isfinite(bound) and bound not in self.atoms:
                slope = math.exp(-self._rest_at(np.array([bound]))[0][0])
                ends.append([u_bound, bound, slope])
        whole = np.concatenate([knots, np.array(ends).reshape(-1, 3)])
        ordered: FloatArray = whole[np.argsort(whole[:, 0], kind="stable")]
        return ordered


def refuse_impossible(title: str, margins: Sequence[MixedMargin], values: FloatArray) -> None:
    """Raise `InvalidInput` if a column never takes the one of ``values`` (d,) that it is given.

    Raises:
        InvalidInput: names the value and says what can be given.
    """
    for margin, value in zip(margins, values, strict=True):
        if margin.density_and_cdf(np.array([value]))[0][0] > -np.inf:
            continue
        if margin.constant:
            if np.isclose(value, margin.atoms[0], rtol=1e-9, atol=0):
                continue
            raise InvalidInput(
                f"{title} has a coordinate that never changes: it can only be given its own "
                f"value, {margin.atoms[0]:.10g}, not {value:.10g}"
            )
        allowed = f"values from {margin.low:.10g} to {margin.high:.10g}"
        if margin.rest is None:
            few = ", ".join(f"{atom:.10g}" for atom in margin.atoms[:5])
            allowed = f"{few} and others that occurred" if len(margin.atoms) > 5 else few
        raise InvalidInput(
            f"{title} cannot be given {value:.10g} in a column that only takes {allowed}"
        )


def copies_and_count(codes: FloatArray, weights: FloatArray | None) -> tuple[IntArray, float]:
    """For each row of codes (n, d) the first row that equals it, (n,); the `effective_count`.

    In one column a copied row is nothing but a value that repeats: there each row is its own.
    """
    first = first_copies(codes)
    count = effective_count(codes, weights, first)
    return (np.arange(len(codes)) if codes.shape[1] == 1 else first), count


def may_repeat(codes: FloatArray, *, ordered: FloatArray | None = None) -> BoolArray:
    """Which columns of codes (n, d) may have atoms, as some rows repeat a value there, (d,).

    ``ordered`` are the sorted columns of some rows where these are known, (m, d).
    """
    if ordered is None:
        ordered = np.sort(codes[:: -(-len(codes) // LOOKED_AT)], axis=0)
    found: BoolArray = (ordered[2:] == ordered[:-2]).any(axis=0)
    return found


def surely_plain(ordered: FloatArray) -> BoolArray:
    """Which sorted columns (n, d) of equal weights are `MixedMargin.plain`, as far as this tells.

    No value repeats, and on either side a tail shows that there is no bound, with kernels at least
    as wide as `MixedMargin.of` would take; others may be plain too.
    """
    count = float(len(ordered))
    width = silverman(count) * centre_and_spread(ordered, ordered=ordered)[1]
    plain = _distinct(ordered.T)
    plain &= _surely_unbounded(ordered, width, count)
    return plain


def _distinct(ordered: FloatArray) -> BoolArray:
    """In which sorted columns (d, n) no value repeats, (d,)."""
    distinct: BoolArray = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
    return distinct


def _surely_unbounded(ordered: FloatArray, width: FloatArray, count: float) -> BoolArray:
    """Which sorted columns (n, d) have no bound on either side, for widths up to these (d,)."""
    sides = np.concatenate([ordered.T, -ordered.T[:, ::-1]]).T
    below, above = np.split(_surely_open_below(sides, np.concatenate([width, width]), count), 2)
    unbounded: BoolArray = below & above
    return unbounded


def _surely_open_below(ordered: FloatArray, width: FloatArray, count: float) -> BoolArray:
    """Which sorted columns (n, d) `_lower_bound` finds none of, for widths up to these (d,)."""
    n, first = len(ordered), ordered[0]
    found = _few_beyond(ordered, width)
    reach = np.minimum(NEAR_NATURAL * _step(ordered), width)
    natural = [(first - reach * (1 + ROUNDING) <= b) & (b <= first) for b in NATURAL]
    left = np.flatnonzero(~found & ~np.any(natural, axis=0))
    parts = END
    while len(left) and n >= parts and (parts == END or count / parts >= ENOUGH):
        columns = ordered[:, left]
        tail = columns[: n // parts]
        narrow = silverman(count / parts) * centre_and_spread(tail, ordered=tail)[1]
        few = _few_beyond(columns, np.minimum(narrow, width[left]))
        found[left[few]] = True
        left = left[~few]
        parts *= 2
    return found


def _few_beyond(ordered: FloatArray, width: FloatArray) -> BoolArray:
    """Where kernels of such widths (d,) surely place few rows of sorted columns (n, d) below all.

    Rows farther than `NEAR` widths count as if they lay there. With a width of 0 nothing is known.
    """
    first = ordered[0]
    reach = np.where(width > 0, first + NEAR * width, np.inf)
    ends = zip(ordered.T, reach, strict=True)
    near = max((int(np.searchsorted(x, end, side="right")) for x, end in ends), default=0)
    beyond = ndtr((first - ordered[:near]) / np.where(width > 0, width, np.inf)).sum(axis=0)
    few: BoolArray = beyond + (len(ordered) - near) * ndtr(-NEAR) < MISSING - ROUNDING
    return few


def _plain_widths(ordered: FloatArray, count: float, bandwidth: float | None) -> FloatArray:
    """Bandwidths of the sorted columns (d, n) of equal weights that are surely plain, (d,).

    They are those of `MixedMargin.of`; others have 0.
    """
    at_once = max(1, VALUES_AT_ONCE // ordered.shape[1])
    if len(ordered) > at_once:
        parts = np.split(ordered, range(at_once, len(ordered), at_once))
        return np.concatenate([_plain_widths(part, count, bandwidth) for part in parts])
    found = np.zeros(len(ordered))
    kept = np.flatnonzero(_distinct(ordered))
    if not len(kept):
        return found
    ordered = ordered[kept]
    columns = ordered.T  # in memory column by column, so that sums are those of one alone
    spread = centre_and_spread(columns, ordered=columns)[1]
    if bandwidth is not None:
        width = bandwidth * spread
    else:
        width = _even_bandwidths(ordered, spread, count)
    plain = _surely_unbounded(columns, width, count) & (width > 0)
    found[kept[plain]] = width[plain]
    return found


def _even_bandwidths(ordered: FloatArray, spread: FloatArray, count: float) -> FloatArray:
    """`_bandwidth` of sorted columns (d, n) of equal weights and such spreads (d,), (d,)."""
    n = ordered.shape[1]
    shares = np.arange(1.0, n + 1) / n
    first, last = np.searchsorted(shares, [_least_share(count), 1 - _least_share(count)])
    width = silverman(count) * spread
    gaps = np.diff(ordered[:, first : last + 2], axis=1)  # and more than `_narrowest` looks at
    for j in np.flatnonzero(gaps.max(axis=1, initial=0.0) >= spread / 10):
        width[j] = _narrowest(ordered[j], None, shares, count, spread[j])
    quarter = math.ceil(n * (0.25 - 1e-9))
    spans = ordered[:, quarter:] - ordered[:, :-quarter]
    crowded = spans.min(axis=1, initial=np.inf) / QUARTER
    tight = (crowded > 0) & (crowded < spread / 2)
    width[tight] = np.minimum(width, silverman(count / 4) * crowded)[tight]
    return width


def _atomic(ordered: FloatArray, copies: IntArray | None) -> BoolArray:
    """Which values of a sorted column (n,) are atoms, (n,)."""
    n = len(ordered)
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if len(begins) == n > 1:
        return np.zeros(n, dtype=np.bool_)
    counts = np.diff(np.r_[begins, n])
    often = counts >= max(LEAST_ROWS, LEAST_SHARE * n)
    if copies is not None and often.any():
        copied = np.maximum.reduceat(copies, begins) == np.minimum.reduceat(copies, begins)
        often &= ~copied
    others = counts[~often]
    few = others.sum() < MOSTLY * n and 2 * others[others > 1].sum() >= others.sum()
    if len(begins) == 1 or (often.any() and (few or len(others) == 1)):
        often[:] = True
    return np.repeat(often, counts)


def _bandwidth(ordered: FloatArray, weights: FloatArray | None, count: float) -> float:
    """The smallest of Silverman's bandwidths of the groups of rows that lie far apart."""
    shares = np.arange(1.0, len(ordered) + 1) if weights is None else np.cumsum(weights)
    shares /= shares[-1]
    whole = ordered_spread(ordered, weights)
    width = _narrowest(ordered, weights, shares, count, whole)
    quarter = np.searchsorted(shares, shares + 0.25 - 1e-9)
    inside = np.flatnonzero(quarter < len(ordered))
    spans = ordered[quarter[inside]] - ordered[inside]
    crowded = float(spans.min(initial=np.inf)) / QUARTER
    if 0 < crowded < whole / 2:
        width = min(width, silverman(count / 4) * crowded)
    return width


def _narrowest(
    ordered: FloatArray,
    weights: FloatArray | None,
    shares: FloatArray,
    count: float,
    whole: float,
) -> float:
    """`_bandwidth` but for rows that crowd together without gaps around them.

    ``shares`` of the rows lie up to each; ``whole`` is the spread of all.
    """

    def spread(a: int, b: int) -> float:
        return ordered_spread(ordered[a:b], None if weights is None else weights[a:b])

    def smallest(a: int, b: int, own: float) -> float:
        start = shares[a - 1] if a else 0.0
        share = shares[b - 1] - start
        alone = silverman(count * share) * own
        least = _least_share(count)
        first = max(int(np.searchsorted(shares, start + least)), a)
        last = min(int(np.searchsorted(shares, shares[b - 1] - least, side="right")), b - 1)
        if share < 2 * least or last <= first:
            return alone
        gaps = np.diff(ordered[first : last + 1])
        if gaps.max() < own / 10:  # nowhere a gap
            return alone
        cuts = [a]
        for cut in first + 1 + np.flatnonzero(gaps > gaps.max() / 2):
            if shares[cut - 1] - (shares[cuts[-1] - 1] if cuts[-1] else 0.0) >= least:
                cuts.append(int(cut))
        groups = [(start, end, spread(start, end)) for start, end in pairwise([*cuts, b])]
        narrowest = min(spread for _, _, spread in groups)
        if len(groups) == 1 or gaps.max() <= 2 * APART * narrowest or narrowest == 0:
            return alone
        return min(smallest(*group) for group in groups)

    return smallest(0, len(ordered), whole)


def _least_share(count: float) -> float:
    """The least share of the rows that may be a group."""
    return max(GROUP_SHARE, GROUP_ROWS / count) - 1e-9  # sums of weights are rounded


def _lower_bound(
    ordered: FloatArray, weights: FloatArray | None, count: float, width: float, atoms: FloatArray
) -> float:
    """Where sorted values (n,) are bounded below, -inf if they are not."""
    first = float(ordered[0])
    if len(atoms) and atoms[0] < first:
        return float(atoms[0])
    own = np.full(len(ordered), 1 / len(ordered)) if weights is None else weights

    def beyond(width: float) -> float:
        """Rows that kernels of this width would place below the first value."""
        near = ordered[: np.searchsorted(ordered, first + REACH * width, side="right")]
        if len(near) < 2 * MISSING or width == 0:
            return 0.0
        return float(count * np.sum(own[: len(near)] * ndtr((first - near) / width)))

    if beyond(width) < MISSING:
        return -np.inf
    step = float(_step(ordered))
    natural = [b for b in NATURAL if first - min(NEAR_NATURAL * step, width) <= b <= first]
    if natural:
        return natural[0]
    parts = END
    while parts == END or count / parts >= ENOUGH:
        last = len(ordered) // parts
        narrow = ordered_spread(ordered[:last], None if weights is None else weights[:last])
        if beyond(min(silverman(count / parts) * narrow, width)) < MISSING:
            return -np.inf
        parts *= 2
    number = _roundest(first - JUST_BEYOND * step, first)
    return first if number is None else number


def _step(ordered: FloatArray) -> FloatArray:
    """How far the first of sorted values (n, ...) lie apart on average, (...)."""
    step: FloatArray = (ordered[min(FIRST, len(ordered) - 1)] - ordered[0]) / FIRST
    return step


def _roundest(low: float, high: float) -> float | None:
    """The number from ``low`` to ``high`` of at most two significant digits, the fewest first."""
    size = max(abs(low), abs(high))
    if low <= 0 <= high or size < 1e-280:
        return 0.0 if low <= 0 <= high else None
    for exponent in (math.floor(math.log10(size)), math.floor(math.log10(size)) - 1):
        number = float(f"{math.floor(high / 10.0**exponent)}e{exponent}")
        if low <= number <= high:
            return number
    return None


def _mirrored(
    ordered: FloatArray, weights: FloatArray | None, width: float, low: float, high: float
) -> tuple[FloatArray, float, FloatArray | None]:
    """Sorted values with those near a bound once more behind it; the width, and their weights."""
    left = int(np.searchsorted(ordered, low + REACH * width, side="right"))
    right = int(np.searchsorted(ordered, high - REACH * width))
    parts = [2 * low - ordered[:left][::-1], ordered, 2 * high - ordered[right:][::-1]]
    if not left and right == len(ordered):
        return ordered, width, weights
    values = np.concatenate(parts)
    if weights is None:
        return values, width, None
    own = np.concatenate([weights[:left][::-1], weights, weights[right:][::-1]])
    return values, width, own / own.sum()
