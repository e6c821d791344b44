"""Metrics of neighbours, trees, attributes and densities: references, brute force, laws."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prdc import compute_prdc
from scipy.spatial.distance import cdist
from scipy.special import betainc

from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.metrics import metrics
from aegen.metrics._block_variance import scatter, shrink
from aegen.metrics._manifold import Balls, inside, of_one_scale
from aegen.metrics._pooled_neighbours import shares
from aegen.metrics._tied_neighbours import nearest, others
from tests.evidence import probability_agrees
from tests.example_codes import clusters

MANIFOLD = ("precision", "recall", "density", "coverage")


def reference_prdc(real, made, k):
    with contextlib.redirect_stdout(io.StringIO()):
        return compute_prdc(real, made, k)


# precision, recall, density, coverage


@pytest.mark.parametrize("d", [1, 2, 10, 40])
@pytest.mark.parametrize("sizes", [(200, 200), (150, 260)])
def test_they_agree_with_prdc(d, sizes):
    rng = np.random.default_rng(d)
    real, made = rng.normal(size=(sizes[0], d)), 1.3 * rng.normal(size=(sizes[1], d)) + 0.2
    expected, other = (reference_prdc(real, made, k) for k in (4, 5))
    for name in MANIFOLD:
        value = metrics.create(name, k=4)(real, made)
        assert value == pytest.approx(expected[name], abs=1e-12)
    # Another k has another value, so agreement is no accident.
    assert value != pytest.approx(other["coverage"], abs=1e-12)
    assert metrics.create("density", k=4)(real, made) != pytest.approx(other["density"], abs=1e-6)


def closed(real, made, k):
    """By the papers' definitions, all distances from differences; balls are closed."""

    def distances(a, b):
        return np.sqrt(np.square(a[:, None] - b[None]).sum(axis=2))

    of_real, of_made = (np.sort(distances(z, z), axis=1)[:, k] for z in (real, made))
    at = distances(real, made)
    return {
        "precision": (at <= of_real[:, None]).any(axis=0).mean(),
        "recall": (at <= of_made).any(axis=1).mean(),
        "density": (at <= of_real[:, None]).sum() / (k * len(made)),
        "coverage": (at.min(axis=1) <= of_real).mean(),
    }


def value_or_refusal(name, real, made, k):
    """Density refuses where ties let no 1 be expected."""
    try:
        return metrics.create(name, k=k)(real, made)
    except InvalidInput as refusal:
        assert name == "density"
        assert "tie so often" in str(refusal)  # noqa: PT017
        return None


def beside_far_ones(rows):
    """So small beside two rows that their products vanish in single precision."""
    side = np.where(np.arange(len(rows)) % 2, 1e-23, -1e-23)[:, None]
    return np.concatenate([side * (200 + 2 * rows), np.ones((1, 6)), -np.ones((1, 6))])


def in_clusters(rows):
    """So far apart that single precision tells nothing of distances within one."""
    return rows + 1e5 * (np.arange(len(rows)) % 2)[:, None]


@pytest.mark.parametrize(
    "placed",
    [beside_far_ones, in_clusters, lambda rows: 1e9 + rows, lambda rows: rows**9],
    ids=["tiny", "clusters", "far from 0", "heavy tails"],
)
def test_balls_are_counted_right_where_single_precision_is_not_enough(placed):
    rng = np.random.default_rng(0)
    rows, points = of_one_scale(
        placed(rng.normal(size=(200, 6))), placed(1.2 * rng.normal(size=(160, 6)))
    )
    balls = Balls.around(rows, 3, name="rows", title="this")
    at = np.square(rows[:, None] - points).sum(axis=2)
    held = at <= balls.reach[:, None]
    assert 0 < held.sum() < held.size
    found = inside(balls, points)
    assert np.array_equal(found.of_ball, held.sum(axis=1))
    assert np.array_equal(found.of_point, held.sum(axis=0))
    lone = np.where(held.sum(axis=0) == 1, held.argmax(axis=0), -1)
    assert np.array_equal(found.lone, lone)
    shell = np.argwhere(~held & (at <= balls.next[:, None]))
    assert sorted(map(tuple, found.shell)) == sorted(map(tuple, shell))


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), k=st.integers(1, 3), d=st.sampled_from([1, 2, 14]))
def test_where_rows_tie_balls_are_closed(seed, k, d):
    real, made = np.random.default_rng(seed).integers(0, 4, (2, 12, d)).astype(float)
    expected = closed(real, made, k)
    for name in MANIFOLD:
        value = value_or_refusal(name, real, made, k)
        assert value is None or value == pytest.approx(expected[name], abs=1e-12)


