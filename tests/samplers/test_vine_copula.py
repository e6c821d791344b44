"""Vine copula: a Gaussian vine is a Gaussian copula, exact conditions, files that cannot crash."""

from itertools import combinations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.progress import reporting
from aegen.samplers import RowSampler, load, samplers
from aegen.samplers.vine_copula import FAMILIES as NAMES
from tests.evidence import cdf_agrees, probability_agrees, same_distribution
from tests.example_codes import clusters, constant_column, tilted
from tests.samplers.smoothed_margins import silvermans, smoothed_cdf

FAMILIES = ("mixed", "nonparametric", "parametric", "gaussian")

FREE = NAMES.index("tll")


def vine(z, *, rng=0, **fields):
    return samplers.create("vine-copula", **fields).fit(z, rng=rng)


def bent(n=400, *, d=2, seed=0):
    """Codes (n, d), each column but the first a noisy parabola of the one before."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, d))
    for j in range(1, d):
        z[:, j] = z[:, j - 1] ** 2 - 1 + 0.5 * z[:, j]
    return z


def normal_codes(n=2000, d=5, *, seed=0):
    """Normal codes (n, d) with a full table of correlations."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d))


def test_a_gaussian_vine_is_a_gaussian_copula():
    z, other = normal_codes(), normal_codes(500, seed=0)[::-1] * 0.9
    copula = samplers.create("gaussian-copula").fit(z)
    model = vine(z, families="gaussian")
    apart = model.score_samples(other) - copula.score_samples(other)
    assert np.abs(apart).max() < 0.1
    assert abs(apart.mean()) < 0.01
    cut = vine(z, families="gaussian", truncation=2).score_samples(other)
    assert np.abs(cut - copula.score_samples(other)).max() > 0.5
    drawn = model.sample(20_000, rng=1)
    ranks = drawn.argsort(axis=0).argsort(axis=0) + 0.5
    correlations = np.corrcoef(norm.ppf(ranks / len(drawn)).T)
    assert correlations == pytest.approx(copula.covariance_, abs=0.04)
    assert same_distribution(drawn, copula.sample(20_000, rng=2))
    assert not same_distribution(
        vine(z, families="gaussian", truncation=1).sample(20_000, rng=1),
        copula.sample(20_000, rng=2),
    )


@pytest.mark.parametrize("structure", ["star", "path"])
def test_a_gaussian_vine_has_one_density_whatever_its_trees(structure):
    z = normal_codes(1000, 4)
    one = vine(z, families="gaussian")
    other = vine(z, families="gaussian", structure=structure)
    assert other.score_samples(z) == pytest.approx(one.score_samples(z), abs=0.15)
    column, row = other.matrix_[0], other.matrix_[:, 0]
    if structure == "star":
        assert len(set(column.tolist())) == 1
    else:
        assert len(set(column[:-1].tolist())) == 3
        assert len(set(row.tolist())) == 4


def test_mixed_pairs_are_of_free_form_only_where_that_pays():
    z = np.column_stack([bent(500, d=2), np.random.default_rng(9).normal(size=(500, 6))])
    kinds = vine(z).families_
    assert (kinds == FREE).sum() < 10
    assert kinds[:7].max() == FREE  # the parabola, one of the pairs of the first tree
    held_out = np.column_stack([bent(500, seed=5), np.random.default_rng(8).normal(size=(500, 6))])
    assert vine(z).score(held_out) > vine(z, families="nonparametric").score(held_out) + 0.1


def test_trees_and_pairs_are_counted():
    z = normal_codes(300, 5)
    for truncation, pairs in [(None, 10), (1, 4), (2, 7), (4, 10), (9, 10)]:
        model = vine(z, families="gaussian", truncation=truncation)
        assert len(model.families_) == pairs


