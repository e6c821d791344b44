"""Kernel density: the slow sum, scipy's, a bandwidth that is the likeliest, exact conditions."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from scipy.stats import gaussian_kde, multivariate_normal, norm

from aegen.core.errors import InvalidInput
from aegen.core.progress import reporting
from aegen.core.storage import load_arrays, save_arrays
from aegen.samplers import _kernel_sums, load, samplers
from aegen.samplers._kernel_sums import log_sums
from aegen.samplers.base import fingerprint
from tests.evidence import cdf_agrees, moments_agree, same_distribution
from tests.example_codes import clusters, constant_column, tilted

SHAPES = ["scalar", "diagonal", "full"]
VARIANCES = ["kept", "inflated"]


def kde(z, *, rng=0, sample_weight=None, variance="inflated", **fields):
    model = samplers.create("kde", variance=variance, **fields)
    return model.fit(z, sample_weight=sample_weight, rng=rng)


def slow_density(z, codes, widths):
    terms = norm.logpdf(z[:, None, :], codes, widths).sum(axis=2)
    return logsumexp(terms, axis=1) - np.log(len(codes))


def left_out(codes, h):
    """Mean log-density that the others give to each row."""
    widths = h * codes.std(axis=0)
    terms = norm.logpdf(codes[:, None, :], codes, widths).sum(axis=2)
    np.fill_diagonal(terms, -np.inf)
    return np.mean(logsumexp(terms, axis=1)) - np.log(len(codes) - 1)


def test_moments_are_those_of_the_codes_plus_the_kernel():
    z = tilted(50)
    widened = np.cov(z.T, bias=True) + 0.4**2 * np.diag(z.var(axis=0))
    drawn = kde(z, bandwidth=0.4, shape="diagonal").sample(50_000, rng=1)
    assert moments_agree(drawn, z.mean(axis=0), widened)
    for wrong in (0.3, 0.5):
        assert not moments_agree(
            kde(z, bandwidth=wrong, shape="diagonal").sample(50_000, rng=1),
            z.mean(axis=0),
            widened,
        )


def test_each_column_has_the_mixture_distribution():
    z = clusters(30, 1)
    drawn = kde(z, bandwidth=0.1).sample(50_000, rng=2)
    width = 0.1 * z.std()
    assert cdf_agrees(drawn, lambda x: norm.cdf((x[:, None] - z[:, 0]) / width).mean(axis=1))
    assert not cdf_agrees(drawn, norm(z.mean(), z.std()).cdf)


def test_density_against_the_slow_sum():
    codes, z = clusters(90, 3), clusters(60, 3, seed=5) * 1.5
    model = kde(codes, bandwidth=0.2)
    slow = slow_density(z, codes, 0.2 * codes.std(axis=0))
    assert model.score_samples(z) == pytest.approx(slow, rel=1e-10)
    assert model.score_samples(z) != pytest.approx(slow_density(z, codes, 0.2), rel=1e-3)


@pytest.mark.parametrize("codes", [tilted(80), clusters(80, 1), clusters(120, 5)])
def test_bandwidth_is_the_likeliest_when_rows_are_left_out(codes):
    found = kde(codes, shape="diagonal").bandwidth_
    best = minimize_scalar(
        lambda log_h: -left_out(codes, np.exp(log_h)),
        bounds=(np.log(found) - 1, np.log(found) + 1),
        method="bounded",
    )
    assert found == pytest.approx(np.exp(best.x), rel=0.01)
    assert left_out(codes, found) > left_out(codes, found * 1.2) + 1e-4
    assert left_out(codes, found) > left_out(codes, found / 1.2) + 1e-4


def test_bandwidth_of_many_rows_is_measured_on_some():
    codes = tilted(4000, seed=3)
    chosen = [kde(codes, rng=seed, shape="diagonal").bandwidth_ for seed in (0, 1)]
    assert chosen[0] != chosen[1]
    assert chosen[0] == pytest.approx(chosen[1], rel=0.15)
    assert kde(codes, rng=0, shape="diagonal").bandwidth_ == chosen[0]
    assert chosen[0] < kde(tilted(100, seed=3), shape="diagonal").bandwidth_


def test_copies_and_scales_do_not_matter():
    z = tilted(60)
    one = kde(z)
    doubled = kde(np.repeat(z, 2, axis=0))
    assert doubled.bandwidth_ == pytest.approx(one.bandwidth_, rel=1e-3)
    at = tilted(20, seed=4)
    twice = kde(np.repeat(z, 2, axis=0), bandwidth=one.bandwidth_)
    assert twice.score_samples(at) == pytest.approx(one.score_samples(at), rel=1e-9)
    scaled = kde(z * [10, 0.1] + 3)
    assert scaled.bandwidth_ == pytest.approx(one.bandwidth_, rel=1e-3)
    assert scaled.sample(50, rng=1) == pytest.approx(
        kde(z, bandwidth=scaled.bandwidth_).sample(50, rng=1) * [10, 0.1] + 3
    )


def test_a_narrow_kernel_leaves_draws_on_the_codes():
    z = tilted(30)
    codes, rows = kde(z, bandwidth=1e-6).sample_rows(500, rng=0)
    assert codes == pytest.approx(z[rows], abs=1e-4)


def test_chosen_rows_are_the_law_of_those_rows():
    z = clusters(60, 2)
    first = np.arange(60) < 30
    model = kde(z, bandwidth=0.1)
    codes, rows = model.sample_rows(20_000, weights=first, rng=1)
    assert (rows < 30).all()
    every, origin = model.sample_rows(60_000, rng=2)
    assert same_distribution(codes, every[origin < 30])
    assert not same_distribution(codes, every)


def kernel_covariance(z, shape, weights=None):
    """The covariance of the kernel around a row at bandwidth 1, by the book."""
    covariance = np.atleast_2d(np.cov(z.T, bias=True, aweights=weights))
    if shape == "full":
        return covariance
    variances = np.diag(covariance)
    return np.diag(variances if shape == "diagonal" else np.full(len(variances), variances.mean()))


def book(codes, shape, weights, h, variance):
    """Centres and covariance of the kernels, by the book."""
    covariance = h**2 * kernel_covariance(codes, shape, weights)
    if variance == "inflated":
        return codes, covariance
    mean = np.average(codes, axis=0, weights=weights)
    return mean + (codes - mean) / np.sqrt(1 + h**2), covariance / (1 + h**2)


def slow_terms(z, codes, covariance, weights):
    """Log-density that each row lends to each point, (m, n)."""
    with np.errstate(divide="ignore"):
        logs = np.log(weights / weights.sum())
    terms = [np.atleast_1d(multivariate_normal(code, covariance).logpdf(z)) for code in codes]
    return logs + np.stack(terms, axis=1)


def mixed(n=50, seed=6):
    """Dependent codes of three scales in two clusters."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3)) @ rng.normal(size=(3, 3)) + 4 * (rng.random((n, 1)) < 0.3)
    return z * [1, 10, 0.1]


