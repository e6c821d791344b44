"""What every projection promises, checked on all: a file added to the family is here too."""

import sys
from functools import cache

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.neighbours import Neighbours
from aegen.projections import projections
from tests.contract import another, quick
from tests.example_codes import clusters

every = pytest.mark.parametrize("name", projections.names())
NEW = clusters(20, 4, seed=5)


@cache
def codes():
    z = clusters(60, 4)
    z.setflags(write=False)
    return z


@cache
def fitted(name):
    return quick(projections, name).fit(codes(), rng=0)


@every
def test_it_says_what_it_is(name):
    kind = projections.get(name)
    assert kind.title
    assert kind.summary.endswith(".")
    assert len(kind.summary) < 100
    assert "Example:" in kind.__doc__
    for parameter in projections.parameters(name):
        assert parameter.field.help
        assert parameter.check(parameter.default, name) == parameter.default


@every
def test_codes_have_a_place_each_and_new_ones_too(name):
    placed = fitted(name)
    assert placed.n_features_in_ == 4
    for coordinates, n in ((placed.coordinates_, 60), (placed.transform(NEW), 20)):
        assert coordinates.shape == (n, 2)
        assert coordinates.dtype == np.float64
        assert np.isfinite(coordinates).all()
    assert len(np.unique(placed.coordinates_.round(6), axis=0)) > 30
    assert placed.transform(np.empty((0, 4))).shape == (0, 2)
    # A code that is known lands on its place.
    spread = np.ptp(placed.coordinates_, axis=0).max()
    assert np.allclose(placed.transform(codes()), placed.coordinates_, atol=1e-6 * spread)


@every
def test_the_same_rng_gives_the_same_picture(name):
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - to see that nobody else uses it
    again = quick(projections, name).fit(codes().tolist(), rng=np.random.default_rng(0))
    assert again.coordinates_.tobytes() == fitted(name).coordinates_.tobytes()
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@every
def test_its_state_brings_it_back(name):
    placed = fitted(name)
    kind = projections.get(name)
    back = kind.restored(placed.state(), codes(), placed.coordinates_)
    assert back.transform(NEW).tobytes() == placed.transform(NEW).tobytes()
    for bad in (
        placed.state() | {"unheard_of": np.zeros(3)},
        *({**placed.state(), key: np.full(3, np.nan)} for key in placed.state()),
    ):
        with pytest.raises(InvalidInput):
            kind.restored(bad, codes(), placed.coordinates_)
    with pytest.raises(InvalidInput, match="60 codes cannot have 59 coordinates"):
        kind.restored(placed.state(), codes(), placed.coordinates_[1:])


@every
def test_one_dimension_is_enough(name):
    placed = quick(projections, name).fit(codes()[:, :1], rng=0)
    assert placed.coordinates_.shape == (60, 2)
    assert np.isfinite(placed.coordinates_).all()


@every
@pytest.mark.parametrize(
    ("scale", "offset"), [(1e30, 0.0), (1e-30, 0.0), (1e200, 0.0), (1e-200, 0.0), (1e-12, 1.0)]
)
def test_codes_of_any_scale_have_a_place(name, scale, offset):
    z = scale * codes() + offset
    placed = quick(projections, name).fit(z, rng=0)
    spread = np.ptp(placed.coordinates_, axis=0)
    assert np.isfinite(placed.coordinates_).all()
    assert len(np.unique((placed.coordinates_ / spread).round(6), axis=0)) > 30
    assert np.isfinite(placed.transform(scale * NEW + offset)).all()
    # Neighbours are those of the codes, whatever their scale.
    near, _ = Neighbours(codes()).query(codes(), k=6)
    seen, _ = Neighbours(placed.coordinates_ / spread).query(placed.coordinates_ / spread, k=6)
    shared = [len(set(a[1:]) & set(b[1:])) / 5 for a, b in zip(near, seen, strict=True)]
    assert np.mean(shared) > 0.3  # by chance 0.08


@every
@pytest.mark.parametrize("value", [0.0, 1.0, 1e30])
def test_codes_that_are_all_alike_are_refused_before_any_work_or_have_one_place(
    name, value, monkeypatch
):
    monkeypatch.setitem(sys.modules, "umap", None)
    try:
        placed = projections.create(name).fit(np.full((60, 4), value), rng=0)
    except InvalidInput as refusal:
        assert "all 60 codes are alike" in str(refusal)  # noqa: PT017
    else:
        assert not np.ptp(placed.coordinates_, axis=0).any()


@every
def test_what_cannot_be_projected(name):
    with pytest.raises(InvalidInput, match="at least 3 rows"):
        projections.create(name).fit(codes()[:2])
    with pytest.raises(InvalidInput, match="finite"):
        projections.create(name).fit(np.full((30, 2), np.nan))
    with pytest.raises(InvalidInput, match="not fitted"):
        projections.create(name).transform(codes())
    with pytest.raises(InvalidInput, match="4 columns, got 1"):
        fitted(name).transform([[1.0]])
    with pytest.raises(UnknownName, match="no field of"):
        projections.create(name, colour="red")
    for parameter in projections.parameters(name):
        value = another(parameter)
        assert (
            getattr(projections.create(name, **{parameter.name: value}), parameter.name) == value
        )
        with pytest.raises(InvalidInput, match=f"{parameter.name} must be"):
            projections.create(name).set_params(**{parameter.name: []}).fit(codes())


@every
def test_a_place_leads_back_to_codes_that_lie_there(name):
    projection = fitted(name)
    points = projection.coordinates_[:7]
    found = projection.inverse_transform(points, codes())
    assert found.shape == (7, 4)
    assert np.allclose(projection.transform(found), points, atol=1e-6)
    assert not np.allclose(projection.inverse_transform(points[::-1], codes()), found)
    with pytest.raises(InvalidInput, match="59 codes cannot have 60 coordinates"):
        projection.inverse_transform(points, codes()[1:])
    with pytest.raises(InvalidInput, match="points"):
        projection.inverse_transform(points[:, :1], codes())


def test_the_plane_of_a_linear_projection_goes_through_a_code():
    projection = fitted("pca")
    [found] = projection.inverse_transform(projection.transform(NEW[:1]), codes(), through=NEW[0])
    assert np.allclose(found, NEW[0])
    mean = projection.inverse_transform([[0.0, 0.0]], codes())
    assert np.allclose(mean, codes().mean(axis=0))
