"""Projections: PCA exactly, UMAP by its behaviour; ``test_contract.py`` has what all promise."""

import sys

import numpy as np
import pytest
import torch

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.neighbours import Neighbours
from aegen.projections import projections, umap
from aegen.projections.pca import PCA
from aegen.projections.umap import UMAP


def clusters(n=240, d=6, groups=4, seed=0, apart=12.0):
    """Codes in well separated groups, and the group of each."""
    rng = np.random.default_rng(seed)
    centres = apart * np.eye(d)[:groups]
    label = rng.integers(groups, size=n)
    return centres[label] + rng.normal(size=(n, d)), label


def kept(coordinates, label, k=5):
    """Share of nearest neighbours in the picture that are of the same group."""
    rows, _ = Neighbours(coordinates).query(coordinates, k=k + 1)
    return float((label[rows[:, 1:]] == label[:, None]).mean())


def test_names():
    assert {"pca", "umap"} <= set(projections.names())
    with pytest.raises(UnknownName, match="did you mean 'umap'"):
        projections.create("umpa")


@pytest.mark.parametrize("d", [1, 2, 7])
def test_pca_is_the_singular_value_decomposition(d):
    z = np.random.default_rng(1).normal(size=(50, d)) * np.arange(1, d + 1) + 100
    found = PCA().fit(z)
    u, s, v = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    exact = (u * s)[:, :2]
    k = min(2, d)
    assert np.allclose(np.abs(found.coordinates_[:, :k]), np.abs(exact[:, :k]))
    assert np.allclose(np.abs(found.components_[:k]), np.abs(v[:k]))
    assert found.coordinates_.shape == (50, 2)
    if d == 1:
        assert not found.coordinates_[:, 1].any()


def test_pca_settles_its_sign_and_places_new_codes():
    z, _ = clusters()
    one, two = PCA().fit(z), PCA().fit(z[::-1])
    assert np.allclose(one.components_, two.components_)
    assert (one.components_.max(axis=1) == np.abs(one.components_).max(axis=1)).all()
    assert np.allclose(one.transform(z[:9]), one.coordinates_[:9])


def placed(z, coordinates):
    return UMAP.restored({}, z, coordinates)


@pytest.mark.parametrize("d", [3, 20])
def test_a_known_code_lands_on_its_own_point(d):
    rng = np.random.default_rng(2)
    z, where = rng.normal(size=(80, d)), rng.normal(size=(80, 2))
    assert np.array_equal(placed(z, where).transform(z), where)


def test_a_new_code_lands_between_its_neighbours_by_squared_distance():
    z = np.array([[0.0], [1.0], [100.0]])
    where = np.array([[0.0, 0], [10.0, 0], [0.0, 50]])
    w = 1 / np.array([0.25, 0.75, 99.75]) ** 2
    assert np.allclose(placed(z, where).transform([[0.25]]), w @ where / w.sum())


def test_the_plane_is_recovered_where_the_picture_is_linear():
    """Where the map is a rotation, new codes land near their place; on a shuffled one, far."""
    rng = np.random.default_rng(3)
    z = rng.uniform(-1, 1, size=(4000, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    new = rng.uniform(-0.9, 0.9, size=(200, 2))
    error = np.linalg.norm(placed(z, z @ turn).transform(new) - new @ turn, axis=1)
    assert np.median(error) < 0.02
    wrong = placed(z, rng.permutation(z @ turn)).transform(new) - new @ turn
    assert np.median(np.linalg.norm(wrong, axis=1)) > 0.2


@pytest.mark.parametrize("scale", [1e-160, 1e150])
def test_distances_neither_vanish_nor_overflow(scale):
    rng = np.random.default_rng(4)
    z = rng.normal(size=(30, 3)) * scale
    where = rng.normal(size=(30, 2))
    out = placed(z, where).transform(rng.normal(size=(5, 3)) * scale)
    assert np.isfinite(out).all()
    assert (out >= where.min(axis=0)).all()
    assert (out <= where.max(axis=0)).all()


def test_umap_keeps_groups_together_and_repeats_itself():
    z, label = clusters(n=200)
    found = UMAP().fit(z, rng=0)
    again = UMAP().fit(z, rng=0)
    assert kept(found.coordinates_, label) > 0.95
    assert kept(np.random.default_rng(0).normal(size=(200, 2)), label) < 0.5
    assert np.array_equal(found.coordinates_, again.coordinates_)
    new, group = clusters(n=60, seed=9)
    near, _ = Neighbours(found.coordinates_).query(found.transform(new))
    assert (label[near[:, 0]] == group).mean() > 0.95


def test_a_fit_leaves_the_threads_of_torch_as_they_were(monkeypatch):
    def fit_transform(self, z):  # as umap-learn's loops do where they begin threads of their own
        torch.set_num_threads(before + 1)
        return z[:, :2]

    before = torch.get_num_threads()
    monkeypatch.setattr(umap._learner(), "fit_transform", fit_transform)
    UMAP().fit(clusters(n=50)[0])
    assert torch.get_num_threads() == before


def test_what_umap_learn_compiles_is_kept_on_disk_where_that_can_be(monkeypatch):
    learner = umap._learner()
    loop = sys.modules[learner.__module__].smooth_knn_dist
    assert loop.stats.cache_path
    monkeypatch.setattr(type(loop), "enable_caching", lambda self: refuse())
    assert umap._learner.__wrapped__() is learner


def refuse():
    """What numba says where nothing may be written."""
    raise RuntimeError("cannot cache function: no locator available")


@pytest.mark.parametrize("kind", [PCA, UMAP])
def test_state_and_codes_bring_a_projection_back(kind):
    z, _ = clusters(n=50)
    first = PCA().fit(z) if kind is PCA else placed(z, z[:, :2])
    back = kind.restored(first.state(), z, first.coordinates_)
    new = clusters(n=10, seed=5)[0]
    assert np.array_equal(back.transform(new), first.transform(new))
    assert back.transform(np.empty((0, 6))).shape == (0, 2)
    assert back.n_features_in_ == 6


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: PCA().fit([[1.0, 2.0]]), "at least 3 rows for a PCA projection"),
        (lambda: PCA().fit(np.full((5, 2), np.nan)), "finite"),
        (lambda: PCA().transform([[1.0]]), "not fitted"),
        (lambda: PCA().fit(clusters()[0]).transform([[1.0]]), "6 columns, got 1"),
        (lambda: PCA.restored({"mean": [0]}, [[0.0]], [[0.0, 0]]), "needs mean and components"),
        (lambda: UMAP.restored({}, [[0.0], [1]], [[0.0, 0]]), "2 codes cannot have 1 coordinates"),
        (lambda: UMAP.restored({"x": [0]}, [[0.0]], [[0.0, 0]]), "needs no further arrays"),
        (lambda: UMAP(neighbours=1).fit(clusters()[0]), "neighbours must be"),
        (lambda: projections.create("umap", spacing=7), "spacing must be"),
    ],
)
def test_refusals_say_what_is_wrong(call, said):
    with pytest.raises(InvalidInput, match=said):
        call()


def test_too_few_codes_for_umap():
    with pytest.raises(InvalidInput, match="needs at least 16 codes, got 10"):
        UMAP().fit(clusters(n=10)[0])
