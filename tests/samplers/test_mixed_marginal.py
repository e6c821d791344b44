"""Laws of single columns: what is found in them, and that density, cdf and quantiles agree."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from aegen.samplers._kde_marginal import Quantiles, silverman
from aegen.samplers._mixed_marginal import (
    MixedMargin,
    _plain_widths,
    _roundest,
    surely_plain,
)

N = 2000


def normal(n=N, *, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def groups(*centres, sd=0.1, n=N):
    """Normal groups of equal shares, far apart."""
    return np.concatenate(
        [normal(n // len(centres), seed=k) * sd + c for k, c in enumerate(centres)]
    )


def with_far(value):
    x = normal()
    x[17] = value
    return x


def normal_cdf_times_x(x):
    return x * ndtr(x)


COLUMNS = {
    "normal": normal(),
    "far 1e3": with_far(1e3),
    "far 1e30": with_far(1e30),
    "far both": np.r_[with_far(1e100), -1e90],
    "cauchy": np.random.default_rng(1).standard_cauchy(N),
    "t2": np.random.default_rng(1).standard_t(2, N),
    "two": groups(-10, 10),
    "five": groups(0, 10, 20, 30, 40),
    "relu": np.maximum(normal(), 0),
    "clipped": np.clip(normal(), -1, 1),
    "zeros within": np.where(normal(seed=3) < -0.5, 0.0, normal()),
    "uniform": np.random.default_rng(2).random(N),
    "2 to 5": np.random.default_rng(2).uniform(2, 5, N),
    "exponential": np.random.default_rng(2).exponential(size=N),
    "softplus": np.log1p(np.exp(normal())),
    "sigmoid": 1 / (1 + np.exp(-3 * normal())),
    "saturated": np.tanh(3 * normal()),
    "gelu": normal_cdf_times_x(normal()),
    "counts": np.random.default_rng(2).poisson(20, N).astype(float),
    "few": np.random.default_rng(2).integers(0, 4, N).astype(float),
    "rare": np.r_[np.zeros(N - 7), np.ones(7)],
    "float16": normal().astype(np.float16).astype(float),
    "ten rows": normal(10),
    "two rows": np.array([0.0, 1.0]),
    "constant": np.full(30, -3.3),
}
every = pytest.mark.parametrize("name", COLUMNS)


def margin_of(x, weights=None, **fields):
    order = np.argsort(x, kind="stable")
    own = None if weights is None else weights[order] / weights.sum()
    return MixedMargin.of(x[order], own, **{"count": float(len(x))} | fields)


def drawn(margin, u):
    z = np.asarray(u)[:, None].copy()
    Quantiles.of([margin.knots()]).replace(z)
    return z[:, 0]


def probabilities(n=4000):
    rng = np.random.default_rng(5)
    edges = 10 ** rng.uniform(-10, -1, n // 4)
    return np.sort(np.r_[0.0, edges, (np.arange(n) + 0.5) / n, 1 - edges, 1.0])


def iqr(x):
    return np.subtract(*np.percentile(x, [75, 25]))


@every
def test_quantiles_invert_the_distribution_function(name):
    margin = margin_of(COLUMNS[name])
    u = probabilities()
    z = drawn(margin, u)
    assert np.isfinite(z).all()
    assert (np.diff(z) >= -1e-9 * iqr(COLUMNS[name])).all()
    below, until = margin.interval(z)[1], margin.density_and_cdf(z)[1]
    # rows that no number lies near to count as half below and half above
    alone = np.abs(z) > 1e20
    assert np.maximum(below - u, u - until)[~alone].max() < 2e-7
    assert np.maximum(below - u, u - until).max() < 0.51 / N + 2e-7
    if margin.rest is not None:
        moved = z + 1e-4 * margin.rest.width
        assert (
            np.maximum(margin.interval(moved)[1] - u, u - margin.density_and_cdf(moved)[1]).max()
            > 2e-7
        )


@every
def test_quartiles_zeros_and_ends_are_those_of_the_column(name):
    x = COLUMNS[name]
    z = drawn(margin_of(x), (np.arange(20_000) + 0.5) / 20_000)
    if len(x) > 100:
        assert iqr(z) == pytest.approx(iqr(x), rel=0.06, abs=1e-12)
    if len(x) > 10:
        assert np.mean(z == 0) == pytest.approx(np.mean(x == 0), abs=1e-3)
    low = {"exponential": 0, "softplus": 0, "2 to 5": 2, "uniform": 0, "sigmoid": 0} | {
        name: x.min() for name in ("relu", "clipped", "saturated", "gelu", "counts", "few")
    }
    low["saturated"] = -1
    if name in low:
        assert z.min() >= low[name]
        assert ndtri_draws(x).min() < low[name]  # as the bandwidth of the whole column does
    if name in {"clipped", "uniform", "sigmoid", "saturated", "counts", "few"}:
        assert z.max() <= np.ceil(x.max())


def ndtri_draws(x):
    """Draws of the plain kernel density estimate, with Silverman's rule for the whole column."""
    rng = np.random.default_rng(0)
    return rng.choice(x, 20_000) + silverman(len(x)) * x.std() * rng.standard_normal(20_000)


