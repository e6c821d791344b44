"""Walks frame by frame, and directions of attributes: against what is known of them."""

import numpy as np
import pandas as pd
import pytest

from aegen import targeting
from aegen.core.errors import InvalidInput
from aegen.core.images import quantize
from aegen.traversal import attribute_directions, walks
from aegen.traversal.interpolation import along
from tests.tiny_bundle import tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("walks") / "bars")


@pytest.mark.parametrize("path", ["straight", "spherical", "dense"])
def test_a_walk_visits_its_stops_in_order(bundle, path):
    z = bundle.codes
    walk = walks.between(bundle, [3, z[7] + 0.5, 9], 21, path=path)
    assert len(walk) == 21
    stops = walk.codes[[0, 10, 20], 0]
    assert np.array_equal(stops, [z[3], z[7] + 0.5, z[9]])
    steps = np.linalg.norm(np.diff(walk.codes[:, 0], axis=0), axis=1)
    assert steps.max() < np.linalg.norm(z[3] - z[7]) + np.linalg.norm(z[7] - z[9])
    assert (steps > 0).all()


def test_points_along_a_line_are_equally_far_apart():
    line = along([[0.0, 0.0], [1.0, 0.0], [1.0, 9.0]], 11)
    assert np.allclose(np.abs(np.diff(line, axis=0)).sum(axis=1), 1)
    assert line[[0, -1]].tolist() == [[0, 0], [1, 9]]


def test_a_walk_over_a_map_lies_on_its_line(bundle):
    line = [[0.0, 0.0], [2.0, 1.0]]
    walk = walks.over_map(bundle, "pca", line, 5, through=8)
    assert np.allclose(bundle.project("pca", walk.codes[:, 0]), along(line, 5))
    axes = walks.over_map(bundle, "axes-2-0", line, 5, through=8).codes[:, 0]
    assert np.allclose(axes[:, [2, 0]], along(line, 5))
    assert np.array_equal(axes[:, 1], np.full(5, bundle.codes[8, 1]))


def test_an_edit_s_walk_is_the_edit(bundle):
    walk = walks.edit(bundle, 3, "class=lying", 7, reach=2.0)
    edited = targeting.edit(bundle, 3, "class=lying", steps=7, reach=2.0)
    assert np.array_equal(walk.codes[:, 0], edited.codes)
    assert np.array_equal(walk.frames(), quantize(edited.images))


def test_smoothing_goes_from_copies_to_independence_bit_by_bit(bundle):
    walk = walks.smoothing(bundle, 9, 30, rng=0)
    assert walk.codes.shape == (30, 9, bundle.latent_dim)
    assert walk.frames().shape == (30, 3 * 16 + 2, 3 * 16 + 2, 1)
    far = bundle.nearest(walk.codes[0])[1].mean(), bundle.nearest(walk.codes[-1])[1].mean()
    assert far[0] < 0.7 * far[1]
    steps = np.median(np.linalg.norm(np.diff(walk.codes, axis=0), axis=2))
    other = walks.smoothing(bundle, 9, 30, rng=1).codes
    assert steps < np.median(np.linalg.norm(walk.codes - other, axis=2)) / 5
    assert np.array_equal(walk.codes, walks.smoothing(bundle, 9, 30, rng=0).codes)


def test_attribute_directions_lead_from_the_others_mean_to_theirs():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(60, 4))
    kind = pd.Categorical.from_codes(np.arange(60) % 3, ["a", "b", "c"])
    table = pd.DataFrame({"kind": kind, "late": z[:, 0] > 0, "size": 3 * z[:, 1], "same": True})
    names, found = attribute_directions(z, table)
    assert names == ("kind a", "kind b", "kind c", "late", "size")
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1)
    for k, member in enumerate([kind == "a", kind == "b", kind == "c", z[:, 0] > 0]):
        towards = z[member].mean(axis=0) - z[~member].mean(axis=0)
        assert np.allclose(found.vectors[k], towards / np.linalg.norm(towards))
    slope = np.cov(z.T, z[:, 1])[:4, 4]
    assert np.allclose(found.vectors[4], slope / np.linalg.norm(slope))
    assert np.allclose(found.sd, (z @ found.vectors.T).std(axis=0))
    with pytest.raises(InvalidInput, match="60 codes cannot have 59 rows"):
        attribute_directions(z, table[1:])