@pytest.mark.parametrize("d", [2, 30])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_rows_that_repeat_count_as_in_the_papers(d, k):
    """Open balls of rows with k copies hold nothing: a silent 0 for the best there can be."""
    rng = np.random.default_rng(d)
    once, other = rng.normal(size=(2, 40, d)) + 50
    twice, often = np.repeat(once, 2, axis=0), np.repeat(once, k + 1, axis=0)
    same, atom = np.tile(once[:1], (40, 1)), np.concatenate([np.zeros((30, d)), once])
    other_atom = np.concatenate([np.zeros((30, d)), other])
    for real, made in [
        (twice, twice),
        (twice, np.repeat(other, 2, axis=0)),
        (often, often),
        (often, other),
        (once, once),
        (same, same),
        (same, other),
        (atom, other_atom),
    ]:
        expected = closed(real, made, k)
        for name in MANIFOLD:
            value = value_or_refusal(name, real, made, k)
            assert value is None or value == pytest.approx(expected[name], abs=1e-12)
            if made is real and name != "density":
                assert value == 1
    for refused in (same, atom):
        assert value_or_refusal("density", refused, refused, k) is None
    assert value_or_refusal("density", twice, twice, 3) == pytest.approx(4 / 3)


@pytest.mark.parametrize("d", [2, 30])
def test_a_copy_of_the_kth_neighbour_lies_on_the_edge(d):
    """On the edge is inside, whatever a matrix product rounds to."""
    real = np.random.default_rng(0).normal(size=(60, d)) + 50
    k = 2
    found = Neighbours(real).query(real, k + 1)[0][:, k]
    for i in range(20):
        made = real[found[i]][None]
        at = cdist(real, made)[:, 0]
        within = cdist(real, real)
        radii = np.sort(within, axis=1)[:, k]
        inside = (at < radii) | (found == found[i])
        assert metrics.create("density", k=k)(real, made) * k == inside.sum()


@pytest.mark.parametrize("name", MANIFOLD)
def test_sways_are_the_jackknife_times_one_factor(name):
    rng = np.random.default_rng(3)
    real, made = rng.normal(size=(60, 2)), rng.normal(size=(50, 2)) + 0.4
    made[3], real[7] = real[4], real[8]
    metric = metrics.create(name, k=3)
    found = metric.measured(real, made, rng=0)
    for influences, values in (
        (found.influence_reference, [metric(np.delete(real, i, 0), made) for i in range(60)]),
        (found.influence_generated, [metric(real, np.delete(made, j, 0)) for j in range(50)]),
    ):
        jackknife = -(len(values) - 1) * (np.array(values) - np.mean(values))
        factor = influences @ jackknife / (jackknife @ jackknife)
        assert 0.3 <= factor <= 1 + 1e-9
        assert influences == pytest.approx(factor * jackknife, abs=1e-9)
        # Influences of other rows are no multiple of them.
        assert np.roll(influences, 1) != pytest.approx(factor * jackknife, abs=1e-3)


def test_coverage_and_density_of_one_law_have_the_expectation_that_theory_gives():
    n, m, k, repeats = 60, 80, 4, 200
    below = np.arange(1, k + 1)
    expected = {"density": 1.0, "coverage": 1 - np.prod((n - below) / (m + n - below))}
    for name, mean in expected.items():
        metric = metrics.create(name, k=k)
        for shift in (0.0, 0.6):
            rng = np.random.default_rng(1)
            values = [
                metric(rng.exponential(size=(n, 3)), shift + rng.exponential(size=(m, 3)))
                for _ in range(repeats)
            ]
            error = np.std(values) / np.sqrt(repeats)
            agrees = abs(np.mean(values) - mean) < 5 * error
            assert agrees == (shift == 0)


