"""One Gaussian: its moments, its density, few rows, and codes that fill no space."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from threadpoolctl import threadpool_limits

from aegen.core.errors import InvalidInput
from aegen.samplers import load, samplers
from aegen.samplers._normal import times_root
from tests.evidence import moments_agree
from tests.example_codes import clusters, constant_column, tilted


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


@pytest.mark.parametrize("rows", [3, 5000])
@pytest.mark.parametrize("root", ["lower", "square", "thin"])
def test_noise_is_multiplied_by_any_root(root, rows):
    """Much noise by a lower triangle in place, all else as it is written."""
    rng = np.random.default_rng(0)
    roots = {"square": rng.normal(size=(20, 20)), "thin": rng.normal(size=(20, 4))}
    roots["lower"] = np.tril(roots["square"])
    noise = rng.normal(size=(rows, roots[root].shape[1]))
    wanted = noise @ roots[root].T
    found = times_root(noise, roots[root])
    assert np.abs(found - wanted).max() < 1e-12
    assert np.shares_memory(found, noise) == (root == "lower" and rows > 3)


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


def mixed(n=200, d=4):
    """Dependent codes of all scales."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * 10.0 ** np.arange(-2, d - 2) + 3


def formula(z, columns, values):
    """Mean and covariance of the rest given some columns, by the book."""
    mean, covariance = z.mean(axis=0), np.cov(z.T, bias=True)
    k = np.array(columns)
    f = np.setdiff1d(np.arange(z.shape[1]), k)
    slopes = covariance[np.ix_(f, k)] @ np.linalg.inv(covariance[np.ix_(k, k)])
    rest = covariance[np.ix_(f, f)] - slopes @ covariance[np.ix_(k, f)]
    return f, mean[f] + slopes @ (values - mean[k]), rest


@pytest.mark.parametrize("columns", [[1], [2, 0], [3, 1, 0]])
@pytest.mark.parametrize("away", [0.5, 1e4])
def test_conditions_have_the_moments_of_the_formula(columns, away, tmp_path):
    z = mixed()
    values = z.mean(axis=0)[columns] + away * z.std(axis=0)[columns]
    model = gaussian(z).condition(dict(zip(columns, values, strict=True)))
    free, mean, rest = formula(z, columns, values)
    drawn = model.sample(20_000, rng=1)
    assert (drawn[:, columns] == values).all()
    apart, zero = drawn[:, free] - mean, np.zeros(len(free))
    assert moments_agree(apart, zero, rest)
    assert not moments_agree(apart, zero, np.cov(z[:, free].T, bias=True))
    assert not moments_agree(apart, zero + 0.2 * np.sqrt(np.diag(rest)), rest)
    at = drawn[:20]
    exact = multivariate_normal(mean, rest)
    assert model.score_samples(at) == pytest.approx(exact.logpdf(at[:, free]), rel=1e-6)
    model.save(tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").sample(9, rng=2), model.sample(9, rng=2))


def test_the_conditional_density_is_joint_over_marginal():
    z = mixed()
    at = mixed(30)
    for fields in ({}, {"shrinkage": 0.3}, {"covariance": "diagonal"}):
        joint = gaussian(z, **fields).score_samples(at)
        known = gaussian(z[:, [0, 2]], **fields).score_samples(at[:, [0, 2]])
        for row, expected in zip(at, joint - known, strict=True):
            model = gaussian(z, **fields).condition({0: row[0], 2: row[2]})
            assert model.score_samples(row[None]) == pytest.approx([expected], rel=1e-9)
        assert np.abs(known).min() > 1e-3


def test_two_steps_are_one():
    z = mixed()
    once = gaussian(z).condition({0: 3.0, 2: 5.0})
    twice = gaussian(z).condition({2: 5.0}).condition({0: 3.0})
    at = once.sample(20, rng=0)
    assert twice.score_samples(at) == pytest.approx(once.score_samples(at), rel=1e-9)


def test_a_constant_coordinate_only_takes_its_own_value():
    z = constant_column()
    model = gaussian(z).condition({1: 7.1})
    two = gaussian(z[:, [0, 2]])
    at = z[:9]
    assert model.score_samples(at) == pytest.approx(two.score_samples(at[:, [0, 2]]))
    with pytest.raises(InvalidInput, match=r"own value, 7\.1, not 7\.2"):
        gaussian(z).condition({1: 7.2})
    drawn = gaussian(z).condition({0: 2.0}).sample(9, rng=0)
    assert (drawn[:, 1] == 7.1).all()


def test_dependent_coordinates_only_take_values_that_fit():
    z = tilted(50)
    z = np.column_stack([z, z @ [1.0, 2.0], np.random.default_rng(0).normal(size=50)])
    model = gaussian(z)
    fits = model.condition({0: 1.0, 1: -2.5, 2: -4.0})
    plain = gaussian(z[:, [0, 1, 3]]).condition({0: 1.0, 1: -2.5})
    at = np.array([[1.0, -2.5, -4.0, 0.3]])
    assert fits.score_samples(at) == pytest.approx(plain.score_samples(at[:, [0, 1, 3]]))
    with pytest.raises(InvalidInput, match=r"cannot take these values.*fill 2 dimensions"):
        model.condition({0: 1.0, 1: -2.5, 2: -3.9})
    implied = model.condition({0: 1.0, 1: -2.5}).sample(9, rng=0)
    assert implied[:, 2] == pytest.approx(np.full(9, -4.0), abs=1e-9)
    assert len(np.unique(implied[:, 2])) == 1


def test_threads_change_no_byte_of_a_large_fit():
    z = np.random.default_rng(0).normal(size=(20_000, 10))
    found = set()
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.add(gaussian(z).sample(2000, rng=1).tobytes())
    assert len(found) == 1
