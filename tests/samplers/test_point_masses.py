"""Codes with values that repeat and bounds: densities by the book, conditions against draws."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import beta, multivariate_normal, norm

from aegen.core.errors import InvalidInput
from aegen.samplers import (
    EmpiricalBetaCopula,
    GaussianCopula,
    IndependentMargins,
    VineCopula,
    load,
)
from aegen.samplers._mixed_marginal import MixedMargin
from aegen.samplers._ranks import Ranks
from tests.evidence import same_distribution

CORRELATION = np.array([[1, 0.8, 0.5], [0.8, 1, 0.6], [0.5, 0.6, 1]])


def rectified(n=600, d=3, *, seed=0):
    """Normal codes with strong correlations, cut off below 0 in all columns but the last."""
    x = np.random.default_rng(seed).multivariate_normal(np.zeros(3), CORRELATION, size=n)[:, :d]
    x[:, : d - 1] = np.maximum(x[:, : d - 1], 0)
    return x


MODELS = {
    "empirical-beta-copula": lambda: EmpiricalBetaCopula(degree=40),
    "gaussian-copula": GaussianCopula,
    "independent-margins": IndependentMargins,
    "vine-copula": lambda: VineCopula(families="gaussian"),
}
every = pytest.mark.parametrize("name", MODELS)
dependent = pytest.mark.parametrize("name", [n for n in MODELS if n != "independent-margins"])


@every
def test_zeros_bounds_and_the_rest_are_drawn_as_they_are(name, tmp_path):
    z = rectified()
    model = MODELS[name]().fit(z, rng=0)
    drawn = model.sample(20_000, rng=1)
    assert drawn.min(axis=0)[:2].tolist() == [0, 0]
    assert drawn[:, 2].min() < -2
    assert (drawn == 0).mean(axis=0) == pytest.approx((z == 0).mean(axis=0), abs=0.015)
    for j in range(2):
        assert same_distribution(drawn[drawn[:, j] > 0, j][:3000], smooth_part(z[:, j]))
    both = (drawn[:, :2] == 0).all(axis=1).mean()
    if name == "independent-margins":
        assert both == pytest.approx((z[:, :2] == 0).mean(axis=0).prod(), abs=0.01)
    else:
        assert both == pytest.approx((z[:, :2] == 0).all(axis=1).mean(), abs=0.03)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.sample(500, rng=2).tobytes() == model.sample(500, rng=2).tobytes()
    assert np.array_equal(again.score_samples(z[:40]), model.score_samples(z[:40]))


def smooth_part(column):
    """Positive values with the noise of their kernel, mirrored at 0, by hand."""
    margin = MixedMargin.of(np.sort(column), count=float(len(column)))
    rng = np.random.default_rng(3)
    return np.abs(rng.choice(column[column > 0], 3000) + margin.rest.width * rng.normal(size=3000))


def ends(z, codes, weights=None):
    """P(Z < z), P(Z <= z) and the log-density of each value, by the slow sums of one column."""
    weights = np.full(len(codes), 1 / len(codes)) if weights is None else weights
    order = np.argsort(codes, kind="stable")
    margin = MixedMargin.of(codes[order], weights[order], count=1 / (weights @ weights))
    share, h = weights[codes == 0].sum(), None if margin.rest is None else margin.rest.width
    at_zero = z == 0
    smooth, own = codes[codes != 0], weights[codes != 0]
    if share == 0:
        until = norm.cdf((z[:, None] - smooth) / h) @ own
        density = norm.pdf(z[:, None], smooth, h) @ own
        return until, until, np.log(density)
    apart = norm.cdf((z[:, None] - smooth) / h) - norm.cdf((-z[:, None] - smooth) / h)
    density = (norm.pdf(z[:, None], smooth, h) + norm.pdf(-z[:, None], smooth, h)) @ own
    until = np.where(at_zero, share, share + apart @ own)
    return np.where(at_zero, 0.0, until), until, np.log(np.where(at_zero, share, density))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("degree", ["n", 7])
def test_density_of_an_empirical_beta_copula_by_the_book(degree, weighted):
    codes = rectified(40)
    weights = np.full(40, 1 / 40)
    if weighted:
        weights = np.random.default_rng(5).dirichlet(np.full(40, 5.0))
    model = EmpiricalBetaCopula(degree=degree).fit(
        codes, sample_weight=weights if weighted else None, rng=0
    )
    m, z = model.degree_, np.concatenate([codes, rectified(30, seed=1)])
    start, length = Ranks(model.ranks_, weights).stretches(m)
    terms = np.tile(weights, (len(z), 1))
    for j in range(3):
        low, high, logs = ends(z[:, j], codes[:, j], weights)
        for i in range(40):
            density = np.zeros(len(z))
            for s in range(1, m + 1):
                share = min(s, start[i, j] + length[i]) - max(s - 1, start[i, j])
                if share > 1e-9:
                    law = beta(s, m + 1 - s)
                    mass = law.cdf(high) - law.cdf(low)
                    density += share / length[i] * np.where(low < high, mass, law.pdf(high))
            terms[:, i] *= density * np.where(low < high, 1.0, np.exp(logs))
    slow = np.log(terms.sum(axis=1))
    assert model.score_samples(z) == pytest.approx(slow, rel=1e-6, abs=1e-6)
    assert (z == 0).all(axis=1).sum() == 0
    assert ((z == 0).any(axis=1)).sum() > 20
    beyond = z.copy()
    beyond[:, 0] = -0.1
    assert (model.score_samples(beyond) == -np.inf).all()


def test_density_of_independent_margins_by_the_book():
    codes, z = rectified(80), rectified(50, seed=1)
    slow = sum(ends(z[:, j], codes[:, j])[2] for j in range(3))
    assert IndependentMargins().fit(codes).score_samples(z) == pytest.approx(slow, rel=1e-7)


def test_a_gaussian_copula_sees_through_the_zeros():
    codes = rectified(3000)
    model = GaussianCopula().fit(codes, rng=0)
    assert model.covariance_ == pytest.approx(CORRELATION, abs=0.03)
    ranks = np.column_stack([np.unique(c, return_inverse=True)[1] for c in codes.T])
    assert np.corrcoef(ranks.T)[0, 1] < 0.74  # mid-ranks do not
    assert np.array_equal(model.covariance_, GaussianCopula().fit(codes, rng=0).covariance_)


def test_density_of_a_gaussian_copula_by_the_book():
    codes, z = rectified(300), rectified(60, seed=1)
    model = GaussianCopula().fit(codes, rng=0)
    sides = [ends(z[:, j], codes[:, j]) for j in range(3)]
    slow = np.empty(len(z))
    for i in range(len(z)):
        zero = np.array([low[i] < high[i] for low, high, _ in sides])
        upper = np.array([norm.ppf(high[i]) for _, high, _ in sides])
        points, r = ~zero, model.covariance_
        x = upper[points]
        joint = multivariate_normal(np.zeros(points.sum()), r[np.ix_(points, points)])
        slow[i] = joint.logpdf(x) + sum(
            sides[j][2][i] - norm.logpdf(upper[j]) for j in np.flatnonzero(points)
        )
        if zero.any():
            slopes = r[np.ix_(zero, points)] @ np.linalg.inv(r[np.ix_(points, points)])
            left = r[np.ix_(zero, zero)] - slopes @ r[np.ix_(points, zero)]
            slow[i] += multivariate_normal(slopes @ x, left).logcdf(upper[zero])
    assert model.score_samples(z) == pytest.approx(slow, abs=0.01)
    one = (z == 0).sum(axis=1) < 2
    assert model.score_samples(z[one]) == pytest.approx(slow[one], abs=1e-6)


@pytest.mark.parametrize("name", ["gaussian-copula", "vine-copula"])
def test_probabilities_of_patterns_are_their_shares_among_draws(name):
    codes = np.maximum(rectified(800), 0)
    model = MODELS[name]().fit(codes, rng=0)
    drawn = model.sample(40_000, rng=1)
    nothing = np.exp(model.score_samples(np.zeros((1, 3))))[0]
    # a discrete vine's probabilities are near to those of its draws, not the same
    close = 0.004 if name == "gaussian-copula" else 0.03
    assert (drawn == 0).all(axis=1).mean() == pytest.approx(nothing, abs=close)
    assert (drawn == 0).all(axis=1).mean() == pytest.approx(
        (codes == 0).all(axis=1).mean(), abs=0.03
    )
    assert nothing > 1.5 * 0.125


@cache
def with_many_draws(name):
    model = MODELS[name]().fit(rectified(500), rng=0)
    return model, model.sample(400_000, rng=3)


@dependent
@pytest.mark.parametrize("given", [{0: 0.0}, {0: 0.0, 1: 0.0}, {0: 0.0, 2: -0.5}])
def test_conditions_on_zeros_against_close_draws(name, given):
    model, whole = with_many_draws(name)
    answer = model.condition(given, rng=1)
    drawn = answer.sample(2000, rng=2)
    close = np.ones(len(whole), dtype=bool)
    for j, value in given.items():
        assert (drawn[:, j] == value).all()
        close &= np.abs(whole[:, j] - value) <= (0 if value == 0 else 0.04)
    free = [j for j in range(3) if j not in given]
    assert close.sum() > 500
    assert same_distribution(drawn[:, free], whole[close][:2000, free])
    assert not same_distribution(drawn[:, free], whole[:2000, free])


@every
def test_conditions_on_other_values_leave_zeros_elsewhere(name):
    model, whole = with_many_draws(name)
    drawn = model.condition({2: 1.0}, rng=1).sample(4000, rng=2)
    close = whole[np.abs(whole[:, 2] - 1.0) < 0.03]
    share = (close[:, :2] == 0).mean(axis=0)
    assert (drawn[:, :2] == 0).mean(axis=0) == pytest.approx(share, abs=0.04)


@every
def test_values_that_never_occur_are_refused_in_a_sentence(name):
    model = MODELS[name]().fit(rectified(200), rng=0)
    with pytest.raises(InvalidInput, match=r"-0\.5"):
        model.condition({0: -0.5})
    counts = np.random.default_rng(0).integers(0, 3, (200, 2)).astype(float)
    whole = MODELS[name]().fit(counts, rng=0)
    with pytest.raises(InvalidInput, match=r"0\.5"):
        whole.condition({0: 0.5})
    assert set(whole.sample(500, rng=0).ravel()) == {0.0, 1.0, 2.0}
    assert np.exp(whole.score_samples([[i, j] for i in range(3) for j in range(3)])).sum() == (
        pytest.approx(1, abs=0.01)
    )