def test_each_sees_its_own_fault():
    real, same = clusters(600, 2, seed=1), clusters(600, 2, seed=2)
    part = clusters(1200, 2, seed=3)[:600]  # one cluster of three
    wide = 3 * same
    value = {
        (name, kind): metrics.create(name)(real, made)
        for name in MANIFOLD
        for kind, made in (("same", same), ("part", part), ("wide", wide))
    }
    assert value["precision", "part"] > 0.95 > 0.6 > value["precision", "wide"]
    assert value["recall", "part"] < 0.6 < 0.95 < value["recall", "same"]
    assert value["coverage", "part"] < 0.6 < 0.95 < value["coverage", "same"]
    assert value["density", "wide"] < 0.5 < 0.9 < value["density", "same"] < 1.1


@pytest.mark.parametrize("name", MANIFOLD)
def test_too_few_rows_for_k(name):
    few, many = np.arange(6.0)[:, None], np.arange(9.0)[:, None]
    who = "generated" if name == "recall" else "reference"
    sets = (many, few) if name == "recall" else (few, many)
    with pytest.raises(InvalidInput, match=f"{who} rows must have at least 7 .* k = 5, got 6"):
        metrics.create(name)(*sets)
    assert np.isfinite(metrics.create(name, k=4)(*sets))
    with pytest.raises(InvalidInput, match="k must be a whole number of 1 or more"):
        metrics.create(name, k=0)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_units_change_nothing(scale):
    real, made = clusters(80, 3, seed=1), clusters(80, 3, seed=2)
    for name in MANIFOLD:
        metric = metrics.create(name)
        assert metric(scale * real, scale * made) == metric(real, made)


def test_blocks_know_the_variance_of_a_mean():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(900, 1)), 2 * rng.normal(size=(900, 1))
    found = scatter(lambda a, b: a.mean() - b.mean(), x, y, 5, rng)
    # Ten blocks: chi-square with 9 degrees, in mean over divisions somewhat less wild.
    assert 0.4 < found / (5 / 900) < 2
    assert scatter(lambda a, b: 0.0, x[:20], y, 10, rng) is None


def test_shrinking_leaves_what_is_exact():
    loose, exact = np.array([2.0, -2.0]), np.array([1.0, -1.0])
    assert shrink(0.5 + 0.5, [loose], exact) == pytest.approx(0.5)
    assert shrink(None, [loose], exact) == 1
    assert shrink(9.0, [loose], exact) == 1  # never larger than the jackknife's
    assert shrink(0.4, [loose], exact) == pytest.approx(0.3)  # nor near nothing


# 1-NN accuracy's halves


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 12), d=st.sampled_from([1, 2, 14]))
def test_halves_are_those_of_the_whole(seed, n, d):
    real, made = np.random.default_rng(seed).integers(0, 3, (2, n, d)).astype(float)
    whole = metrics.create("nearest-neighbour-accuracy")
    parts = whole.parts(real, made)
    for kind, part in zip(("real", "generated"), parts, strict=True):
        half = metrics.create(f"nearest-neighbour-accuracy-{kind}")
        assert half(real, made) == pytest.approx(part, abs=1e-12)
    assert whole(real, made) == pytest.approx(sum(parts) / 2, abs=1e-12)
    worse = metrics.create("nearest-neighbour-worse-half")(real, made)
    assert worse == pytest.approx(max(abs(part - 0.5) for part in parts), abs=1e-12)


@pytest.mark.parametrize("d", [2, 14])
def test_what_an_absent_row_changes(d):
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(2, 25, d))
    found = shares(real, made)
    for i in range(25):
        less = shares(np.delete(real, i, 0), made)
        left = found.real.sum() - found.real[i] + found.change[i, 0]
        assert less.real.sum() == pytest.approx(left)
        assert less.generated.sum() == pytest.approx(found.generated.sum() + found.change[i, 1])
        less = shares(real, np.delete(made, i, 0))
        assert less.real.sum() == pytest.approx(found.real.sum() + found.change[25 + i, 0])
    assert np.abs(found.change).max() >= 1


