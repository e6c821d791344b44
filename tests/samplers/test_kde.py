"""Kernel density: exact moments, the slow sum, and a bandwidth that is the likeliest."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from scipy.stats import norm

from aegen.samplers import samplers
from tests.evidence import cdf_agrees, moments_agree, same_distribution
from tests.worlds import clusters, tilted


def kde(z, *, rng=0, **fields):
    return samplers.create("kde", **fields).fit(z, rng=rng)


def slow_density(z, codes, widths):
    terms = norm.logpdf(z[:, None, :], codes, widths).sum(axis=2)
    return logsumexp(terms, axis=1) - np.log(len(codes))


def left_out(codes, h):
    """Mean log-density that the others give to each row."""
    widths = h * codes.std(axis=0)
    terms = norm.logpdf(codes[:, None, :], codes, widths).sum(axis=2)
    np.fill_diagonal(terms, -np.inf)
    return np.mean(logsumexp(terms, axis=1)) - np.log(len(codes) - 1)


def test_moments_are_those_of_the_codes_plus_the_blur():
    z = tilted(50)
    blurred = np.cov(z.T, bias=True) + 0.4**2 * np.diag(z.var(axis=0))
    drawn = kde(z, bandwidth=0.4).sample(50_000, rng=1)
    assert moments_agree(drawn, z.mean(axis=0), blurred)
    for wrong in (0.3, 0.5):
        assert not moments_agree(
            kde(z, bandwidth=wrong).sample(50_000, rng=1), z.mean(axis=0), blurred
        )


def test_each_column_has_the_mixture_distribution():
    z = clusters(30, 1)
    drawn = kde(z, bandwidth=0.1).sample(50_000, rng=2)
    width = 0.1 * z.std()
    assert cdf_agrees(drawn, lambda x: norm.cdf((x[:, None] - z[:, 0]) / width).mean(axis=1))
    assert not cdf_agrees(drawn, norm(z.mean(), z.std()).cdf)


def test_density_against_the_slow_sum():
    codes, z = clusters(90, 3), clusters(60, 3, seed=5) * 1.5
    model = kde(codes, bandwidth=0.2)
    slow = slow_density(z, codes, 0.2 * codes.std(axis=0))
    assert model.score_samples(z) == pytest.approx(slow, rel=1e-10)
    assert model.score_samples(z) != pytest.approx(slow_density(z, codes, 0.2), rel=1e-3)


@pytest.mark.parametrize("codes", [tilted(80), clusters(80, 1), clusters(120, 5)])
def test_bandwidth_is_the_likeliest_when_rows_are_left_out(codes):
    found = kde(codes).bandwidth_
    best = minimize_scalar(
        lambda log_h: -left_out(codes, np.exp(log_h)),
        bounds=(np.log(found) - 1, np.log(found) + 1),
        method="bounded",
    )
    assert found == pytest.approx(np.exp(best.x), rel=0.01)
    assert left_out(codes, found) > left_out(codes, found * 1.2) + 1e-4
    assert left_out(codes, found) > left_out(codes, found / 1.2) + 1e-4


def test_bandwidth_of_many_rows_is_judged_on_some():
    codes = tilted(4000, seed=3)
    chosen = [kde(codes, rng=seed).bandwidth_ for seed in (0, 1)]
    assert chosen[0] != chosen[1]
    assert chosen[0] == pytest.approx(chosen[1], rel=0.15)
    assert kde(codes, rng=0).bandwidth_ == chosen[0]
    assert chosen[0] < kde(tilted(100, seed=3)).bandwidth_


def test_copies_and_scales_do_not_matter():
    z = tilted(60)
    one = kde(z)
    doubled = kde(np.repeat(z, 2, axis=0))
    assert doubled.bandwidth_ == pytest.approx(one.bandwidth_, rel=1e-3)
    at = tilted(20, seed=4)
    twice = kde(np.repeat(z, 2, axis=0), bandwidth=one.bandwidth_)
    assert twice.score_samples(at) == pytest.approx(one.score_samples(at), rel=1e-9)
    scaled = kde(z * [10, 0.1] + 3)
    assert scaled.bandwidth_ == pytest.approx(one.bandwidth_, rel=1e-3)
    assert scaled.sample(50, rng=1) == pytest.approx(
        kde(z, bandwidth=scaled.bandwidth_).sample(50, rng=1) * [10, 0.1] + 3
    )


def test_a_narrow_blur_leaves_draws_on_the_codes():
    z = tilted(30)
    codes, rows = kde(z, bandwidth=1e-6).sample_rows(500, rng=0)
    assert codes == pytest.approx(z[rows], abs=1e-4)


def test_chosen_rows_are_the_law_of_those_rows():
    z = clusters(60, 2)
    first = np.arange(60) < 30
    model = kde(z, bandwidth=0.1)
    codes, rows = model.sample_rows(20_000, weights=first, rng=1)
    assert (rows < 30).all()
    every, origin = model.sample_rows(60_000, rng=2)
    assert same_distribution(codes, every[origin < 30])
    assert not same_distribution(codes, every)
