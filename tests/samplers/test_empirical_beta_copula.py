"""The empirical beta copula: each exact fact holds, and each is seen to fail on wrong samplers.

A sampler of pseudo-observations here is a function (ranks, n, rng) -> u (n, d), with ``ranks``
(rows, d) as the model learned them.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import betaln, comb, logsumexp
from scipy.stats import beta, norm, rankdata, spearmanr

from aegen.core.errors import InvalidInput
from aegen.samplers import load, samplers
from aegen.samplers._kde_marginal import Margin, Quantiles, silverman
from tests.evidence import cdf_agrees, moments_agree, probability_agrees, same_distribution
from tests.example_codes import clusters, tied, tilted
from tests.samplers.smoothed_margins import found, silvermans, smoothed, smoothed_cdf

DRAWS = 100_000


def ebc(z, *, rng=0, **fields):
    return samplers.create("empirical-beta-copula", **fields).fit(z, rng=rng)


def ours(model, n, rng):
    """Pseudo-observations of the fitted model itself."""
    rows = rng.integers(len(model.ranks_), size=n)
    u = np.empty((n, model.ranks_.shape[1]))
    model._draw_u(rows, u, rng.integers(2**64, dtype=np.uint64))
    return u


def by_definition(ranks, n, rng):
    """numpy's beta numbers, row by row: right, and slow."""
    total = len(ranks)
    chosen = ranks[rng.integers(total, size=n)]
    return rng.beta(chosen, total + 1 - chosen)


def comonotone(ranks, n, rng):
    """One beta number for the whole row, as in the published script."""
    u = by_definition(ranks[:, :1], n, rng)
    return np.repeat(u, ranks.shape[1], axis=1)


def independent_rows(ranks, n, rng):
    """Another row for each coordinate."""
    shuffled = np.column_stack([rng.permutation(column) for column in ranks.T])
    return by_definition(shuffled, n, rng)


def too_narrow(ranks, n, rng):
    """Both parameters doubled."""
    total = len(ranks)
    chosen = ranks[rng.integers(total, size=n)]
    return rng.beta(2 * chosen, 2 * (total + 1 - chosen))


def off_by_one(ranks, n, rng):
    """n in the place of n + 1, as if ranks were one of n - 1 numbers."""
    total = len(ranks)
    chosen = ranks[rng.integers(total, size=n)]
    return rng.beta(chosen, total + 1.5 - chosen)


def unsmoothed(ranks, n, rng):
    """The ranks themselves."""
    return ranks[rng.integers(len(ranks), size=n)] / (len(ranks) + 1)


def uniform_margins(u):
    return cdf_agrees(u, lambda x: x)


def spearman_of(steps, m):
    """Spearman's rho, 12 E[U V] - 3 with E[U] = S / (m + 1), of expected steps (n, 2)."""
    return 12 * np.mean(steps[:, 0] * steps[:, 1]) / (m + 1) ** 2 - 3


def spearman_agrees(u, rho):
    """12 E[U V] - 3 against ``rho``, by the mean of the products."""
    product = 12 * (u[:, 0] * u[:, 1]) - 3
    return moments_agree(product, [rho], [[np.mean((product - rho) ** 2)]])


def order_probability(n):
    """P[s, r] of the s-th of n uniforms lying below the r-th of n others, (n+1, n+1)."""
    table = np.full((n + 1, n + 1), np.nan)
    for s in range(1, n + 1):
        k = np.arange(s, n + 1)
        for r in range(1, n + 1):
            ways = comb(k + r - 1, k, exact=False) * comb(2 * n - k - r, n - k, exact=False)
            table[s, r] = ways.sum() / comb(2 * n, n, exact=False)
    return table


def kendall_of(ranks):
    """Kendall's tau of the copula: 4 P(U < U', V < V') - 1, row by row against row."""
    n = len(ranks)
    table = order_probability(n)
    first = table[np.ix_(ranks[:, 0], ranks[:, 0])]
    second = table[np.ix_(ranks[:, 1], ranks[:, 1])]
    return 4 / n**2 * (first * second).sum() - 1


