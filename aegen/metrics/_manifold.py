"""Nearest-neighbour balls around rows: what precision, recall, density and coverage count.

The union of the balls of a set is its manifold. Beside what is in them, this finds what would be
if one row of the set were absent, from which the influence of each row follows (`left_out`).
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

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
"""Pairs, or numbers of pairs, that are looked at together: 36 MB."""

SPARE = 4
"""Roundings beside those of a product's sum: of its factors, and of what they come from."""

SHELL, EDGE = 1, 2
"""A pair of a ball and a point that lies beyond its reach but not the next, or near an edge."""

MANY = 0.05
"""Share of pairs near an edge above which all are compared in double precision."""


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
    n, m = len(balls.rows), len(points)
    centre = balls.rows.mean(axis=0)
    a, b = balls.rows - centre, points - centre
    of_ball, of_point, total = np.zeros(n, np.int64), np.zeros(m, np.int64), np.zeros(m, np.int64)
    shell = []
    step = max(1, CELLS // m)
    for start in range(0, n, step):
        here = slice(start, start + step)
        places = _placed(a[here], b, balls.reach[here], balls.next[here])
        ball, point = np.divmod(np.flatnonzero(places.of == EDGE), m)
        at = _measured(balls.rows, points, ball + start, point)
        held = at <= balls.reach[ball + start]
        np.add.at(places.of_ball, ball[held], 1)
        np.add.at(places.of_point, point[held], 1)
        np.add.at(places.total, point[held], ball[held])
        of_ball[here] = places.of_ball
        total += places.total + start * places.of_point
        of_point += places.of_point
        beyond = ~held & (at <= balls.next[ball + start])
        near = np.stack([ball[beyond], point[beyond]], axis=1)
        sure = np.argwhere(places.of == SHELL)
        shell += [sure + np.array([start, 0]), near + np.array([start, 0])]
    return Inside(of_ball, of_point, np.where(of_point == 1, total, -1), np.concatenate(shell))


class _Places(NamedTuple):
    """What is sure of pairs of n balls and m points.

    Attributes:
        of: `SHELL`, `EDGE` or 0 for each pair (n, m).
        of_ball: points that are surely in each ball (n,).
        of_point: balls that each point is surely in (m,).
        total: sum of their places (m,).
    """

    of: ByteArray
    of_ball: IntArray
    of_point: IntArray
    total: IntArray


def _placed(a: FloatArray, b: FloatArray, reach: FloatArray, after: FloatArray) -> _Places:
    """Places of centres (n, d) and points (m, d), in single precision where that tells most.

    Squared distances are |a|^2 + |b|^2 - 2 ab. The error of the product is at most d + 2 units of
    roundoff times |a||b| (Jeannerod and Rump 2013, Improved error bounds for inner products in
    floating-point arithmetic, theorem 3.1, and the rounding of both factors), and what underflows.
    Twice as much is allowed, which covers that of the squares and of the rows less their centre.
    """
    squares = np.square(a).sum(axis=1), np.square(b).sum(axis=1)
    for kind in ("f4", "f8"):
        products = a.astype(kind) @ b.astype(kind).T
        about = np.finfo(kind)
        roundings = a.shape[1] + SPARE
        slack = roundings * float(about.eps), 4 * roundings * float(about.tiny)
        places = _Places(*_compared(products, *squares, reach, after, *slack))
        if np.count_nonzero(places.of == EDGE) <= MANY * places.of.size:
            break
    return places


@compiled
def _compared(
    products: NDArray[np.floating[Any]],
    a: FloatArray,
    b: FloatArray,
    reach: FloatArray,
    after: FloatArray,
    relative: float,
    absolute: float,
) -> tuple[ByteArray, IntArray, IntArray, IntArray]:
    """The arrays of `_Places`; ``a`` (n,) and ``b`` (m,) are squares, and the rest an error."""
    n, m = products.shape
    of = np.zeros((n, m), dtype=np.uint8)
    of_ball = np.zeros(n, dtype=np.int64)
    of_point, total = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    for i in range(n):
        for j in range(m):
            both = a[i] + b[j]
            at, slack = both - 2 * products[i, j], relative * both + absolute
            if at - slack > after[i]:
                continue
            if at + slack < reach[i]:
                of_ball[i] += 1
                of_point[j] += 1
                total[j] += i
            elif at - slack > reach[i] and at + slack < after[i]:
                of[i, j] = SHELL
            else:
                of[i, j] = EDGE
    return of, of_ball, of_point, total


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
