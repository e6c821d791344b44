"""Intervals hold what they say they hold, and differences are resolved as seldom as they say."""

import numpy as np
import pytest

from aegen.comparison.estimates import difference, estimate, winner, worse
from aegen.comparison.task import Figure
from aegen.metrics import metrics

LOWER = metrics.create("earth-movers-distance")
NEARER = metrics.create("nearest-neighbour-accuracy")
N, TRIALS = 100, 400


def reference_set(seed, *, seeds=1, models=(0.0,), fit=0.0, says=1.0, alike=1.0):
    """Figures whose errors are known: each model's truth, plus rows, draws and fits.

    Args:
        seed: of the reference set.
        seeds: comparisons.
        models: true values.
        fit: standard deviation of a fit's own error.
        says: times which a figure tells its own errors.
        alike: how far the reference rows influence all models alike, 0 to 1.
    """
    rng = np.random.default_rng(seed)
    found = [{} for _ in models]
    for s in range(seeds):
        common = rng.normal(size=N)
        for figures, truth in zip(found, models, strict=True):
            real = alike * common + np.sqrt(1 - alike**2) * rng.normal(size=N)
            made = rng.normal(scale=0.5, size=N)
            value = truth + real.mean() + made.mean() + fit * rng.normal()
            influences = (says * (real - real.mean())).astype(np.float32)
            figures[s] = Figure(value, influences, says**2 * made.var() / N)
    return found


def coverage(**how):
    found = [estimate(reference_set(k, **how)[0]) for k in range(TRIALS)]
    return np.mean([cell.low <= 0 <= cell.high for cell in found])


@pytest.mark.parametrize("how", [{}, {"seeds": 5}, {"seeds": 5, "fit": 0.3}])
def test_intervals_hold_the_truth_as_often_as_they_say(how):
    # 400 trials: 0.92 is three standard errors below 0.95; wider than needed is allowed.
    assert coverage(**how) >= 0.92


def test_the_check_sees_intervals_that_are_too_narrow():
    assert coverage(says=0.5) < 0.8
    assert coverage(fit=0.3) < 0.8  # one seed cannot know what fits do


def test_an_interval_holds_nothing_that_cannot_be():
    shares = {seed: Figure(share) for seed, share in enumerate((0.6, 0.99, 0.98))}
    free, cut = estimate(shares), estimate(shares, possible=(0, 1))
    assert free.high > 1
    assert (cut.low, cut.high, cut.value) == (free.low, 1, free.value)


def test_more_seeds_make_an_interval_narrower():
    one, nine = (estimate(reference_set(0, seeds=s)[0]) for s in (1, 9))
    assert nine.high - nine.low < 0.7 * (one.high - one.low)
    assert (one.seeds, nine.seeds) == (1, 9)


def test_seeds_that_share_their_reference_do_not_lessen_its_variance():
    figures = reference_set(0, seeds=9)[0]
    free, shared = estimate(figures), estimate(figures, distinct=1.0)
    assert shared.high - shared.low > 1.5 * (free.high - free.low)


def test_without_errors_of_rows_three_seeds_are_needed():
    bare = {seed: Figure(float(seed)) for seed in range(4)}
    assert estimate({s: bare[s] for s in range(2)}).low is None
    known = estimate(bare)
    # Student's t with 3 degrees of freedom, by the book
    half = 3.1824463 * np.std([0, 1, 2, 3], ddof=1) / 2
    assert (known.low, known.high) == pytest.approx((1.5 - half, 1.5 + half))


def resolved_share(models, **how):
    found = [difference(*reference_set(k, models=models, **how), LOWER) for k in range(TRIALS)]
    return np.mean([d.resolved for d in found])


@pytest.mark.parametrize("how", [{}, {"seeds": 5, "fit": 0.2}, {"alike": 0.5}])
def test_equal_models_are_seldom_told_apart(how):
    assert resolved_share((1.0, 1.0), **how) <= 0.08


def test_a_false_winner_would_be_seen():
    assert resolved_share((1.0, 1.0), says=0.3) > 0.2


def test_pairing_resolves_what_separate_intervals_cannot():
    models = (1.0, 1.25)
    assert resolved_share(models) > 0.9
    a, b = reference_set(0, models=models)
    assert estimate(a).high > estimate(b).low  # the intervals overlap
    assert resolved_share(models, alike=0.0) < 0.6


def test_the_sign_says_who_is_worse():
    a, b = ({0: Figure(v, np.zeros(3, np.float32), 1e-6)} for v in (2.0, 1.0))
    assert difference(a, b, LOWER).value == 1
    higher = metrics.create("coverage")
    assert difference(a, b, higher).value == -1
    assert worse(2.0, LOWER) > worse(1.0, LOWER)
    assert worse(2.0, higher) < worse(1.0, higher)


def test_nearer_to_the_best_counts_from_both_sides():
    below, above = ({0: Figure(v, np.zeros(3, np.float32), 1e-6)} for v in (0.42, 0.55))
    found = difference(below, above, NEARER)
    assert found.value == pytest.approx(0.03)
    assert found.resolved
    # What moves both values up brings one nearer and takes the other away: it does not cancel.
    influences = np.array([1.0, -1.0], np.float32)
    influenced = [{0: Figure(v, influences, 0.0)} for v in (0.42, 0.55)]
    assert difference(*influenced, NEARER).high > 1


def test_a_winner_beats_every_other_one():
    figures = dict(zip("abc", reference_set(1, models=(1.0, 1.5, 2.0)), strict=True))
    assert winner(figures, LOWER) == "a"
    level = [
        dict(zip("abc", reference_set(k, models=(1.0, 1.0, 2.0)), strict=True)) for k in range(200)
    ]
    assert np.mean([winner(figures, LOWER) is not None for figures in level]) < 0.1
    assert winner({"a": figures["a"]}, LOWER) is None
    assert winner({"a": figures["a"], "b": {}}, LOWER) is None


def test_candidates_without_a_common_seed_are_not_compared():
    figures = reference_set(0)[0][0]
    assert difference({0: figures}, {1: figures}, LOWER) is None
