r"""Sums over rows of products of beta densities or distribution functions, exact and fast.

A row i stands, in column j, for a stretch of the m equal steps of (0, 1): for one step mostly, for
parts of several where its share is not 1/m or lies across a border. Step s has the law
Beta(s, m + 1 - s). The log of its density is a constant of s plus (s - 1) times the log-odds of u,
so for rows with one step a column the sum over columns is a matrix product, which goes over whole
blocks of rows; other rows are put right one by one. Used by `empirical_beta_copula.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.samplers._kernel_sums import (
    BLOCK,
    LANES,
    LEAST,
    NEGLIGIBLE,
    _block_sum,
    _exponentials,
    in_threads,
)

__all__ = ["BetaSums", "log_binomials"]

SNAP = 1e-9
"""Ends of stretches this close to a border, in steps, lie on it: only rounding parts them."""

MANY = 1 / 8
"""Share of rows and columns that lie across a border from which `BetaSums.gains` are worth it."""

POINTS = 64
"""Points that a block of rows is summed for while it is in the processor's cache."""


def log_binomials(m: int) -> FloatArray:
    """Logs of m! / ((s-1)! (m-s)!), the constant of Beta(s, m+1-s), for s = 0..m (0 unused)."""
    logs = np.r_[0.0, np.cumsum(np.log(np.arange(1, m + 1)))]
    s = np.arange(1, m + 1)
    constants: FloatArray = np.r_[0.0, logs[m] - logs[s - 1] - logs[m - s]]
    return constants


class Spans(NamedTuple):
    """Rows that have several steps in some column, entry by entry.

    Attributes:
        rows: which rows these are, increasing, (k,).
        first: where the entries of each of them begin, (k + 1,).
        column: of each entry, (e,).
        steps: first and last step of each entry, (e, 2).
        shares: part of the row's stretch in the first, in each middle and in the last, (e, 3).
    """

    rows: IntArray
    first: IntArray
    column: IntArray
    steps: IntArray
    shares: FloatArray


