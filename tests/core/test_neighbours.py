"""Nearest rows: both ways of searching agree with looking at every pair."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.core.neighbours import TREE_DIMENSIONS, Neighbours, RememberedNeighbours

MANY = TREE_DIMENSIONS + 5


@pytest.mark.parametrize("d", [1, 3, MANY])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_nearest_rows_are_those_of_all_pairs(d, offset):
    rng = np.random.default_rng(0)
    z, q = rng.normal(size=(300, d)) + offset, rng.normal(size=(40, d)) + offset
    rows, distances = Neighbours(z).query(q, k=7)
    every = np.sqrt(((q[:, None] - z[None]) ** 2).sum(axis=2))
    order = np.argsort(every, axis=1)[:, :7]
    assert np.array_equal(rows, order)
    assert np.allclose(distances, np.take_along_axis(every, order, axis=1), rtol=1e-9)
    assert not np.array_equal(rows, np.argsort(-every, axis=1)[:, :7])
    assert rows.dtype == np.int64


@pytest.mark.parametrize("k", [1, 4, 100])
@pytest.mark.parametrize("spoil", ["nothing", "copies", "outlier", "huge"])
def test_nearest_of_many_rows_are_exact(spoil, k):
    """Blocks of rows; and where single precision cannot tell the nearest, as copies hide it."""
    rng = np.random.default_rng(0)
    z, q = rng.normal(size=(2500, MANY)), rng.normal(size=(30, MANY))
    if spoil == "copies":
        z[::2] = z[0] + 1e-4 * rng.normal(size=(1250, MANY))
        q[:15] = z[0] + 1e-4 * rng.normal(size=(15, MANY))
    elif spoil == "outlier":
        z[7] *= 1e6
    elif spoil == "huge":
        z, q = z * 1e100, q * 1e100
        q[0] *= 1e45
    rows, distances = Neighbours(z).query(q, k)
    every = np.sqrt(np.square(q[:, None] - z).sum(axis=2))
    assert np.allclose(distances, np.sort(every, axis=1)[:, :k], rtol=1e-12, atol=0)
    assert np.array_equal(distances, np.take_along_axis(every, rows, axis=1))


@pytest.mark.parametrize("d", [2, MANY])
def test_a_row_is_its_own_neighbour_at_distance_zero(d):
    z = np.random.default_rng(1).normal(size=(50, d))
    rows, distances = Neighbours(z).query(z)
    assert rows[:, 0].tolist() == list(range(50))
    assert not distances.any()


@pytest.mark.parametrize("d", [2, MANY])
def test_edges(d):
    z = np.zeros((3, d))
    assert Neighbours(z).query(np.empty((0, d)))[0].shape == (0, 1)
    assert sorted(Neighbours(z).query(z[:1], k=3)[0][0].tolist()) == [0, 1, 2]
    with pytest.raises(InvalidInput, match="from 1 to 3, got 4"):
        Neighbours(z).query(z, k=4)
    with pytest.raises(InvalidInput, match=f"{d} columns"):
        Neighbours(z).query(np.zeros((1, d + 1)))
    with pytest.raises(InvalidInput, match="at least 1 rows"):
        Neighbours(np.empty((0, d)))


def test_a_search_that_remembers_answers_as_the_other_and_is_asked_once(monkeypatch):
    rng = np.random.default_rng(0)
    z, q, other = rng.normal(size=(50, 3)), rng.normal(size=(9, 3)), rng.normal(size=(9, 3))
    plain = Neighbours(z)
    expected = {k: plain.query(q, k) for k in (1, 3, 4, 6)}
    asked = []
    query = Neighbours.query
    monkeypatch.setattr(
        Neighbours, "query", lambda self, z, k=1: asked.append(k) or query(self, z, k)
    )
    search = RememberedNeighbours(plain)
    for _ in range(2):
        for k in (1, 3, 4):
            rows, distances = search.query(q.copy(), k)
            assert np.array_equal(rows, expected[k][0])
            assert np.array_equal(distances, expected[k][1])
            distances[:] = -1  # the caller's own
    assert asked == [4]
    assert np.array_equal(search.query(q, 6)[0], expected[6][0])
    assert not np.array_equal(search.query(other)[0], expected[1][0])
    with pytest.raises(InvalidInput, match="k must be"):
        search.query(q, 51)