def plane(codes, sizes=(200, 200)):
    """A grid (a b, 2) over all that a model of these codes has mass on, and its cell."""
    reach = 3 * codes.std(axis=0)
    ends = zip(codes.min(axis=0) - reach, codes.max(axis=0) + reach, sizes, strict=True)
    axes = [np.linspace(low, high, size) for low, high, size in ends]
    cell = (axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0])
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2), cell


@pytest.mark.parametrize("families", FAMILIES)
@pytest.mark.parametrize(
    ("codes", "box"),
    [(bent(), ((0.3, 0.7), (0.0, 0.4))), (clusters(300, 2), ((0.0, 0.16), (0.0, 0.16)))],
    ids=["bent", "clusters"],
)
def test_density_is_normalised_and_draws_follow_it(codes, box, families):
    model = vine(codes, families=families)
    grid, cell = plane(codes)
    mass = np.exp(model.score_samples(grid)) * cell
    assert mass.sum() == pytest.approx(1, abs=0.02)
    low, high = np.array([np.quantile(codes[:, j], box[j]) for j in range(2)]).T

    def inside(z):
        return ((z > low) & (z < high)).all(axis=1)

    probability = mass[inside(grid)].sum()
    assert probability_agrees(inside(model.sample(50_000, rng=1)), probability)
    if "mixed" in families or "non" in families:
        alone = samplers.create("independent-margins").fit(codes)
        assert not probability_agrees(inside(alone.sample(50_000, rng=1)), probability)


def test_free_form_pairs_see_what_bells_cannot():
    z, held_out = bent(1500, d=3), bent(1500, d=3, seed=9)
    free, normal = vine(z, families="nonparametric"), vine(z, families="gaussian")
    assert vine(z).score(held_out) > normal.score(held_out) + 0.5
    assert free.score(held_out) > normal.score(held_out) + 0.5
    assert free.score(held_out) > samplers.create("gaussian").fit(z).score(held_out) + 0.5


@pytest.mark.parametrize("families", FAMILIES)
def test_columns_of_draws_are_the_smoothed_margins(families):
    codes = bent(200)
    drawn = vine(codes, families=families).sample(20_000, rng=2)
    for j in range(2):
        h = silvermans(codes[:, j])
        grid = np.linspace(codes[:, j].min() - 6 * h, codes[:, j].max() + 6 * h, 3000)
        below = smoothed_cdf(grid, codes[:, j], h)
        assert cdf_agrees(drawn[:, j], lambda x, g=grid, b=below: np.interp(x, g, b))
        assert not cdf_agrees(1.2 * drawn[:, j], lambda x, g=grid, b=below: np.interp(x, g, b))


@pytest.mark.parametrize("truncation", [None, 1])
@pytest.mark.parametrize("families", ["nonparametric", "gaussian"])
def test_condition_against_the_integral_of_the_joint_density(families, truncation):
    codes = bent(300, d=3)
    model = vine(codes, families=families, truncation=truncation)
    sizes = np.array([80, 80, 270])  # fine enough for the bulk of the last column's long tail
    for column in range(3):
        rest = [j for j in range(3) if j != column]
        grid, cell = plane(codes[:, rest], sizes[rest])
        whole = np.empty((len(grid), 3))
        whole[:, rest], whole[:, column] = grid, np.quantile(codes[:, column], 0.7)
        given = model.condition({column: whole[0, column]})
        assert type(given) is type(model)
        joint = model.score_samples(whole)
        apart = given.score_samples(whole) - (joint - logsumexp(joint) - np.log(cell))
        # the difference is one number, the logarithm of the density of what is given
        assert np.ptp(apart) < 1e-8
        assert abs(apart[0]) < 0.05
        other = model.condition({column: np.quantile(codes[:, column], 0.2)})
        whole[:, column] = np.quantile(codes[:, column], 0.2)
        if not (families == "gaussian" and truncation):
            assert np.ptp(other.score_samples(whole) - joint) > 0.1


