"""Figures of held-out pictures: shares and errors with intervals that cover what they say."""

import numpy as np
import pytest
from scipy.stats import binom

from aegen.autoencoders.classifier_scores import ClassScore, NumberScore


def test_a_share_and_wilsons_interval():
    score = ClassScore(right=8, n=10, commonest=0.6)
    z, p, n = 1.959964, 0.8, 10
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert score.interval() == pytest.approx(
        [(centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)], abs=1e-6
    )
    assert score.figures("a") == {"accuracy_a": 0.8}
    assert "80.0% right [49.0%, 94.3%] of 10; the commonest value alone 60.0%" in str(score)


@pytest.mark.parametrize("n", [6, 7, 20, 31, 100, 1000])
def test_the_interval_of_a_median_error_covers_it(n):
    errors = np.arange(n, dtype=float)  # the k-th smallest error is k
    low, high = NumberScore(errors, 0.5).interval()
    below = int(low)
    assert high == n - 1 - below
    assert 1 - 2 * binom.cdf(below, n, 0.5) >= 0.95
    assert 1 - 2 * binom.cdf(below + 1, n, 0.5) < 0.95  # no wider than it must be


@pytest.mark.parametrize("n", [1, 5])
def test_few_errors_give_all_that_there_is(n):
    assert NumberScore(np.arange(n, dtype=float), None).interval() == (0, n - 1)


def test_a_number_that_does_not_differ_has_no_r2():
    assert NumberScore(np.array([1.0, 2.0]), None).figures("a") == {"error_a": 1.5}
    assert NumberScore(np.array([1.0, 2.0]), 0.25).figures("a") == {"error_a": 1.5, "r2_a": 0.25}