def test_the_worse_half_sees_errors_that_cancel():
    """At some places a pair of draws between two real rows, else draws of the same law."""
    real, made = np.random.default_rng(0).normal(size=(2, 400, 1))
    places = np.arange(10.0, 1010.0, 10.0)[:, None, None]
    real[:200] = np.concatenate([places, places + 1], axis=1).reshape(-1, 1)
    made[:200] = np.concatenate([places + 0.5, places + 0.6], axis=1).reshape(-1, 1)
    whole, worse = (
        metrics.create(f"nearest-neighbour-{which}").measured(real, made, rng=0)
        for which in ("accuracy", "worse-half")
    )
    assert abs(whole.value - 0.5) < 3 * whole.error
    assert worse.value > 0.2 > 6 * worse.error
    # Influences point to the worse half's own side: in these it is the generated rows' or, with
    # the sets exchanged, the real rows', below 1/2 or above.
    for pair in ((real, made), (made, real), (real, real + 1e-9)):
        values = {
            kind: metrics.create(f"nearest-neighbour-accuracy-{kind}").measured(*pair, rng=0)
            for kind in ("real", "generated")
        }
        half = max(values.values(), key=lambda found: abs(found.value - 0.5))
        found = metrics.create("nearest-neighbour-worse-half").measured(*pair, rng=0)
        side = np.sign(half.value - 0.5)
        assert found.value == pytest.approx(abs(half.value - 0.5), abs=1e-12)
        assert np.array_equal(found.influence_reference, side * half.influence_reference)
        assert np.array_equal(found.influence_generated, side * half.influence_generated)


def test_halves_tell_what_is_wrong():
    real = clusters(300, 2, seed=1)
    twins = np.repeat(clusters(150, 2, seed=2), 2, axis=0)
    twins += 1e-7 * np.random.default_rng(0).normal(size=twins.shape)
    of_real, of_made = (
        metrics.create(f"nearest-neighbour-accuracy-{kind}") for kind in ("real", "generated")
    )
    assert of_made(real, twins) == 1  # each has its twin
    assert of_real(real, twins) < 0.75
    part = clusters(600, 2, seed=3)[:300]  # one cluster of three, crowded
    assert of_real(real, part) > 0.6 > of_made(real, part) - 0.15


# nearest rows with ties


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 15), d=st.sampled_from([1, 2, 14]))
def test_all_rows_that_tie_are_found(seed, n, d):
    rng = np.random.default_rng(seed)
    known, asked = rng.integers(0, 3, (n, d)) * 1.0, rng.integers(0, 3, (7, d)) * 1.0
    distances = cdist(asked, known)
    found = nearest(Neighbours(known), asked)
    expected = np.argwhere(distances == distances.min(axis=1)[:, None])
    assert np.array_equal(np.stack([found.asked, found.found], axis=1), expected)
    assert found.distance == pytest.approx(distances.min(axis=1))
    if n > 1:
        within = cdist(known, known)
        np.fill_diagonal(within, np.inf)
        apart = others(Neighbours(known), np.arange(n))
        expected = np.argwhere(within == within.min(axis=1)[:, None])
        assert np.array_equal(np.stack([apart.asked, apart.found], axis=1), expected)


# copying: parents and authenticity


def slow_parent_share(made, training, parents):
    at = cdist(made, training)
    tied = at == at.min(axis=1)[:, None]
    return np.mean(tied[np.arange(len(made)), parents] / tied.sum(axis=1))


def slow_authenticity(made, training):
    at, within = cdist(made, training), cdist(training, training)
    np.fill_diagonal(within, np.inf)
    tied = at == at.min(axis=1)[:, None]
    new = at.min(axis=1)[:, None] > within.min(axis=1)
    return np.mean((tied & new).sum(axis=1) / tied.sum(axis=1))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), n=st.integers(2, 15), d=st.sampled_from([1, 2, 14]))