def test_draws_of_a_condition_against_its_density_and_against_close_draws():
    codes = bent(400)
    model = vine(codes)
    given = model.condition({0: 1.2})
    drawn = given.sample(20_000, rng=3)
    assert (drawn[:, 0] == 1.2).all()
    grid = np.linspace(-8, 12, 8001)
    density = np.exp(given.score_samples(np.column_stack([np.full(8001, 1.2), grid])))
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)]) / 400
    assert below[-1] == pytest.approx(1, abs=0.02)
    assert cdf_agrees(drawn[:, 1], lambda x: np.interp(x, grid, below / below[-1]))
    close = model.sample(1_000_000, rng=4)
    close = close[np.abs(close[:, 0] - 1.2) < 0.02, 1]
    assert same_distribution(drawn[:, 1], close)
    assert not same_distribution(model.condition({0: 0.6}).sample(20_000, rng=3)[:, 1], close)


@pytest.mark.parametrize("truncation", [None, 2])
def test_any_set_of_coordinates_can_be_given(truncation):
    z = normal_codes(1500, 4)
    copula = samplers.create("gaussian-copula").fit(z)
    model = vine(z, families="gaussian", truncation=truncation)
    kinds = set()
    for k in (2, 3):
        for fixed in combinations(range(4), k):
            at = {j: float(z[3, j]) for j in fixed}
            given = model.condition(at, rng=0)
            kinds.add(isinstance(given, RowSampler))
            drawn = given.sample(2000, rng=1)
            assert (drawn[:, list(fixed)] == z[3, list(fixed)]).all()
            if truncation is None:
                free = [j for j in range(4) if j not in fixed]
                exact = copula.condition(at).sample(2000, rng=2)
                assert same_distribution(drawn[:, free], exact[:, free])
    assert kinds == {True, False}  # some by candidates, some exactly


@pytest.mark.parametrize("truncation", [None, 1])
def test_candidates_have_the_law_that_the_exact_condition_has(truncation):
    z = normal_codes(800, 4)
    model = vine(z, families="gaussian", truncation=truncation)
    free = np.ones(4, dtype=np.bool_)
    for column in range(0, 4, 2):
        at = np.quantile(z[:, column], 0.95)
        exact = model.condition({column: at}).sample(16_000, rng=1)
        fixed = model.columns_ == column
        _, low, high = (ends[0] for ends in model._probabilities(np.full((1, 4), at)))
        assert np.array_equal(low, high)
        place = np.where(fixed, high, 0.5)
        free[:] = True
        free[column] = False
        candidates = model._weighted(
            model._vine,
            np.zeros(4, bool),
            fixed,
            place,
            place,
            free,
            np.random.default_rng(0),
        )
        drawn = candidates.sample(4000, rng=2)
        assert same_distribution(drawn, exact[:, free])
        plain = model.sample(4000, rng=2)
        assert not same_distribution(plain[:, free], exact[:, free])


def test_other_candidates_are_sought_where_too_few_carry_the_weight(monkeypatch):
    z = normal_codes(500, 3)
    model = vine(z, families="gaussian")
    sets = list(combinations(range(3), 2))
    given = {pair: model.condition({j: float(z[1, j]) for j in pair}, rng=0) for pair in sets}
    pair = next(pair for pair in sets if isinstance(given[pair], RowSampler))
    monkeypatch.setattr(type(model), "_weighted", lambda *_: None)
    other = model.condition({j: float(z[1, j]) for j in pair}, rng=1)
    assert isinstance(other, RowSampler)
    assert same_distribution(other.sample(3000, rng=2), given[pair].sample(3000, rng=3))


