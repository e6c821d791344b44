"""Leave-one-out nearest neighbours in two sets pooled: what 1-NN accuracies count."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics._block_variance import scatter, shrink
from aegen.metrics._distances import squared_distances
from aegen.metrics._tied_neighbours import others
from aegen.metrics._two_sample import TwoSampleMetric
from aegen.metrics.base import Measured

__all__ = [
    "HALVES",
    "WHOLE",
    "PooledAccuracies",
    "PooledAccuracy",
    "Shares",
    "accuracies",
    "distinct",
    "shares",
]

ROWS_A_BLOCK = 15

WHOLE = "nearest-neighbour-accuracy"

HALVES = (f"{WHOLE}-real", f"{WHOLE}-generated")
"""Names of the metrics of `PooledAccuracies`."""


class Shares(NamedTuple):
    """For each row, the share of its own kind among the rows that are nearest to it.

    Attributes:
        real: that of real rows (n,).
        generated: that of generated rows (m,).
        change: by how much both sums over the other rows would change were this row absent, for
            each of n + m rows, (n + m, 2); exact where nothing ties.
    """

    real: FloatArray
    generated: FloatArray
    change: FloatArray


def shares(real: FloatArray, made: FloatArray) -> Shares:
    """The shares of real rows (n, d) and generated ones (m, d); ties count by their share."""
    kinds = np.repeat([0, 1], [len(real), len(made)])
    rows = np.arange(len(kinds))
    places, of = distinct(np.concatenate([real, made]))
    counts = np.zeros((len(places), 2), np.int64)
    np.add.at(counts, (of, kinds), 1)

    first, second, around = _around(places, counts)
    here = counts[of]
    here[rows, kinds] -= 1  # a row is not its own neighbour
    alone = here.sum(axis=1) == 0
    near = np.where(alone[:, None], around[of], here)
    share = near[rows, kinds] / near.sum(axis=1)

    # Without the row that is nearest to a row, the next takes its place.
    after = counts[second[of], kinds] / counts[second[of]].sum(axis=1)
    change = np.zeros((len(places), 2))
    np.add.at(change, (first[of[alone]], kinds[alone]), (after - share)[alone])
    change = (change / counts.sum(axis=1)[:, None])[of]
    return Shares(share[: len(real)], share[len(real) :], change)


class PooledAccuracy(TwoSampleMetric):
    """Leave-one-out 1-nearest-neighbour accuracy on both sets pooled, or one of its halves.

    Class attributes:
        which: of `PooledAccuracies`.
    """

    direction = "nearer"
    best = 0.5
    paired = True
    which: ClassVar[str]

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        measured: Measured = getattr(accuracies(x, y, rng), self.which)
        return measured


class PooledAccuracies(NamedTuple):
    """The accuracy, and its halves among real rows and among generated ones."""

    whole: Measured
    real: Measured
    generated: Measured


WEIGHTS = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
"""Of the mean shares of real and of generated rows, in each of `PooledAccuracies`."""


def accuracies(x: FloatArray, y: FloatArray, rng: np.random.Generator) -> PooledAccuracies:
    """The accuracies of real rows ``x`` (n, d) and generated ones ``y`` (m, d)."""
    found = shares(x, y)
    sums = (found.real.sum(), found.generated.sum())
    changes = np.split(found.change, [len(x)])
    sizes, without = (len(x), len(y)), []
    for kind, own in enumerate((found.real, found.generated)):
        n, other = sizes[kind], 1 - kind
        halves = np.empty((2, n))
        halves[kind] = (sums[kind] - own + changes[kind][:, kind]) / max(n - 1, 1)
        halves[other] = (sums[other] + changes[kind][:, other]) / sizes[other]
        without.append(WEIGHTS @ halves)
    totals = scatter(lambda a, b: WEIGHTS @ _halves(a, b), x, y, ROWS_A_BLOCK, rng)
    values = WEIGHTS @ [found.real.mean(), found.generated.mean()]
    measured = []
    for k, value in enumerate(values):
        loose = [-(len(part[k]) - 1) * (part[k] - part[k].mean()) for part in without]
        factor = shrink(None if totals is None else totals[k], loose, None)
        measured.append(Measured(float(value), *(factor * part for part in loose)))
    return PooledAccuracies(*measured)


def _halves(real: FloatArray, made: FloatArray) -> FloatArray:
    """Both halves (2,) for few rows; a tie counts for the other kind."""
    nearest = []
    for part in (real, made):
        at = squared_distances(part, part)
        np.fill_diagonal(at, np.inf)
        nearest.append(at.min(axis=1))
    between = squared_distances(real, made)
    right = [nearest[k] < between.min(axis=1 - k) for k in (0, 1)]
    return np.array([part.mean() for part in right])


def distinct(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """The distinct rows (p, d) as they first appear, and which of them each row is (n,)."""
    whole = np.ascontiguousarray(rows + 0.0)  # so that 0 and -0 have the same bytes
    keys = whole.view(np.dtype((np.void, whole.itemsize * whole.shape[1])))[:, 0]
    _, first, of = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return whole[first[order]], place[of]


def _around(places: FloatArray, counts: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """For distinct places (p, d): the nearest to each, the next, and the counts of all nearest."""
    p = len(places)
    own = np.arange(p)
    if p == 1:
        return own, own, counts
    search = Neighbours(places)
    near, distances = search.query(places, min(3, p))
    itself = near == own[:, None]
    itself[~itself.any(axis=1), -1] = True  # hidden by others so near that their distance is 0
    near = near[~itself].reshape(p, -1)
    first, second = near[:, 0], near[:, -1]
    around = counts[first]
    tied = np.flatnonzero(distances[:, 1] == distances[:, -1]) if p > 2 else own[:0]
    if len(tied):
        ties = others(search, tied)
        around[tied] = 0
        np.add.at(around, tied[ties.asked], counts[ties.found])
    return first, second, around
