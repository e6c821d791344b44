"""Gaussian copula: the slow formula, scipy's normal distribution, exact conditions, far tails."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from aegen.core.errors import InvalidInput, StorageError
from aegen.samplers import load, samplers
from aegen.samplers._mixed_marginal import MixedMargin
from aegen.samplers._normal_scores import NormalScores
from tests.evidence import cdf_agrees, probability_agrees, same_distribution
from tests.example_codes import clusters, constant_column, tilted
from tests.samplers.smoothed_margins import silvermans, smoothed


def copula(z, *, sample_weight=None, **fields):
    return samplers.create("gaussian-copula", **fields).fit(z, sample_weight=sample_weight)


def skewed(n=60, *, seed=0):
    """Dependent codes (n, 3), none of whose columns is normal."""
    x = tilted(n, seed=seed)
    third = np.random.default_rng(seed + 100).normal(size=n)
    return np.column_stack([np.exp(x[:, 0] / 2), x[:, 1] ** 3, third - x[:, 0]])


BOUNDS = [(0, np.inf), (-np.inf, 0), (-np.inf, np.inf)]
"""Of the columns of 80 to 100 `skewed` codes."""


def slow_density(z, codes, correlation):
    """The docstring's formula for `skewed` codes, term by term."""
    logs, below = np.stack([margin(z[:, j], codes, j) for j in range(3)], axis=-1)
    scores = norm.ppf(below)
    joint = multivariate_normal(np.zeros(3), correlation).logpdf(scores)
    return joint + (logs - norm.logpdf(scores)).sum(axis=1)


def margin(x, codes, j):
    """Log-density and distribution function at x (m,) of a column of `skewed` codes."""
    return smoothed(x, codes[:, j], silvermans(codes[:, j]), *BOUNDS[j])


def rank_correlation(codes):
    """Correlations of normal scores of ranks, for codes without ties."""
    ranks = codes.argsort(axis=0).argsort(axis=0) + 0.5
    return np.corrcoef(norm.ppf(ranks / len(codes)).T)


def test_density_against_the_slow_formula():
    codes, z = skewed(80), skewed(40, seed=7)
    z = z[z[:, 1] < 0]
    model = copula(codes)
    beyond = np.array([[-0.1, -8, 0], [1, 0.1, 0]])
    assert model.score_samples(beyond).tolist() == [-np.inf, -np.inf]
    at_bounds = np.array([[0.0, -8, 0], [1, 0, 0]])
    assert np.isfinite(model.score_samples(at_bounds)).all()
    expected = slow_density(z, codes, rank_correlation(codes))
    assert model.score_samples(z) == pytest.approx(expected, rel=1e-6)
    assert model.score_samples(z) != pytest.approx(
        slow_density(z, codes, np.corrcoef(codes.T)), rel=1e-2
    )
    weaker = 0.7 * rank_correlation(codes) + 0.3 * np.eye(3)
    assert copula(codes, shrinkage=0.3).score_samples(z) == pytest.approx(
        slow_density(z, codes, weaker), rel=1e-6
    )


def test_bell_shaped_codes_give_scipys_normal_distribution():
    codes, z = tilted(20_000), tilted(2000, seed=1)
    truth = multivariate_normal([1, -2], [[4, 0.8], [0.8, 0.25]]).logpdf(z)
    loss = truth - copula(codes).score_samples(z)
    assert abs(loss.mean()) < 0.01
    assert np.median(np.abs(loss)) < 0.03
    assert (truth - copula(codes, shrinkage=1.0).score_samples(z)).mean() > 0.3


def test_correlations_do_not_see_the_margins():
    z = tilted(300)
    bent = np.column_stack([np.exp(z[:, 0]), z[:, 1] ** 3])
    assert np.array_equal(copula(z).covariance_, copula(bent).covariance_)
    assert copula(z).covariance_[0, 1] == pytest.approx(0.8, abs=0.08)
    flipped = z * [1, -1]
    assert copula(flipped).covariance_[0, 1] == pytest.approx(-copula(z).covariance_[0, 1])


def plane(codes, size=250):
    """A grid (size², 2) over all that a model of these codes has mass on, and its cell."""
    reach = 3 * codes.std(axis=0)
    ends = zip(codes.min(axis=0) - reach, codes.max(axis=0) + reach, strict=True)
    axes = [np.linspace(low, high, size) for low, high in ends]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2), np.prod(
        [axis[1] - axis[0] for axis in axes]
    )