@pytest.mark.parametrize("name", ["far 1e3", "far 1e30", "t2", "cauchy", "two", "five"])
def test_plain_silverman_widens_these(name):
    """The failure that the rule mends: the whole column's standard deviation as the unit."""
    x = COLUMNS[name]
    within = {"two": 1.0, "five": 1.0}.get(name)
    z = ndtri_draws(x)
    ours = drawn(margin_of(x), (np.arange(20_000) + 0.5) / 20_000)
    if within is None:
        assert iqr(z) > 1.06 * iqr(x) or not np.isfinite(iqr(z))
        assert iqr(ours) < 1.06 * iqr(x)
    else:  # the spread within a group

        def near(values):
            return np.std(values[np.abs(values - x[0].round()) < 3])

        assert near(z) > 5 * near(x)
        assert near(ours) == pytest.approx(near(x), rel=0.06)


@pytest.mark.parametrize("name", ["normal", "relu", "clipped", "uniform", "softplus", "2 to 5"])
def test_density_is_the_slope_of_the_distribution_function(name):
    margin = margin_of(COLUMNS[name])
    at = np.quantile(COLUMNS[name], [0.62, 0.7, 0.8])
    at = at[~margin.atom_of(at)]
    step = 1e-5
    slope = (margin.density_and_cdf(at + step)[1] - margin.density_and_cdf(at - step)[1]) / (
        2 * step
    )
    assert np.exp(margin.density_and_cdf(at)[0]) == pytest.approx(slope, rel=1e-6)
    low = max(margin.low, COLUMNS[name].min() - 3)
    high = min(margin.high, COLUMNS[name].max() + 3)
    inside = [a for a in margin.atoms if low < a < high]
    mass, _ = quad(
        lambda t: math.exp(margin.density_and_cdf(np.array([t]))[0][0]),
        low + 1e-12,
        high - 1e-12,
        points=inside or None,
        limit=400,
    )
    assert mass + margin.masses.sum() == pytest.approx(1, abs=1e-5)
    beyond = np.array([margin.low - 0.1, margin.high + 0.1])
    assert (margin.density_and_cdf(beyond[np.isfinite(beyond)])[0] == -np.inf).all()


