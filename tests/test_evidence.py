"""Each statistical check accepts a right sampler and rejects wrong ones."""

import numpy as np
import pytest
from scipy.stats import norm

from tests.evidence import (
    ALPHA,
    cdf_agrees,
    moments_agree,
    probability_agrees,
    same_distribution,
)

N = 20_000


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def student(rng):
    return rng.standard_t(5, N) / np.sqrt(5 / 3)


def test_moments_of_a_right_sampler_agree(rng):
    covariance = np.array([[2.0, 0.6], [0.6, 1.0]])
    drawn = rng.multivariate_normal([1, -2], covariance, N)
    assert moments_agree(drawn, [1, -2], covariance)


@pytest.mark.parametrize(
    "wrong",
    [lambda z: z + 0.1, lambda z: z * 1.07, lambda z: np.column_stack([z[:, 0], z[:, 0]])],
    ids=["shifted", "too wide", "equal columns"],
)
def test_moments_of_a_wrong_sampler_are_rejected(rng, wrong):
    assert not moments_agree(wrong(rng.normal(size=(N, 2))), [0, 0], np.eye(2))


def test_a_column_that_never_varies_must_be_right(rng):
    drawn = np.column_stack([rng.normal(size=N), np.full(N, 3.0)])
    covariance = np.diag([1.0, 0.0])
    assert moments_agree(drawn, [0, 3], covariance)
    assert not moments_agree(drawn, [0, 3.001], covariance)
    assert not moments_agree(drawn, [0, 3], np.eye(2))


def test_cdf_of_a_right_sampler_agrees(rng):
    assert cdf_agrees(rng.normal(size=(N, 3)), norm.cdf)


@pytest.mark.parametrize(
    "wrong",
    [lambda rng: rng.normal(0.1, 1, N), student, lambda rng: np.round(rng.normal(size=N), 1)],
    ids=["shifted", "Student's t", "rounded"],
)
def test_cdf_of_a_wrong_sampler_is_rejected(rng, wrong):
    right = rng.normal(size=N)
    assert not cdf_agrees(np.column_stack([right, wrong(rng)]), norm.cdf)


def test_two_samples_of_one_law_are_the_same(rng):
    tilt = np.array([[1, 0], [0.8, 0.6]])
    a, b = (rng.normal(size=(N, 2)) @ tilt.T for _ in range(2))
    assert same_distribution(a, b)
    assert same_distribution(a[: N // 4], b)


@pytest.mark.parametrize("wrong", ["independent columns", "one column shifted", "other tail"])
def test_two_samples_of_two_laws_are_not(rng, wrong):
    tilt = np.array([[1, 0], [0.8, 0.6]])
    a, b = (rng.normal(size=(N, 2)) @ tilt.T for _ in range(2))
    if wrong == "independent columns":
        b[:, 1] = rng.permutation(b[:, 1])
    elif wrong == "one column shifted":
        b[:, 1] += 0.15
    else:
        b = np.column_stack([student(rng), student(rng)])
    assert not same_distribution(a, b)


@pytest.mark.parametrize("shift", [-0.4, 0.4])
def test_the_largest_gap_is_that_of_all_points(rng, shift):
    few, many = rng.normal(size=40).round(1), rng.normal(shift, 1, 90).round(1)
    shares = [np.mean(some <= np.r_[few, many][:, None], axis=1) for some in (few, many)]
    for pair in ((few, many), (many, few)):
        assert same_distribution(*pair).worst == np.abs(shares[0] - shares[1]).max()


def test_probabilities(rng):
    assert probability_agrees(rng.random(N) < 0.3, 0.3)
    assert not probability_agrees(rng.random(N) < 0.34, 0.3)


def test_the_rate_of_false_alarms_is_what_is_stated():
    """At alpha = 0.2, where it can be counted: at most about one in five of 300 right samples."""
    alarms = {"moments": 0, "cdf": 0, "two": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        a, b = rng.normal(size=(200, 2)), rng.normal(size=(200, 2))
        alarms["moments"] += not moments_agree(a, [0, 0], np.eye(2), alpha=0.2)
        alarms["cdf"] += not cdf_agrees(a, norm.cdf, alpha=0.2)
        alarms["two"] += not same_distribution(a, b, alpha=0.2)
    assert max(alarms.values()) <= 90  # 60 expected; 90 is 4.3 standard deviations more
    assert ALPHA == 1e-6