@dataclass(frozen=True)
class BetaSums:
    """The rows of a copula, ready to be summed over.

    Args:
        m: the number of steps.
        constants: see `log_binomials`.
        low: steps below the first step of each row, whole numbers, (d, n) filled up to blocks.
        base: log-weight of each row plus its constants, (n,) filled up with -inf.
        across: rows that have several steps in some column.
        gains: what the log of the second of two steps has above the first at odds of 1, -inf for
            one step and inf for more than two, (d, n) filled up; (d, 0) where most have one step.
        kept: places of the rows among those given, (n,).
    """

    m: int
    constants: FloatArray
    low: NDArray[np.float32]
    base: FloatArray
    across: Spans
    gains: FloatArray
    kept: IntArray

    @staticmethod
    def of(start: FloatArray, length: FloatArray, weights: FloatArray, m: int) -> BetaSums:
        """Rows whose stretches begin at ``start`` (n, d) and are ``length`` (n,) long, in steps.

        Rows of weight zero in ``weights`` (n,) are left out.
        """
        kept = np.flatnonzero(weights)
        start, length, weights = start[kept], length[kept, None], weights[kept]
        n, d = start.shape
        constants = log_binomials(m)
        low = np.clip(np.floor(start + SNAP), 0, m - 1).astype(np.int64)
        last = np.clip(np.ceil(start + length - SNAP), 1, m).astype(np.int64)
        last = np.maximum(last, low + 1)
        padded = -(-n // BLOCK) * BLOCK
        columns = np.zeros((d, padded), dtype=np.float32)
        columns[:, :n] = low.T
        base = np.full(padded, -np.inf)
        base[:n] = np.log(weights)
        for j in range(d):
            base[:n] += constants[low[:, j] + 1]
        rows, column = np.nonzero(last > low + 1)
        across, first = np.unique(rows, return_index=True)
        begin, end = low[rows, column] + 1, last[rows, column]
        span = np.broadcast_to(length, low.shape)[rows, column]
        shares = np.empty((len(rows), 3))
        shares[:, 0] = np.clip((begin - start[rows, column]) / span, 0, 1)
        shares[:, 1] = 1 / span
        shares[:, 2] = np.clip(1 - shares[:, 0] - (end - begin - 1) * shares[:, 1], 0, 1)
        spans = Spans(
            across.astype(np.int64),
            np.r_[first, len(rows)].astype(np.int64),
            column.astype(np.int64),
            np.stack([begin, end], axis=1),
            shares,
        )
        gains = np.empty((d, 0))
        if len(rows) > MANY * low.size:
            gains = np.full((d, padded), -np.inf)
            second = constants[np.minimum(begin + 1, m)] - constants[begin]
            gains[column, rows] = np.where(end == begin + 1, second, np.inf)
        return BetaSums(m, constants, columns, base, spans, gains, kept)

    def log_density(self, u: FloatArray, low: FloatArray | None = None) -> FloatArray:
        """The log of sum_i w_i prod_j f_ij(u_j) at each u (k, d) within (0, 1), shape (k,).

        Where ``low`` (k, d) is below u, a column counts with its probability between both instead.
        """
        n = len(self.kept)
        limit = NEGLIGIBLE + math.log(n)
        between = np.zeros(len(u), dtype=np.bool_) if low is None else (low < u).any(axis=1)
        logs = np.empty(len(u))
        logs[~between] = in_threads(
            *(_log_sums, u[~between], self.m, self.low, self.gains, self.base, self.constants),
            *(self.across, limit),
            cost=u.size * n,
        )
        for p in np.flatnonzero(between):
            assert low is not None
            logs[p] = logsumexp(self.row_logs(low[p], u[p]))
        return logs

    def row_logs(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """Logs of the terms of `log_density` of each kept row (n,), for one u and ``low`` (d,)."""
        tables = np.empty((len(high), self.m + 1))
        for j, (a, b) in enumerate(zip(low, high, strict=True)):
            if a == b:
                tables[j] = self._density_logs(float(b))
                continue
            with np.errstate(divide="ignore"):
                tables[j] = np.log(np.maximum(_step_cdf(b, self.m) - _step_cdf(a, self.m), 0.0))
        weights = self._weights()[: len(self.kept)]
        return _row_logs(tables, weights, self.low, self.across)

    def _density_logs(self, u: float) -> FloatArray:
        """Logs of the densities of Beta(s, m + 1 - s) at u, for s = 0..m (0 unused)."""
        above = np.arange(-1.0, self.m)  # s - 1
        slope = math.log(u) - math.log1p(-u)
        logs: FloatArray = self.constants + above * slope + (self.m - 1) * math.log1p(-u)
        return logs

    def cdf(self, u: FloatArray) -> FloatArray:
        """sum_i w_i prod_j F_ij(u_j) at each u (k, d), shape (k,)."""
        weights, cost = np.exp(self._weights()), u.size * len(self.kept)
        return in_threads(_cdf_sums, u, self.m, weights, self.low, self.across, cost=cost)

    def _weights(self) -> FloatArray:
        """Log-weights of the rows, filled up."""
        constants: FloatArray = self.constants[self.low.astype(np.int64) + 1].sum(axis=0)
        return self.base - constants


@compiled
def _correction(
    k: int,
    slope: FloatArray,
    mode: IntArray,
    constants: FloatArray,
    across: Spans,
    room: float,
) -> float:
    """What several steps add to the log of the k-th row across borders, which counts the first.

    If even the most they could add is below ``room``, that bound is given instead.
    """
    _, first, column, steps, shares = across
    bound = 0.0
    for e in range(first[k], first[k + 1]):
        j, low = column[e], steps[e, 0]
        top = min(max(mode[j], low), steps[e, 1])
        bound += constants[top] - constants[low] + (top - low) * slope[j]
    if bound < room:
        return bound
    added = 0.0
    for e in range(first[k], first[k + 1]):
        j, low, high = column[e], steps[e, 0], steps[e, 1]
        top = min(max(mode[j], low), high)
        total = 0.0
        for s in range(low, high + 1):
            share = shares[e, 1]
            if s == low:
                share = shares[e, 0]
            elif s == high:
                share = shares[e, 2]
            total += share * math.exp(constants[s] - constants[top] + (s - top) * slope[j])
        if total == 0.0:
            return -np.inf
        added += math.log(total) + constants[top] - constants[low] + (top - low) * slope[j]
    return added


@compiled
def _slopes(u: FloatArray, m: int, slope: FloatArray, mode: IntArray) -> float:
    """Log-odds and likeliest step at each u (d,) into ``slope`` and ``mode``; and the rest."""
    rest = 0.0
    for j in range(len(u)):
        rest += (m - 1) * math.log1p(-u[j])
        slope[j] = math.log(u[j]) - math.log1p(-u[j])
        mode[j] = min(max(math.ceil(u[j] * m), 1), m)
    return rest


@compiled
def _log_sums(
    u: FloatArray,
    m: int,
    low: NDArray[np.float32],
    gains: FloatArray,
    base: FloatArray,
    constants: FloatArray,
    across: Spans,
    limit: float,
) -> FloatArray:
    out = np.empty(len(u))
    d, n = low.shape
    slope, mode = np.empty((POINTS, d)), np.empty((POINTS, d), dtype=np.int64)
    rest, most = np.empty(POINTS), np.empty(POINTS)
    best, total = np.empty(POINTS), np.empty(POINTS)
    logs, rounded, bounds = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    bits = rounded.view(np.int64)
    lanes = np.empty(LANES)
    gaining = gains.shape[1] > 0
    for offset in range(0, len(u), POINTS):
        count = min(POINTS, len(u) - offset)
        for p in range(count):
            rest[p] = _slopes(u[offset + p], m, slope[p], mode[p])
            best[p], total[p], most[p] = -np.inf, 0.0, 0.0
        if gaining:  # the most that corrections add to any row
            for j in range(d):
                steepest = -np.inf
                for i in range(gains.shape[1]):
                    steepest = max(steepest, gains[j, i])
                for p in range(count):
                    most[p] += max(steepest + slope[p, j], 0.0)
        begun = ended = 0
        for start in range(0, n, BLOCK):
            while ended < len(across.rows) and across.rows[ended] < start + BLOCK:
                ended += 1
            for p in range(count):
                odds = slope[p]
                _add_logs(base, low, start, odds, logs)
                reach = best[p]
                if gaining:
                    top = _largest(logs, lanes)
                    if top + most[p] < best[p] - limit:
                        continue
                    for k in range(begun, ended):
                        if logs[across.rows[k] - start] == top:
                            added = _correction(k, odds, mode[p], constants, across, -np.inf)
                            reach = max(reach, top + added)
                    _bound(gains, start, odds, bounds)
                for k in range(begun, ended):
                    i = across.rows[k] - start
                    room = reach - limit - logs[i]
                    if gaining and bounds[i] < room:
                        logs[i] += bounds[i]
                    else:
                        logs[i] += _correction(k, odds, mode[p], constants, across, room)
                top = _largest(logs, lanes)
                if top < best[p] - limit or top == -np.inf:
                    continue
                if top > best[p]:
                    total[p] *= math.exp(best[p] - top)
                    best[p] = top
                for i in range(BLOCK):
                    logs[i] = max(logs[i] - best[p], LEAST)
                _exponentials(logs, rounded, bits)
                total[p] += _block_sum(logs, lanes)
            begun = ended
        for p in range(count):
            out[offset + p] = best[p] + math.log(total[p]) + rest[p]
    return out


@compiled
def _add_logs(
    base: FloatArray, low: NDArray[np.float32], start: int, odds: FloatArray, logs: FloatArray
) -> None:
    """Logs of the first steps of a block of rows from ``start`` on, before any correction.

    Four columns at a time, added one after the other: logs are read and written once.
    """
    d = len(odds)
    for i in range(BLOCK):
        logs[i] = base[start + i]
    for j in range(0, d - 3, 4):
        a, b = low[j, start : start + BLOCK], low[j + 1, start : start + BLOCK]
        c, e = low[j + 2, start : start + BLOCK], low[j + 3, start : start + BLOCK]
        at_a, at_b, at_c, at_e = odds[j], odds[j + 1], odds[j + 2], odds[j + 3]
        for i in range(BLOCK):
            log = logs[i] + a[i] * at_a
            log += b[i] * at_b
            log += c[i] * at_c
            logs[i] = log + e[i] * at_e
    for j in range(d - d % 4, d):
        part, at = low[j, start : start + BLOCK], odds[j]
        for i in range(BLOCK):
            logs[i] += part[i] * at


@compiled
def _bound(gains: FloatArray, start: int, odds: FloatArray, bounds: FloatArray) -> None:
    """The most that corrections add to each row of a block."""
    d = len(odds)
    for i in range(BLOCK):
        bounds[i] = 0.0
    for j in range(0, d - 3, 4):
        f, g = gains[j, start : start + BLOCK], gains[j + 1, start : start + BLOCK]
        h, r = gains[j + 2, start : start + BLOCK], gains[j + 3, start : start + BLOCK]
        at_a, at_b, at_c, at_e = odds[j], odds[j + 1], odds[j + 2], odds[j + 3]
        for i in range(BLOCK):
            log = bounds[i] + max(f[i] + at_a, 0.0)
            log += max(g[i] + at_b, 0.0)
            log += max(h[i] + at_c, 0.0)
            bounds[i] = log + max(r[i] + at_e, 0.0)
    for j in range(d - d % 4, d):
        gain, at = gains[j, start : start + BLOCK], odds[j]
        for i in range(BLOCK):
            bounds[i] += max(gain[i] + at, 0.0)


@compiled
def _largest(logs: FloatArray, lanes: FloatArray) -> float:
    """The largest of a block; ``lanes`` (LANES,) are for work."""
    for lane in range(LANES):
        lanes[lane] = -np.inf
    for i in range(0, BLOCK, LANES):
        for lane in range(LANES):
            lanes[lane] = max(lanes[lane], logs[i + lane])
    top = -np.inf
    for lane in range(LANES):
        top = max(top, lanes[lane])
    return top


@compiled
def _row_logs(
    tables: FloatArray, weights: FloatArray, low: NDArray[np.float32], across: Spans
) -> FloatArray:
    """Sums over columns of ``tables`` (d, m + 1) at each row's steps, plus log-weights (n,)."""
    d, n = len(tables), len(weights)
    rows, first, column, steps, shares = across
    logs = weights.copy()
    for j in range(d):
        for i in range(n):
            logs[i] += tables[j, np.int64(low[j, i]) + 1]
    for k in range(len(rows)):
        logs[rows[k]] = weights[rows[k]]
        e = first[k]
        for j in range(d):
            own = tables[j, np.int64(low[j, rows[k]]) + 1]
            if e < first[k + 1] and column[e] == j:
                begin, end = steps[e]
                best, own = -np.inf, 0.0
                for s in range(begin, end + 1):
                    best = max(best, tables[j, s])
                if best > -np.inf:
                    for s in range(begin, end + 1):
                        share = shares[e, 1]
                        if s == begin:
                            share = shares[e, 0]
                        elif s == end:
                            share = shares[e, 2]
                        own += share * math.exp(tables[j, s] - best)
                own = math.log(own) + best if own > 0 else -np.inf
                e += 1
            logs[rows[k]] += own
    return logs


@compiled
def _step_cdf(u: float, m: int) -> FloatArray:
    """P(Beta(s, m + 1 - s) <= u) for s = 0..m: the upper tails of a binomial of m trials."""
    out = np.zeros(m + 1)
    if u <= 0.0:
        out[0] = 1.0
        return out
    if u >= 1.0:
        out[:] = 1.0
        return out
    slope = math.log(u) - math.log1p(-u)
    # Hits k have the probability exp(log); each log follows from the one above it.
    log = m * math.log(u)
    total = 0.0
    for k in range(m, -1, -1):
        total += math.exp(log)
        out[k] = min(total, 1.0)
        if k > 0:
            log += math.log(k) - math.log(m - k + 1) - slope
    return out


@compiled
def _cdf_sums(
    u: FloatArray,
    m: int,
    weights: FloatArray,
    low: NDArray[np.float32],
    across: Spans,
) -> FloatArray:
    d, n = low.shape
    rows, first, column, steps, shares = across
    tables = np.empty((d, m + 1))
    products = np.empty(n)
    out = np.empty(len(u))
    for p in range(len(u)):
        for j in range(d):
            steps_below = _step_cdf(u[p, j], m)
            for step in range(m + 1):
                tables[j, step] = steps_below[step]
        for i in range(n):
            products[i] = weights[i]
        k = e = 0
        for j in range(d):
            for i in range(n):
                products[i] *= tables[j, np.int64(low[j, i]) + 1]
        for k in range(len(rows)):
            product = weights[rows[k]]
            e = first[k]
            for j in range(d):
                value = tables[j, np.int64(low[j, rows[k]]) + 1]
                if e < first[k + 1] and column[e] == j:
                    value = shares[e, 0] * tables[j, steps[e, 0]]
                    for s in range(steps[e, 0] + 1, steps[e, 1]):
                        value += shares[e, 1] * tables[j, s]
                    value += shares[e, 2] * tables[j, steps[e, 1]]
                    e += 1
                product *= value
            products[rows[k]] = product
        out[p] = products.sum()
    return out
