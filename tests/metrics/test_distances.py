"""Distances between two sets: brute force, other libraries, closed forms, and their errors."""

import subprocess
import sys
from functools import cache

import numpy as np
import ot
import pytest
from scipy.linalg import sqrtm
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import gammaln
from scipy.stats import wasserstein_distance

import aegen
from aegen.core.errors import InvalidInput
from aegen.metrics import _transport, metrics, sliced_wasserstein
from aegen.metrics._distances import in_units, ordinary_units, squared_distances
from aegen.metrics._mmd import biased, root, unbiased
from aegen.metrics.base import Measured
from tests.example_codes import AWKWARD, clusters, tilted

EMD, SLICED, MMD, KERNEL, FRECHET = BETWEEN = (
    "earth-movers-distance",
    "sliced-wasserstein",
    "maximum-mean-discrepancy",
    "kernel-distance",
    "frechet-distance",
)
PAPER_MMD, PAPER_FRECHET, SCORE = "paper-mmd", "paper-frechet", "paper-inception-score"

between = pytest.mark.parametrize("name", [*BETWEEN, PAPER_MMD])


def measured(name, real, made, rng=0, **fields):
    return metrics.create(name, **fields).measured(real, made, rng=rng)


def normal(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


def soft(z):
    odds = np.exp(z)
    return odds / odds.sum(axis=1, keepdims=True)


# what they share


@pytest.mark.parametrize("d", [1, 16, 17, 300])
def test_squared_distances_are_those_of_brute_force(d):
    a, b = normal(40, d, 1) + 50, normal(50, d, 2) + 50
    b[:4] = a[:4]
    b[4:8] = a[4:8] + 1e-7
    expected = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    found = squared_distances(a, b)
    assert found == pytest.approx(expected, rel=1e-9, abs=0)
    assert (found >= 0).all()
    assert (squared_distances(a, a).diagonal() == 0).all()
    # The check sees what a matrix product alone makes of near pairs.
    product = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    assert product != pytest.approx(expected, rel=1e-9, abs=0)


def test_many_near_pairs_are_measured_in_parts(monkeypatch):
    monkeypatch.setattr("aegen.metrics._distances.AT_ONCE", 100)
    z = np.concatenate([normal(20, 30, 1) * 1e-8, 5 + normal(20, 30, 2) * 1e-8])
    assert squared_distances(z, z) == pytest.approx(cdist(z, z, "sqeuclidean"), rel=1e-9, abs=0)


@pytest.mark.parametrize("scale", [1e-310, 1e-5, 1, 1e300])
def test_ordinary_units_keep_distances(scale):
    real, made = tilted(30) * scale, tilted(20, seed=1) * scale
    x, y, e = ordinary_units(real, made)
    assert 1 <= max(abs(x).max(), abs(y).max()) < 2
    assert np.ldexp(cdist(x, y), e) == pytest.approx(scale * cdist(real / scale, made / scale))
    assert x.mean(axis=0) == pytest.approx(0, abs=1e-12)


def test_units_that_overflow_are_refused():
    assert in_units(3.0, -2, "it") == 0.75
    with pytest.raises(InvalidInput, match="too far apart for it, which overflows"):
        in_units(np.array([0.0, 1.5]), 1020, "it")


def test_a_root_has_the_slope_of_a_root():
    far = root(Measured(4.0, np.array([0.4, -0.4]), np.array([0.2, -0.2])))
    assert (far.value, far.influence_reference.tolist(), far.influence_generated.tolist()) == (
        2,
        [0.1, -0.1],
        [0.05, -0.05],
    )
    at = root(Measured(-1e-9, np.array([2.0, -2.0]), np.zeros(1)))
    assert (at.value, np.isfinite(at.error)) == (0, True)
    assert root(Measured(0.0, np.zeros(2), np.zeros(2))).error == 0
    assert root(Measured(9.0)).error is None


# every one of them


@between
def test_more_of_a_wrong_thing_is_farther(name):
    """Half the spread, a class left out, columns that rise together, a shift: each is seen."""
    # Centres apart in each column on their own, so that columns are dependent on purpose.
    rng = np.random.default_rng(0)
    centres = np.array([[0, 4, 0], [4, 0, 0], [-4, -4, 1]]) / 3

    def draw(n, seed, classes=3):
        chosen = np.random.default_rng(seed).integers(0, classes, n)
        return centres[chosen] + 0.5 * normal(n, 3, seed + 100)

    real, made = draw(400, 1), draw(400, 2)
    fresh = measured(name, real, made)
    wrong = {
        "half the spread": made.mean(axis=0) + (made - made.mean(axis=0)) / 2,
        "a class left out": draw(400, 3, classes=2),
        "comonotone": np.sort(made, axis=0)[rng.permutation(400)],
        "shift": made + 0.7,
    }
    for subject in wrong.values():
        found = measured(name, real, subject)
        assert found.value > fresh.value + 3 * np.hypot(found.error, fresh.error)


@between
def test_the_sets_may_differ_in_size_and_change_places(name):
    real, made = clusters(90, 3, seed=1), 1.2 * clusters(60, 3, seed=2)
    there, back = measured(name, real, made), measured(name, made, real)
    assert (there.influence_reference.shape, there.influence_generated.shape) == ((90,), (60,))
    if name not in (MMD, PAPER_MMD):  # which take their width from the reference
        assert there.value == pytest.approx(back.value, rel=1e-9)
        # The simplex ends at one of many best prices, and which depends on the sides.
        assert there.error == pytest.approx(back.error, rel=0.2 if name == EMD else 1e-6)
    doubled = measured(name, np.repeat(real, 2, axis=0), np.repeat(made, 2, axis=0))
    if name in (EMD, SLICED, PAPER_MMD):  # of the two laws, whatever the numbers of rows
        assert doubled.value == pytest.approx(there.value, rel=1e-9)


@pytest.mark.parametrize("power", [-400, 200])
@pytest.mark.parametrize(
    ("name", "degree"), [(EMD, 1), (SLICED, 1), (FRECHET, 2), (MMD, 0), (PAPER_MMD, 0)]
)
def test_units_scale_the_value(name, degree, power):
    """Exactly, for a power of two. `KernelDistance` takes rows as they are."""
    real, made = tilted(40) - 3, tilted(50, seed=1) * 1.2
    plain = measured(name, real, made)
    scaled = measured(name, np.ldexp(real, power), np.ldexp(made, power))
    assert scaled.value == np.ldexp(plain.value, degree * power)
    assert (
        scaled.influence_reference.tolist()
        == np.ldexp(plain.influence_reference, degree * power).tolist()
    )


@between
@pytest.mark.parametrize("codes", AWKWARD)
def test_awkward_rows_have_a_value_or_a_reason(name, codes):
    z = AWKWARD[codes]()
    try:
        found = measured(name, z[::2], z[1::2])
    except InvalidInput as error:
        assert (name, codes) in {  # noqa: PT017
            (MMD, "all alike"),
            (PAPER_MMD, "all alike"),
            (KERNEL, "vast"),
            (FRECHET, "vast"),
        }, error
    else:
        assert np.isfinite([found.value, found.error]).all()
        assert (len(found.influence_reference), len(found.influence_generated)) == (
            len(z[::2]),
            len(z[1::2]),
        )


@between
def test_two_sets_of_real_data_are_near(name):
    codes = aegen.load("mnist").codes
    rows = np.random.default_rng(0).permutation(len(codes))[:1200]
    one, other = codes[rows[:600]], codes[rows[600:]]
    halves = measured(name, one, other)
    alone = np.random.default_rng(1).permuted(other, axis=0)
    apart = measured(name, one, alone)  # columns are right, and nothing else
    assert apart.value - halves.value > 3 * apart.error
    if name in (MMD, KERNEL):
        assert abs(halves.value) < 4 * halves.error
        assert apart.value > 4 * apart.error


# errors


@between
def test_a_row_more_changes_the_value_by_its_sway(name):
    real, made = normal(150, 3, 1), 1.5 * normal(120, 3, 2) + 1
    fields = {"bandwidth": 2.0} if name == MMD else {}
    found = measured(name, real, made, **fields)
    rows = np.arange(0, 120, 5)
    changes, influences = [], []
    for row in rows:
        more = measured(name, np.append(real, real[[row]], axis=0), made, **fields)
        changes.append((more.value - found.value) * 151)
        influences.append(found.influence_reference[row])
        more = measured(name, real, np.append(made, made[[row]], axis=0), **fields)
        changes.append((more.value - found.value) * 121)
        influences.append(found.influence_generated[row])
    # All else but an offset: what a copy adds to unbiased means, or to a covariance over n - 1.
    # The paper's MMD takes its scale from the rows, which its influences leave out.
    limit = 0.95 if name == PAPER_MMD else 0.98
    assert np.corrcoef(changes, influences)[0, 1] > limit
    assert np.polyfit(influences, changes, 1)[0] == pytest.approx(1, abs=0.1)


LAWS = {
    "shift": lambda z: z + 0.5,
    "spread": lambda z: 1.4 * z,
    "one law": lambda z: z,
}

REPEATS = 60
"""The ratio of a standard deviation from so many has itself a relative error of a tenth."""


@cache
def spread_over_error(name, law, d=3, n=150):
    """The standard deviation of the value over that which single draws state."""
    found = []
    for seed in range(REPEATS):
        z = np.random.default_rng(seed).normal(size=(2, n, d))
        sets = z[0], LAWS[law](z[1])
        if name in (PAPER_FRECHET, SCORE):
            sets = [soft(2 * rows) for rows in sets]
            if law == "shift":
                sets[1] = soft(2 * z[1] + [1, 0, 0])
        found.append(measured(name, *sets))
    return np.std([m.value for m in found]) / np.mean([m.error for m in found])


def right(ratio):
    """Errors that are right within a third, sampling of the ratio included."""
    return 0.7 < ratio < 1.4


all_of_them = pytest.mark.parametrize("name", [*BETWEEN, PAPER_MMD, PAPER_FRECHET, SCORE])


@all_of_them
@pytest.mark.parametrize("law", ["shift", "spread"])
def test_errors_are_those_of_repeated_draws(name, law):
    ratio = spread_over_error(name, law)
    assert right(ratio)
    # Influences that are halved or doubled fail the same bar.
    assert not right(2 * ratio)
    assert not right(ratio / 2)


@all_of_them
def test_errors_are_not_too_small_where_laws_agree(name):
    assert 0.5 < spread_over_error(name, "one law") < 1.25


def test_errors_of_discrepancies_are_never_far_too_small_where_laws_agree():
    """The witness function alone can be all but flat at random; errors must not be."""
    errors = [measured(MMD, *normal(300, 2, s).reshape(2, 150, 2)).error for s in range(40)]
    assert min(errors) > 0.6 * np.median(errors)


# earth mover's distance


def test_emd_is_the_best_assignment():
    real, made = tilted(80), 1.3 * tilted(80, seed=1)
    cost = cdist(real, made)
    found = measured(EMD, real, made)
    assert found.value == pytest.approx(cost[linear_sum_assignment(cost)].mean(), rel=1e-12)
    assert found.value < cost[np.arange(80), np.arange(80)].mean()  # as any other is dearer


@pytest.mark.parametrize(("n", "m"), [(50, 50), (70, 33)])
def test_emd_is_pots_and_on_a_line_that_of_quantiles(n, m):
    real, made = normal(n, 4, 1), 2 * normal(m, 4, 2)
    one, other = np.full(n, 1 / n), np.full(m, 1 / m)
    expected = ot.emd2(one, other, cdist(real, made))
    assert measured(EMD, real, made).value == pytest.approx(expected, rel=1e-12)
    line = wasserstein_distance(real[:, 0], made[:, 0])
    assert measured(EMD, real[:, :1], made[:, :1]).value == pytest.approx(line, rel=1e-12)


def test_emd_of_known_sets():
    z = clusters(100, 3)
    assert measured(EMD, z, z).value == 0
    assert measured(EMD, z, z[::-1] + np.array([3, 4, 0])).value == pytest.approx(5)
    assert measured(EMD, z, z.mean(axis=0)[None]).value == pytest.approx(
        np.linalg.norm(z - z.mean(axis=0), axis=1).mean()
    )


def test_prices_are_dual():
    cost = cdist(tilted(30), tilted(40, seed=1))
    value, piles, holes = _transport.transport(cost)
    assert (piles[:, None] + holes <= cost + 1e-9).all()
    assert piles.mean() + holes.mean() == pytest.approx(value, rel=1e-9)


def test_transport_that_does_not_end_is_not_passed_off_as_solved(monkeypatch):
    monkeypatch.setattr(_transport, "STEPS", 1)
    with pytest.raises(RuntimeError, match="optimal transport of 30 to 40 rows did not end"):
        _transport.transport(cdist(tilted(30), tilted(40, seed=1)))


def test_transport_loads_no_deep_learning_framework():
    """In a process of its own, which must find POT without torch and leave its settings."""
    script = (
        "import os, sys\n"
        "from aegen.metrics import metrics\n"
        "before = dict(os.environ)\n"
        "metrics.create('earth-movers-distance')([[0.0]], [[1.0]])\n"
        "assert 'ot' in sys.modules and before == dict(os.environ)\n"
        "print(sorted({'torch', 'jax', 'tensorflow', 'cupy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


# sliced Wasserstein


@pytest.mark.parametrize(("n", "m"), [(60, 60), (70, 33)])
def test_sliced_is_pots_along_the_same_directions(n, m):
    real, made = clusters(n, 5, seed=1), 1.1 * clusters(m, 5, seed=2)
    directions = sliced_wasserstein._directions(100, 5, np.random.default_rng(3))
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1)
    expected = ot.sliced_wasserstein_distance(real, made, projections=directions.T, p=1)
    assert measured(SLICED, real, made, rng=3).value == pytest.approx(expected, rel=1e-10)
    assert measured(SLICED, real, made, rng=4).value != pytest.approx(expected, rel=1e-4)


def test_sliced_in_parts_is_the_same(monkeypatch):
    real, made = clusters(60, 5, seed=1), clusters(50, 5, seed=2)
    whole = measured(SLICED, real, made)
    monkeypatch.setattr(sliced_wasserstein, "AT_ONCE", 700)
    parts = measured(SLICED, real, made)
    assert parts.value == pytest.approx(whole.value, rel=1e-12)
    assert parts.influence_generated == pytest.approx(
        whole.influence_generated, rel=1e-9, abs=1e-12
    )


def test_sliced_is_never_above_emd_and_on_a_line_the_same():
    real, made = tilted(60), tilted(60, seed=1) + 1
    assert measured(SLICED, real, made).value < measured(EMD, real, made).value
    line = [rows[:, :1] for rows in (real, made)]
    assert measured(SLICED, *line, projections=1).value == pytest.approx(
        measured(EMD, *line).value, rel=1e-12
    )


@pytest.mark.parametrize("d", [2, 10])
def test_sliced_sees_the_mean_shadow_of_a_shift(d):
    z, k = normal(20, d, 0), 4000
    shift = np.zeros(d)
    shift[0] = 3
    expected = 3 * np.exp(gammaln(d / 2) - gammaln((d + 1) / 2)) / np.sqrt(np.pi)
    found = measured(SLICED, z, z + shift, projections=k).value
    error = np.sqrt((9 / d - expected**2) / k)  # of the directions
    assert abs(found - expected) < 5 * error
    assert abs(1.1 * found - expected) > 5 * error


def test_fields_have_limits():
    for name, field in ((SLICED, {"projections": 0}), (MMD, {"bandwidth": 0})):
        with pytest.raises(InvalidInput, match=f"{next(iter(field))} must be"):
            measured(name, tilted(5), tilted(5), **field)


# discrepancies of means


def slow_mmd(real, made, kernel):
    """By the definition: one pair at a time."""
    same = [
        np.mean([kernel(z[i], z[j]) for i in range(len(z)) for j in range(len(z)) if i != j])
        for z in (real, made)
    ]
    return sum(same) - 2 * np.mean([kernel(x, y) for x in real for y in made])


def test_mmd_is_that_of_the_definition():
    real, made = tilted(15), tilted(20, seed=1) * 1.5
    pairs = cdist(real, real)[np.triu_indices(15, 1)]
    for given, used in ((None, np.median(pairs)), (0.7, 0.7)):
        expected = slow_mmd(
            real, made, lambda x, y, h=used: np.exp(-((x - y) ** 2).sum() / (2 * h**2))
        )
        assert measured(MMD, real, made, bandwidth=given).value == pytest.approx(
            expected, rel=1e-9
        )
    assert measured(MMD, real, made, bandwidth=0.71).value != pytest.approx(expected, rel=1e-4)


def test_mmd_tends_to_what_gaussians_give():
    """For N(0, I) and N(v, I) in closed form; the mean over draws is unbiased."""
    d, h, shift = 3, 2.0, 0.4
    at_zero = (h**2 / (h**2 + 2)) ** (d / 2)
    expected = 2 * at_zero * (1 - np.exp(-d * shift**2 / (2 * (h**2 + 2))))
    values, few = [], []
    for seed in range(100):
        z = np.random.default_rng(seed).normal(size=(2, 100, d))
        values.append(measured(MMD, z[0], z[1] + shift, bandwidth=h).value)
        k = [
            np.exp(-cdist(a, b, "sqeuclidean") / (2 * h**2))
            for a, b in ((z[0], z[0]), (z[1], z[1]), (z[0], z[1]))
        ]
        few.append((unbiased(*k).value, biased(*k).value))
    assert abs(np.mean(values) - expected) < 5 * np.std(values) / 10
    assert abs(1.5 * np.mean(values) - expected) > 5 * np.std(values) / 10
    one_law, with_self = np.array(few).T
    assert abs(one_law.mean()) < 5 * one_law.std() / 10
    assert abs(with_self.mean()) > 5 * with_self.std() / 10  # pairs of a row with itself


def test_bandwidth_of_copies():
    copies = np.zeros((10, 2))
    copies[0] = [3, 4]
    # The median of distances is 0, and that of those above it 5.
    made = tilted(8)
    assert measured(MMD, copies, made).value == measured(MMD, copies, made, bandwidth=5.0).value
    with pytest.raises(InvalidInput, match="all alike: give it one"):
        measured(MMD, np.ones((5, 2)), made)
    assert measured(MMD, np.ones((5, 2)), np.ones((4, 2)), bandwidth=1.0).value == 0
    with pytest.raises(InvalidInput, match="these are all alike"):
        measured(PAPER_MMD, np.ones((5, 2)), made)


@pytest.mark.parametrize("bandwidth", [1e-300, 1e300])
def test_bandwidths_far_from_the_rows(bandwidth):
    real, made = tilted(10), tilted(10, seed=1)
    assert measured(MMD, real, made, bandwidth=bandwidth).value == pytest.approx(0, abs=1e-12)


@pytest.fixture
def features():
    """A network for torchmetrics that passes rows on as its features."""
    import torch

    class Same(torch.nn.Module):
        num_features = 6

        def forward(self, rows):
            return rows

    return Same()


def by_torchmetrics(metric, real, made):
    import torch

    metric.set_dtype(torch.float64)
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(made), real=False)
    return metric.compute()


