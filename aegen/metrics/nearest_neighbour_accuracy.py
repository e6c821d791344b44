"""Can the nearest neighbour tell generated rows from real ones? A coin's toss is the best."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics.base import Measured, Metric

__all__ = ["Accuracies", "NearestNeighbourAccuracy"]


class Accuracies(NamedTuple):
    """Share of rows whose nearest neighbour is of their own kind, for each kind.

    Attributes:
        real: among real rows; high where generated rows leave parts of the data out.
        generated: among generated rows; high where they lie apart, or in clumps.
    """

    real: float
    generated: float


class NearestNeighbourAccuracy(Metric):
    r"""How often the nearest neighbour of a row, in both sets pooled, is of the row's own set.

    With real rows $x_1..x_n$ and as many generated rows $y_1..y_n$,

    $\frac{1}{2n} \left(\sum_i 1[NN(x_i) \in X] + \sum_i 1[NN(y_i) \in Y]\right)$

    where $NN$ is the nearest of all other rows by Euclidean distance. It tends to 1/2 where both
    sets follow one law (their leave-one-out mean is a little below, (n - 1)/(2n - 1)), to 1 where
    they can be told apart, and lies below 1/2 where each generated row sits on a real one.
    A row with several nearest neighbours counts by their share, so exact copies and rows on a
    grid need no random choice and the value is exact.

    Goes wrong where the two sets differ in size, which is refused as 1/2 would no longer be the
    best; in many dimensions it sees small shifts of everything before it sees a missing class.
    Rows that the latent model was fitted to must not be the reference: copies of them look good.

    Reference: Lopez-Paz and Oquab 2017 (arXiv 1610.06545); Xu et al. 2018 (arXiv 1806.07755).

    Example:
        >>> NearestNeighbourAccuracy()([[0.0], [1.0]], [[10.0], [11.0]])
        1.0
        >>> NearestNeighbourAccuracy()([[0.0], [10.0]], [[0.1], [10.1]])
        0.0
    """

    title: ClassVar[str] = "1-NN accuracy"
    summary: ClassVar[str] = (
        "How often the nearest neighbour tells generated from real; 0.5 is best, less is copying."
    )
    direction: ClassVar[Literal["lower", "higher", "nearer"]] = "nearer"
    best: ClassVar[float] = 0.5
    paired: ClassVar[bool] = True

    def parts(self, reference: ArrayLike, generated: ArrayLike) -> Accuracies:
        """The value's two halves: among real rows, and among generated ones.

        Raises:
            InvalidInput: sets of different sizes or dimensions.

        Example:
            >>> NearestNeighbourAccuracy().parts([[0.0], [1.0]], [[0.5], [0.6]])
            Accuracies(real=0.0, generated=1.0)
        """
        real, made, _ = _shares(*self._rows(reference, generated))
        return Accuracies(float(real.mean()), float(made.mean()))

    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured:
        real, made, mutual = _shares(reference, generated)
        # Two rows that are nearest to each other are right or wrong together: where a share of
        # them is mutual, the variance of the sum is 1 + that share times that of single rows
        # (Schilling 1986, Multivariate two-sample tests based on nearest neighbors, section 3).
        scale = np.sqrt(1 + mutual) / 2
        return Measured(
            float(np.mean([real.mean(), made.mean()])),
            scale * (real - real.mean()),
            scale * (made - made.mean()),
        )


def _shares(real: FloatArray, made: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """For each row, the share of its own kind among the rows that are nearest to it.

    Returns:
        that of real rows (n,), that of generated rows (n,), and the share of all rows whose
        nearest row has them as its nearest.
    """
    places, of = np.unique(np.concatenate([real, made]), axis=0, return_inverse=True)
    of = of.reshape(-1)
    counts = np.stack(
        [np.bincount(part, minlength=len(places)) for part in np.split(of, [len(real)])], axis=1
    )
    beside, nearest = _nearest_counts(places, counts)
    mutual = nearest[nearest] == np.arange(len(places))
    shares = []
    for kind, part in enumerate(np.split(of, [len(real)])):
        here = counts.copy()
        here[:, kind] -= 1  # a row is not its own neighbour
        alone = here.sum(axis=1) == 0
        near = np.where(alone[:, None], beside, here)[part]
        shares.append(near[:, kind] / near.sum(axis=1))
    return shares[0], shares[1], float(mutual[of].mean())


def _nearest_counts(places: FloatArray, counts: IntArray) -> tuple[IntArray, IntArray]:
    """For each of distinct places (p, d), what counts (p, 2) sum to over those nearest to it.

    Returns:
        the sums (p, 2), and one of the places nearest to it (p,).
    """
    total, nearest = np.zeros_like(counts), np.zeros(len(places), np.int64)
    if len(places) == 1:
        return total, nearest
    search = Neighbours(places)
    left, k = np.arange(len(places)), 2
    while len(left):
        k = min(2 * k, len(places))
        rows, distances = search.query(places[left], k)
        distances[rows == left[:, None]] = np.inf  # the place itself
        least = distances.min(axis=1)
        tied = distances == least[:, None]
        # Where all that were found are as near, there may be more: look further for those.
        whole = (tied.sum(axis=1) < k - 1) | (k == len(places))
        found = (counts[rows] * tied[:, :, None]).sum(axis=1)
        total[left[whole]] = found[whole]
        nearest[left] = rows[np.arange(len(left)), distances.argmin(axis=1)]
        left = left[~whole]
    return total, nearest