def kendall_agrees(u, tau):
    """The share of concordant among independent pairs of draws."""
    half = len(u) // 2
    concordant = ((u[:half] - u[half : 2 * half]) > 0).all(axis=1)
    concordant |= ((u[:half] - u[half : 2 * half]) < 0).all(axis=1)
    return probability_agrees(concordant, (tau + 1) / 2)


def test_ranks_are_a_permutation_in_each_column():
    z = tilted(50)
    ranks = ebc(z).ranks_
    assert (ranks == np.column_stack([rankdata(column) for column in z.T])).all()


def test_ties_are_broken_at_random_by_rng():
    z = tied(200)
    model = ebc(z, rng=1)
    assert (np.sort(model.ranks_, axis=0) == np.arange(1, 201)[:, None]).all()
    in_order = np.take_along_axis(z, np.argsort(model.ranks_, axis=0), axis=0)
    assert (np.diff(in_order, axis=0) >= 0).all()
    assert (ebc(z, rng=1).ranks_ == model.ranks_).all()
    assert (ebc(z, rng=2).ranks_ != model.ranks_).any()
    # Among equal values, no order is preferred: the first two rows of a tie, over many seeds.
    pair = [ebc([[0.0], [0.0], [1.0]], rng=seed).ranks_[:2, 0].tolist() for seed in range(400)]
    assert probability_agrees([ranks == [1, 2] for ranks in pair], 0.5)


@pytest.mark.parametrize("rows", [2, 7, 200, 5000])
def test_margins_are_uniform(rows):
    model = ebc(tilted(rows))
    assert uniform_margins(ours(model, DRAWS, np.random.default_rng(1)))


@pytest.mark.parametrize("wrong", [too_narrow, off_by_one, unsmoothed])
def test_margins_of_wrong_samplers_are_not(wrong):
    ranks = ebc(tilted(7)).ranks_
    rng = np.random.default_rng(1)
    assert uniform_margins(by_definition(ranks, DRAWS, rng))
    assert not uniform_margins(wrong(ranks, DRAWS, rng))


def test_ties_keep_margins_uniform_and_average_ranks_do_not():
    z = tied(200)
    rng = np.random.default_rng(2)
    assert uniform_margins(ours(ebc(z), DRAWS, rng))
    average = np.column_stack([rankdata(column) for column in z.T])
    assert not uniform_margins(by_definition(average, DRAWS, rng))
    assert not uniform_margins(by_definition(np.floor(average), DRAWS, rng))


def test_spearman_is_the_samples_times_n_minus_1_over_n_plus_1():
    z = tilted(40)
    model = ebc(z)
    rho = spearmanr(z).statistic * 39 / 41
    assert spearman_of(model.ranks_, 40) == pytest.approx(rho, abs=1e-12)
    assert spearman_of(model.ranks_, 40) != pytest.approx(spearmanr(z).statistic, abs=1e-3)
    rng = np.random.default_rng(3)
    assert spearman_agrees(ours(model, DRAWS, rng), rho)
    assert spearman_agrees(by_definition(model.ranks_, DRAWS, rng), rho)
    for wrong in (comonotone, independent_rows):
        assert not spearman_agrees(wrong(model.ranks_, DRAWS, rng), rho)
    assert not spearman_agrees(ours(model, DRAWS, rng), spearmanr(z).statistic)


def test_kendall_identity():
    model = ebc(tilted(12, seed=4))
    tau = kendall_of(model.ranks_)
    # the closed form of P against quadrature
    x = (np.arange(200_000) + 0.5) / 200_000
    table = order_probability(12)
    for s, r in [(1, 1), (3, 9), (12, 2)]:
        below = np.mean(beta.cdf(x, s, 13 - s) * beta.pdf(x, r, 13 - r))
        assert table[s, r] == pytest.approx(below, abs=1e-7)
    rng = np.random.default_rng(4)
    many = 200_000
    assert kendall_agrees(ours(model, many, rng), tau)
    for wrong in (comonotone, independent_rows, too_narrow):
        assert not kendall_agrees(wrong(model.ranks_, many, rng), tau)