def test_copying_is_that_of_brute_force(seed, n, d):
    rng = np.random.default_rng(seed)
    training, made = rng.integers(0, 3, (n, d)) * 1.0, rng.integers(0, 3, (9, d)) * 1.0
    parents = rng.integers(0, n, 9)
    share, new = metrics.create("parent-share"), metrics.create("authenticity")
    assert share(made, made, training=training, parents=parents) == pytest.approx(
        slow_parent_share(made, training, parents)
    )
    assert new(made, made, training=training) == pytest.approx(slow_authenticity(made, training))


@pytest.mark.parametrize("d", [3, 20])
def test_copying_without_ties(d):
    rng = np.random.default_rng(0)
    training = rng.normal(size=(400, d))
    parents = rng.integers(0, 400, 100)
    made = training[parents] + 0.3 * rng.normal(size=(100, d))
    share, new = metrics.create("parent-share"), metrics.create("authenticity")
    expected = slow_parent_share(made, training, parents)
    assert share(made, made, training=training, parents=parents) == expected
    assert share(made, made, training=training, parents=(parents + 1) % 400) < 0.1 < expected
    assert new(made, made, training=Neighbours(training)) == slow_authenticity(made, training)


def test_copies_are_their_parents_and_nothing_new():
    training = clusters(300, 3, seed=1)
    parents = np.arange(0, 300, 3)
    copies = training[parents] + 1e-9
    given_rows = {"training": training, "parents": parents}
    assert metrics.create("parent-share")(copies, copies, **given_rows) == 1
    assert metrics.create("authenticity")(copies, copies, training=training) == 0
    far = copies + 100
    assert metrics.create("authenticity")(far, far, training=training) == 1
    with pytest.raises(InvalidInput, match="at least 2 training rows"):
        metrics.create("authenticity")(copies, copies, training=training[:1])


@pytest.mark.parametrize("d", [1, 2, 3])
def test_authenticity_of_new_rows_is_what_theory_gives(d):
    """1 less the probability of two mutual nearest rows, in a cube far from its walls."""
    rng = np.random.default_rng(0)
    training = rng.random((60_000, d))
    made = 0.2 + 0.6 * rng.random((20_000, d))
    found = metrics.create("authenticity").measured(made[:1], made, training=training)
    expected = 1 - 1 / (2 - betainc((d + 1) / 2, 0.5, 0.75))
    new = np.arange(len(made)) < round(found.value * len(made))
    assert probability_agrees(new, expected)
    assert not probability_agrees(new, expected + 0.05)


# classifier two-sample test


def test_trees_see_every_kind_of_difference():
    rng = np.random.default_rng(0)
    metric = metrics.create("classifier-two-sample-test", folds=2)
    tilt = np.array([[1.0, 0.9], [0.9, 1.0]])
    real, same = rng.multivariate_normal([0, 0], tilt, (2, 500))
    equal = metric.measured(real, same, rng=0)
    assert abs(equal.value - 0.5) < 4 * equal.error
    for other in (
        same + 1,  # mean
        0.5 * same,  # spread
        np.column_stack([same[:, 0], rng.permutation(same[:, 1])]),  # dependence
        np.repeat(np.sort(same[:, :1], axis=0), 2, axis=1),  # comonotone
        np.sign(same) * np.abs(same) ** 0.25,  # shape
    ):
        found = metric.measured(real, other, rng=0)
        assert found.value - 0.5 > 6 * found.error


def test_trees_know_nothing_by_heart():
    """Rows that copy each other, within a set or across sets, lie in one fold."""
    metric = metrics.create("classifier-two-sample-test")
    real = clusters(120, 3, seed=1)
    twins = np.repeat(clusters(30, 3, seed=2), 4, axis=0)
    folds = metric._folds(np.concatenate([real, twins]), np.repeat([0, 1], 120), _rng())
    assert (folds[120:].reshape(30, 4) == folds[120::4, None]).all()
    assert sorted(np.bincount(folds[:120])) == [40, 40, 40]
    # Every real row has its copy among the generated ones: nothing to learn, and each pair of
    # copies is half right. Were copies spread over folds, each would be known as the other kind.
    found = metric.measured(real, real[::-1], rng=0)
    assert found.value == 0.5
    with pytest.raises(InvalidInput, match="generated rows must have at least 3 different rows"):
        metric(real, np.tile(real[:1], (120, 1)), rng=0)


