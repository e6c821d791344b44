"""Gaussian kernel sums exp(-rate · distance²) over many rows, exact and fast, for `kde.py`.

Rows are taken in blocks that stay in the processor's cache, column by column, so that it works on
several rows at a time; so does the exponential function here. Points are shared among threads;
each point is worked on by one, so their number changes no digit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.compiled import compiled

__all__ = ["Bins", "binned_distances", "in_threads", "joined", "log_sums", "processors"]

BLOCK = 1024
"""Rows taken at a time."""

LANES = 8
"""Running minima and sums kept beside each other, as the processor has them in one register."""

NEGLIGIBLE = 34.0
"""A block none of whose rows has a share of exp(-34) / n of the largest term changes no digit."""

POINTS = 8
"""Points that a block of rows is measured from while it is in the processor's cache."""

OCTAVES = 128
PER_OCTAVE = 16
"""Squared distances are counted in bins, 16 to a doubling, 64 doublings either side of 1."""

SMALL = 10_000_000
"""Sums of fewer differences than this are not worth a second thread."""

# Of exp(x) = 2^k exp(f): k is rounded by adding MAGIC, whose last bits then hold it; the rest f,
# at most 0.35, goes through Taylor's polynomial, whose first neglected term is 2e-16.
MAGIC = 1.5 * 2.0**52
PER_LN_2 = 1 / math.log(2)
LN_2_HIGH, LN_2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
EXPONENT, ONE = np.int64(52), np.int64(1023) << np.int64(52)
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12 = (1 / math.factorial(k) for k in range(2, 13))
LEAST = -700.0


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(
    work: Callable[..., FloatArray], points: NDArray[Any], *rest: Any, cost: float = np.inf
) -> FloatArray:
    """``work(points, *rest)`` with ``points`` (m, ...) cut into a part for each processor.

    In one thread where ``cost``, in differences or products, is too small for several. The parts
    lie row by row: for each other order numba would compile the work anew, which takes seconds.
    """
    points = np.ascontiguousarray(points)
    if cost < SMALL:
        return work(points, *rest)
    parts = np.array_split(points, max(1, min(processors(), len(points))))
    with ThreadPoolExecutor(len(parts)) as pool:
        return np.concatenate(list(pool.map(lambda part: work(part, *rest), parts)))


def log_sums(
    x: FloatArray, centres: FloatArray, rate: float, weights: FloatArray | None = None
) -> FloatArray:
    """The log of sum_i w_i exp(-rate |x - centre_i|²) for each x (m, d), shape (m,).

    ``weights`` of the centres (n, d) sum to one; None for 1/n each.
    """
    n = len(centres)
    if weights is None:
        heaviest, handicap = 1 / n, np.zeros(n)
    else:
        there = weights > 0
        centres, weights = centres[there], weights[there]
        heaviest = float(weights.max())
        handicap = (math.log(heaviest) - np.log(weights)) / rate
    columns = _in_blocks(centres)
    squares = np.full(columns.shape[1], np.inf)  # what only fills the last block is never near
    squares[: len(centres)] = handicap
    limit = (NEGLIGIBLE + math.log(n)) / rate
    sums = in_threads(_log_sums, x, columns, squares, rate, limit, cost=x.size * n)
    return sums + math.log(heaviest)


