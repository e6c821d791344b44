"""Local Gaussian: slow densities, exact moments and conditions, left-out choices, bounds."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from aegen.benchmarks.unseen_codes import two_moons
from aegen.bundles import read
from aegen.core.errors import InvalidInput
from aegen.metrics import NearestNeighbourAccuracy, metrics
from aegen.samplers import samplers
from tests.evidence import moments_agree, same_distribution
from tests.example_codes import clusters, tilted


def local(z, *, rng=0, weights=None, **fields):
    return samplers.create("local-gaussian", **fields).fit(z, rng=rng, sample_weight=weights)


def laws(z, model, weights=None):
    """Means (n, d) and covariances (n, d, d) of the components, one row at a time."""
    weights = np.ones(len(z)) if weights is None else weights
    means, covariances = [], []
    for row, x in enumerate(z):
        order = np.argsort(((z - x) ** 2).sum(axis=1))
        near = order[order != row][: model.neighbours_]
        shares = weights[near] / weights[near].sum()
        centre = shares @ z[near]
        away = z[near] - centre
        means.append(centre + model.kept_ * (x - centre))
        local_covariance = (away * shares[:, None]).T @ away
        covariances.append(model.spread_**2 * local_covariance + np.diag(model.widths_**2))
    return np.array(means), np.array(covariances)


@pytest.mark.parametrize(("d", "k"), [(2, 7), (6, 4)])  # roots of full rank, and of low rank
def test_the_density_is_that_of_the_slow_mixture(d, k):
    z = np.random.default_rng(0).normal(size=(60, d))
    weights = np.arange(60) % 4 + 1.0
    model = local(z, weights=weights, neighbours=k, kept=0.4, spread=0.8)
    places = np.concatenate([z[:5], model.sample(10, rng=1), z[:2] + 3])
    logs = [
        multivariate_normal(mean, covariance).logpdf(places)
        for mean, covariance in zip(*laws(z, model, weights), strict=True)
    ]
    expected = logsumexp(logs, axis=0, b=(weights / weights.sum())[:, None])
    assert model.score_samples(places) == pytest.approx(expected, rel=1e-9)


def test_draws_have_the_mixtures_moments():
    z = clusters(120, 2)
    model = local(z, neighbours=8, kept=0.5, spread=1.3, rows="iid")
    means, covariances = laws(z, model)
    whole = covariances.mean(axis=0) + np.cov(means.T, bias=True)
    assert moments_agree(model.sample(100_000, rng=1), means.mean(axis=0), whole)
    assert not moments_agree(model.sample(100_000, rng=1) * 1.05, means.mean(axis=0), whole)


def test_a_condition_is_what_is_left_of_joint_draws():
    z = tilted(160)
    model = local(z, neighbours=80, kept=0.0, spread=1.0)  # wide kernels, so that tilt counts
    drawn = model.sample(50_000, rng=1)
    near = drawn[np.abs(drawn[:, 0] - 2) < 0.06][:, 1:]
    left = model.condition({0: 2.0}).sample(len(near), rng=2)[:, 1:]
    assert len(near) > 500
    assert same_distribution(left, near)
    assert not same_distribution(left + 0.2, near)


def test_rows_of_a_condition_are_training_rows_near_it():
    z = tilted(400)
    left = local(z, neighbours=20, kept=0.6, spread=1.0).condition({0: 2.0})
    rows = left.sample_rows(200, rng=0)[1]
    assert np.abs(z[rows, 0] - 2).max() < 1.5  # of codes from -5 to 7


def test_draws_pass_for_left_out_codes_of_an_autoencoder():
    z = np.random.default_rng(0).permutation(read("mnist").codes)
    new, codes = z[:1000], z[1000:5000]
    halves = NearestNeighbourAccuracy().parts
    ratio = metrics.create("distance-ratio")
    model = local(codes)
    drawn = model.sample(1000, rng=0)
    assert max(abs(half - 0.5) for half in halves(new, drawn)) < 0.06  # three standard errors
    assert ratio(new, drawn, training=codes) == pytest.approx(0.93, abs=0.06)
    assert model.worse_half_ < 0.04
    other = samplers.create("kde").fit(codes, rng=0).sample(1000, rng=0)
    assert max(abs(half - 0.5) for half in halves(new, other)) > 0.08


def test_newness_sets_the_spread():
    z = clusters(1500, 6)
    new = clusters(300, 6, seed=1)
    ratio = metrics.create("distance-ratio")
    for wanted in (0.6, 1.0):
        drawn = local(z, newness=wanted).sample(300, rng=0)
        assert ratio(new, drawn, training=z) == pytest.approx(wanted, abs=0.1)


def test_differences_make_new_combinations():
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 4), axis=-1).reshape(-1, 4)
    z = np.random.default_rng(0).permutation(grid)[:150]
    fields = {"neighbours": 6, "kept": 1.0, "spread": 1.0}
    drawn = local(z, noise="differences", **fields).sample(150, rng=0)
    assert set(drawn.ravel()) == {0.0, 1.0, 2.0, 3.0}
    new = [not (z == x).all(axis=1).any() for x in drawn]
    assert np.mean(new) > 0.2
    loose = z + np.random.default_rng(1).uniform(-1e-3, 1e-3, z.shape)

    def off_grid(noise):
        drawn = local(loose, noise=noise, **fields).sample(150, rng=0)
        return np.abs(drawn - np.round(drawn)).mean()

    assert off_grid("differences") < 0.1  # noise in every direction is small
    assert off_grid("gaussian") > 0.15
    model = local(z, noise="differences", **fields)
    with pytest.raises(InvalidInput, match=r'no density where .* noise="gaussian"'):
        model.score_samples(z)
    with pytest.raises(InvalidInput, match="no condition where"):
        model.condition({0: 1.0})


def test_zeros_stay_and_no_bound_is_passed():
    rng = np.random.default_rng(0)
    z = np.maximum(rng.normal(size=(1500, 2)) @ rng.normal(size=(2, 4)), 0)
    z = np.column_stack([z, rng.uniform(size=1500), rng.normal(size=1500)])
    model = local(z, neighbours=20, kept=0.6, spread=1.0)
    assert model.bounded_below_.tolist() == [True] * 5 + [False]
    assert model.bounded_above_.tolist() == [False] * 4 + [True, False]
    drawn = model.sample(1500, rng=0)
    assert ((drawn == 0).mean(axis=0) == (z == 0).mean(axis=0)).all()  # rows are balanced
    assert (drawn[:, :5] >= 0).all()
    assert (drawn[:, 4] <= z[:, 4].max()).all()
    assert drawn[:, 5].min() < z[:, 5].min() + 0.5
    with pytest.raises(InvalidInput, match=r"no density: .*never pass a bound .* column 0"):
        model.score_samples(z)
    with pytest.raises(InvalidInput, match="no condition: codes repeat values, or never pass"):
        model.condition({0: 1.0})


@pytest.mark.parametrize("value", [1e3, 1e6])
def test_a_far_row_moves_no_other(value):
    z = clusters(1000, 3)
    far = np.concatenate([z, np.full((1, 3), value)])
    draws = local(far, rng=1).sample(1001, rng=0)
    spread = np.subtract(*np.quantile(draws, [0.75, 0.25], axis=0))
    assert spread == pytest.approx(np.subtract(*np.quantile(z, [0.75, 0.25], axis=0)), rel=0.05)
    assert (np.abs(draws).max(axis=1) > 8).sum() <= 1
    fields = {"neighbours": 10, "kept": 0.6, "spread": 1.0}
    assert local(far, **fields).widths_ == pytest.approx(local(z, **fields).widths_, rel=0.05)


def test_whole_weights_are_repeated_rows_to_the_choice_too():
    z = tilted(300)
    times = np.arange(300) % 3
    weighted, repeated = local(z, weights=times), local(np.repeat(z, times, axis=0))
    for name in ("neighbours_", "kept_", "spread_", "worse_half_"):
        assert getattr(weighted, name) == getattr(repeated, name)
    assert weighted.score_samples(z) == pytest.approx(repeated.score_samples(z), rel=1e-9)


def test_balanced_rows_come_equally_often():
    z = tilted(100)
    fields = {"neighbours": 5, "kept": 0.5, "spread": 1.0}
    rows = local(z, **fields).sample_rows(250, rng=0)[1]
    assert set(np.bincount(rows, minlength=100)) == {2, 3}
    rows = local(z, rows="iid", **fields).sample_rows(250, rng=0)[1]
    assert np.bincount(rows, minlength=100).max() > 4


def test_few_rows_are_as_new_as_was_asked():
    """Medians of a hundred distances stray by a twentieth; one split of few rows has no more."""
    codes, ratios = two_moons(), []
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(codes))
        left_out, others = codes[order[:250]], codes[order[250:]]
        drawn = local(others, rng=seed).sample(2000, rng=seed)
        ratios.append(metrics.create("distance-ratio")(left_out, drawn, training=others))
    assert np.std(ratios) < 0.03
    assert np.mean(ratios) == pytest.approx(0.93, abs=0.03)
