"""Far rows, heavy tails, clusters far apart, repeated rows, and more columns than rows."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

from aegen.benchmarks.fidelity import ReferenceSet
from aegen.core.errors import InvalidInput
from aegen.samplers import samplers
from tests.contract import quick

SMOOTH = ("kde", "gaussian-mixture")
FLOWS = ("normalizing-flow", "flow-matching")
OWN = ("gaussian", *SMOOTH, *FLOWS)


def fitted(name, z, **fields):
    return samplers.create(name, **fields).fit(z, rng=0)


def interquartile(z):
    return np.subtract(*np.quantile(z, [0.75, 0.25], axis=0))


def widths(model, z, draws=2000):
    """Interquartile ranges of draws as shares of those of the codes, column by column."""
    return interquartile(model.sample(draws, rng=1)) / interquartile(z)


def tilted(n=2000, d=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ (np.eye(d) + 0.5) * np.r_[1, 10, 0.1][:d]


def with_far(value, rows=1):
    z = tilted()
    z[:rows] = value * np.random.default_rng(1).choice([-1, 1], size=(rows, 3))
    return z


@pytest.mark.parametrize("far", [(1e3, 1), (1e6, 1), (1e50, 1), (1e4, 5)])
@pytest.mark.parametrize("fields", [{}, {"shape": "full"}, {"shape": "diagonal"}], ids=str)
def test_far_rows_do_not_widen_kernels(far, fields):
    assert widths(fitted("kde", with_far(*far), **fields), tilted()) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("far", [(1e3, 1), (1e6, 1), (1e50, 1), (1e4, 5)])
@pytest.mark.parametrize("components", [1, 3, 10])
def test_far_rows_do_not_widen_components(far, components):
    z = with_far(*far)
    model = fitted("gaussian-mixture", z, components=components)
    assert widths(model, tilted()) == pytest.approx(1, abs=0.15)
    assert np.isfinite(model.score_samples(z)).all()


@pytest.mark.parametrize("name", FLOWS)
def test_far_rows_do_not_spoil_training(name):
    z = with_far(1e6)[:700]
    model = fitted(name, z, epochs=3, hidden=32)
    assert widths(model, z) == pytest.approx(1, abs=0.35)  # after a short training
    assert np.isfinite(model.score_samples(z)).all()
    far = np.abs(model.sample(2000, rng=2) / [1, 10, 0.1]) > 30
    assert far.mean(axis=0).max() < 0.02  # as rare as it is among the codes


@pytest.mark.parametrize("freedom", [1, 2])
def test_heavy_tails_keep_their_bulk(freedom):
    z = np.random.default_rng(0).standard_t(freedom, size=(2000, 2))
    assert widths(fitted("kde", z), z, 30_000) == pytest.approx(1, abs=0.15)
    components = fitted("gaussian-mixture", z, components=20 * (3 - freedom))
    assert widths(components, z, 30_000) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("name", SMOOTH)
def test_tight_clusters_far_apart_stay_tight(name):
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(size=(700, 2)), rng.normal(size=(700, 2)) + 1e5])
    drawn = fitted(name, z).sample(3000, rng=1)
    left = drawn[drawn[:, 0] < 5e4]
    assert len(left) == pytest.approx(1500, abs=150)
    assert left.std(axis=0) == pytest.approx(1, abs=0.15)


def test_rare_values_of_a_column_do_not_make_components():
    """Digits as pixels: many are nearly always empty. Each component has its share of the rows."""
    z = load_digits().data[:900]
    model = fitted("gaussian-mixture", z)
    assert model.weights_.min() > 0.02
    assert model.sample(2000, rng=1).std(axis=0) == pytest.approx(z.std(axis=0), rel=0.5, abs=0.15)


def correlated(n, d, seed):
    mixing = np.random.default_rng(9).normal(size=(d, d))
    return np.random.default_rng(seed).normal(size=(n, d)) @ mixing


@pytest.mark.parametrize("n", [60, 400])
def test_a_kernel_is_tilted_where_that_helps(n):
    """In 40 dependent dimensions, also for hardly more rows than columns."""
    z, fresh = correlated(n, 40, 0), correlated(500, 40, 1)
    diagonal, full, auto = (
        fitted("kde", z, shape=shape).score(fresh) for shape in ("diagonal", "full", "auto")
    )
    assert auto > diagonal + 5
    assert auto > full - 1


def test_a_tilt_costs_little_where_it_harms():
    """Two lines that cross: together they lie along one of them, alone neither other row does."""

    def crossing(n, seed):
        rng = np.random.default_rng(seed)
        along = rng.normal(size=n)
        side = np.where(rng.random(n) < 0.75, along, -along)
        return np.column_stack([along, side]) + 0.05 * rng.normal(size=(n, 2))

    z, fresh = crossing(1000, 0), crossing(4000, 1)
    diagonal, full, auto = (
        fitted("kde", z, shape=shape).score(fresh) for shape in ("diagonal", "full", "auto")
    )
    assert full < diagonal - 0.005
    assert auto > diagonal - 0.06
    assert auto > full - 0.02


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(("n", "d"), [(100, 64), (40, 64), (60, 200)])
def test_few_rows_of_many_columns_are_sane_or_refused(name, n, d):
    z = np.random.default_rng(0).normal(size=(n, 8)) @ np.random.default_rng(1).normal(size=(8, d))
    z += 0.1 * np.random.default_rng(2).normal(size=(n, d))
    try:
        model = quick(samplers, name).fit(z, rng=0)
    except InvalidInput as refusal:
        said = str(refusal)
        assert re.search(rf"needs at least {d + 1} codes in {d} dimensions, got {n}", said)
        assert "reduce" in said
        model = quick(samplers, name, reduce=5).fit(z, rng=0)
    drawn = model.sample(500, rng=1)
    assert np.isfinite(drawn).all()
    assert 0.5 < np.median(drawn.std(axis=0) / z.std(axis=0)) < 1.7


@pytest.mark.parametrize("name", samplers.names())
def test_ones_are_no_weights_also_where_rows_repeat(name):
    if not samplers.get(name).weighted:
        return
    z = np.repeat(tilted(40), np.arange(40) % 3 + 1, axis=0)
    plain = quick(samplers, name).fit(z, rng=0)
    ones = quick(samplers, name).fit(z, sample_weight=np.full(len(z), 0.3), rng=0)
    assert plain.sample(60, rng=1).tobytes() == ones.sample(60, rng=1).tobytes()


@pytest.mark.parametrize("name", ["gaussian", *SMOOTH])
def test_a_tiny_weight_on_a_far_row_changes_nothing(name):
    z = tilted(300)
    far = np.concatenate([z, np.full((1, 3), 1e90)])
    weights = np.r_[np.ones(300), 1e-300]
    model = quick(samplers, name).fit(far, sample_weight=weights, rng=0)
    plain = quick(samplers, name).fit(z, rng=0)
    assert np.isfinite(model.sample(200, rng=1)).all()
    assert widths(model, z) == pytest.approx(widths(plain, z), abs=0.1)
    assert not np.isnan(model.score_samples(far)).any()


@pytest.mark.parametrize("name", ["digits-20", "digits-20+1e6", "t-copula", "relu", "sheet+1e3"])
def test_kernels_leave_columns_as_wide_as_they_are(name):
    codes = ReferenceSet.of(name, "training")
    z = codes.part(0, 0)[0][-2000:]  # the far row is the last
    varying = interquartile(z) > 0
    found = widths(fitted("kde", z), z, 6000)[varying]
    assert found == pytest.approx(1, abs=0.15)
    inflated = widths(fitted("kde", z, variance="inflated"), z, 6000)[varying]
    assert np.abs(inflated - 1).max() > np.abs(found - 1).max() + 0.02
