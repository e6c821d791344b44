"""One Gaussian: its moments, its density, few rows, and codes that fill no space."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from aegen.core.errors import InvalidInput
from aegen.samplers import samplers
from tests.evidence import moments_agree
from tests.worlds import clusters, tilted


def gaussian(z, **fields):
    return samplers.create("gaussian", **fields).fit(z, rng=0)


@pytest.mark.parametrize(
    ("fields", "kept"), [({}, 1.0), ({"shrinkage": 0.25}, 0.75), ({"covariance": "diagonal"}, 0.0)]
)
def test_draws_and_density_have_the_codes_moments(fields, kept):
    z = tilted(100)
    covariance = np.cov(z.T, bias=True) * (kept + (1 - kept) * np.eye(2))
    model = gaussian(z, **fields)
    drawn = model.sample(50_000, rng=1)
    assert moments_agree(drawn, z.mean(axis=0), covariance)
    tilt = np.array([[0, 0.1], [0.1, 0]])
    assert not moments_agree(drawn, z.mean(axis=0), covariance + tilt)
    exact = multivariate_normal(z.mean(axis=0), covariance)
    at = tilted(30, seed=2)
    assert model.score_samples(at) == pytest.approx(exact.logpdf(at), rel=1e-10)


def test_parameters_are_found_again():
    """The error of the mean falls with the square root of n."""
    for n in (1000, 100_000):
        model = gaussian(tilted(n, seed=3))
        assert np.abs(model.mean_ - [1, -2]).max() < 5 * 2 / np.sqrt(n)
        assert model.correlation_[0, 1] == pytest.approx(0.8, abs=5 * 0.36 / np.sqrt(n))


def test_fewer_rows_than_a_covariance_needs():
    z = clusters(8, 8)
    with pytest.raises(
        InvalidInput, match=r"Gaussian needs at least 9 codes in 8 dimensions, got 8: .*shrinkage"
    ):
        gaussian(z)
    for fields in ({"shrinkage": 0.1}, {"covariance": "diagonal"}):
        model = gaussian(z, **fields)
        assert np.isfinite(model.score_samples(z)).all()
    assert gaussian(clusters(9, 8)).sample(3, rng=0).shape == (3, 8)


def test_dependent_columns_stay_dependent_and_have_no_density():
    z = tilted(50)
    z = np.column_stack([z, z @ [1.0, 2.0]])
    model = gaussian(z)
    drawn = model.sample(100, rng=0)
    assert drawn[:, 2] == pytest.approx(drawn[:, :2] @ [1, 2], abs=1e-6)
    with pytest.raises(InvalidInput, match=r"lie in 2 of 3 dimensions.*shrinkage"):
        model.score_samples(z)
    assert np.isfinite(gaussian(z, shrinkage=0.01).score_samples(z)).all()