@pytest.mark.filterwarnings("ignore:Metric .* will save all extracted features")
def test_kernel_distance_is_torchmetrics_kid(features):
    from torchmetrics.image.kid import KernelInceptionDistance

    real, made = abs(normal(50, 6, 1)), 1.3 * abs(normal(50, 6, 2))
    kid = KernelInceptionDistance(feature=features, subsets=1, subset_size=50)
    expected = float(by_torchmetrics(kid, real, made)[0])
    found = measured(KERNEL, real, made).value
    assert found == pytest.approx(expected, rel=1e-9)
    assert found == pytest.approx(slow_mmd(real, made, lambda x, y: (x @ y / 6 + 1) ** 3))
    assert measured(KERNEL, real + 0.01, made).value != pytest.approx(expected, rel=1e-4)


def test_kernel_distance_that_would_be_rounding_is_refused():
    for shift, scale in ((0, 1e60), (1e9, 1e-7)):
        with pytest.raises(InvalidInput, match="so large or so far from 0"):
            measured(KERNEL, scale * tilted(20) + shift, scale * tilted(20, seed=1) + shift)


def test_paper_mmd_is_its_formula():
    real, made = tilted(30), tilted(40, seed=1) * 1.5
    squares = [cdist(a, b, "sqeuclidean") for a, b in ((real, real), (made, made), (real, made))]
    s = squares[0].mean()
    xx, yy, xy = (np.exp(-square / (2 * s)).mean() for square in squares)
    assert measured(PAPER_MMD, real, made).value == pytest.approx(
        np.sqrt(xx + yy - 2 * xy), rel=1e-9
    )
    assert measured(PAPER_MMD, real, real).value == pytest.approx(0, abs=1e-7)