@pytest.mark.parametrize("rows", [3, 200, 60_000])
def test_jitter_around_a_row_is_that_of_order_statistics(rows):
    """Given the row, coordinates are independent Beta(R, n + 1 - R), also at both ends."""
    z = np.arange(rows, dtype=float)
    model = ebc(np.column_stack([z, -z, np.roll(z, rows // 2)]))
    rng = np.random.default_rng(5)
    for row in (0, rows // 2, rows - 1):
        u = np.empty((30_000, 3))
        model._draw_u(np.full(30_000, row), u, rng.integers(2**64, dtype=np.uint64))
        ranks = model.ranks_[row].astype(float)
        a, b = ranks, rows + 1 - ranks
        mean = a / (rows + 1)
        sd = np.sqrt(a * b / ((rows + 1) ** 2 * (rows + 2)))
        assert sd == pytest.approx(beta.std(a, b))
        assert moments_agree((u - mean) / sd, np.zeros(3), np.eye(3))
        for j in range(3):
            assert cdf_agrees(u[:, j], beta(a[j], b[j]).cdf)
            assert not cdf_agrees(u[:, j], beta(1.2 * a[j], 1.2 * b[j]).cdf)
        together = u[:, [0, 0, 0]]
        assert not moments_agree((together - mean) / sd, np.zeros(3), np.eye(3))


def test_jitter_sizes_of_the_paper():
    middle = np.array([100, 1000, 30_000])
    n = 2 * middle
    sd = np.sqrt(middle * (n + 1 - middle) / ((n + 1) ** 2 * (n + 2)))
    assert sd == pytest.approx([0.0352, 0.01117, 0.00204], rel=3e-3)


def test_same_law_as_numpy_with_exact_margins():
    """The whole model against rng.beta, then np.interp into the exact distribution function."""
    z = clusters(60, 2)
    model = ebc(z)
    rng = np.random.default_rng(6)
    u = by_definition(model.ranks_, 40_000, rng)
    reference = np.empty_like(u)
    for j in range(2):
        reference[:, j] = fine_quantile(u[:, j], z[:, j])
    drawn = model.sample(40_000, rng=rng)
    assert same_distribution(drawn, reference)
    assert not same_distribution(drawn * 1.1, reference)
    shuffled = np.column_stack([drawn[:, 0], rng.permutation(drawn[:, 1])])
    assert not same_distribution(shuffled, reference)


def fine_quantile(u, column):
    """Between 20,000 values of the exact distribution function, by np.interp."""
    width = found(column)["width"]
    grid = np.linspace(column.min() - 8 * width, column.max() + 8 * width, 20_000)
    return np.interp(u, smoothed_cdf(grid, column, width), grid)


@pytest.mark.parametrize("kind", ["smooth", "clusters", "gap", "heavy", "copies", "two"])
def test_quantile_table_is_within_2e_7_in_probability(kind):
    rng = np.random.default_rng(7)
    column = {
        "smooth": rng.normal(size=400),
        "clusters": clusters(300, 1)[:, 0],
        "gap": np.r_[rng.normal(size=100), 1e5 + rng.normal(size=50)],
        "heavy": rng.standard_cauchy(500),
        "copies": np.r_[np.zeros(200), rng.normal(size=50)],
        "two": np.array([0.0, 1.0]),
    }[kind]
    column = np.sort(column)
    width = silverman(len(column)) * column.std()
    table = Quantiles.of([Margin.of(column, width).knots()])
    edges = 10 ** rng.uniform(-10, -1, 1000)
    u = np.r_[edges, rng.random(3000), 1 - edges, 0.0, 1.0]
    z = u[:, None].copy()
    table.replace(z)
    assert np.abs(smoothed_cdf(z[:, 0], column, width) - u).max() < 2e-7
    assert np.abs(smoothed_cdf(z[:, 0] + 1e-5 * width, column, width) - u).max() > 2e-7
    assert (np.diff(z[np.argsort(u), 0]) >= -1e-9 * width).all()


def test_margin_sums_are_exact():
    rng = np.random.default_rng(8)
    column = np.sort(np.r_[rng.normal(size=300), 30 + rng.normal(size=20)])
    width = 0.2
    x = rng.uniform(-6, 40, 500)
    log_density, below = Margin.of(column, width).density_and_cdf(x)
    slow = logsumexp(norm.logpdf((x[:, None] - column) / width), axis=1) - np.log(320 * width)
    assert log_density == pytest.approx(slow, rel=1e-9, abs=1e-9)
    assert below == pytest.approx(smoothed_cdf(x, column, width), abs=1e-14)


def slow_density(model, z, codes, steps, m):
    """The class docstring's density; ``steps`` maps a rank to its [(step, probability), ...]."""
    n, d = codes.shape
    total = np.zeros(len(z))
    terms = np.zeros((len(z), n))
    for j in range(d):
        logs, u = smoothed(z[:, j], codes[:, j], **found(codes[:, j]))
        total += logs
        u = u[:, None]
        for i, rank in enumerate(model.ranks_[:, j]):
            parts = [np.log(p) + beta.logpdf(u, s, m + 1 - s) for s, p in steps[rank]]
            terms[:, i] += logsumexp(np.concatenate(parts, axis=1), axis=1)
    return total + logsumexp(terms, axis=1) - np.log(n)


def steps_of(n, m):
    """Where each rank's stretch ((r-1)/n, r/n] lies among m steps, with its share in each."""
    shares = {}
    for r in range(1, n + 1):
        cuts = np.arange(1, m + 1)
        overlap = np.minimum(cuts * n, m * r) - np.maximum((cuts - 1) * n, m * (r - 1))
        shares[r] = [(int(s), o / m) for s, o in zip(cuts, overlap, strict=True) if o > 0]
    return shares


@pytest.mark.parametrize(("rows", "d", "degree"), [(50, 3, 50), (30, 2, 10), (23, 2, 7)])
def test_density_against_the_sum_by_the_book(rows, d, degree):
    codes = clusters(rows, d, seed=9)
    model = ebc(codes, degree=degree)
    z = np.concatenate([codes, clusters(40, d, seed=10), np.full((1, d), 9.0)])
    slow = slow_density(model, z, codes, steps_of(rows, degree), degree)
    assert model.score_samples(z) == pytest.approx(slow, rel=1e-8, abs=1e-7)
    wrong = slow_density(
        model, z, codes, {r: [(min(r, degree), 1.0)] for r in range(rows + 1)}, degree
    )
    if degree < rows:
        assert model.score_samples(z) != pytest.approx(wrong, rel=1e-3)


@pytest.mark.parametrize("degree", [2400, 60])
def test_sums_over_blocks_of_rows_leave_out_none_that_counts(degree):
    """Rows of several blocks, most of them across a border, and the term of each on its own."""
    model = ebc(clusters(2500, 3, seed=13), degree=degree)
    u = np.random.default_rng(14).uniform(1e-4, 1 - 1e-4, (60, 3))
    slow = [logsumexp(model._sums.row_logs(at, at)) for at in u]
    assert model._sums.log_density(u) == pytest.approx(slow, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("degree", ["n", 4, 9])
def test_density_integrates_to_one_over_the_plane(degree):
    model = ebc(tilted(20, seed=11), degree=degree)
    first, second = np.linspace(-9, 11, 160), np.linspace(-5, 1, 160)
    at = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
    cell = (first[1] - first[0]) * (second[1] - second[0])
    density = np.exp(model.score_samples(at))
    assert density.sum() * cell == pytest.approx(1, abs=1e-3)
    # a column's margin alone is another law, though it has the same margins
    independent = samplers.create("independent-margins").fit(tilted(20, seed=11))
    assert np.abs(np.exp(independent.score_samples(at)) - density).sum() * cell > 0.3


def test_density_belongs_to_the_draws():
    """The share of draws in a box against the integral over it."""
    model = ebc(tilted(20, seed=11))
    drawn = model.sample(DRAWS, rng=12)
    first, second = np.linspace(0, 2, 201), np.linspace(-2, -1.5, 201)
    middle = [(a[1:] + a[:-1]) / 2 for a in (first, second)]
    at = np.stack(np.meshgrid(*middle, indexing="ij"), axis=-1).reshape(-1, 2)
    probability = np.exp(model.score_samples(at)).sum() * (2 / 200) * (0.5 / 200)
    inside = ((drawn > [0, -2]) & (drawn < [2, -1.5])).all(axis=1)
    assert probability_agrees(inside, probability)
    assert not probability_agrees(inside, probability * 1.1)


def test_hundred_dimensions_neither_over_nor_underflow():
    rng = np.random.default_rng(13)
    codes = rng.normal(size=(500, 100)) @ rng.normal(size=(100, 100)) / 10
    model = ebc(codes)
    scores = model._sums.log_density((model.ranks_[:3] / 501).astype(float))
    own = [
        np.sum(-betaln(r, 501 - r) + (r - 1) * np.log(r / 501) + (500 - r) * np.log1p(-r / 501))
        for r in model.ranks_[:3].astype(float)
    ]
    assert scores == pytest.approx(np.array(own) - np.log(500), abs=1e-6)  # one row is all
    assert (scores > 100).all()
    assert np.isfinite(model.score_samples(rng.normal(size=(3, 100)))).all()
    assert np.isfinite(model.sample(100, rng=0)).all()


@pytest.mark.parametrize(("rows", "degree"), [(20, 5), (7, 5), (60, 17), (200, 1), (9, 9)])
def test_margins_are_uniform_for_every_degree(rows, degree):
    model = ebc(tilted(rows), degree=degree)
    u = ours(model, DRAWS, np.random.default_rng(14))
    assert uniform_margins(u)
    shares = steps_of(rows, degree)
    expected = np.array([sum(s * p for s, p in shares[r]) for r in range(1, rows + 1)])
    assert spearman_agrees(u, spearman_of(expected[model.ranks_ - 1], degree))


def test_a_degree_that_does_not_divide_n_needs_the_split():
    """S = ceil(mR/n) alone has margins that are not uniform, as m does not divide n."""
    ranks = ebc(tilted(7)).ranks_
    rng = np.random.default_rng(15)
    chosen = np.ceil(5 * ranks[rng.integers(7, size=DRAWS)] / 7)
    assert not uniform_margins(rng.beta(chosen, 6 - chosen))


def test_degree_that_divides_n_is_the_definition():
    model = ebc(tilted(200), degree=50)
    rng = np.random.default_rng(16)
    steps = -(-50 * model.ranks_ // 200)
    chosen = steps[rng.integers(200, size=40_000)]
    reference = rng.beta(chosen, 51 - chosen)
    assert same_distribution(ours(model, 40_000, rng), reference)
    assert not same_distribution(ours(ebc(tilted(200), degree=5), 40_000, rng), reference)


def test_degree_one_is_independence_and_n_the_default():
    z = tilted(100)
    u = ours(ebc(z, degree=1), DRAWS, np.random.default_rng(17))
    assert spearman_agrees(u, 0)
    independent = samplers.create("independent-margins").fit(z)
    at = tilted(50, seed=1)
    assert ebc(z, degree=1).score_samples(at) == pytest.approx(independent.score_samples(at))
    assert np.array_equal(ebc(z, degree=100).sample(9, rng=0), ebc(z).sample(9, rng=0))
    with pytest.raises(InvalidInput, match=r"at most the number of codes \(100\), got 101"):
        ebc(z, degree=101)


def test_empirical_margins_give_only_values_that_occurred():
    z = tilted(50)
    model = ebc(z, margins="empirical")
    drawn = model.sample(5000, rng=0)
    for j in range(2):
        assert set(drawn[:, j]) <= set(z[:, j])
        counts = np.unique(drawn[:, j], return_counts=True)[1]
        assert len(counts) == 50  # each is as likely as the others
        assert np.abs(counts - 100).max() < 60
    with pytest.raises(InvalidInput, match='use margins="kde"'):
        model.score_samples(z)


def test_kde_margins_have_the_stated_law():
    z = np.column_stack([tilted(80)[:, 0], np.random.default_rng(5).standard_t(2, 80)])
    drawn = ebc(z).sample(40_000, rng=18)
    for j in range(2):
        width = silvermans(z[:, j])
        assert cdf_agrees(drawn[:, j], lambda x, w=width, j=j: slow_steps(x, z[:, j], w))
        assert not cdf_agrees(drawn[:, j], lambda x, w=width, j=j: slow_steps(x, z[:, j], w * 2))


def slow_steps(x, column, width):
    grid = np.linspace(column.min() - 9 * width, column.max() + 9 * width, 4000)
    return np.interp(x, grid, smoothed_cdf(grid, column, width))


def test_draws_scale_and_shift_with_the_codes():
    z = tilted(100)
    scale, shift = np.array([3.0, -0.25]), np.array([5.0, 100.0])
    one = ebc(z).sample(200, rng=0)
    positive = np.abs(scale)
    two = ebc(z * positive + shift).sample(200, rng=0)
    assert two == pytest.approx(one * positive + shift, rel=1e-9)
    # a mirrored column in law
    mirrored = ebc(z * scale + shift).sample(20_000, rng=1)
    assert same_distribution(mirrored, ebc(z).sample(20_000, rng=2) * scale + shift)


def test_permuting_columns_permutes_the_law():
    z = clusters(60, 3) * [1, 2, 3]
    swapped = ebc(z[:, ::-1]).sample(20_000, rng=3)[:, ::-1]
    assert same_distribution(swapped, ebc(z).sample(20_000, rng=4))


def test_weighted_rows_are_the_same_rows():
    model = ebc(tilted(30))
    weights = np.zeros(30)
    weights[12] = 1
    codes, rows = model.sample_rows(20_000, weights=weights, rng=5)
    assert (rows == 12).all()
    every, drawn_from = model.sample_rows(400_000, rng=6)
    assert same_distribution(codes, every[drawn_from == 12])
    assert not same_distribution(codes, every[drawn_from == 13])


def test_threads_do_not_change_draws():
    model = load_again(ebc(tilted(500)))
    expected = [model.sample(3000, rng=seed) for seed in range(8)]
    fresh = load_again(model)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: fresh.sample(3000, rng=seed), range(8)))
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def load_again(model):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        return load(Path(folder) / "model")


def test_a_file_with_ranks_out_of_range_is_refused(tmp_path):
    from aegen.core.errors import StorageError
    from aegen.core.storage import load_arrays, save_arrays
    from aegen.samplers.base import fingerprint

    file = tmp_path / "model"
    ebc(tilted(30)).save(file)
    state, metadata = load_arrays(file)
    state["ranks_"] = state["ranks_"] + np.int32(10**6)
    mark = fingerprint(state, metadata["sampler"], metadata["fields"])
    save_arrays(file, state, metadata | {"sha256": mark})
    with pytest.raises(StorageError, match="every rank once"):
        load(file)


def test_another_degree_moves_draws_instead_of_drawing_them_anew():
    """The same seed is the same random numbers (common random numbers), whatever the degree."""
    rows = np.random.default_rng(0).normal(size=(500, 6))
    model = ebc(rows)
    for degree, other in ((200, 150), (30, 20), (6, 5)):
        drawn = model.at_degree(degree).sample(200, rng=3)
        moved = np.linalg.norm(model.at_degree(other).sample(200, rng=3) - drawn, axis=1)
        anew = np.linalg.norm(model.at_degree(degree).sample(200, rng=4) - drawn, axis=1)
        assert np.quantile(moved, 0.9) < np.median(anew) / 2
        fresh = ebc(rows, degree=degree)
        assert np.array_equal(drawn, fresh.sample(200, rng=3))
    with pytest.raises(InvalidInput, match="degree must be"):
        model.at_degree(501)
