"""What the empirical beta copula does beyond the paper: weights, conditions, cdf, jitter, batches.

Laws are checked against slow sums by the book, and each check is seen to fail on a wrong subject.
"""

import numpy as np
import pytest
from scipy.special import betaln
from scipy.stats import beta, norm

from aegen.core.errors import InvalidInput
from aegen.samplers import load, samplers
from aegen.samplers._beta_sums import BetaSums, _step_cdf
from aegen.samplers._jitter import Correlated
from tests.evidence import cdf_agrees, probability_agrees, same_distribution
from tests.example_codes import clusters, constant_column, tied, tilted
from tests.samplers.smoothed_margins import found, smoothed_cdf


def ebc(z, *, rng=0, sample_weight=None, **fields):
    model = samplers.create("empirical-beta-copula", **fields)
    return model.fit(z, rng=rng, sample_weight=sample_weight)


def parts(start, length, m):
    """Steps that a stretch covers, with its share in each."""
    for s in range(1, m + 1):
        share = min(s, start + length) - max(s - 1, start)
        if share > 0:
            yield s, share / length


def by_the_book(start, length, weights, m, u, law):
    """sum_i w_i prod_j of the mean of ``law`` over the steps of row i, for each u (k, d)."""
    out = np.zeros(len(u))
    for i, weight in enumerate(weights):
        product = np.full(len(u), weight)
        for j in range(u.shape[1]):
            product *= sum(
                p * law(u[:, j], s, m + 1 - s) for s, p in parts(start[i, j], length[i], m)
            )
        out += product
    return out


def stretches(n, d, shares, rng):
    order = np.stack([rng.permutation(n) for _ in range(d)], axis=1)
    start = np.empty((n, d))
    for j in range(d):
        until = np.cumsum(shares[np.argsort(order[:, j])])
        start[:, j] = (until - shares[np.argsort(order[:, j])])[order[:, j]]
    return start


@pytest.mark.parametrize("m", [1, 4, 9, 30])
def test_sums_of_uneven_rows_against_the_book(m):
    rng = np.random.default_rng(m)
    n, d = 12, 3
    shares = rng.dirichlet(np.full(n, 0.5))
    start, length = m * stretches(n, d, shares, rng), m * shares
    weights = rng.dirichlet(np.ones(n))
    weights[3] = 0.0
    weights /= weights.sum()
    sums = BetaSums.of(start, length, weights, m)
    u = rng.random((40, d))
    density = by_the_book(start, length, weights, m, u, beta.pdf)
    assert np.exp(sums.log_density(u)) == pytest.approx(density, rel=1e-9)
    assert sums.cdf(u) == pytest.approx(by_the_book(start, length, weights, m, u, beta.cdf))
    rows = np.exp(sums.row_logs(u[0], u[0]))
    assert 3 not in sums.kept
    assert rows.sum() == pytest.approx(density[0], rel=1e-9)
    low, high = np.sort(rng.random((2, d)), axis=0)
    box = [
        by_the_book(start, length, weights, m, np.where(corner, high, low)[None], beta.cdf)[0]
        * (-1) ** (d - sum(corner))
        for corner in np.ndindex(2, 2, 2)
    ]
    assert np.exp(sums.row_logs(low, high)).sum() == pytest.approx(sum(box), rel=1e-6)
    assert np.exp(sums.log_density(high[None], low[None])) == pytest.approx(sum(box), rel=1e-6)
    low[1] = high[1]  # one column by its density, the others by their intervals
    step = 1e-5 * np.array([0, 1, 0])
    thin = np.exp(sums.row_logs(low - step, high + step)).sum() / 2e-5
    assert np.exp(sums.row_logs(low, high)).sum() == pytest.approx(thin, rel=1e-5)
    if m > 1:
        equal = BetaSums.of(start, length, np.full(n, 1 / n), m)
        assert equal.log_density(u) != pytest.approx(sums.log_density(u), rel=1e-3)


def test_step_cdf_is_the_incomplete_beta_function_in_both_tails():
    for m in (1, 7, 5000):
        for u in (1e-12, 0.3, 0.9999):
            s = np.arange(1, m + 1)
            found, wanted = _step_cdf(u, m)[1:], beta.cdf(u, s, m + 1 - s)
            assert (np.abs(found - wanted) <= np.maximum(1e-7 * wanted, 1e-12)).all()