# Fréchet distance


def slow_frechet(real, made):
    """By the formula, with covariances and a matrix root."""
    one, other = (np.atleast_2d(np.cov(rows.T)) for rows in (real, made))
    shift = real.mean(axis=0) - made.mean(axis=0)
    return shift @ shift + np.trace(one + other - 2 * sqrtm(one @ other).real)


@pytest.mark.parametrize("d", [1, 3, 12])
def test_frechet_is_its_formula(d):
    real, made = normal(60, d, 1), normal(80, d, 2) @ normal(d, d, 3) + 1
    found = measured(FRECHET, real, made).value
    assert found == pytest.approx(slow_frechet(real, made), rel=1e-9)
    assert found != pytest.approx(slow_frechet(real, made[:-1]), rel=1e-4)


def test_frechet_is_torchmetrics_fid(features):
    from torchmetrics.image.fid import FrechetInceptionDistance

    real, made = normal(50, 6, 1), 1.3 * normal(40, 6, 2) + 0.3
    expected = by_torchmetrics(FrechetInceptionDistance(feature=features), real, made)
    assert measured(FRECHET, real, made).value == pytest.approx(float(expected), rel=1e-9)


def test_frechet_of_known_sets():
    z = normal(50, 3, 0)
    centre, spread = z.mean(axis=0), z.var(axis=0, ddof=1).sum()
    assert measured(FRECHET, z, z).value == pytest.approx(0, abs=1e-12)
    assert measured(FRECHET, z, z + np.array([3, 4, 0])).value == pytest.approx(25)
    # Twice the spread about one centre: (2 - 1)² times the variance.
    assert measured(FRECHET, z, centre + 2 * (z - centre)).value == pytest.approx(spread)
    assert measured(FRECHET, z, centre + 0 * z).value == pytest.approx(spread)