WEIGHTS = np.where(np.arange(50) % 5 == 0, 0.0, np.random.default_rng(0).random(50) ** 4)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_weights_against_the_slow_sum(shape, variance, weights):
    codes, z = mixed(), mixed(seed=7) * 2
    fields = {"bandwidth": 0.3, "shape": shape, "variance": variance}
    model = kde(codes, sample_weight=weights, **fields)
    ones = np.ones(50) if weights is None else weights
    centres, covariance = book(codes, shape, weights, 0.3, variance)
    slow = logsumexp(slow_terms(z, centres, covariance, ones), axis=1)
    assert model.score_samples(z) == pytest.approx(slow, rel=1e-9)
    others = [{"shape": wrong} for wrong in set(SHAPES) - {shape}]
    for wrong in [*others, {"variance": next(v for v in VARIANCES if v != variance)}]:
        other = kde(codes, sample_weight=weights, **fields | wrong)
        assert other.score_samples(z) != pytest.approx(slow, rel=1e-3)
    drawn = model.sample(50_000, rng=1)
    mean = np.average(codes, axis=0, weights=weights)
    total = np.cov(centres.T, bias=True, aweights=weights) + covariance
    assert moments_agree(drawn / [1, 10, 0.1], mean / [1, 10, 0.1], total / OUTER)
    if weights is not None:
        unweighted = kde(codes, **fields).sample(50_000, rng=1)
        assert not moments_agree(unweighted / [1, 10, 0.1], mean / [1, 10, 0.1], total / OUTER)


