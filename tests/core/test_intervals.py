"""Intervals of medians and shares, against counting and against SciPy's."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from aegen.core.intervals import median_interval, wilson_interval


def test_the_median_interval_holds_the_median_as_often_as_it_says():
    """95 % by binomial counting, within four standard errors of 4,000 trials; the bare middle
    half of the draws, which is no such interval, fails the same bar."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.normal(size=(4000, 64)), axis=1)
    low, high = median_interval(64)
    held = ((x[:, low] <= 0) & (x[:, high] >= 0)).mean()
    bar = 0.95 - 4 * np.sqrt(0.95 * 0.05 / 4000)
    assert bar < held < 0.985
    assert ((x[:, 30] <= 0) & (x[:, 33] >= 0)).mean() < bar


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_places_are_those_of_scipys_binomial(level):
    counts = [*range(1, 400), 1_000, 9_999, 60_000, 1_000_001]
    low = [max(0, int(binom.ppf((1 - level) / 2, n, 0.5)) - 1) for n in counts]
    found = [median_interval(n, level) for n in counts]
    assert found == [(k, n - 1 - k) for k, n in zip(low, counts, strict=True)]
    assert found[0] == (0, 0)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_a_share_has_scipys_interval_of_wilson(level):
    for n in (1, 2, 10, 333, 10_000):
        for found in {0, 1, n // 3, n - 1, n}:
            ends = binomtest(found, n).proportion_ci(level, method="wilson")
            ours = wilson_interval(found, n, level)
            assert ours == pytest.approx((ends.low, ends.high), abs=1e-12)
            assert 0 <= ends.low < ends.high <= 1
