"""A dense way keeps to where rows are; a straight one is seen not to."""

import numpy as np
import pytest

from aegen import load
from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.traversal import dense_path, interpolate


@pytest.fixture
def ring(rng=7):
    draw = np.random.default_rng(rng)
    angle = draw.uniform(0, 2 * np.pi, 800)
    return np.column_stack([np.cos(angle), np.sin(angle)]) + draw.normal(0, 0.05, (800, 2))


def test_it_goes_around_a_hole(ring):
    a, b = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
    way = dense_path(a, b, 9, ring)
    assert way.shape == (9, 2)
    assert (way[0] == a).all()
    assert (way[-1] == b).all()
    assert np.linalg.norm(way, axis=1).min() > 0.85
    assert np.linalg.norm(interpolate(a, b, 9), axis=1).min() < 0.05
    hops = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert hops.max() / hops.min() < 1.15


def test_it_is_no_chain_of_rows_and_does_not_depend_on_units(ring):
    way = dense_path(ring[0], ring[400], 9, ring)
    assert Neighbours(ring).query(way[1:-1])[1].min() > 0
    for scale in (1e-120, 1e120):
        far = dense_path(ring[0] * scale, ring[400] * scale, 9, ring * scale)
        assert np.allclose(far / scale, way, rtol=1e-6)


def test_rows_of_a_bundle_are_nearer_to_it_than_to_a_straight_way():
    bundle = load("mnist")
    near = Neighbours(bundle.codes)
    closer = []
    for k in range(8):
        a, b = bundle.codes[[1000 * k, 1000 * k + 500]]
        ways = dense_path(a, b, 9, bundle.codes), interpolate(a, b, 9)
        dense, straight = (near.query(way[1:-1], 5)[1][:, -1].mean() for way in ways)
        closer.append(dense < straight)
    assert sum(closer) >= 7


def test_ends_that_are_the_same_stay(ring):
    assert (dense_path(ring[3], ring[3], 4, ring) == ring[3]).all()
    assert dense_path(ring[3], ring[4], 3, ring[:1]).shape == (3, 2)


@pytest.mark.parametrize(
    ("a", "b", "steps", "why"),
    [
        ([0.0], [1.0, 0.0], 3, "shape"),
        ([0.0, np.nan], [1.0, 0.0], 3, "ends"),
        ([0.0, 0.0], [1.0, 0.0], 1, "steps"),
    ],
)
def test_what_is_no_way_is_refused(ring, a, b, steps, why):
    with pytest.raises(InvalidInput, match=why):
        dense_path(a, b, steps, ring)
