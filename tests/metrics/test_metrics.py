"""Metrics: their promises, checked on all; then each beside brute force and known answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import binom

from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.metrics import metrics
from aegen.metrics.base import SPACES
from aegen.metrics.distance_ratio import _median_interval, ratio_to
from tests.evidence import chance_agrees
from tests.worlds import clusters, tilted

every = pytest.mark.parametrize("name", metrics.names())

NEAREST = metrics.create("nearest-neighbour-accuracy")
RATIO = metrics.create("distance-ratio")


def measured(name, reference, generated, training=None, rng=0):
    training = clusters(300, reference.shape[1], seed=9) if training is None else training
    return metrics.create(name)(reference, generated, training=training, rng=rng)


# every metric


@every
def test_it_says_what_it_is(name):
    kind = metrics.get(name)
    assert kind.title
    assert kind.summary.endswith(".")
    assert kind.direction in ("lower", "higher", "nearer")
    assert np.isfinite(kind.best)
    assert set(kind.spaces) <= set(SPACES)
    for part in ("Example:", "Reference:", "Goes wrong"):
        assert part in kind.__doc__


@every
def test_one_law_comes_near_the_best_and_another_does_not(name):
    real, same = clusters(600, 2, seed=1), clusters(600, 2, seed=2)
    metric = metrics.create(name)
    value = measured(name, real, same)
    assert isinstance(value, float)
    assert metric.shortfall(value) < 0.15
    # Thrice the spread is another law; so is a set that copies the training rows.
    assert metric.shortfall(measured(name, real, 3 * same)) > 0.3
    copies = clusters(600, 2, seed=9)
    assert (
        metric.shortfall(measured(name, real, copies, copies)) < 0.15 or name == "distance-ratio"
    )


@every
def test_the_order_of_rows_changes_nothing(name):
    real, made = clusters(80, 3, seed=1), clusters(80, 3, seed=2)
    mixed = np.random.default_rng(0).permutation
    assert measured(name, real, made) == pytest.approx(measured(name, mixed(real), mixed(made)))


@every
def test_distances_count_not_where_the_rows_lie(name):
    real, made, training = (clusters(60, 3, seed=k) for k in (1, 2, 3))
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    moved = [5 * z @ turn + 7 for z in (real, made, training)]
    expected = measured(name, real, made, training)
    assert measured(name, *moved) == pytest.approx(expected, abs=1e-9)


@every
def test_rows_that_cannot_be_compared(name):
    good = tilted(20)
    for reference, generated, message in [
        (good, np.zeros((20, 3)), "generated rows must have 2 columns, got 3"),
        (good, np.full((20, 2), np.nan), "generated rows must be finite"),
        (np.zeros(20), good, r"reference rows must have shape \(n, d\)"),
        (good, np.zeros((0, 2)), "generated rows must have at least 1"),
        (np.zeros((0, 2)), good, "reference rows must have at least 1"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            metrics.create(name)(reference, generated, training=good)
    if metrics.get(name).needs_training:
        with pytest.raises(InvalidInput, match="pass them as training"):
            metrics.create(name)(good, good)
        for training in (np.zeros((5, 3)), Neighbours(np.zeros((5, 3)))):
            with pytest.raises(InvalidInput, match="training rows must have 2 columns, got 3"):
                metrics.create(name)(good, good, training=training)


@every
def test_input_is_not_changed(name):
    real, made, training = (clusters(60, 3, seed=k) for k in (1, 2, 3))
    kept = [z.copy() for z in (real, made, training)]
    for z in (real, made, training):
        z.setflags(write=False)
    measured(name, real, made, training)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (real, made, training), strict=True))


def test_shortfall_knows_the_direction():
    class Lower(type(RATIO)):
        direction, best = "lower", 0.0

    class Higher(type(RATIO)):
        direction, best = "higher", 1.0

    assert (RATIO.shortfall(1.25), RATIO.shortfall(0.75)) == (0.25, 0.25)
    assert (Lower().shortfall(0.25), Lower().shortfall(-1)) == (0.25, 0)
    assert (Higher().shortfall(0.75), Higher().shortfall(2)) == (0.25, 0)


# 1-NN accuracy


def slow_accuracies(real, made):
    """By the definition: all distances, a tie counted by the share of own kind among the tied."""
    z = np.concatenate([real, made])
    own = np.repeat([0, 1], len(real))
    distances = cdist(z, z)
    np.fill_diagonal(distances, np.inf)
    tied = distances == distances.min(axis=1)[:, None]
    share = (tied & (own == own[:, None])).sum(axis=1) / tied.sum(axis=1)
    return share[: len(real)].mean(), share[len(real) :].mean()


@pytest.mark.parametrize("d", [1, 3, 20])
def test_accuracy_is_that_of_brute_force(d):
    real, made = clusters(150, d, seed=1), 1.1 * clusters(150, d, seed=2)
    expected = slow_accuracies(real, made)
    assert NEAREST.parts(real, made) == pytest.approx(expected, abs=1e-12)
    assert NEAREST(real, made) == pytest.approx(np.mean(expected), abs=1e-12)
    # The check sees one row that is moved to the other set.
    moved = np.concatenate([made[1:], real[:1]])
    assert NEAREST(real, moved) != pytest.approx(np.mean(expected), abs=1e-12)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 12), d=st.sampled_from([1, 2, 14]))
def test_ties_and_copies_count_by_their_share(seed, n, d):
    rng = np.random.default_rng(seed)
    real, made = rng.integers(0, 3, (2, n, d)).astype(float)
    assert NEAREST.parts(real, made) == pytest.approx(slow_accuracies(real, made), abs=1e-12)


def test_accuracy_of_known_sets():
    z = clusters(200, 2)
    assert NEAREST(z, z + 100) == 1  # nothing in common
    assert NEAREST(z, z) == 0  # every row has its copy on the other side
    assert NEAREST(z, z + 1e-9) == 0
    assert NEAREST(np.zeros((5, 2)), np.zeros((5, 2))) == pytest.approx(4 / 9)  # (n-1)/(2n-1)
    clump = np.tile(z[:1], (200, 1))
    # The row that was repeated is among the real ones: one of the 200 others at that place.
    assert NEAREST.parts(z, clump).generated == pytest.approx(199 / 200)


def test_accuracy_of_one_law_is_a_coins_toss():
    values = [NEAREST(*np.random.default_rng(seed).normal(size=(2, 400, 5))) for seed in range(20)]
    # A row's own kind has n - 1 of the 2n - 1 others; rows are nearly independent.
    error = 0.5 / np.sqrt(20 * 800)
    assert np.mean(values) == pytest.approx(399 / 799, abs=5 * 2 * error)
    real, made = np.random.default_rng(0).normal(size=(2, 400, 5))
    assert NEAREST(real, made + 1) > 0.5 + 10 * error


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_accuracy_tends_to_the_integral_that_theory_gives(shift):
    """For laws f and g it tends to the integral of (f² + g²) / (2 (f + g)): Cover and Hart."""
    n = 20_000
    rng = np.random.default_rng(0)
    at = np.linspace(-10, 10 + shift, 20_001)
    f, g = np.exp(-(at**2) / 2), np.exp(-((at - shift) ** 2) / 2)
    limit = np.trapezoid((f**2 + g**2) / (2 * (f + g)), at) / np.sqrt(2 * np.pi)
    z = rng.normal(size=(2, n, 1))
    z[1] += shift
    value = NEAREST(*z)
    # Neighbours are shared by two rows at most on a line, so errors at most double.
    error = 2 * 0.5 / np.sqrt(2 * n)
    assert abs(value - limit) < 5 * error
    z[1] += 0.3
    assert abs(NEAREST(*z) - limit) > 5 * error


def test_accuracy_sees_a_sibling_of_each_draw():
    real = clusters(400, 3, seed=1)
    twins = np.repeat(clusters(200, 3, seed=2), 2, axis=0)
    noise = 1e-6 * np.random.default_rng(0).normal(size=twins.shape)
    assert NEAREST.parts(real, twins + noise).generated == 1


def test_sets_of_different_sizes_are_refused():
    with pytest.raises(
        InvalidInput, match="as many generated rows as reference rows, got 3 and 4"
    ):
        NEAREST(tilted(4), tilted(3))


# distance ratio


@pytest.mark.parametrize("d", [2, 20])
def test_ratio_is_that_of_brute_force(d):
    real, made, training = (clusters(n, d, seed=n) for n in (50, 70, 400))
    expected = np.median(cdist(made, training).min(axis=1))
    expected /= np.median(cdist(real, training).min(axis=1))
    assert RATIO(real, made, training=training) == pytest.approx(expected, rel=1e-12)
    assert RATIO(real, made, training=Neighbours(training)) == pytest.approx(expected, rel=1e-12)
    assert RATIO(real, made, training=training[1:300]) != pytest.approx(expected, rel=1e-6)


def test_ratio_of_known_sets():
    training = np.arange(10.0)[:, None]
    assert RATIO(training + 0.2, training, training=training) == 0
    assert RATIO(training + 0.2, training + 0.2, training=training) == 1
    assert RATIO(training + 0.2, training + 0.1, training=training) == pytest.approx(0.5)
    assert RATIO(training[:3] + 0.2, training + 100, training=training) > 400
    with pytest.raises(InvalidInput, match="scale"):
        RATIO(training, training + 0.1, training=training)


def test_the_interval_holds_the_median_of_what_draws_come_from():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(4000):
        found = ratio_to(2.0, rng.exponential(size=31))
        held.append(found.low <= np.log(2) / 2 <= found.high)
        assert found.low <= found.ratio <= found.high
    # The binomial gives the exact chance; 95 % is what is promised.
    exact = binom.cdf(21, 31, 0.5) - binom.cdf(9, 31, 0.5)
    assert exact >= 0.95
    assert chance_agrees(held, exact)
    assert not chance_agrees(held, 0.88)


def test_few_draws_give_the_widest_interval():
    assert ratio_to(1.0, [3.0]) == ratio_to(1.0, np.array([3.0]))
    one = ratio_to(1.0, [1.0, 2.0, 3.0])
    assert (one.low, one.ratio, one.high, one.n) == (1, 2, 3, 3)
    with pytest.raises(InvalidInput, match="at least 1"):
        ratio_to(1.0, [])


def test_the_median_interval_holds_the_median_as_often_as_it_says():
    """95 % by binomial counting, within four standard errors of 4,000 trials; the bare middle
    half of the draws, which is no such interval, fails the same bar."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.normal(size=(4000, 64)), axis=1)
    low, high = _median_interval(64)
    held = ((x[:, low] <= 0) & (x[:, high] >= 0)).mean()
    bar = 0.95 - 4 * np.sqrt(0.95 * 0.05 / 4000)
    assert bar < held < 0.985
    assert ((x[:, 30] <= 0) & (x[:, 33] >= 0)).mean() < bar