def test_sets_of_different_sizes_weigh_the_same():
    rng = np.random.default_rng(0)
    metric = metrics.create("classifier-two-sample-test")
    found = metric.measured(rng.normal(size=(600, 2)), rng.normal(size=(100, 2)), rng=0)
    assert abs(found.value - 0.5) < 4 * found.error
    found = metric.measured(rng.normal(size=(600, 2)), 3 + rng.normal(size=(100, 2)), rng=0)
    assert found.value > 0.9


def _rng():
    return np.random.default_rng(0)


# attributes and densities


def test_attribute_distance_of_known_frequencies():
    metric = metrics.create("attribute-distance")
    certain = np.eye(4)
    shares_of = lambda counts: np.repeat(certain, counts, axis=0)  # noqa: E731
    real, made = shares_of([5, 3, 2, 0]), shares_of([2, 3, 4, 1])
    assert metric(real, made) == pytest.approx(0.3)
    assert metric(real, real[::-1]) == 0
    assert metric(certain[:1], certain[1:2]) == 1
    # A second attribute that agrees halves it.
    both = [np.concatenate([rows, certain[[0] * 10]], axis=1) for rows in (real, made)]
    assert metric(*both) == pytest.approx(0.15)


def test_sways_of_attribute_frequencies_are_the_jackknife_where_signs_are_clear():
    rng = np.random.default_rng(0)
    real, made = rng.dirichlet([1, 1, 1], 200), rng.dirichlet([9, 3, 1], 150)
    metric = metrics.create("attribute-distance")
    found = metric.measured(real, made)
    for influences, values in (
        (found.influence_reference, [metric(np.delete(real, i, 0), made) for i in range(200)]),
        (found.influence_generated, [metric(real, np.delete(made, j, 0)) for j in range(150)]),
    ):
        jackknife = -(len(values) - 1) * (np.array(values) - np.mean(values))
        assert influences == pytest.approx(jackknife, abs=2e-3)
        assert np.abs(influences).max() > 0.1


def test_error_of_attribute_frequencies_where_they_agree():
    """Folded normal values: about as the docstring says, not 1.7 times too large."""
    rng, metric = np.random.default_rng(0), metrics.create("attribute-distance")
    found = [metric.measured(*rng.dirichlet([0.2] * 8, (2, 100))) for _ in range(200)]
    ratio = np.std([m.value for m in found]) / np.mean([m.error for m in found])
    assert 0.8 < ratio < 1.3
    variances = np.var(rng.dirichlet([0.2] * 8, 100_000), axis=0)
    expected = np.sqrt(2 * 2 * variances / 100 / np.pi).sum() / 2
    assert np.mean([m.value for m in found]) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("real", "made", "message"),
    [
        ([[0.5, 0.4]], [[0.5, 0.5]], "sum to the number of attributes"),
        ([[0.5, 0.5]], [[1.5, -0.5]], "nothing below 0"),
        ([[0.5, 0.5]], [[1.0, 1.0]], "reference rows sum to 1, generated rows to 2"),
        ([[0.5, 0.5], [1.0, 1.0]], [[0.5, 0.5]], "sum to the number of attributes"),
    ],
)
def test_rows_that_are_no_probabilities(real, made, message):
    with pytest.raises(InvalidInput, match=message):
        metrics.create("attribute-distance")(real, made)


def test_log_likelihood_is_the_mean_and_refuses_the_impossible():
    metric = metrics.create("log-likelihood")
    found = metric.measured([[-1.0], [-2.0], [-6.0]], [[0.0]])
    assert found.value == -3
    assert found.influence_reference.tolist() == [2, 1, -3]
    assert found.influence_generated.tolist() == [0]
    assert found.error == pytest.approx(np.std([-1, -2, -6]) / np.sqrt(3))
    with pytest.raises(InvalidInput, match="1 of the 2 held-out rows for impossible"):
        metric([[-1.0], [-np.inf]], [[0.0]])
    with pytest.raises(InvalidInput, match="one column, got 2"):
        metric([[-1.0, 2.0]], [[0.0, 1.0]])
