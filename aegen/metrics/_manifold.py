"""Nearest-neighbour balls around rows: what precision, recall, density and coverage count.

The union of the balls of a set is its manifold. Beside what is in them, this finds what would be
if one row of the set were absent, from which the influence of each row follows (`left_out`).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import Field
from aegen.metrics._block_variance import scatter, shrink
from aegen.metrics._distances import squared_distances
from aegen.metrics._two_sample import TwoSampleMetric

__all__ = [
    "Balls",
    "Inside",
    "NeighbourhoodMetric",
    "held_share",
    "inside",
    "measure",
    "of_one_scale",
    "reaches",
]

CELLS = 4_000_000
"""Distances that are held at a time: 32 MB."""

SPARE = 4
"""Roundings beside those of a product's sum: of its two factors, and to spare."""

SHELL, EDGE = 1, 2
"""A pair of a ball and a point that lies beyond its reach but not the next, or near an edge."""

Float32 = NDArray[np.float32]


class NeighbourhoodMetric(TwoSampleMetric):
    """A metric of balls that reach from each row to its k-th nearest other row."""

    def __init__(
        self,
        k: Annotated[
            int, Field("Which nearest row a ball reaches to", title="Neighbours", low=1)
        ] = 5,
    ) -> None:
        self.k = k


class Balls(NamedTuple):
    """A ball around each of n rows, closed, as wide as the distance to its k-th nearest other row.

    Closed as in the paper, so that copies of a row that has k of them are in its ball, a point.

    Attributes:
        rows: the centres (n, d).
        near: the k nearest other rows of each (n, k).
        reach: squared radius of each (n,).
        next: what it would be without any one of the k (n,), the distance to the row after them.
    """

    rows: FloatArray
    near: IntArray
    reach: FloatArray
    next: FloatArray

    @classmethod
    def around(cls, rows: FloatArray, k: int, *, name: str, title: str) -> Balls:
        """The balls around ``rows`` (n, d), n >= k + 2.

        Raises:
            InvalidInput: fewer rows; the message calls them by ``name`` and ``title``.
        """
        if len(rows) < k + 2:
            raise InvalidInput(
                f"{name} must have at least {k + 2} rows for {title} with k = {k}, got "
                f"{len(rows)}: add rows or take a smaller k"
            )
        found, _ = Neighbours(rows).query(rows, k + 2)
        # The row itself comes first, unless it has copies; where they hide it, all are at 0.
        own = found == np.arange(len(rows))[:, None]
        own[~own.any(axis=1), -1] = True
        near = found[~own].reshape(len(rows), k + 1)
        reach, after = (measure(rows, rows[near[:, j]]) for j in (k - 1, k))
        return cls(rows, near[:, :k], reach, after)


class Inside(NamedTuple):
    """Which of m points are in which of n balls.

    Attributes:
        of_ball: how many points each ball holds (n,).
        of_point: how many balls each point is in (m,).
        lone: for a point that is in exactly one, which (m,).
        shell: pairs (p, 2) of a ball and a point that it would hold if it were as wide as `next`.
    """

    of_ball: IntArray
    of_point: IntArray
    lone: IntArray
    shell: IntArray


def of_one_scale(*sets: FloatArray) -> list[FloatArray]:
    """The sets, all times one power of two, so that squares neither overflow nor vanish.

    Example:
        >>> [part.tolist() for part in of_one_scale(np.array([[6.0]]), np.array([[2.0]]))]
        [[[0.75]], [[0.25]]]
    """
    largest = max(float(np.abs(part).max(initial=0.0)) for part in sets)
    exponent = int(np.frexp(largest)[1])
    return [np.ldexp(part, -exponent) for part in sets]


