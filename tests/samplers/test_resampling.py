"""Conditions by resampling: the law against closed forms, weights, and values out of reach."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from aegen.core.errors import InvalidInput
from aegen.samplers import DensitySampler
from aegen.samplers._resampling import resampled
from tests.evidence import cdf_agrees, moments_agree

MEAN = np.array([1.0, -2.0, 0.5])
COVARIANCE = np.array([[4.0, 1.2, -0.9], [1.2, 1.0, 0.1], [-0.9, 0.1, 0.5]])
FIRST = np.array([True, False, False])


class Known(DensitySampler):
    """Two equal normal components, ``apart`` in the first coordinate; ``shift`` is a lie."""

    title = "Known"

    def __init__(self, apart=0.0, shift=0.0, narrow=1.0, scale=1.0):
        self.apart, self.shift, self.narrow, self.scale = apart, shift, narrow, scale

    def _fit(self, z, weights, rng): ...

    def _sample(self, n, rng):
        drawn = rng.multivariate_normal(MEAN, COVARIANCE * self.narrow**2, n)
        drawn[:, 0] += self.apart * rng.choice([-1, 1], n)
        return drawn * self.scale

    def _score_samples(self, z):
        first = np.array([1.0, 0, 0])
        return np.logaddexp(
            *(
                multivariate_normal(MEAN + (self.shift + way) * first, COVARIANCE).logpdf(
                    z / self.scale
                )
                for way in (-self.apart, self.apart)
            )
        )


def known(**fields):
    return Known(**fields).fit(np.eye(3))


def exact(at):
    """Mean and covariance of the last two coordinates given the first."""
    slope = COVARIANCE[1:, 0] / COVARIANCE[0, 0]
    covariance = COVARIANCE[1:, 1:] - np.outer(slope, COVARIANCE[1:, 0])
    return MEAN[1:] + slope * (at - MEAN[0]), covariance


def drawn(at, n=3000, seed=0, **fields):
    law = resampled(known(**fields), FIRST, np.array([at]), np.random.default_rng(seed))
    assert law.effective_rows() > n
    return law.sample(n, rng=seed)


@pytest.mark.parametrize("at", [1.0, 5.0, -40.0])
def test_the_conditional_law_of_a_gaussian(at):
    """Also twenty standard deviations out, where the model itself never draws."""
    assert moments_agree(drawn(at), *exact(at))


def test_a_law_that_is_another_is_seen():
    assert not moments_agree(drawn(5.0, shift=3.0), *exact(5.0))


def test_the_law_follows_the_density_and_not_the_draws():
    assert moments_agree(drawn(2.0, narrow=0.5), *exact(2.0))


def test_tiny_and_vast_codes():
    for scale in (1e-150, 1e90):
        mean, covariance = exact(2.0)
        assert moments_agree(drawn(2.0 * scale, scale=scale) / scale, mean, covariance)


def test_both_of_two_clouds_are_found():
    """Between two components that are far apart the free coordinates take either one's values."""
    got = drawn(MEAN[0], apart=6.0)[:, 0]
    (low, high), spread = (exact(MEAN[0] + way)[0][0] for way in (-6, 6)), exact(0)[1][0, 0] ** 0.5

    def cdf(z):
        return (norm.cdf(z, low, spread) + norm.cdf(z, high, spread)) / 2

    assert cdf_agrees(got, cdf)
    assert not cdf_agrees(got, lambda z: norm.cdf(z, low, spread))


def test_one_coordinate_given_several():
    which = np.array([True, False, True])
    law = resampled(known(), which, np.array([2.0, 0.0]), np.random.default_rng(0))
    precision = np.linalg.inv(COVARIANCE)[1, 1]
    slope = -np.linalg.inv(COVARIANCE)[1, [0, 2]] / precision
    mean = MEAN[1] + slope @ (np.array([2.0, 0.0]) - MEAN[[0, 2]])
    assert cdf_agrees(law.sample(3000, rng=0), lambda z: norm.cdf(z, mean, precision**-0.5))


@cache
def few_candidates(seed):
    rng = np.random.default_rng(seed)
    return resampled(known(), FIRST, np.array([3.0]), rng, candidates=2000)


def test_weights_and_their_effective_number():
    """Weighted means are off by about one over the root of the effective candidates."""
    law = few_candidates(1)
    assert len(law.weights_) == 2000
    assert 500 < law.effective_rows() <= 2000
    mean, covariance = exact(3.0)
    error = np.sqrt(np.diag(covariance) / law.effective_rows())
    assert (np.abs(law.weights_ @ law.codes_ - mean) < 5 * error).all()


def test_same_seed_same_bytes():
    one, two, other = few_candidates(1), few_candidates.__wrapped__(1), few_candidates(2)
    assert one.codes_.tobytes() == two.codes_.tobytes()
    assert one.weights_.tobytes() == two.weights_.tobytes()
    assert not np.array_equal(one.codes_, other.codes_)


def test_values_out_of_reach_are_refused():
    class Bounded(Known):
        def _score_samples(self, z):
            return np.where(z[:, 0] > 4, -np.inf, super()._score_samples(z))

    model = Bounded().fit(np.eye(3))
    with pytest.raises(InvalidInput, match=r"gives these values no density: .*nearer"):
        resampled(model, FIRST, np.array([4.5]), np.random.default_rng(0), 2000)
    with pytest.raises(InvalidInput, match=r"carry all the weight; .*nearer"):
        resampled(known(), FIRST, np.array([1e60]), np.random.default_rng(0), 2000)


def test_a_model_without_density_says_so():
    class Flat(Known):
        def _score_samples(self, z):
            raise InvalidInput("Flat has no density")

    with pytest.raises(InvalidInput, match="has no density"):
        resampled(Flat().fit(np.eye(3)), FIRST, np.array([1.0]), np.random.default_rng(0))