def test_cdf_is_the_share_of_draws_below():
    model = ebc(tilted(40), degree=15)
    drawn = model.sample(100_000, rng=1)
    for at in ([1.0, -2.0], [2.0, -2.5], [-1.0, -1.9]):
        below = (drawn <= at).all(axis=1)
        probability = model.cdf([at])[0]
        assert probability_agrees(below, probability)
        assert not probability_agrees(below, 1.1 * probability + 0.02)
    empirical = ebc(tilted(40), degree=15, margins="empirical")
    drawn = empirical.sample(100_000, rng=1)
    at = tilted(40)[11]
    assert probability_agrees((drawn <= at).all(axis=1), empirical.cdf([at])[0])


# margins


def test_gaussian_margins_are_normal():
    z = tilted(80)
    model = ebc(z, margins="gaussian", degree=10)
    drawn = model.sample(40_000, rng=2)
    for j in range(2):
        assert cdf_agrees(drawn[:, j], norm(z[:, j].mean(), z[:, j].std()).cdf)
        assert not cdf_agrees(drawn[:, j], norm(z[:, j].mean(), 1.1 * z[:, j].std()).cdf)
    independent = ebc(z, margins="gaussian", degree=1)
    diagonal = samplers.create("gaussian", covariance="diagonal").fit(z)
    at = tilted(30, seed=3)
    assert independent.score_samples(at) == pytest.approx(diagonal.score_samples(at))
    far = np.array([[1e6, -1e6]])
    assert np.isfinite(model.score_samples(far)).all()


# weights


def test_weights_move_margins_and_dependence_to_the_weighted_codes():
    """Whole-number weights against repeated rows, in law; equal weights for comparison."""
    z = clusters(60, 2)
    whole = 1 + 3 * (z[:, 0] > 2)
    for margins in ("gaussian", "empirical"):
        weighted = ebc(z, sample_weight=whole, degree=20, margins=margins)
        repeated = [
            ebc(np.repeat(z, whole, axis=0), rng=seed, degree=20, margins=margins)
            for seed in range(20)
        ]
        reference = [model.sample(2000, rng=seed) for seed, model in enumerate(repeated)]
        drawn = weighted.sample(40_000, rng=4)
        assert same_distribution(drawn, np.concatenate(reference))
        plain = ebc(z, degree=20, margins=margins).sample(40_000, rng=4)
        assert not same_distribution(plain, np.concatenate(reference))


def test_kernel_margins_of_weighted_codes():
    """The bandwidth is Silverman's for Kish's effective number of rows."""
    z = clusters(60, 2)
    weights = np.random.default_rng(4).exponential(size=60) * (1 + 3 * (z[:, 0] > 2))
    model = ebc(z, sample_weight=weights, degree=20)
    share = weights / weights.sum()
    drawn = model.sample(40_000, rng=5)
    for j in range(2):
        grid = np.linspace(-14, 14, 4000)
        exact = smoothed_cdf(grid, z[:, j], **found(z[:, j], weights), weights=share)

        def cdf(x, grid=grid, exact=exact):
            return np.interp(x, grid, exact)

        assert cdf_agrees(drawn[:, j], cdf)
        assert not cdf_agrees(ebc(z, degree=20).sample(40_000, rng=5)[:, j], cdf)


@pytest.mark.parametrize("degree", [3, 17, "n"])
def test_copula_of_weighted_rows_has_uniform_margins(degree):
    rng = np.random.default_rng(5)
    model = ebc(tilted(50), sample_weight=rng.exponential(size=50) ** 2, degree=degree)
    rows = model._choose_rows(100_000, model.weights_, rng)
    u = np.empty((100_000, 2))
    model._draw_u(rows, u, np.uint64(6))
    assert cdf_agrees(u, lambda x: x)
    even = rng.integers(50, size=100_000)
    model._draw_u(even, u, np.uint64(6))
    assert not cdf_agrees(u, lambda x: x)


def test_one_row_with_all_the_weight():
    weights = np.zeros(30)
    weights[4] = 1
    with pytest.raises(InvalidInput, match="needs at least 2 codes"):
        ebc(tilted(30), sample_weight=weights)
    model = ebc(tilted(30))
    _, rows = model.sample_rows(50, weights=weights, rng=0)
    assert (rows == 4).all()
    assert model.effective_rows(weights) == 1
    assert "1.0 effective rows of 30" in model.collapse(weights)
    assert model.collapse() is None


# conditions