def measure(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared distances of rows (p, d) to as many others, from differences: copies are at 0."""
    squares: FloatArray = np.square(a - b).sum(axis=1)
    return squares


def inside(balls: Balls, points: FloatArray) -> Inside:
    """Which of the points (m, d) are in which of the balls.

    A distance that equals a radius up to rounding is measured anew by differences, so a point
    that is a copy of a ball's k-th neighbour lies on the edge, hence inside, on any machine.
    """
    n, m, d = len(balls.rows), *points.shape
    centre = balls.rows.mean(axis=0)
    a, b = balls.rows - centre, points - centre
    squares = np.square(a).sum(axis=1), np.square(b).sum(axis=1)
    single, transposed = a.astype(np.float32), b.T.astype(np.float32)
    of_ball, of_point, total = np.zeros(n, np.int64), np.zeros(m, np.int64), np.zeros(m, np.int64)
    shell = []
    step = max(1, CELLS // m)
    for start in range(0, n, step):
        here = slice(start, start + step)
        products = single[here] @ transposed
        places = _placed(
            *(products, squares[0][here], squares[1], balls.reach[here], balls.next[here]),
            *(start, (d + SPARE) * 2.0**-24, of_ball[here], of_point, total),
        )
        ball, point = np.divmod(np.flatnonzero(places == EDGE), m)
        ball += start
        at = _measured(balls.rows, points, ball, point)
        held = at <= balls.reach[ball]
        np.add.at(of_ball, ball[held], 1)
        np.add.at(of_point, point[held], 1)
        np.add.at(total, point[held], ball[held])
        beyond = ~held & (at <= balls.next[ball])
        sure = np.argwhere(places == SHELL) + np.array([start, 0])
        shell += [sure, np.stack([ball[beyond], point[beyond]], axis=1)]
    return Inside(of_ball, of_point, np.where(of_point == 1, total, -1), np.concatenate(shell))


@compiled
def _placed(
    products: Float32,
    a: FloatArray,
    b: FloatArray,
    reach: FloatArray,
    after: FloatArray,
    start: int,
    rounding: float,
    of_ball: IntArray,
    of_point: IntArray,
    total: IntArray,
) -> ByteArray:
    """Count the points that are surely in balls; `SHELL` and `EDGE` say which pairs are left.

    Squared distances are a + b - 2 products, whose error in single precision is at most
    ``rounding`` times a + b: Higham 2002, Accuracy and Stability of Numerical Algorithms, 3.1.
    """
    n, m = products.shape
    places = np.zeros((n, m), dtype=np.uint8)
    for i in range(n):
        for j in range(m):
            both = a[i] + b[j]
            at, slack = both - 2 * products[i, j], rounding * both
            if at - slack > after[i]:
                continue
            if at + slack < reach[i]:
                of_ball[i] += 1
                of_point[j] += 1
                total[j] += start + i
            elif at - slack > reach[i] and at + slack < after[i]:
                places[i, j] = SHELL
            else:
                places[i, j] = EDGE
    return places


def _measured(rows: FloatArray, points: FloatArray, ball: IntArray, point: IntArray) -> FloatArray:
    """Squared distances (p,) of pairs, from differences."""
    at = np.empty(len(ball))
    step = max(1, CELLS // points.shape[1])
    for start in range(0, len(ball), step):
        here = slice(start, start + step)
        at[here] = measure(rows[ball[here]], points[point[here]])
    return at


def left_out(balls: Balls, found: Inside) -> IntArray:
    """By how many points the manifold grows where row i of the balls is absent, each i (n,).

    Points that only its ball held are lost; and rows that counted it among their k nearest now
    reach to the next one.
    """
    n = len(balls.rows)
    change = np.zeros(n, np.int64)
    ball, point = found.shell[found.of_point[found.shell[:, 1]] <= 1].T
    absent = balls.near[ball]
    pairs = absent * len(found.of_point) + point[:, None]
    absent, point = np.divmod(np.unique(pairs), len(found.of_point))
    bare = found.of_point[point] == 0
    np.add.at(change, absent[bare], 1)
    np.add.at(change, found.lone[found.of_point == 1], -1)
    held_again = ~bare & (found.lone[point] == absent)
    np.add.at(change, absent[held_again], 1)
    return change


def held_share(
    carriers: FloatArray,
    points: FloatArray,
    k: int,
    rng: np.random.Generator,
    *,
    name: str,
    title: str,
) -> tuple[float, FloatArray, FloatArray]:
    """Share of the points (m, d) that lie on the manifold of the carriers (n, d).

    Returns:
        it, the influence of each carrier (n,), and that of each point (m,).
    """
    carriers, points = of_one_scale(carriers, points)
    balls = Balls.around(carriers, k, name=name, title=title)
    found = inside(balls, points)
    held = (found.of_point > 0).astype(float)
    grown = left_out(balls, found)
    own = -(len(carriers) - 1) * (grown - grown.mean()) / len(points)
    made = held - held.mean()
    total = scatter(lambda a, b: _share(a, b, k), carriers, points, 4 * k, rng)
    return float(held.mean()), shrink(total, [own], made) * own, made


def reaches(rows: FloatArray, k: int) -> FloatArray:
    """Squared distance of each row (n,) to its k-th nearest other row, for few rows."""
    ordered: FloatArray = np.partition(squared_distances(rows, rows), k, axis=1)
    return ordered[:, k]


def _share(carriers: FloatArray, points: FloatArray, k: int) -> float:
    """The value of `held_share`, for few rows."""
    at = squared_distances(carriers, points)
    return float((at <= reaches(carriers, k)[:, None]).any(axis=0).mean())
