"""Directions and ways between codes: exact on codes whose answer is known."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.traversal import interpolate, latent_axes, principal_directions, traverse


@pytest.fixture(scope="module")
def turned():
    """Codes with standard deviations 3, 2 and 1 along the columns of a known rotation."""
    rng = np.random.default_rng(0)
    white = rng.normal(size=(500, 3))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(white.T @ white / 500)).T
    q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    return (white * [3.0, 2.0, 1.0]) @ q.T + [10.0, -5.0, 0.0], q


def test_principal_directions_are_the_axes_the_codes_were_made_with(turned):
    z, q = turned
    found = principal_directions(z)
    assert np.allclose(np.abs(found.vectors @ q), np.eye(3), atol=1e-9)
    assert np.allclose(found.sd, [3, 2, 1])
    assert np.allclose(found.share, np.array([9, 4, 1]) / 14)
    assert np.allclose(found.mean, [10, -5, 0])
    assert (found.vectors.max(axis=1) == np.abs(found.vectors).max(axis=1)).all()


def test_positions_are_standard_scores_along_each_direction(turned):
    z, _ = turned
    scores = principal_directions(z).positions(z)
    assert np.allclose(scores.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(np.cov(scores.T, bias=True), np.eye(3), atol=1e-9)
    # the latent axes of the same codes are correlated, so the same test rejects them
    assert not np.allclose(np.cov(latent_axes(z).positions(z).T, bias=True), np.eye(3), atol=0.1)


def test_latent_axes_keep_their_order_and_a_constant_one_has_no_scale():
    z = np.array([[0.0, 5.0, -1.0], [2.0, 5.0, 3.0]])
    axes = latent_axes(z)
    assert np.array_equal(axes.vectors, np.eye(3))
    assert axes.sd.tolist() == [1, 0, 2]
    assert axes.positions(z)[:, 1].tolist() == [0, 0]
    assert latent_axes(np.ones((3, 4))).share.tolist() == [0.25] * 4


def test_traverse_moves_by_latent_units_whatever_the_length_of_the_direction():
    line = traverse([1.0, 1.0], [0.0, 7.0], [-2, 0, 3])
    assert line.tolist() == [[1, -1], [1, 1], [1, 4]]


@pytest.mark.parametrize("kind", ["straight", "spherical"])
def test_ways_start_and_end_exactly(kind):
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 10))
    way = interpolate(a, b, 7, kind=kind, centre=c)
    assert way.shape == (7, 10)
    assert np.array_equal(way[0], a)
    assert np.array_equal(way[-1], b)


def test_spherical_ways_turn_evenly_and_straight_ones_do_not():
    rng = np.random.default_rng(2)
    a, b, c = rng.normal(size=(3, 6))

    def angles_and_radii(kind):
        way = interpolate(a, b, 9, kind=kind, centre=c) - c
        radii = np.linalg.norm(way, axis=1)
        unit = way / radii[:, None]
        return np.arccos((unit[1:] * unit[:-1]).sum(axis=1)), radii

    turns, radii = angles_and_radii("spherical")
    assert np.allclose(turns, turns[0])
    assert np.allclose(np.diff(radii), np.diff(radii)[0])
    turns, radii = angles_and_radii("straight")
    assert not np.allclose(turns, turns[0], rtol=0.01)
    assert not np.allclose(np.diff(radii), np.diff(radii)[0], atol=0.01)


def test_spherical_ways_with_no_angle_go_straight():
    near = interpolate([1.0, 1.0], [3.0, 3.0], 3, kind="spherical")
    assert np.allclose(near[1], [2, 2])
    assert interpolate([0.0, 0.0], [0.0, 2.0], 3, kind="spherical")[1].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: interpolate([1.0, 0], [-1.0, 0], 3, kind="spherical"), "opposite"),
        (lambda: interpolate([1.0, 0], [1.0, 0, 0], 3), "b must have 2 columns, got 3"),
        (lambda: interpolate([[1.0, 0]], [1.0, 0], 3), r"a must be one code of shape \(d,\)"),
        (lambda: interpolate([1.0, 0], [2.0, 0], 1), "steps"),
        (lambda: interpolate([1.0, 0], [np.nan, 0], 3), "b must be finite"),
        (lambda: interpolate([1.0, 0], [2.0, 0], 3, kind="curved"), "kind must be"),
        (lambda: traverse([1.0, 0], [0.0, 0], [1]), "direction must not be zero"),
        (lambda: traverse([1.0, 0], [1.0, 0], [np.inf]), "distances must be finite"),
        (lambda: principal_directions([[1.0, 2.0]]), "at least 2 rows"),
    ],
)
def test_refusals_say_what_is_wrong(call, said):
    with pytest.raises(InvalidInput, match=said):
        call()