@pytest.mark.parametrize("n", [5, 30])
def test_frechet_of_singular_covariances(n):
    """Rows that fill few of many dimensions: turned there, they are as far apart as before."""
    real, made = normal(n, 4, 1), 2 * normal(n + 3, 4, 2)
    turn = np.linalg.qr(normal(40, 40, 3))[0][:4]
    expected = measured(FRECHET, real, made)
    found = measured(FRECHET, real @ turn, made @ turn)
    assert found.value == pytest.approx(expected.value, rel=1e-10)
    assert found.influence_reference == pytest.approx(expected.influence_reference, abs=1e-9)
    assert found.influence_generated == pytest.approx(expected.influence_generated, abs=1e-9)
    if n == 30:
        assert found.value == pytest.approx(slow_frechet(real, made), rel=1e-9)


def test_frechet_of_fewer_rows_than_columns():
    real, made = normal(8, 30, 1), 1.5 * normal(6, 30, 2)
    cross = (real - real.mean(axis=0)) @ (made - made.mean(axis=0)).T / np.sqrt(7 * 5)
    expected = (
        np.square(real.mean(axis=0) - made.mean(axis=0)).sum()
        + real.var(axis=0, ddof=1).sum()
        + made.var(axis=0, ddof=1).sum()
        - 2 * np.linalg.norm(cross, "nuc")
    )
    assert measured(FRECHET, real, made).value == pytest.approx(expected, rel=1e-10)