def test_conditions_one_after_the_other_are_the_condition_on_all():
    z = normal_codes(800, 4)
    model = vine(z, families="gaussian")
    for first, second in combinations(range(4), 2):
        at = {first: float(z[0, first]), second: float(z[0, second])}
        at_once = model.condition(at, rng=0)
        in_turn = model.condition({first: at[first]}).condition({second: at[second]}, rng=0)
        if isinstance(at_once, RowSampler):
            assert same_distribution(at_once.sample(2000, rng=1), in_turn.sample(2000, rng=2))
        else:
            codes = at_once.sample(30, rng=1)
            assert in_turn.score_samples(codes) == pytest.approx(
                at_once.score_samples(codes), abs=1e-6
            )


def test_conditions_far_outside_the_codes():
    z = tilted(300)
    for families in ("nonparametric", "gaussian"):
        model = vine(z, families=families)
        drawn = model.condition({0: 1e6}).sample(500, rng=0)
        assert np.isfinite(drawn).all()
        assert drawn[:, 1].mean() > np.quantile(z[:, 1], 0.8)
        drawn = model.condition({0: -1e6}).sample(500, rng=0)
        assert drawn[:, 1].mean() < np.quantile(z[:, 1], 0.2)


def test_constant_columns_and_single_ones_stand_outside_the_vine():
    model = vine(constant_column())
    assert len(model.families_) == 1
    assert (model.sample(9, rng=0)[:, 1] == 7.1).all()
    given = model.condition({1: 7.1})
    z = given.sample(9, rng=0)
    plain = vine(constant_column()[:, [0, 2]])
    assert given.score_samples(z) == pytest.approx(plain.score_samples(z[:, [0, 2]]), abs=0.1)
    assert given.condition({0: 2.0}).sample(9, rng=0)[:, 0] == pytest.approx(2.0)
    only = model.condition({0: 2.0, 2: -2.0})
    assert (only.sample(3, rng=0) == [2.0, 7.1, -2.0]).all()
    with pytest.raises(InvalidInput, match=r"own value, 7\.1"):
        model.condition({1: 7.2})
    line = vine(tilted(50)[:, :1])
    assert line.score_samples([[0.0]]) == pytest.approx(
        samplers.create("independent-margins").fit(tilted(50)[:, :1]).score_samples([[0.0]])
    )


def test_copies_of_columns_stay_near_copies():
    z = tilted(200)[:, :1]
    drawn = vine(np.column_stack([z, z, -z])).sample(2000, rng=0)
    assert np.corrcoef(drawn.T)[0] == pytest.approx([1, 1, -1], abs=0.05)


def test_rows_and_threads():
    z = normal_codes(600, 4)
    assert np.array_equal(vine(z, rows=600).parameters_, vine(z, rows=None).parameters_)
    assert not np.array_equal(vine(z, rows=100).parameters_, vine(z).parameters_)
    assert np.array_equal(vine(z, rows=100).parameters_, vine(z, rows=100).parameters_)
    one, two = vine(z, threads=1), vine(z, threads=2)
    assert one.parameters_.tobytes() == two.parameters_.tobytes()
    assert one.sample(3000, rng=1).tobytes() == two.sample(3000, rng=1).tobytes()
    assert one.score_samples(z).tobytes() == two.score_samples(z).tobytes()


def test_a_fit_tells_how_far_it_is_and_can_be_stopped():
    heard = []
    with reporting(lambda share, text: heard.append((share, text))):
        vine(normal_codes(50, 6), families="gaussian")
    shares = [share for share, _ in heard]
    assert len(shares) > 15
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1

    def stop(share, text):
        raise KeyboardInterrupt

    with reporting(stop), pytest.raises(KeyboardInterrupt):
        vine(normal_codes(50, 6))


def test_few_rows_and_weights_are_refused():
    with pytest.raises(InvalidInput, match="at least 10 codes"):
        vine(tilted(9))
    assert np.isfinite(vine(np.random.default_rng(0).normal(size=(12, 15))).sample(5)).all()
    with pytest.raises(InvalidInput, match="cannot weight rows"):
        samplers.create("vine-copula").fit(tilted(), sample_weight=np.arange(200))
    equal = samplers.create("vine-copula").fit(tilted(), sample_weight=np.full(200, 3.0), rng=0)
    assert equal.sample(9, rng=0).tobytes() == vine(tilted()).sample(9, rng=0).tobytes()