def test_an_atom_has_its_share_and_the_rest_is_smoothed_alone():
    x = COLUMNS["relu"]
    margin = margin_of(x)
    share = np.mean(x == 0)
    assert margin.atoms.tolist() == [0.0]
    assert margin.masses == pytest.approx([share])
    assert margin.density_and_cdf(np.array([0.0]))[0] == pytest.approx(np.log(share))
    positive = x[x > 0]
    width = silverman(len(positive)) * min(positive.std(), iqr(positive) / 1.349)
    assert margin.rest.width == pytest.approx(width, rel=0.01)
    at = np.array([0.05, 0.5, 2.0])
    mirrored = np.concatenate([positive, -positive])
    slow = norm.pdf(at[:, None], mirrored, margin.rest.width).sum(axis=1) / len(x)
    assert np.exp(margin.density_and_cdf(at)[0]) == pytest.approx(slow, rel=1e-7)
    assert margin.interval(np.array([0.0, 1e-9]))[1] == pytest.approx([0.0, share], abs=1e-6)


def test_few_repeated_values_are_no_atoms_and_many_are():
    x = normal(1000)
    for copies, atoms in ((4, 0), (9, 0), (10, 1), (40, 1)):
        x[:copies] = 0.25
        assert len(margin_of(x).atoms) == atoms
    assert len(margin_of(COLUMNS["float16"]).atoms) == 0
    counts = margin_of(COLUMNS["counts"])
    assert counts.rest is None
    assert counts.masses.sum() == pytest.approx(1, abs=1e-12)
    assert set(drawn(counts, probabilities())) <= set(COLUMNS["counts"])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("relu", 0, np.inf),
        ("clipped", -1, 1),
        ("uniform", 0, 1),
        ("2 to 5", 2, 5),
        ("exponential", 0, np.inf),
        ("softplus", 0, np.inf),
        ("saturated", -1, 1),
        ("gelu", -0.17, np.inf),
        ("normal", -np.inf, np.inf),
        ("t2", -np.inf, np.inf),
        ("two", -np.inf, np.inf),
        ("zeros within", -np.inf, np.inf),
    ],
)
def test_bounds(name, low, high):
    margin = margin_of(COLUMNS[name])
    assert (margin.low, margin.high) == pytest.approx((low, high), abs=3e-5)
    if name != "gelu":
        assert (margin.low, margin.high) == (low, high)
    flipped = margin_of(-COLUMNS[name])
    assert (flipped.low, flipped.high) == (-margin.high, -margin.low)


@pytest.mark.parametrize("n", [100, 2000])
def test_normal_codes_are_hardly_ever_taken_to_be_bounded(n):
    found = [margin_of(normal(n, seed=seed)) for seed in range(400)]
    assert sum(m.low > -np.inf or m.high < np.inf for m in found) <= 2
    assert sum(margin_of(np.abs(normal(n, seed=seed))).low == 0 for seed in range(50)) > 40