def test_frechet_is_above_zero_for_one_law_by_an_amount_that_falls_as_rows_grow():
    few, many = (
        np.mean(
            [measured(FRECHET, *normal(2 * n, 5, s).reshape(2, n, 5)).value for s in range(20)]
        )
        for n in (50, 400)
    )
    assert few / many == pytest.approx(8, rel=0.3)


def test_paper_frechet_is_the_root_on_probabilities():
    real, made = soft(normal(60, 4, 1)), soft(2 * normal(50, 4, 2))
    assert measured(PAPER_FRECHET, real, made).value ** 2 == pytest.approx(
        measured(FRECHET, real, made).value, rel=1e-9
    )
    # In three of the columns, which say what the fourth is: the formula's matrix root is singular.
    basis = np.linalg.svd(np.ones((1, 4)))[2][1:].T
    expected = slow_frechet(real @ basis, made @ basis)
    assert measured(PAPER_FRECHET, real, made).value == pytest.approx(np.sqrt(expected), rel=1e-8)


# inception score


def slow_score(p, attributes):
    information = 0.0
    for row in p:
        for value, mean in zip(row, p.mean(axis=0), strict=True):
            information += value * np.log(value / mean) if value > 0 else 0
    return np.exp(information / len(p) / attributes)


def test_score_is_that_of_the_definition():
    p = soft(3 * normal(40, 5, 0))
    found = measured(SCORE, p[:3], p)
    assert found.value == pytest.approx(slow_score(p, 1), rel=1e-12)
    assert found.value != pytest.approx(slow_score(p[1:], 1), rel=1e-4)
    assert not found.influence_reference.any()
    q = np.concatenate([p, soft(normal(40, 2, 1))], axis=1)
    assert measured(SCORE, q, q).value == pytest.approx(slow_score(q, 2), rel=1e-12)


def test_score_counts_sure_classes():
    sure = np.eye(4)[np.arange(20) % 4]
    assert measured(SCORE, sure, sure).value == pytest.approx(4)
    assert measured(SCORE, sure, sure[:3]).value == pytest.approx(3)
    assert measured(SCORE, sure, np.full((20, 4), 0.25)).value == pytest.approx(1)
    both = np.concatenate([sure, np.tile([1.0, 0.0], (20, 1))], axis=1)
    assert measured(SCORE, both, both).value == pytest.approx(2)  # root of 4 times 1


@pytest.mark.parametrize("name", [PAPER_FRECHET, SCORE])
def test_rows_that_are_no_probabilities_are_refused(name):
    good = soft(normal(10, 3, 0))
    for bad in (2.5 * good, good - 0.5, np.tile([1.5, -0.5, 0.0], (10, 1)), 1e200 * good):
        with pytest.raises(InvalidInput, match="takes probabilities: every generated row"):
            measured(name, good, bad)
    rounded = good.astype(np.float32)
    assert measured(name, good, rounded).value == pytest.approx(
        measured(name, good, good).value, abs=1e-5
    )
