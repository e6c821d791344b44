"""Models of principal components: the density is one, closed forms, noise of the measured size."""

import tracemalloc

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from aegen.core.errors import InvalidInput
from aegen.samplers import load, samplers
from tests.contract import quick
from tests.evidence import moments_agree
from tests.example_codes import clusters, tilted

REDUCIBLE = [
    name
    for name in samplers.names()
    if "reduce" in {parameter.name for parameter in samplers.parameters(name)}
]
reducible = pytest.mark.parametrize("name", REDUCIBLE)


def fitted(name, z, k, **fields):
    return quick(samplers, name, reduce=k, **fields).fit(z, rng=0)


def factors(n=1500, seed=0):
    """Three factors in six columns with noise of other sizes."""
    mixing = np.random.default_rng(5).normal(size=(3, 6))
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)) @ mixing + 0.3 * rng.normal(size=(n, 6)) * [1, 2, 0.5, 1, 1, 1]


def covariance(model):
    """Mean and covariance of a Gaussian of principal components, by the book."""
    root = model.unit_ * model.axes_ * model.scale_
    keeps = np.eye(len(model.axes_)) - model.axes_ @ model.axes_.T
    noise = model.unit_ * keeps * model.noise_
    mean = model.origin_ + model.unit_ * model.axes_ @ model.mean_
    return mean, root @ model.correlation_ @ root.T + noise @ noise.T


@reducible
def test_the_density_integrates_to_one_and_draws_follow_it(name):
    model = fitted(name, tilted(400), 1)
    x, y = np.linspace(-16, 18, 140), np.linspace(-7, 3, 140)
    places = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    density = np.exp(model.score_samples(places.reshape(-1, 2))).reshape(140, 140)
    mass = np.trapezoid(np.trapezoid(density, y), x)
    assert mass == pytest.approx(1, abs=0.01)
    mean = [np.trapezoid(np.trapezoid(density * at, y), x) for at in np.moveaxis(places, -1, 0)]
    drawn = model.sample(20_000, rng=1)
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.1)


def test_a_gaussian_has_its_closed_form():
    z, fresh = factors(), factors(seed=1)
    model = fitted("gaussian", z, 3)
    mean, total = covariance(model)
    assert np.diag(total) == pytest.approx(z.var(axis=0), rel=0.01)
    exact = multivariate_normal(mean, total)
    assert model.score_samples(fresh) == pytest.approx(exact.logpdf(fresh), rel=1e-9)
    drawn = model.sample(50_000, rng=1)
    assert moments_agree(drawn, mean, total)
    assert not moments_agree(drawn, mean, 1.06 * total)


def test_a_condition_is_that_of_the_closed_form(tmp_path):
    z = factors()
    model = fitted("gaussian", z, 3)
    mean, total = covariance(model)
    known, free = [1, 4], [0, 2, 3, 5]
    left = model.condition({1: z[5, 1], 4: z[5, 4]}, rng=0)
    slopes = total[np.ix_(free, known)] @ np.linalg.inv(total[np.ix_(known, known)])
    rest = total[np.ix_(free, free)] - slopes @ total[np.ix_(known, free)]
    drawn = left.sample(20_000, rng=1)
    assert (drawn[:, known] == z[5, known]).all()
    spread = np.sqrt(np.diag(rest))
    at = mean[free] + slopes @ (z[5, known] - mean[known])
    assert (drawn[:, free].mean(axis=0) - at) / spread == pytest.approx(np.zeros(4), abs=0.08)
    assert drawn[:, free].std(axis=0) == pytest.approx(spread, rel=0.06)
    assert left.effective_rows() > 2000
    left.save(tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").sample(9, rng=2), left.sample(9, rng=2))
    with pytest.raises(InvalidInput, match="cannot be conditioned on more than 3 columns"):
        model.condition({0: 0.0, 1: 0.0, 2: 0.0, 3: 0.0})


@reducible
def test_files_and_constant_columns(name, tmp_path):
    z = factors(200)
    z[:, 2] = 7.1
    model = fitted(name, z, 2)
    drawn = model.sample(500, rng=1)
    assert (drawn[:, 2] == 7.1).all()
    assert drawn.std(axis=0) == pytest.approx(z.std(axis=0), rel=0.5)
    with pytest.raises(InvalidInput, match=r"column 2 .*7\.1"):
        model.score_samples(z)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.sample(50, rng=3).tobytes() == model.sample(50, rng=3).tobytes()
    other = quick(samplers, name).fit(z[:, :2], rng=0)
    model.set_params(reduce=None)
    assert (
        model.fit(z[:, :2], rng=0).sample(9, rng=1).tobytes() == other.sample(9, rng=1).tobytes()
    )


def test_more_components_than_there_are_change_nothing():
    z = tilted(50)
    plain, many = (quick(samplers, "kde", reduce=k).fit(z, rng=0) for k in (None, 2))
    assert many.sample(50, rng=1).tobytes() == plain.sample(50, rng=1).tobytes()


def test_a_far_row_does_not_spoil_the_subspace():
    z = factors()
    far = np.concatenate([z, [[1e6, -1e6, 1e6, 0, 0, 0]]])
    drawn = fitted("gaussian", far, 3).sample(4000, rng=1)
    ranges = [np.subtract(*np.quantile(x, [0.75, 0.25], axis=0)) for x in (drawn, z)]
    assert ranges[0] / ranges[1] == pytest.approx(1, abs=0.12)
    assert np.corrcoef(drawn[:, 3:].T) == pytest.approx(np.corrcoef(z[:, 3:].T), abs=0.08)


def test_copies_stay_copies_and_whole_weights_repeat():
    z, times = clusters(60, 12), np.arange(60) % 3
    one = quick(samplers, "kde", reduce=4).fit(z, sample_weight=times, rng=0)
    many = quick(samplers, "kde", reduce=4).fit(np.repeat(z, times, axis=0), rng=0)
    assert one.score_samples(z) == pytest.approx(many.score_samples(z), rel=1e-6)


def test_noise_around_few_rows_is_of_its_true_size():
    """One axis of six rows takes a fifth of their noise with it, not of fresh rows'."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6, 400)) + 20 * rng.normal(size=(6, 1))
    model = fitted("gaussian", z, 1)
    noise = model.unit_**2 * (model.noise_**2).mean()
    assert noise == pytest.approx(5 / 6, rel=0.12)  # the mean of the rows takes a sixth


def test_wide_codes_have_densities_without_a_matrix_of_all_columns():
    rng = np.random.default_rng(0)
    d = 2100
    codes = rng.normal(size=(30, 4)) @ rng.normal(size=(4, d)) + 0.1 * rng.normal(size=(30, d))
    model = samplers.create("gaussian", reduce=4).fit(codes)
    tracemalloc.start()
    assert np.isfinite(model.score_samples(codes)).all()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * d * d / 4  # such a matrix takes four times as much
    with pytest.raises(InvalidInput, match="codes of 2,100 columns"):
        model.condition({0: 0.0})
