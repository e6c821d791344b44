"""Gaussian mixture: one component is the Gaussian, several have the mixture's moments."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from aegen.core.errors import InvalidInput
from aegen.samplers import samplers
from tests.evidence import moments_agree, same_distribution
from tests.worlds import clusters, tilted


def mixture(z, *, rng=0, **fields):
    return samplers.create("gaussian-mixture", **fields).fit(z, rng=rng)


def parts(model):
    """Shares, means and covariances in the codes' own units."""
    means = model.centre_ + model.scale_ * model.means_
    covariances = np.einsum("kij,klj->kil", model.factors_, model.factors_)
    return model.weights_, means, covariances * np.outer(model.scale_, model.scale_)


def test_one_component_is_the_gaussian():
    z = tilted(100)
    at = tilted(30, seed=1)
    one = samplers.create("gaussian").fit(z)
    model = mixture(z, components=1, floor=1e-9)
    assert model.score_samples(at) == pytest.approx(one.score_samples(at), rel=1e-6)
    assert same_distribution(model.sample(20_000, rng=1), one.sample(20_000, rng=2))


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_density_and_moments_against_the_parts(covariance):
    model = mixture(clusters(200, 2), components=3, covariance=covariance)
    shares, means, covariances = parts(model)
    at = clusters(40, 2, seed=2)
    each = [
        multivariate_normal(mean, cov).logpdf(at)
        for mean, cov in zip(means, covariances, strict=True)
    ]
    slow = logsumexp(np.log(shares)[:, None] + np.array(each), axis=0)
    assert model.score_samples(at) == pytest.approx(slow, rel=1e-9)
    mean = shares @ means
    spread = np.einsum("k,ki,kj->ij", shares, means - mean, means - mean)
    total = np.einsum("k,kij->ij", shares, covariances) + spread
    drawn = model.sample(50_000, rng=3)
    assert moments_agree(drawn, mean, total)
    assert not moments_agree(drawn, means.mean(axis=0), total)  # as if shares were equal
    assert not moments_agree(drawn, mean, 1.1 * total)


def test_clusters_are_found_again():
    model = mixture(clusters(600, 3, seed=4), components=3)
    assert model.converged_
    shares, means, covariances = parts(model)
    order = np.argsort(shares)
    assert shares[order] == pytest.approx([1 / 6, 1 / 3, 1 / 2], abs=0.01)
    assert means[order] == pytest.approx(np.array([[-4.0] * 3, [4.0] * 3, [0.0] * 3]), abs=0.15)
    assert np.sqrt(np.einsum("kii->ki", covariances)) == pytest.approx(0.3, abs=0.06)


def test_too_few_steps_are_told():
    assert not mixture(clusters(200, 3), components=9, steps=1).converged_


def test_more_components_than_codes():
    with pytest.raises(InvalidInput, match=r"at least 10 codes .* got 9: .*fewer components"):
        mixture(clusters(9, 2))