@pytest.mark.parametrize("codes", [tilted(80), clusters(90, 2), skewed(80)[:, 1:]])
def test_density_is_normalised_and_draws_follow_it(codes):
    model = copula(codes)
    grid, cell = plane(codes)
    mass = np.exp(model.score_samples(grid)) * cell
    assert mass.sum() == pytest.approx(1, abs=2e-3)
    drawn = model.sample(50_000, rng=1)
    low, high = np.quantile(codes, 0.3, axis=0), np.quantile(codes, 0.6, axis=0)
    inside = ((grid > low) & (grid < high)).all(axis=1)
    caught = ((drawn > low) & (drawn < high)).all(axis=1)
    assert probability_agrees(caught, mass[inside].sum())
    alone = copula(codes, shrinkage=1.0).sample(50_000, rng=1)
    if not np.array_equal(codes, clusters(90, 2)):  # within clusters there is no dependence
        assert not probability_agrees(
            ((alone > low) & (alone < high)).all(axis=1), mass[inside].sum()
        )


def test_columns_of_draws_are_the_smoothed_margins():
    codes = skewed(100)
    drawn = copula(codes).sample(50_000, rng=2)
    for j in range(3):
        reach = 6 * silvermans(codes[:, j])
        grid = np.linspace(codes[:, j].min() - reach, codes[:, j].max() + reach, 3000)
        below = margin(grid, codes, j)[1]
        assert cdf_agrees(drawn[:, j], lambda x, g=grid, b=below: np.interp(x, g, b))
        assert not cdf_agrees(1.1 * drawn[:, j], lambda x, g=grid, b=below: np.interp(x, g, b))


def test_condition_against_the_integral_of_the_joint_density():
    codes = skewed(60)
    model = copula(codes)
    for at in (np.quantile(codes[:, 1], 0.8), codes[:, 1].max() + 2 * codes[:, 1].std()):
        given = model.condition({1: at})
        grid, cell = plane(codes[:, [0, 2]], 150)
        whole = np.column_stack([grid[:, 0], np.full(len(grid), at), grid[:, 1]])
        joint = model.score_samples(whole)
        expected = joint - logsumexp(joint) - np.log(cell)
        likely = expected > expected.max() - 20
        assert given.score_samples(whole)[likely] == pytest.approx(expected[likely], abs=2e-2)
        other = model.condition({1: at + 0.5 * codes[:, 1].std()})
        whole[:, 1] += 0.5 * codes[:, 1].std()
        assert other.score_samples(whole)[likely] != pytest.approx(expected[likely], abs=2e-2)


def test_draws_of_a_condition_against_its_density_and_against_close_draws():
    codes = tilted(80)
    model = copula(codes)
    given = model.condition({0: 2.5})
    drawn = given.sample(50_000, rng=3)
    assert (drawn[:, 0] == 2.5).all()
    grid = np.linspace(-6, 2, 8001)
    density = np.exp(given.score_samples(np.column_stack([np.full(8001, 2.5), grid])))
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)]) * (
        grid[1] - grid[0]
    )
    assert below[-1] == pytest.approx(1, abs=1e-4)
    assert cdf_agrees(drawn[:, 1], lambda x: np.interp(x, grid, below))
    close = model.sample(1_000_000, rng=4)
    close = close[np.abs(close[:, 0] - 2.5) < 0.05, 1]
    assert same_distribution(drawn[:, 1], close)
    assert not same_distribution(model.condition({0: 1.5}).sample(50_000, rng=3)[:, 1], close)


def test_conditions_one_after_the_other_are_the_condition_on_all():
    codes = np.column_stack([skewed(90), tilted(90, seed=3)])
    model = copula(codes)
    at_once = model.condition({3: 1.0, 0: 2.0, 4: -1.5})
    in_turn = model.condition({0: 2.0}).condition({4: -1.5}).condition({3: 1.0})
    assert in_turn.mean_ == pytest.approx(at_once.mean_, abs=1e-12)
    assert in_turn.covariance_ == pytest.approx(at_once.covariance_, abs=1e-12)
    z = at_once.sample(50, rng=0)
    assert in_turn.score_samples(z) == pytest.approx(at_once.score_samples(z), rel=1e-9)


def test_conditions_far_outside_the_codes():
    codes = tilted(50)
    h = [silvermans(column) for column in codes.T]
    model = copula(codes)
    r = model.covariance_[0, 1]

    def log_above(x, j):
        return logsumexp(norm.logsf((x - codes[:, j]) / h[j])) - np.log(50)

    for at in (30.0, 1e3, 1e7):
        given = model.condition({0: at})
        # The score that has the same logarithm of the upper tail, found by halving.
        low, high = 0.0, 10 * at
        for _ in range(200):
            middle = (low + high) / 2
            above = norm.logsf(middle) > log_above(at, 0)
            low, high = (middle, high) if above else (low, middle)
        drawn = np.sort(given.sample(2001, rng=0)[:, 1])
        assert np.isfinite(drawn).all()
        spread = np.sqrt(1 - r * r)
        probabilities = norm.logsf(r * low + spread * np.array([-1.0, 0.0, 1.0]))
        got = [log_above(drawn[k], 1) for k in (int(2001 * 0.1587), 1000, int(2001 * 0.8413))]
        assert got == pytest.approx(probabilities, rel=0.08 if at < 100 else 0.01)
        assert np.isfinite(given.score_samples(given.sample(50, rng=1))).all()
    assert copula(codes, shrinkage=1.0).condition({0: 30.0}).mean_[0] == 0


