"""Models that are smooth everywhere, on columns with point masses, bounds and far values."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from aegen.core.errors import InvalidInput
from aegen.samplers import Gaussian, load, samplers
from aegen.samplers._mixed_columns import MixedColumns
from aegen.samplers._mixed_marginal import MixedMargin
from tests.contract import quick
from tests.example_codes import tilted

SMOOTH = ("gaussian", "kde", "gaussian-mixture", "normalizing-flow", "flow-matching")
DEFAULTS = (
    *SMOOTH[:3],
    "bootstrap",
    "empirical-beta-copula",
    "gaussian-copula",
    "independent-margins",
    "local-gaussian",
    "vine-copula",
)
"""All that learn from codes in a moment, with their defaults."""

smooth = pytest.mark.parametrize("name", SMOOTH)
defaults = pytest.mark.parametrize("name", DEFAULTS)


def normal(n=1500, *, seed=0):
    """Three normal columns that depend on each other."""
    mixing = np.array([[1, 0.8, 0.5], [0, 0.6, 0.4], [0, 0, 0.8]])
    return np.random.default_rng(seed).normal(size=(n, 3)) @ mixing


def rectified(n=1500, *, seed=0):
    """The same, cut off below 0 in two columns."""
    z = normal(n, seed=seed)
    z[:, :2] = np.maximum(z[:, :2], 0)
    return z


def with_far(value):
    z = normal()
    z[7] = value
    return z


def iqr(z):
    return np.subtract(*np.quantile(z, [0.75, 0.25], axis=0))


def fitted(name, z, **fields):
    return samplers.create(name, **fields).fit(z, rng=0)


@defaults
def test_zeros_and_bounds_are_drawn_as_they_are(name):
    z = rectified()
    drawn = fitted(name, z).sample(4000, rng=1)
    assert (drawn == 0).mean(axis=0) == pytest.approx((z == 0).mean(axis=0), abs=0.05)
    assert drawn.min(axis=0)[:2].tolist() == [0, 0]
    assert iqr(drawn) == pytest.approx(iqr(z), rel=0.15)
    share = 1 / (1 + np.exp(-2 * normal()))
    inside = fitted(name, share).sample(4000, rng=1)
    assert inside.min() >= 0
    assert inside.max() <= 1
    assert iqr(inside) == pytest.approx(iqr(share), rel=0.15)


@defaults
@pytest.mark.parametrize("value", [1e3, 1e6])
def test_one_far_row_changes_nothing(name, value):
    drawn = fitted(name, with_far(value)).sample(4000, rng=1)
    assert iqr(drawn) == pytest.approx(iqr(normal()), rel=0.15)


@smooth
def test_what_was_learned_is_saved_and_few_values_stay_few(name, tmp_path):
    z = np.column_stack([np.random.default_rng(0).integers(0, 4, 400), rectified(400)])
    model = quick(samplers, name).fit(z, rng=0)
    drawn = model.sample(300, rng=1)
    assert set(drawn[:, 0]) <= {0.0, 1.0, 2.0, 3.0}
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.sample(300, rng=1).tobytes() == drawn.tobytes()
    assert np.array_equal(again.score_samples(z[:20]), model.score_samples(z[:20]))
    given = model.condition({3: 0.5}, rng=0)
    assert set(given.sample(200, rng=1)[:, 0]) <= {0.0, 1.0, 2.0, 3.0}
    with pytest.raises(InvalidInput, match=r"value that repeats.*use a copula"):
        model.condition({0: 1.0})
    with pytest.raises(InvalidInput, match=r"from 0 to|only takes"):
        model.condition({1: -1.0})


def test_ordinary_codes_are_left_as_they_are():
    model = Gaussian().fit(normal())
    assert not len(model.mixed_columns_)
    assert model.mean_ is not None
    assert MixedColumns.find(rectified(), None, 10.0).columns.tolist() == [0, 1]
    assert MixedColumns.find(with_far(1e3), None, 2e3).columns.tolist() == [0, 1, 2]
    assert MixedColumns.find(np.repeat(tilted(50), 20, axis=0), None, 20.0) is None


@pytest.mark.parametrize("n", [60, 500, 2000, 20_000])
def test_the_first_looks_miss_no_column(n):
    rng = np.random.default_rng(n)
    x = rng.normal(size=(12, n))
    columns = {
        "uniform": ndtr(x[0]) + 0.33,
        "one side": np.abs(x[1]) + 0.33,
        "exponential": rng.exponential(size=n) + 0.3,
        "thin ends": rng.beta(2, 2, n),
        "thick ends": rng.beta(0.5, 0.5, n),
        "normal": x[2],
        "relu": np.maximum(x[3], 0),
        "tanh": np.tanh(2 * x[4]),
        "sigmoid": 1 / (1 + np.exp(-x[5])),
        "softplus": np.log1p(np.exp(2 * x[6])),
        "groups": rng.normal(size=9, scale=3)[rng.integers(9, size=n)] + x[7],
        "counts": rng.poisson(2, n).astype(float),
        "rounded": x[8].round(1),
        "constant": np.full(n, 3.0),
        "far": x[9] * (1 + 1e4 * (np.arange(n) == 7)),
    }
    z = np.stack(list(columns.values()), axis=1)
    margins = MixedMargin.of_codes(z, np.full(n, 1 / n), np.arange(n), count=float(n))
    mixed = [k for k, m in zip(columns, margins, strict=True) if not (m.plain or m.constant)]
    found = MixedColumns.find(z, None, float(np.ptp(z)))
    assert {list(columns)[j] for j in found.columns} == {*mixed, "far"}


def test_density_of_a_gaussian_by_the_book():
    """Of a row with a zero, the mass of the interval that its score may lie in."""
    z = rectified()[:, [0, 2]]
    model = Gaussian().fit(z, rng=0)
    assert model.mixed_columns_.tolist() == [0]
    margin = model._mixed.scores.margins[0]
    centre, scale = model.mean_, model.scale_
    covariance = model.correlation_ * np.outer(scale, scale)

    def joint(score, other):
        away = np.array([score, other]) - centre
        inside = away @ np.linalg.inv(covariance) @ away
        return np.exp(-inside / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))

    for other in (-1.0, 0.3, 1.2):
        mass, _ = quad(joint, -8, norm.ppf(margin.masses[0]), args=(other,))
        assert np.exp(model.score_samples([[0.0, other]])[0]) == pytest.approx(mass, rel=0.03)
        until = margin.density_and_cdf(np.array([0.7]))
        score = norm.ppf(until[1][0])
        exact = joint(score, other) * np.exp(until[0][0]) / norm.pdf(score)
        assert np.exp(model.score_samples([[0.7, other]])[0]) == pytest.approx(exact, rel=1e-6)
    assert model.score_samples([[-0.1, 0.0]])[0] == -np.inf
    x = np.linspace(1e-6, 6, 400)
    y = np.linspace(-5, 5, 300)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    above = np.exp(model.score_samples(grid)).reshape(400, 300)
    at = np.exp(model.score_samples(np.column_stack([np.zeros(300), y])))
    whole = np.trapezoid(np.trapezoid(above, y), x) + np.trapezoid(at, y)
    assert whole == pytest.approx(1, abs=0.01)


def test_whole_weights_are_repeated_rows():
    z, times = rectified(300), np.arange(300) % 3
    one = Gaussian().fit(z, sample_weight=times, rng=0)
    many = Gaussian().fit(np.repeat(z, times, axis=0), rng=0)
    assert one.mixed_columns_.tolist() == many.mixed_columns_.tolist() == [0, 1]
    at = rectified(50, seed=1)
    at = at[(at[:, :2] > 0).all(axis=1)]
    assert one.score_samples(at) == pytest.approx(many.score_samples(at), abs=0.3)  # drawn scores