@pytest.mark.parametrize(("degree", "margins"), [("n", "kde"), (7, "kde"), (12, "gaussian")])
def test_conditional_density_is_joint_over_marginal(degree, margins):
    z = clusters(40, 3, seed=6)
    model = ebc(z, degree=degree, margins=margins)
    given = model.condition({1: 3.7})
    at = clusters(20, 3, seed=7)
    at[:, 1] = 3.7
    grid = np.linspace(-14, 14, 141)
    box = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    whole = np.insert(box, 1, 3.7, axis=1)
    marginal = np.exp(model.score_samples(whole)).sum() * 0.2**2
    expected = model.score_samples(at) - np.log(marginal)
    assert given.score_samples(at) == pytest.approx(expected, abs=5e-3)
    assert given.score_samples(at) != pytest.approx(model.score_samples(at), abs=0.1)
    at[:, 1] = 3.6
    assert (given.score_samples(at) == -np.inf).all()


def test_conditional_draws_follow_the_joint_near_the_value():
    """Draws of the joint whose coordinate falls within 0.02 of the value."""
    model = ebc(tilted(60), degree=20)
    drawn = model.sample(2_000_000, rng=8)
    near = drawn[np.abs(drawn[:, 0] - 2.0) < 0.02]
    given = model.condition({0: 2.0}).sample(20_000, rng=8)
    assert (given[:, 0] == 2.0).all()
    assert same_distribution(given[:, 1], near[:, 1])
    assert not same_distribution(drawn[:20_000, 1], near[:, 1])


def test_conditioning_twice_is_conditioning_on_both():
    model = ebc(clusters(80, 4), degree=9)
    both = model.condition({0: 0.1, 3: -0.2})
    twice = model.condition({3: -0.2}).condition({0: 0.1})
    at = np.array([[0.1, 0.0, 0.2, -0.2]])
    assert both.score_samples(at) == pytest.approx(twice.score_samples(at))
    assert both.effective_rows() == pytest.approx(twice.effective_rows())
    with pytest.raises(InvalidInput, match="fixed already"):
        both.condition({0: 1.0})
    with pytest.raises(InvalidInput, match="leave a coordinate free"):
        model.condition({0: 0, 1: 0, 2: 0, 3: 0})


def test_effective_rows_follow_the_rule_of_thumb_and_collapse_is_said():
    """About n prod 2 sqrt(pi u (1-u) / m) rows under independence: betas are nearly normal."""
    z = np.random.default_rng(9).normal(size=(2000, 4))
    middle = {k: float(np.median(z[:, k])) for k in range(3)}
    for degree in ("n", 20):
        m = 2000 if degree == "n" else degree
        model = ebc(z, degree=degree)
        for k in (1,) if degree == "n" else (1, 2):
            given = model.condition({j: middle[j] for j in range(k)})
            expected = 2000 * (2 * np.sqrt(np.pi * 0.25 / m)) ** k
            assert given.effective_rows() == pytest.approx(expected, rel=0.6)
    assert "effective rows of 2,000" in ebc(z).condition(middle).collapse()
    assert ebc(z, degree=10).condition({0: 0.0}).collapse() is None


def test_conditions_on_values_that_only_occur_or_never_change():
    model = ebc(constant_column(40), degree=10)
    given = model.condition({1: 7.1})
    assert np.array_equal(given.weights_, model.weights_)
    with pytest.raises(InvalidInput, match=r"cannot be given 8 in a column that is constant"):
        model.condition({1: 8.0})
    z = tied(60)
    empirical = ebc(z, margins="empirical", degree=10)
    value = float(z[0, 0])
    drawn = empirical.sample(200_000, rng=10)
    given = empirical.condition({0: value}).sample(50_000, rng=10)
    assert same_distribution(given[:, 1], drawn[drawn[:, 0] == value, 1])
    assert not same_distribution(given[:, 1], drawn[drawn[:, 0] != value, 1])
    with pytest.raises(InvalidInput, match="has empirical margins"):
        empirical.condition({0: value + 1e-9})


def test_conditions_far_outside_the_codes_are_finite():
    for fields in ({}, {"degree": 8}, {"margins": "gaussian"}):
        model = ebc(clusters(50, 3), **fields)
        for value in (1e6, -1e6, 1e90):
            given = model.condition({1: value})
            assert np.isfinite(given.sample(50, rng=0)).all()
            assert np.isfinite(given.weights_).all()