def test_a_small_group_at_the_end_of_a_column_is_no_bound():
    """The last of several groups holds too few rows to thin out as slowly as the last quarter."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        groups = rng.normal(scale=3, size=10)[rng.integers(10, size=2000)]
        found.append(margin_of(groups + rng.normal(size=2000)))
    assert sum(m.low > -np.inf or m.high < np.inf for m in found) <= 6  # 17 by the last quarter


def test_the_roundest_number():
    assert _roundest(-1.0, 1.0) == 0
    assert _roundest(1.985, 2.0015) == 2
    assert _roundest(-0.17003, -0.16997) == -0.17
    assert _roundest(0.296, 0.304) == 0.3
    assert _roundest(1.4131, 1.4142) is None
    assert _roundest(5.9e30, 6.1e30) == 6e30


def test_whole_weights_are_repeated_rows_and_none_is_absence():
    x = np.maximum(normal(400), 0)
    times = np.arange(400) % 4
    count = float(times.sum())
    one = margin_of(x, times.astype(float), count=count)
    many = margin_of(np.repeat(x, times), count=count)
    assert one.masses == pytest.approx(many.masses)
    assert one.rest.width == pytest.approx(many.rest.width, rel=1e-9)
    at = np.linspace(-1, 4, 50)
    for a, b in zip(one.density_and_cdf(at), many.density_and_cdf(at), strict=True):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("far", [1e3, 1e30, -1e90])
def test_a_tiny_weight_on_a_far_row_changes_nothing(far):
    x = np.r_[normal(500), far]
    weights = np.r_[np.ones(500), 1e-12]
    with_it, without = margin_of(x, weights, count=500.0), margin_of(x[:-1], count=500.0)
    at = np.linspace(-4, 4, 41)
    for a, b in zip(with_it.density_and_cdf(at), without.density_and_cdf(at), strict=True):
        assert a == pytest.approx(b, rel=0.02)  # only the standard deviation sees it
    assert with_it.rest.width == pytest.approx(without.rest.width, rel=0.03)
    u = np.linspace(0.01, 0.99, 99)
    assert drawn(with_it, u) == pytest.approx(drawn(without, u), abs=0.01)


def test_a_stated_bandwidth_is_in_spreads():
    x = COLUMNS["far 1e3"]
    width = margin_of(x, bandwidth=0.5).rest.width
    assert width == pytest.approx(0.5 * iqr(x) / (2 * ndtri(0.75)), rel=1e-3)


def test_what_is_surely_plain_has_no_point_masses_and_no_bounds():
    rng = np.random.default_rng(3)
    smooth = rng.normal(size=(1500, 40)) + 4 * (rng.random((1500, 40)) < 0.3)
    bounded = rng.random((1500, 10)) ** rng.uniform(0.3, 3, 10)
    ordered = np.sort(np.hstack([smooth, bounded, np.maximum(smooth[:, :9], 0)]), axis=0)
    sure = surely_plain(ordered)
    plain = [MixedMargin.of(column, count=1500.0).plain for column in ordered.T]
    assert not sure[np.logical_not(plain)].any()
    assert sure.sum() > 30
    assert np.logical_not(plain).sum() >= 19


@pytest.mark.parametrize("bandwidth", [None, 0.3, 5.0])
def test_columns_side_by_side_have_the_laws_of_each_alone(bandwidth):
    long = {name: x[:N] for name, x in COLUMNS.items() if len(x) >= N}
    long["ends above"] = -COLUMNS["exponential"]
    long["above zero"] = np.exp(0.5 * normal())  # which wide kernels reach
    long["crowded"] = np.r_[normal(N // 2), 1e-3 * normal(N // 2, seed=1)]
    ordered = np.sort(np.stack(list(long.values())), axis=1)
    found = MixedMargin.of_columns(ordered, count=N, bandwidth=bandwidth)
    for name, column, margin in zip(long, ordered, found, strict=True):
        alone = MixedMargin.of(column, count=N, bandwidth=bandwidth)
        assert (margin.low, margin.high, margin.share) == (alone.low, alone.high, alone.share), (
            name
        )
        assert np.array_equal(margin.atoms, alone.atoms), name
        assert (margin.rest and margin.rest.width) == (alone.rest and alone.rest.width), name
        assert np.array_equal(margin.knots(), alone.knots()), name
    few = MixedMargin.of_columns(ordered[:2], count=N, bandwidth=bandwidth)
    assert [margin.rest.width for margin in few] == [margin.rest.width for margin in found[:2]]
    assert _plain_widths(ordered[:2], N, bandwidth).all()


def test_columns_side_by_side_end_where_each_alone_does_whatever_rounds_the_count():
    rng = np.random.default_rng(11)
    n = 8 * 200  # the last rows whose spread is looked at are 200, the fewest
    columns = rng.normal(scale=3, size=(10, 60))[rng.integers(10, size=(n, 60)), np.arange(60)]
    columns += rng.normal(size=(n, 60)) * rng.uniform(0.2, 1, 60)
    ordered = np.sort(np.ascontiguousarray(columns.T), axis=1)
    for count in (n, n * (1 - 1e-15)):
        found = MixedMargin.of_columns(ordered, count=count)
        alone = [MixedMargin.of(column, count=count) for column in ordered]
        assert [(m.low, m.high) for m in found] == [(m.low, m.high) for m in alone]
