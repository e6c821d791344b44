"""Metrics: their promises, checked on all; then each beside brute force and known answers."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import binom

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import values_of
from aegen.metrics import metrics
from aegen.metrics.base import SPACES
from aegen.metrics.distance_ratio import ratio_to
from tests.evidence import probability_agrees
from tests.example_codes import AWKWARD, clusters, tilted

every = pytest.mark.parametrize("name", metrics.names())

NEAREST = metrics.create("nearest-neighbour-accuracy")
RATIO = metrics.create("distance-ratio")


def space(name):
    """One space in which the metric works; codes, if it can."""
    spaces = metrics.get(name).spaces
    return "codes" if "codes" in spaces else spaces[0]


def rows(name, n, *, seed, unlike=False):
    """Real rows in a space of the metric, or rows that it must call worse.

    Those have thrice the spread, unless it is about another fault: the balls of wide rows hold all
    real ones, so recall is the best there, and metrics of copying call rows far away new.
    """
    rng = np.random.default_rng(seed)
    if space(name) == "attributes":
        first, second = ([5, 1, 1, 1], [3, 1]) if unlike else ([0.1] * 4, [0.1] * 2)
        return np.concatenate([rng.dirichlet(first, n), rng.dirichlet(second, n)], axis=1)
    if space(name) == "densities":
        return rng.normal(-6.0 if unlike else -5.0, 1.0, (n, 1))
    if space(name) == "features":  # their unit counts; in this one the error is not above all
        return (3 if unlike else 1) * 0.25 * clusters(n, 2, seed=seed)
    if not unlike:
        return rng.permutation(clusters(n, 2, seed=seed))
    fault = metrics.get(name).detects
    if fault == "copies":
        return TRAINING[:n] + 1e-6 * rng.normal(size=(n, 2))
    if fault == "part":
        return clusters(2 * n, 2, seed=seed)[:n]
    return 3 * clusters(n, 2, seed=seed)


TRAINING = clusters(1500, 2, seed=9)
PARENTS = np.arange(1500)


def created(name):
    """With as few folds as there can be, where it has any: each is a classifier to train."""
    fields = {parameter.name for parameter in metrics.parameters(name)}
    return metrics.create(name, **{"folds": 2} if "folds" in fields else {})


def measured(name, reference, generated, training=None, rng=0, parents=None):
    """Everything that a metric may ask for is given to it."""
    if training is None:
        d = np.shape(reference)[1]
        training = TRAINING if d == 2 else clusters(300, d, seed=9)
    m = np.shape(generated)[0]
    parents = PARENTS[:m] if parents is None else parents
    return created(name).measured(
        reference, generated, training=training, parents=parents, rng=rng
    )


@cache
def beside_real(name, *, unlike=False):
    """Real rows beside others of their law, or beside worse ones."""
    return measured(name, rows(name, 600, seed=1), rows(name, 600, seed=2, unlike=unlike))


def some(name):
    """A few real rows and generated ones, not as many where they need not be."""
    n = 150 if metrics.get(name).paired else 110
    return rows(name, 150, seed=1), rows(name, n, seed=2)


@cache
def beside_some(name):
    return measured(name, *some(name), rng=7)


# every metric


@every
def test_it_says_what_it_is(name):
    kind = metrics.get(name)
    assert kind.title
    assert kind.summary.endswith(".")
    assert len(kind.summary) < 110
    assert kind.direction in ("lower", "higher", "nearer")
    # No number is best for some, and then more or less of it is better.
    unbounded = {"higher": np.inf, "lower": -np.inf}.get(kind.direction)
    assert np.isfinite(kind.best) or kind.best == unbounded
    assert kind.spaces
    assert set(kind.spaces) <= set(SPACES)
    assert kind.minimum >= 1
    assert kind.needs_training or not kind.needs_parents
    assert "Example:" in kind.__doc__


def test_titles_tell_them_apart():
    titles = [metrics.get(name).title for name in metrics]
    assert len(set(titles)) == len(titles)


@every
def test_real_rows_are_better_than_others_by_more_than_the_errors(name):
    metric = metrics.create(name)
    one, other = beside_real(name), beside_real(name, unlike=True)
    two = measured(name, rows(name, 600, seed=1), rows(name, 600, seed=3))
    if space(name) == "densities":  # about real rows under two latent models
        same = rows(name, 600, seed=2)
        two = measured(name, same, same)
        other = measured(name, rows(name, 600, seed=2, unlike=True), same)
    for found in (one, two, other):
        assert isinstance(found.value, float)
        assert np.isfinite(found.value)
    error = np.hypot(one.error, other.error)
    assert metric.shortfall(other.value) - metric.shortfall(one.value) > 5 * error
    # Rows of one law twice are not distinguished by the same rule.
    assert abs(one.value - two.value) <= 5 * np.hypot(one.error, two.error)


@every
def test_real_rows_come_near_the_best(name):
    """In its own unit; 0.15 for authenticity, whose value for real rows is 0.38 in a plane."""
    metric = metrics.create(name)
    if not np.isfinite(metric.best):
        pytest.skip("nothing is best")
    assert metric.shortfall(beside_real(name).value) < 0.15
    assert metric.shortfall(beside_real(name, unlike=True).value) > 0.15


@every
def test_each_row_has_a_sway_and_they_cancel(name):
    real, generated = some(name)
    found = beside_some(name)
    assert tuple(found.details) == metrics.get(name).details
    for influences, known in (
        (found.influence_reference, real),
        (found.influence_generated, generated),
    ):
        assert influences.shape == (len(known),)
        assert influences.dtype == np.float64
        assert np.isfinite(influences).all()
        assert abs(influences.mean()) <= 1e-9 * (1 + np.abs(influences).max())
    assert found.error >= 0


@every
def test_stated_errors_are_those_of_repeated_draws(name):
    """The sd of 40 values over the mean stated error; it is known to a ninth of itself. Within
    these limits, influences that are half or twice as large as they should be are outside."""
    low, high = 0.7, 1.4
    rng = np.random.default_rng(5)
    values, errors = [], []
    # The trees of the classifier take ten times as long as any other metric.
    for _ in range(25 if metrics.get(name).order_matters else 40):
        if space(name) == "attributes":
            real, made = (
                np.concatenate([rng.dirichlet(a, 200), rng.dirichlet([0.3, 0.3], 200)], axis=1)
                for a in ([0.3, 0.3, 0.3], [0.5, 0.3, 0.2])
            )
        elif space(name) == "densities":
            real, made = rng.normal(-5, 2, (2, 200, 1))
        else:
            real, made = rng.normal(size=(2, 200, 3))
            made += 0.6
        training, parents = TRAINING_ROWS, rng.integers(0, len(TRAINING_ROWS), 200)
        if metrics.get(name).needs_parents:
            made = TRAINING_ROWS[parents] + 0.1 * rng.normal(size=made.shape)
        found = measured(name, real, made, training, rng, parents)
        values.append(found.value)
        errors.append(found.error)
    assert low < np.std(values) / np.mean(errors) < high


TRAINING_ROWS = np.random.default_rng(77).normal(size=(2000, 3))


@every
def test_the_order_of_rows_changes_nothing(name):
    rng = np.random.default_rng(0)
    real, generated = some(name)
    one, two = rng.permutation(len(real)), rng.permutation(len(generated))
    first = beside_some(name)
    mixed = measured(name, real[one], generated[two], rng=7, parents=PARENTS[two])
    if metrics.get(name).order_matters:
        assert abs(first.value - mixed.value) < 5 * np.hypot(first.error, mixed.error)
    else:
        assert first.value == pytest.approx(mixed.value, rel=1e-9, abs=1e-12)


@every
def test_distances_count_not_where_the_rows_lie(name):
    kind = metrics.get(name)
    if space(name) != "codes":
        pytest.skip("its rows have a place")
    real, made, training = (clusters(60, 3, seed=k) for k in (1, 2, 3))
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn = turn if kind.rotation_invariant else np.eye(3)
    moved = [5 * z @ turn + 7 for z in (real, made, training)]
    parents = np.arange(60)
    expected = 5**kind.unit_power * measured(name, real, made, training, parents=parents).value
    found = measured(name, *moved, parents=parents).value
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


@every
def test_rows_that_cannot_be_compared(name):
    good = rows(name, 20, seed=0)
    d, least = good.shape[1], metrics.get(name).minimum
    for reference, generated, message in [
        (good, np.zeros((20, d + 1)), f"generated rows must have {d} columns, got {d + 1}"),
        (good, np.full((20, d), np.nan), "generated rows must be finite"),
        (np.zeros(20), good, r"reference rows must have shape \(n, d\)"),
        (good, np.zeros((0, d)), f"generated rows must have at least {least}"),
        (np.zeros((0, d)), good, f"reference rows must have at least {least}"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            measured(name, reference, generated, np.zeros((30, d)))
    metric = metrics.create(name)
    if metric.needs_training:
        with pytest.raises(InvalidInput, match="pass them as training"):
            metric(good, good)
        for training in (np.zeros((25, 3)), Neighbours(np.zeros((25, 3)))):
            with pytest.raises(InvalidInput, match="training rows must have 2 columns, got 3"):
                metric(good, good, training=training, parents=PARENTS[:20])
    if metric.needs_parents:
        for parents, message in [
            (None, "which training row each generated row started from"),
            (PARENTS[:19], "a whole number for each of 20 generated rows"),
            (np.ones(20), "a whole number for each of 20 generated rows"),
            (PARENTS[:20] - 1, "training rows, 0 to 1499, got -1 to 18"),
            (PARENTS[:20] + 1490, "training rows, 0 to 1499, got 1490 to 1509"),
        ]:
            with pytest.raises(InvalidInput, match=message):
                metric(good, good, training=TRAINING, parents=parents)
    if metric.paired:
        with pytest.raises(InvalidInput, match="as many generated rows as reference rows"):
            metric(good, good[1:])


@every
@pytest.mark.parametrize("codes", AWKWARD)
def test_awkward_rows_have_a_value_or_a_clear_error(name, codes):
    """No warning, no NaN; rows that are no probabilities or densities are refused."""
    z = AWKWARD[codes]()
    half = len(z) // 2
    training, parents = np.concatenate([z, z[:5]]), np.arange(half)
    try:
        found = measured(name, z[:half], z[half : 2 * half], training, 0, parents)
    except InvalidInput as error:
        assert len(str(error)) > 30  # noqa: PT017
        return
    assert np.isfinite(found.value)
    assert found.error is None or np.isfinite(found.error)


@every
def test_the_same_seed_gives_the_same_bytes_and_leaves_input_and_the_global_generator_alone(name):
    real, generated = some(name)
    training, parents = TRAINING.copy(), PARENTS[: len(generated)].copy()
    given = (real, generated, training, parents)
    kept = [z.copy() for z in given]
    for z in given:
        z.setflags(write=False)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = beside_some(name), measured(name, real, generated, training, 7, parents)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(kept, given, strict=True))
    assert one.value == two.value
    assert one.influence_reference.tobytes() == two.influence_reference.tobytes()
    assert one.influence_generated.tobytes() == two.influence_generated.tobytes()


@every
def test_fields_are_stored_and_checked(name):
    metric = metrics.create(name)
    defaults = {p.name: p.default for p in metrics.parameters(name)}
    written = ", ".join(f"{key}={value!r}" for key, value in defaults.items())
    assert values_of(metric) == defaults
    assert repr(metric) == f"{type(metric).__name__}({written})"
    with pytest.raises(UnknownName, match="no"):
        metrics.create(name, colour=1)


def test_shortfall_knows_the_direction():
    class Lower(type(RATIO)):
        direction, best = "lower", 0.0

    class Higher(type(RATIO)):
        direction, best = "higher", 1.0

    assert (RATIO.shortfall(1.25), RATIO.shortfall(0.75)) == (0.25, 0.25)
    assert (Lower().shortfall(0.25), Lower().shortfall(-1)) == (0.25, 0)
    assert (Higher().shortfall(0.75), Higher().shortfall(2)) == (0.25, 0)
    # Where nothing is best the value itself tells, and less of what is wanted is worse.
    density = metrics.create("log-likelihood")
    assert density.shortfall(-3.0) == 3 > density.shortfall(2.0)


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
    value = np.mean(NEAREST.parts(*z))
    # Neighbours are shared by two rows at most on a line, so errors at most double.
    error = 2 * 0.5 / np.sqrt(2 * n)
    assert abs(value - limit) < 5 * error
    z[1] += 0.3
    assert abs(np.mean(NEAREST.parts(*z)) - limit) > 5 * error


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
    # The binomial gives the exact probability; 95 % is what is promised.
    exact = binom.cdf(21, 31, 0.5) - binom.cdf(9, 31, 0.5)
    assert exact >= 0.95
    assert probability_agrees(held, exact)
    assert not probability_agrees(held, 0.88)


def test_few_draws_give_the_widest_interval():
    assert ratio_to(1.0, [3.0]) == ratio_to(1.0, np.array([3.0]))
    one = ratio_to(1.0, [1.0, 2.0, 3.0])
    assert (one.low, one.ratio, one.high, one.n) == (1, 2, 3, 3)
    with pytest.raises(InvalidInput, match="at least 1"):
        ratio_to(1.0, [])