@pytest.mark.parametrize("families", FAMILIES)
def test_a_saved_model_draws_on_unchanged(families, tmp_path):
    model = vine(bent(200, d=4), families=families, truncation=2)
    for one in (model, model.condition({2: 0.5})):
        one.save(tmp_path / "model")
        again = load(tmp_path / "model")
        assert again.sample(50, rng=0).tobytes() == one.sample(50, rng=0).tobytes()
        z = one.sample(50, rng=1)
        assert again.score_samples(z).tobytes() == one.score_samples(z).tobytes()


def test_files_that_mislead_are_refused(tmp_path):
    model = vine(bent(100, d=4), families="nonparametric").condition({2: 0.5})
    file, wrong = tmp_path / "model", tmp_path / "wrong"
    model.save(file)
    pairs = len(model.families_)
    last = model.matrix_.copy()
    last[-1, 0], last[-2, 1] = last[-2, 1], last[-1, 0]
    for name, value in [
        ("matrix_", model.matrix_ * 0),
        ("matrix_", model.matrix_ + 1),
        ("matrix_", -model.matrix_),
        ("matrix_", model.matrix_.T),
        ("matrix_", model.matrix_[::-1]),
        ("matrix_", last),
        ("matrix_", model.matrix_.astype(np.float64)),
        ("matrix_", np.full((4, 4), 2**62)),
        ("families_", np.zeros(pairs, dtype=np.int8)),
        ("families_", np.full(pairs, 99, dtype=np.int8)),
        ("families_", model.families_ - 7),
        ("families_", model.families_.astype(np.float32)),
        ("rotations_", np.full(pairs, 45, dtype=np.int16)),
        ("rotations_", np.full(pairs, 90, dtype=np.int16)),
        ("parameters_", -model.parameters_),
        ("parameters_", model.parameters_ * 1e300),
        ("parameters_", model.parameters_[:900]),
        ("columns_", np.array([0, 1, 2, 3])),
        ("columns_", np.array([0, 0, -1, 1])),
        ("columns_", model.columns_[::-1]),
        ("known_", model.known_ + 1),
        ("copies_", model.copies_.astype(np.float64)),
        ("count_", np.array(0.0)),
        ("count_", np.array(101.0)),
    ]:
        other = load(file)
        setattr(other, name, np.array(value, order="C"))
        other.save(wrong)
        with pytest.raises(StorageError):
            load(wrong)


def test_random_damage_never_ends_the_process(tmp_path):
    model = vine(bent(60, d=4), families="parametric")
    file, wrong = tmp_path / "model", tmp_path / "wrong"
    model.save(file)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(80):
        other = load(file)
        name = rng.choice(["matrix_", "families_", "rotations_", "parameters_", "columns_"])
        array = getattr(other, name).copy()
        array.ravel()[rng.integers(array.size)] = rng.choice([-1, 0, 1, 2, 3, 4, 5, 90, 100])
        setattr(other, name, array)
        other.save(wrong)
        try:
            assert np.isfinite(load(wrong).sample(5, rng=0)).all()
        except StorageError:
            refused += 1
    assert refused > 25


def test_probability_that_a_corner_holds():
    """The share of draws in a corner is that of the Gaussian copula in closed form."""
    z = tilted(5000)
    drawn = vine(z, families="gaussian").sample(50_000, rng=1)
    median = np.median(drawn, axis=0)
    r = samplers.create("gaussian-copula").fit(z).covariance_[0, 1]
    both = (drawn < median).all(axis=1)
    assert probability_agrees(both, 0.25 + np.arcsin(r) / (2 * np.pi))
    assert not probability_agrees(both, 0.25 + np.arcsin(r / 2) / (2 * np.pi))