@pytest.mark.parametrize("h", [0.3, 0.9, 4.0])
def test_columns_keep_their_variances_however_wide_the_kernel_is(h):
    codes = mixed()
    for shape in ("diagonal", "full", "auto"):
        widths = kde(codes, bandwidth=h, shape=shape, variance="kept").sample(80_000, rng=1).std(0)
        assert widths == pytest.approx(codes.std(axis=0), rel=0.02)
        inflated = kde(codes, bandwidth=h, shape=shape).sample(80_000, rng=1).std(axis=0)
        assert inflated != pytest.approx(codes.std(axis=0), rel=0.02)


OUTER = np.outer([1, 10, 0.1], [1, 10, 0.1])


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_full_is_scipys(weights):
    codes, z = mixed(), mixed(seed=7)
    shares = np.full(50, 0.02) if weights is None else weights / weights.sum()
    # scipy divides the covariance by 1 - sum of squared weights
    factor = 0.4 * np.sqrt(1 - shares @ shares)
    there = shares > 0  # scipy takes no weight of zero
    theirs = gaussian_kde(codes[there].T, bw_method=factor, weights=shares[there])
    ours = kde(codes, bandwidth=0.4, shape="full", sample_weight=weights)
    assert ours.score_samples(z) == pytest.approx(theirs.logpdf(z.T), rel=1e-8)
    assert same_distribution(ours.sample(20_000, rng=1), theirs.resample(20_000, seed=2).T)
    wrong = gaussian_kde(codes[there].T, bw_method=1.1 * factor, weights=shares[there])
    assert ours.score_samples(z) != pytest.approx(wrong.logpdf(z.T), rel=1e-3)


def loo(codes, shape, weights, h):
    """Weighted mean log-density that the other rows give to a row, copies left out."""
    terms = slow_terms(codes, codes, h**2 * kernel_covariance(codes, shape, weights), weights)
    same = (codes[:, None] == codes).all(axis=2)
    terms[same] = -np.inf
    others = np.where(same, 0, weights).sum(axis=1) / weights.sum()
    return np.average(logsumexp(terms, axis=1) - np.log(others), weights=weights)


@pytest.mark.parametrize("shape", SHAPES)
def test_bandwidth_is_the_likeliest_for_every_shape_and_weights(shape):
    codes = np.concatenate([mixed(), mixed()[:5]])
    weights = np.r_[WEIGHTS + 0.01, np.ones(5)]
    model = samplers.create("kde", shape=shape).fit(codes, sample_weight=weights)
    found = model.bandwidth_
    best = minimize_scalar(
        lambda log_h: -loo(codes, shape, weights, np.exp(log_h)),
        bounds=(np.log(found) - 1, np.log(found) + 1),
        method="bounded",
    )
    assert found == pytest.approx(np.exp(best.x), rel=0.01)
    for factor in (1 / 1.2, 1.2):
        assert loo(codes, shape, weights, found) > loo(codes, shape, weights, found * factor)
    plain = kde(codes, shape=shape).bandwidth_
    assert plain != pytest.approx(found, rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [40, 1800])
