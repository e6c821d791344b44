"""Margins with row weights, against slow sums and repeated rows; counts of copied rows."""

import numpy as np
import pytest
from scipy.stats import norm

from aegen.samplers._kde_marginal import Margin, Quantiles, silverman
from aegen.samplers._mixed_marginal import MixedMargin
from aegen.samplers._standardise import effective_count, first_copies
from tests.example_codes import clusters
from tests.samplers.smoothed_margins import smoothed

WIDTH = 0.2


def weighted_column(n=400):
    """A sorted column with two clusters, and weights over ten orders of magnitude, some zero."""
    rng = np.random.default_rng(1)
    column = np.sort(clusters(n, 1)[:, 0])
    weights = 10.0 ** rng.uniform(-10, 0, n)
    weights[::7] = 0
    return column, weights / weights.sum()


def slow(x, column, weights):
    return smoothed(x, column, WIDTH, weights=weights)


def tables(*columns):
    """Inverses of the laws of columns, each given as what `Margin.of` takes."""
    return Quantiles.of([Margin.of(*column).knots() for column in columns])


def test_weighted_density_and_cdf_against_the_slow_sums_far_tails_too():
    column, weights = weighted_column()
    x = np.r_[np.linspace(-9, 9, 500), -1e3, 1e3, column[:50]]
    density, below = Margin.of(column, WIDTH, weights).density_and_cdf(x)
    slow_density, slow_below = slow(x, column, weights)
    assert density == pytest.approx(slow_density, rel=1e-8, abs=1e-8)
    assert below == pytest.approx(slow_below, abs=1e-14)
    equal = Margin.of(column, WIDTH).density_and_cdf(x)
    assert np.abs(equal[0] - slow_density).max() > 0.1
    assert np.abs(equal[1] - slow_below).max() > 0.01


def test_whole_weights_are_repeated_rows_and_zero_is_absence():
    column = np.sort(clusters(60, 1)[:, 0])
    times = np.arange(60) % 4
    x = np.linspace(-30, 30, 301)
    one = Margin.of(column, WIDTH, times / times.sum()).density_and_cdf(x)
    many = Margin.of(np.repeat(column, times), WIDTH).density_and_cdf(x)
    assert one[0] == pytest.approx(many[0], rel=1e-12)
    assert one[1] == pytest.approx(many[1], abs=1e-14)
    assert Margin.of(column, WIDTH, times / times.sum()).origin == np.median(column[times > 0])


def test_weighted_quantiles_invert_the_weighted_cdf():
    column, weights = weighted_column()
    table = tables((column, WIDTH, weights))
    u = np.r_[np.linspace(1e-9, 1 - 1e-9, 4001), 1e-7, 1 - 1e-7][:, None]
    x = u.copy()
    table.replace(x)
    assert slow(x[:, 0], column, weights)[1] == pytest.approx(u[:, 0], abs=2e-7)
    wrong = u.copy()
    tables((column, WIDTH)).replace(wrong)
    assert np.abs(slow(wrong[:, 0], column, weights)[1] - u[:, 0]).max() > 0.01


def test_one_row_that_counts_and_a_constant_column():
    counted = Margin.of(np.arange(3.0), 0.5, np.array([0.0, 1.0, 0.0])).knots()
    constant = MixedMargin.of(np.array([5.0, 7.0, 9.0]), np.array([0.0, 0.0, 1.0]), count=1.0)
    u = np.tile(np.linspace(0.001, 0.999, 99)[:, None], 2)
    expected = norm.ppf(u[:, 0], 1.0, 0.5)
    Quantiles.of([counted, constant.knots()]).replace(u)
    assert u[:, 0] == pytest.approx(expected, abs=1e-5)
    assert (u[:, 1] == 9.0).all()


@pytest.mark.parametrize("columns", [[2, 0], [1], [False, True, True]])
def test_some_columns_of_the_tables(columns):
    rng = np.random.default_rng(0)
    knots = [
        Margin.of(np.sort(rng.normal(size=200)), 0.2).knots(),
        MixedMargin.of(np.full(200, 3.0), count=1.0).knots(),
        Margin.of(np.sort(5 + 10 * rng.normal(size=200)), 2.0).knots(),
    ]
    kept = np.arange(3)[columns]
    u = rng.random((500, len(kept)))
    taken, anew = u.copy(), u.copy()
    Quantiles.of(knots).take(np.array(columns)).replace(taken)
    Quantiles.of([knots[j] for j in kept]).replace(anew)
    assert np.array_equal(taken, anew)
    assert ((taken == 3.0).all(axis=0) == (kept == 1)).all()


def test_copies_are_found_by_all_their_columns():
    z = np.array([[1.0, 2], [1, 3], [0, 2], [1, 2], [-0.0, 2], [1, 2], [0, 3]])
    assert first_copies(z).tolist() == [0, 1, 2, 0, 2, 0, 6]
    assert first_copies(clusters(50, 2)).tolist() == list(range(50))
    many = np.random.default_rng(0).integers(3, size=(500, 3)).astype(float)
    _, index, inverse = np.unique(many, axis=0, return_index=True, return_inverse=True)
    assert np.array_equal(first_copies(many), index[inverse.ravel()])


def test_the_effective_count_is_that_of_repeated_rows():
    z = clusters(60, 2)
    times = np.arange(60) % 4
    assert effective_count(z) == 60
    assert effective_count(np.repeat(z, 5, axis=0)) == pytest.approx(60)
    repeated = effective_count(np.repeat(z, times, axis=0))
    assert effective_count(z, times / times.sum()) == pytest.approx(repeated, rel=1e-12)
    assert repeated == pytest.approx(times.sum() ** 2 / (times @ times))
    assert effective_count(z, np.eye(60)[3]) == 1
    assert silverman(effective_count(z)) == silverman(60)