def test_a_conditioned_model_is_saved_with_its_condition(tmp_path):
    model = ebc(clusters(50, 3), degree=8).condition({2: 0.3})
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.sample(64, rng=1), model.sample(64, rng=1))
    assert np.array_equal(again.weights_, model.weights_)
    assert (again.sample(9, rng=1)[:, 2] == 0.3).all()


# rows


def test_balanced_rows_are_each_used_equally_often():
    z = tilted(50)
    model = ebc(z, rows="balanced")
    for n in (20, 50, 120):
        counts = np.bincount(model.sample_rows(n, rng=11)[1], minlength=50)
        assert counts.min() == n // 50
        assert counts.max() == -(-n // 50)
    weights = np.random.default_rng(12).random(50)
    counts = np.bincount(model.sample_rows(1000, weights=weights, rng=12)[1], minlength=50)
    expected = 1000 * weights / weights.sum()
    assert (np.abs(counts - expected) < 1).all()
    iid = np.bincount(ebc(z).sample_rows(1000, weights=weights, rng=12)[1], minlength=50)
    assert (np.abs(iid - expected) >= 1).any()


def test_balanced_draws_have_the_law_of_iid_ones():
    z = clusters(40, 2)
    model = ebc(z, rows="balanced", degree=10)
    rng = np.random.default_rng(14)
    first = np.concatenate([model.sample(3, rng=rng)[:1] for _ in range(14_000)])
    assert same_distribution(first, ebc(z, degree=10).sample(40_000, rng=13))
    assert not same_distribution(first, ebc(z, degree=2).sample(40_000, rng=13))


# jitter


@pytest.mark.parametrize("jitter", ["correlated", "local"])
@pytest.mark.parametrize("coupling", [0.5, 1.0])
def test_coupled_jitter_keeps_margins_uniform(jitter, coupling):
    along, across = np.random.default_rng(13).normal(size=(2, 200)) * [[1.0], [0.01]]
    z = np.column_stack([along, along + across])
    model = ebc(z, jitter=jitter, coupling=coupling, degree=10)
    u = np.empty((20_000, 2))
    rows = np.random.default_rng(14).integers(200, size=20_000)
    model._draw_u(rows, u, np.uint64(14))
    assert cdf_agrees(u, lambda x: x)
    steps = -(-10 * model.ranks_[rows] // 200)
    v = beta.cdf(u, steps, 11 - steps)
    assert cdf_agrees(v, lambda x: x)
    own = beta.rvs(steps, 11 - steps, random_state=1)
    coupled = np.corrcoef(norm.ppf(np.clip(v, 1e-12, 1 - 1e-12)).T)[0, 1]
    independent = np.corrcoef(norm.ppf(beta.cdf(own, steps, 11 - steps)).T)[0, 1]
    assert coupled > 0.5 * coupling
    assert abs(independent) < 0.04


@pytest.mark.parametrize("rows", [5, 40])
def test_correlated_jitter_follows_the_scores_of_few_rows_and_of_many(rows):
    rng = np.random.default_rng(0)
    scores, weights = rng.normal(size=(rows, 8)), rng.dirichlet(np.ones(rows))
    root = Correlated(scores, weights).root
    covariance = (scores * weights[:, None]).T @ scores
    spread = np.sqrt(np.diag(covariance))
    assert root @ root.T == pytest.approx(covariance / np.outer(spread, spread), abs=1e-12)


def test_correlated_jitter_has_the_stated_correlation():
    model = ebc(tilted(300), jitter="correlated", coupling=0.5, degree=10)
    rows = np.zeros(100_000, dtype=np.int64)
    scores = model._coupled.draw(rows, 0.5, np.random.default_rng(15))
    root = model._coupled.root
    expected = 0.5 * np.eye(2) + 0.5 * root @ root.T
    assert np.cov(scores.T) == pytest.approx(expected, abs=0.02)
    normal_scores = norm.ppf((model.ranks_ - 0.5) / 300)
    assert (root @ root.T)[0, 1] == pytest.approx(np.corrcoef(normal_scores.T)[0, 1], abs=1e-9)


def test_local_jitter_follows_the_sheet_of_the_codes():
    """On a circle draws stay nearer to it than with independent jitter of the same size."""
    angle = np.random.default_rng(16).uniform(0, 2 * np.pi, 3000)
    z = np.column_stack([np.cos(angle), np.sin(angle)])

    def off(**fields):
        drawn = ebc(z, degree=60, margins="empirical", **fields).sample(4000, rng=16)
        return np.median(np.abs(np.hypot(*drawn.T) - 1))

    assert off(jitter="local", coupling=1.0) < 0.6 * off()


def test_rows_of_weight_zero_are_nobodys_neighbours():
    rng = np.random.default_rng(25)
    along = rng.normal(size=200)
    sheet = np.column_stack([along, along + 0.001 * rng.normal(size=200)])
    off = np.concatenate([sheet + np.array([e, -e]) for e in np.linspace(-1e-3, 1e-3, 20)])
    everything = np.concatenate([sheet, off])
    weights = np.r_[np.ones(200), np.zeros(len(off))]

    def correlation(**options):
        model = ebc(everything, jitter="local", coupling=1.0, degree=10, **options)
        numbers = model._coupled.draw(np.arange(200), 1.0, np.random.default_rng(26))
        return np.corrcoef(numbers.T)[0, 1]

    assert correlation(sample_weight=weights) > 0.9
    assert correlation() < 0.5


def test_numpys_numbers_as_fields_are_saved(tmp_path):
    model = ebc(tilted(40), degree=np.int64(7))
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").degree == 7


def test_coupled_jitter_says_what_it_cannot_do():
    model = ebc(tilted(50), jitter="local", degree=10)
    for ask in (
        lambda: model.score_samples(tilted(3)),
        lambda: model.cdf(tilted(3)),
        lambda: model.condition({0: 1.0}),
    ):
        with pytest.raises(
            InvalidInput, match=r'jitter="local" has no .* use jitter="independent"'
        ):
            ask()


def test_no_coupling_is_independent_jitter_in_law():
    z = clusters(60, 3)
    one = ebc(z, jitter="correlated", coupling=0.0, degree=10).sample(20_000, rng=17)
    assert same_distribution(one, ebc(z, degree=10).sample(20_000, rng=18))
    assert not same_distribution(one, ebc(z, degree=3).sample(20_000, rng=18))


# the degree


def test_auto_degree_is_near_the_best_for_fresh_codes():
    z, fresh = tilted(400, seed=19), tilted(1500, seed=20)
    model = ebc(z, degree="auto")
    scores = {m: ebc(z, degree=m).score(fresh) for m in (1, 3, 10, 30, 100, 400)}
    assert model.score(fresh) > max(scores.values()) - 0.02
    assert model.score(fresh) > scores[1] + 0.1
    assert model.score(fresh) > scores[400] + 0.1
    assert ebc(z, degree="auto").degree_ == model.degree_


def test_auto_degree_of_independent_and_of_tiny_codes():
    rng = np.random.default_rng(21)
    assert ebc(rng.random((1000, 3)), degree="auto").degree_ <= 4
    assert ebc([[0.0], [1.0]], degree="auto").degree_ == 1
    assert ebc(np.ones((50, 2)), degree="auto").degree_ == 1
    ebc(constant_column(50), degree="auto").sample(3, rng=0)
    four = ebc([[0.2], [0.0], [-0.15], [0.2]], degree="auto")
    assert 1 <= four.degree_ <= 4


# other implementations


def test_draws_agree_in_law_with_the_kernel_sampler_of_statsmodels():
    """Its beta kernel Beta(x/b, (1-x)/b + 1) is this copula at x = R/n and b = 1/n."""
    from statsmodels.distributions.copula.other_copulas import rvs_kernel

    model = ebc(tilted(40))
    rows = np.random.default_rng(22).integers(40, size=40_000)
    u = np.empty((40_000, 2))
    model._draw_u(rows, u, np.uint64(22))
    theirs = {
        bandwidth: rvs_kernel(
            model.ranks_ / 40, 40_000, bw=bandwidth, rng=np.random.RandomState(23)
        )
        for bandwidth in (1 / 40, 1 / 10)
    }
    assert same_distribution(u, theirs[1 / 40])
    assert not same_distribution(u, theirs[1 / 10])


def test_density_at_a_row_of_a_hundred_dimensions_is_its_own_component():
    """The next component is 64,000 nats below, so naive products of densities fail."""
    rng = np.random.default_rng(24)
    model = ebc(rng.normal(size=(2000, 100)))
    ranks = model.ranks_[:2].astype(float)
    u = ranks / 2001
    own = (
        -betaln(ranks, 2001 - ranks) + (ranks - 1) * np.log(u) + (2000 - ranks) * np.log1p(-u)
    ).sum(1)
    assert model._sums.log_density(u) == pytest.approx(own - np.log(2000), abs=1e-6)
    assert (own > 300).all()