def test_scores_and_codes_are_inverse_everywhere():
    codes = skewed(500)
    columns = np.sort(codes, axis=0).T
    scores = NormalScores(tuple(MixedMargin.of(c, count=500.0, bandwidth=0.2) for c in columns))
    rng = np.random.default_rng(0)
    for reach, tolerance in [(3.9, 1e-4), (9, 1e-4), (40, 1e-4), (1e6, 1e-9), (1e50, 1e-9)]:
        x = rng.uniform(-reach, reach, (500, 3))
        x = np.clip(x, [-7, -np.inf, -np.inf], [np.inf, 7, np.inf])  # near bounds no further
        back = scores.of_codes(scores.to_codes(x))[0]
        assert back == pytest.approx(x, abs=1e-4, rel=tolerance)


def test_whole_weights_are_repeated_rows():
    codes = np.round(skewed(100), 2)  # with ties, of at most four repeated rows
    assert all(len(np.unique(column)) < 97 for column in codes.T)
    weights = np.arange(100) % 3
    weighted = copula(codes, sample_weight=weights)
    repeated = copula(np.repeat(codes, weights, axis=0))
    assert weighted.covariance_ == pytest.approx(repeated.covariance_, abs=1e-12)
    z = skewed(30, seed=5)
    assert weighted.score_samples(z) == pytest.approx(repeated.score_samples(z), rel=1e-9)
    assert weighted.score_samples(z) != pytest.approx(copula(codes).score_samples(z), rel=1e-3)
    one, two = (m.condition({1: -8.0}).sample(20, rng=0) for m in (weighted, repeated))
    assert one == pytest.approx(two, rel=1e-6)


def test_fewer_rows_than_columns():
    codes = np.random.default_rng(0).normal(size=(8, 20))
    with pytest.raises(InvalidInput, match=r"at least 21 codes in 20 dimensions.*shrinkage"):
        copula(codes)
    model = copula(codes, shrinkage=0.2)
    assert np.isfinite(model.score_samples(model.sample(20, rng=0))).all()
    assert np.isfinite(model.condition({3: 1.0, 5: 0.0}).sample(20, rng=0)).all()


def test_columns_that_depend_on_each_other_exactly():
    z = tilted(60)
    codes = np.column_stack([z[:, 0], np.exp(z[:, 0]), z[:, 1]])
    model = copula(codes)
    with pytest.raises(InvalidInput, match=r"no density.*in ranks"):
        model.score_samples(codes)
    drawn = model.sample(200, rng=0)
    assert np.array_equal(np.argsort(drawn[:, 0]), np.argsort(drawn[:, 1]))
    with pytest.raises(InvalidInput, match="depend on each other exactly"):
        model.condition({0: 0.0, 1: 40.0})
    score = copula(codes)._margins().of_codes(codes[:1])[0][0]
    assert np.isfinite(model.condition({0: codes[0, 0]}).sample(9, rng=0)).all()
    assert score[0] == pytest.approx(score[1], abs=1)
    assert np.isfinite(copula(codes, shrinkage=0.1).score_samples(codes)).all()


def test_a_constant_column_takes_its_own_value_only():
    model = copula(constant_column())
    given = model.condition({1: 7.1, 0: 2.0})
    assert np.isfinite(given.score_samples(given.sample(5, rng=0))).all()
    assert (model.condition({0: 2.0}).sample(5, rng=0)[:, 1] == 7.1).all()
    with pytest.raises(InvalidInput, match=r"7\.1"):
        model.condition({1: 7.2})


def test_a_conditioned_model_is_saved_and_one_that_misleads_is_refused(tmp_path):
    model = copula(skewed()).condition({2: 0.5})
    file = tmp_path / "model"
    model.save(file)
    again = load(file)
    assert again.sample(20, rng=0).tobytes() == model.sample(20, rng=0).tobytes()
    z = model.sample(20, rng=1)
    assert np.array_equal(again.score_samples(z), model.score_samples(z))
    for name, value in [
        ("covariance_", np.array([[1.0, 0.5], [0.2, 1.0]])),
        ("covariance_", np.array([[1.0, 2.0], [2.0, 1.0]])),
        ("weights_", -model.weights_),
        ("weights_", model.weights_ * 2),
        ("count_", 0.0),
        ("count_", 2.0 * len(model.codes_)),
    ]:
        wrong = load(file)
        setattr(wrong, name, value)
        wrong.save(tmp_path / "wrong")
        with pytest.raises(StorageError, match=name):
            load(tmp_path / "wrong")