def _in_blocks(x: FloatArray) -> FloatArray:
    """Columns (d, n) of rows (n, d), filled up with zeros to whole blocks."""
    columns = np.zeros((x.shape[1], -(-len(x) // BLOCK) * BLOCK))
    columns[:, : len(x)] = x.T
    return columns


# What numba compiles below is as plain as it can be: each of numpy's functions and each layer of
# calls takes it another half second, for which a person waits once after an installation.


@compiled
def _log_sums(
    x: FloatArray, columns: FloatArray, handicap: FloatArray, rate: float, limit: float
) -> FloatArray:
    out = np.empty(len(x))
    terms, rounded, lanes = np.empty(BLOCK), np.empty(BLOCK), np.empty(LANES)
    bits = rounded.view(np.int64)
    squares = np.empty((POINTS, BLOCK))
    nearest, total = np.empty(POINTS), np.empty(POINTS)
    for first in range(0, len(x), POINTS):
        m = min(POINTS, len(x) - first)
        for p in range(m):
            nearest[p], total[p] = np.inf, 0.0
        for start in range(0, columns.shape[1], BLOCK):
            for p in range(m):
                for k in range(BLOCK):
                    squares[p, k] = handicap[start + k]
            _add_squares(squares, columns, start, x, first, m)
            for p in range(m):
                low = _smallest(squares[p], lanes)
                if low > nearest[p] + limit:
                    continue
                if low < nearest[p]:
                    total[p] *= math.exp(rate * (low - nearest[p]))
                    nearest[p] = low
                for k in range(BLOCK):
                    terms[k] = max((nearest[p] - squares[p, k]) * rate, LEAST)
                _exponentials(terms, rounded, bits)
                total[p] += _block_sum(terms, lanes)
        for p in range(m):
            out[first + p] = math.log(total[p]) - rate * nearest[p]
    return out


@compiled
def _smallest(values: FloatArray, lanes: FloatArray) -> float:
    """The smallest of a block; ``lanes`` (LANES,) are for work."""
    for lane in range(LANES):
        lanes[lane] = np.inf
    for k in range(0, BLOCK, LANES):
        for lane in range(LANES):
            lanes[lane] = min(lanes[lane], values[k + lane])
    low = np.inf
    for lane in range(LANES):
        low = min(low, lanes[lane])
    return low


@compiled
def _block_sum(values: FloatArray, lanes: FloatArray) -> float:
    """The sum of a block; ``lanes`` (LANES,) are for work."""
    for lane in range(LANES):
        lanes[lane] = 0.0
    for k in range(0, BLOCK, LANES):
        for lane in range(LANES):
            lanes[lane] += values[k + lane]
    total = 0.0
    for lane in range(LANES):
        total += lanes[lane]
    return total


@compiled
def _add_squares(
    squares: FloatArray, columns: FloatArray, start: int, points: FloatArray, first: int, m: int
) -> None:
    """Add to ``squares`` (POINTS, k) those of the distances of m points to k rows.

    The points are those from ``first`` on, the rows those from ``start`` on.

    Four columns at a time, so that sums are read and written less often; each goes over columns
    in their order, as in a plain loop, so no digit changes.
    """
    size, d = squares.shape[1], len(columns)
    for j in range(0, d - 3, 4):
        a, b = columns[j, start : start + size], columns[j + 1, start : start + size]
        c, e = columns[j + 2, start : start + size], columns[j + 3, start : start + size]
        for p in range(m):
            own = squares[p]
            at_a, at_b = points[first + p, j], points[first + p, j + 1]
            at_c, at_e = points[first + p, j + 2], points[first + p, j + 3]
            for k in range(size):
                total = own[k] + (a[k] - at_a) * (a[k] - at_a)
                total += (b[k] - at_b) * (b[k] - at_b)
                total += (c[k] - at_c) * (c[k] - at_c)
                own[k] = total + (e[k] - at_e) * (e[k] - at_e)
    for j in range(d - d % 4, d):
        column = columns[j, start : start + size]
        for p in range(m):
            own, at = squares[p], points[first + p, j]
            for k in range(size):
                own[k] += (column[k] - at) * (column[k] - at)


@compiled
def _exponentials(x: FloatArray, rounded: FloatArray, bits: IntArray) -> None:
    """Replace each x, from -700 to 0, by exp(x); ``bits`` are those of ``rounded``, for work."""
    n = len(x)
    for k in range(n):
        rounded[k] = x[k] * PER_LN_2 + MAGIC
    for k in range(n):
        whole = rounded[k] - MAGIC
        f = (x[k] - whole * LN_2_HIGH) - whole * LN_2_LOW
        p = C9 + f * (C10 + f * (C11 + f * C12))
        p = C5 + f * (C6 + f * (C7 + f * (C8 + f * p)))
        x[k] = 1.0 + f * (1.0 + f * (C2 + f * (C3 + f * (C4 + f * p))))
    for k in range(n):
        bits[k] = (bits[k] << EXPONENT) + ONE
    for k in range(n):
        x[k] *= rounded[k]


class Bins(NamedTuple):
    """Neighbours of rows (k,) in bins of distances, as far as any row has neighbours in them.

    Args:
        counts: weight of the neighbours in each bin, (k, bins).
        means: their mean squared distance, (k, bins).
        first: number of the first bin.
    """

    counts: FloatArray
    means: FloatArray
    first: int


def binned_distances(x: FloatArray, left_out: IntArray, weights: FloatArray) -> Bins:
    """Squared distances from some rows (k,) to all others of ``x`` (n, d), gathered in bins.

    Neither the row itself nor an exact copy of it is among the others.
    """
    points, columns = x[left_out], _in_blocks(x)
    filled = np.zeros(columns.shape[1])
    filled[: len(x)] = weights
    cost = points.size * len(x)
    both = in_threads(_binned_distances, points, columns, filled, cost=cost)
    used = np.flatnonzero(both[:, 0].any(axis=0))
    first, last = (used[0], used[-1]) if len(used) else (0, 0)
    counts, means = (np.ascontiguousarray(both[:, k, first : last + 1]) for k in range(2))
    return Bins(counts, means, int(first))


def joined(parts: Sequence[Bins]) -> tuple[FloatArray, FloatArray]:
    """Counts and means of all rows of some parts, in the same bins."""
    first = min(part.first for part in parts)
    last = max(part.first + part.counts.shape[1] for part in parts)
    wide = [((0, 0), (p.first - first, last - p.first - p.counts.shape[1])) for p in parts]
    counts = [np.pad(part.counts, room) for part, room in zip(parts, wide, strict=True)]
    means = [np.pad(part.means, room) for part, room in zip(parts, wide, strict=True)]
    return np.concatenate(counts), np.concatenate(means)


@compiled
def _binned_distances(points: FloatArray, columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Weights and means beside each other, (k, 2, bins).

    The bin is the leading bits of the distance as a float32: exponent and four digits more.
    """
    n = columns.shape[1]
    bins = OCTAVES * PER_OCTAVE
    both = np.zeros((len(points), 2, bins))
    squares = np.empty((POINTS, BLOCK))
    single = np.empty(BLOCK, dtype=np.float32)
    leading = single.view(np.int32)
    for first in range(0, len(points), POINTS):
        m = min(POINTS, len(points) - first)
        for start in range(0, n, BLOCK):
            for p in range(m):
                for k in range(BLOCK):
                    squares[p, k] = 0.0
            _add_squares(squares, columns, start, points, first, m)
            for p in range(m):
                exact, own = squares[p], both[first + p]
                for k in range(BLOCK):
                    single[k] = exact[k]
                for k in range(BLOCK):
                    if exact[k] > 0:
                        b = (leading[k] >> 19) - (127 - OCTAVES // 2) * PER_OCTAVE
                        b = min(max(b, 0), bins - 1)
                        own[0, b] += weights[start + k]
                        own[1, b] += weights[start + k] * exact[k]
    for p in range(len(points)):
        for b in range(bins):
            if both[p, 0, b] > 0:
                both[p, 1, b] /= both[p, 0, b]
    return both