def test_whole_weights_are_repeated_rows(shape, n):
    z, times = mixed(n), np.arange(n) % 3
    one = samplers.create("kde", shape=shape).fit(z, sample_weight=times, rng=0)
    many = samplers.create("kde", shape=shape).fit(np.repeat(z, times, axis=0), rng=0)
    assert (np.sum(times > 0) > 1000) == (n > 40)  # of more than 1,000, the same some are left out
    tolerance = 1e-9 if n == 40 else 1e-6
    assert one.bandwidth_ == pytest.approx(many.bandwidth_, rel=tolerance)
    at = mixed(20, seed=3)
    assert one.score_samples(at) == pytest.approx(many.score_samples(at), rel=tolerance)
    plain = samplers.create("kde", shape=shape).fit(z, rng=0)
    assert plain.score_samples(at) != pytest.approx(many.score_samples(at), rel=1e-3)


@pytest.mark.parametrize("given", [{1: 8.0}, {0: 0.5, 2: 0.3}])
@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("shape", SHAPES)
def test_conditions_against_the_slow_sum(shape, variance, given, tmp_path):
    codes = mixed()
    joint = kde(codes, bandwidth=0.3, shape=shape, variance=variance, sample_weight=WEIGHTS)
    model = joint.condition(given)
    known, free = list(given), [j for j in range(3) if j not in given]
    values = np.array([given[j] for j in known])
    codes, covariance = book(codes, shape, WEIGHTS, 0.3, variance)
    at = model.sample(30, rng=0)
    assert (at[:, known] == values).all()
    over = logsumexp(slow_terms(at, codes, covariance, WEIGHTS), axis=1)
    inner = covariance[np.ix_(known, known)]
    under = logsumexp(slow_terms(values[None], codes[:, known], inner, WEIGHTS), axis=1)
    assert model.score_samples(at) == pytest.approx(over - under, rel=1e-8, abs=1e-8)
    assert joint.score_samples(at) == pytest.approx(over, rel=1e-9)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.sample(99, rng=1), model.sample(99, rng=1))
    if len(free) == 2:  # conditioned again, it is the same as at once
        steps = model.condition({free[0]: at[0, free[0]]})
        once = joint.condition(given | {free[0]: at[0, free[0]]})
        assert steps.score_samples(at[:1]) == pytest.approx(once.score_samples(at[:1]), rel=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_conditional_draws_follow_the_conditional_density(shape):
    """The free coordinate's distribution function, from the joint density on a grid."""
    codes = mixed()
    joint = kde(codes[:, :2], bandwidth=0.4, shape=shape)
    drawn = joint.condition({1: 8.0}).sample(30_000, rng=1)[:, 0]
    grid = np.linspace(-15, 20, 4001)

    def cdf_given(value):
        density = np.exp(joint.score_samples(np.column_stack([grid, np.full(4001, value)])))
        below = np.cumsum(density)
        return lambda x: np.interp(x, grid, below / below[-1])

    assert cdf_agrees(drawn, cdf_given(8.0))
    assert not cdf_agrees(drawn, cdf_given(12.0))
    assert not cdf_agrees(joint.sample(30_000, rng=1)[:, 0], cdf_given(8.0))


def test_a_file_from_before_the_variance_was_kept_reads_as_it_was(tmp_path):
    model = kde(mixed(), bandwidth=0.5)
    model.save(tmp_path / "model")
    state, metadata = load_arrays(tmp_path / "model")
    fields = {k: v for k, v in json.loads(metadata["fields"]).items() if k != "variance"}
    metadata["fields"] = json.dumps(fields)
    metadata["sha256"] = fingerprint(state, "kde", metadata["fields"])
    save_arrays(tmp_path / "older", state, metadata)
    again = load(tmp_path / "older")
    assert again.get_params() == model.get_params()
    assert np.array_equal(again.sample(9, rng=1), model.sample(9, rng=1))
    kept = kde(mixed(), bandwidth=0.5, variance="kept").sample(9, rng=1)
    assert not np.allclose(again.sample(9, rng=1), kept)


def test_far_outside_the_nearest_row_is_left():
    codes = mixed()
    for far in (1e3, 1e9, 1e60):
        model = kde(codes, bandwidth=0.3).condition({0: far})
        drawn, rows = model.sample_rows(50, rng=0)
        assert (rows == codes[:, 0].argmax()).all()
        assert model.effective_rows() == pytest.approx(1)
        assert "1.0 effective rows of 50" in model.collapse()
        assert np.isfinite(model.score_samples(drawn)).all()
        assert np.isfinite(kde(codes, shape="full").condition({0: far}).sample(9, rng=0)).all()
    assert kde(codes, bandwidth=5.0).condition({0: 1.0}).effective_rows() > 45


def test_a_constant_coordinate_only_takes_its_own_value():
    z = constant_column(50)
    for shape in SHAPES:
        model = kde(z, bandwidth=0.3, shape=shape)
        assert (model.condition({0: 1.0}).sample(9, rng=0)[:, 1] == 7.1).all()
        two = kde(z[:, [0, 2]], bandwidth=0.3, shape=shape)
        assert model.condition({1: 7.1}).score_samples(z) == pytest.approx(
            two.score_samples(z[:, [0, 2]])
        )
        with pytest.raises(InvalidInput, match=r"own value, 7\.1, not 7"):
            model.condition({1: 7.0})


@pytest.mark.parametrize("n", [4, 40])
def test_full_stays_within_the_dimensions_that_the_codes_fill(n):
    z = clusters(n, 3) + np.random.default_rng(0).normal(size=(n, 3))
    z = np.column_stack([z, z @ [1.0, 2.0, -1.0]])
    model = kde(z, shape="full")
    drawn = model.sample(200, rng=0)
    assert drawn[:, 3] == pytest.approx(drawn[:, :3] @ [1, 2, -1], abs=1e-9)
    assert np.linalg.matrix_rank(drawn - drawn.mean(axis=0), tol=1e-6) == 3
    with pytest.raises(InvalidInput, match=r'"full" has no density.* 3 of 4 dim.*"auto"'):
        model.score_samples(z)
    fits = model.condition({0: 1.0, 1: 2.0, 3: 4.0}).sample(9, rng=0)
    assert fits[:, 2] == pytest.approx(np.ones(9))
    wide = np.column_stack([z, np.random.default_rng(1).normal(size=n)])
    with pytest.raises(InvalidInput, match="cannot take these values"):
        kde(wide, shape="full", bandwidth=0.2).condition({0: 1.0, 1: 2.0, 2: 1.0, 3: 4.1})
    loose = kde(z, shape="diagonal").condition({0: 1.0, 1: 2.0, 3: 4.1})
    assert np.isfinite(loose.sample(9, rng=0)).all()


def test_threads_and_blocks_change_no_byte(monkeypatch):
    rng = np.random.default_rng(0)
    x, centres = rng.normal(size=(301, 3)), rng.normal(size=(2500, 3))
    weights = rng.random(2500)
    weights /= weights.sum()
    one = log_sums(x, centres, 4.0, weights)
    monkeypatch.setattr(_kernel_sums, "SMALL", 0)
    for cores in (1, 2, 5):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, k=cores: range(k), raising=False)
        assert log_sums(x, centres, 4.0, weights).tobytes() == one.tobytes()
    terms = -4.0 * ((x[:, None] - centres) ** 2).sum(axis=2) + np.log(weights)
    assert one == pytest.approx(logsumexp(terms, axis=1), rel=1e-13)


def test_progress_is_told_while_the_bandwidth_is_chosen():
    told = []
    with reporting(lambda share, text: told.append((share, text))):
        kde(tilted(12_000))
    assert len(told) > 1
    assert told[1][1] == "choosing the bandwidth"


def test_points_in_any_order_of_memory_are_one_compilation():
    centres = tilted()[:50]
    x = np.tile(centres[:4], (1, 2))
    expected = log_sums(centres[:4], centres, 4.0)
    for same in (x[:, :2], np.asfortranarray(centres[:4]), centres[3::-1][::-1]):
        assert log_sums(same, centres, 4.0).tobytes() == expected.tobytes()
    assert {points.layout for points, *_ in _kernel_sums._log_sums.signatures} == {"C"}
