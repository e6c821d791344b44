"""Properties of every latent model on made-up codes: densities, conditions, weights, files.

Each property is a function that raises AssertionError where it does not hold, and is also run on a
model that breaks it.
"""

import re
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.storage import load_arrays, save_arrays
from aegen.samplers import ConditionalSampler, DensitySampler, RowSampler, samplers
from aegen.samplers import load as load_model
from aegen.samplers.base import fingerprint
from aegen.samplers.gaussian import Gaussian
from tests.contract import quick
from tests.example_codes import clusters, tilted

NAMES = samplers.names()
every = pytest.mark.parametrize("name", NAMES)
dense = pytest.mark.parametrize(
    "name", [name for name in NAMES if issubclass(samplers.get(name), DensitySampler)]
)
CONDITIONAL = [name for name in NAMES if issubclass(samplers.get(name), ConditionalSampler)]
conditional = pytest.mark.parametrize("name", CONDITIONAL)
exact = pytest.mark.parametrize(
    "name",
    [
        name
        for name in CONDITIONAL
        if issubclass(samplers.get(name), DensitySampler) and samplers.get(name).exact is not None
    ],
)
from_rows = pytest.mark.parametrize(
    "name", [name for name in NAMES if issubclass(samplers.get(name), RowSampler)]
)

REFUSALS = (
    "needs at least|no density|no condition|probability 0|no training code|effective|can only"
    "|must|cannot"
)
"""Words that a sentence of refusal has one of, so that it names the matter."""


def tried(name, most=12):
    """Hypothesis's settings: few examples where a fit trains a network, and no shrinking of them,
    as what decides most is a seed."""
    return settings(
        max_examples=3 if samplers.get(name).slow else most,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )


def fitted(name, z, **fields):
    return quick(samplers, name, **fields).fit(z, rng=0)


@st.composite
def choices(draw, name):
    """Fields that are a choice of words: any of them, or the least numbers where those will do."""
    fields = {}
    for field in samplers.parameters(name):
        least = () if field.kind == "choice" else (field.field.low, field.field.low or 0 + 1)
        if field.options and field.name not in samplers.get(name).quick:
            fields[field.name] = draw(st.sampled_from([*field.options, *least]))
    return fields


def or_refusal(act):
    """What ``act`` returns, or None where it refuses with a sentence."""
    said = ""
    try:
        return act()
    except InvalidInput as refusal:
        said = str(refusal)
    assert re.search(REFUSALS, said), said
    assert len(said) < 300
    return None


@st.composite
def codes(draw, most_columns=3):
    """Codes (n, d) of any scale, with ties and copies, one column, or fewer rows than columns."""
    d = draw(st.integers(1, most_columns))
    n = draw(st.one_of(st.integers(2, 5), st.integers(12, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    z = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    if draw(st.booleans()):
        z = np.round(2 * z) / 2
    if draw(st.booleans()):
        z = z[rng.integers(n, size=n)]
    return z * 10.0 ** draw(st.integers(-6, 6)) + draw(st.sampled_from([0.0, 100.0, -1e6]))


@st.composite
def conditions(draw, z):
    """Values for some coordinates of ``z``, all that one row has, or inside or far outside."""
    d = z.shape[1]
    columns = draw(st.lists(st.integers(0, d - 1), min_size=1, max_size=d - 1, unique=True))
    row = draw(st.integers(0, len(z) - 1))
    where = draw(st.sampled_from(["row", "inside", "edge", "outside", "far outside"]))
    low, high = z.min(axis=0), z.max(axis=0)
    share = draw(st.floats(0, 1))
    at = {
        "row": z[row],
        "inside": low + share * (high - low),
        "edge": high,
        "outside": high + share * (high - low),
        "far outside": low - 1000 * (1 + share) * (high - low + 1),
    }[where]
    return {column: float(at[column]) for column in columns}


def densities_are_numbers(model, z):
    """Finite or -inf at codes, at draws and far away; never NaN or +inf."""
    span = z.max(axis=0) - z.min(axis=0) + 1
    places = [z, model.sample(20, rng=0), z.mean(axis=0) + span * [[50], [-1e9], [1e60]]]
    for place in places:
        scores = or_refusal(lambda place=place: model.score_samples(place))
        if scores is not None:
            assert scores.shape == (len(place),)
            assert not np.isnan(scores).any()
            assert not (scores == np.inf).any()


def condition_is_kept(model, given_values, z):
    """Draws have the fixed coordinates exactly and are finite; the density knows them too."""
    left = or_refusal(lambda: model.condition(given_values, rng=0))
    if left is None:
        return
    columns, values = list(given_values), list(given_values.values())
    drawn = left.sample(50, rng=1)
    assert drawn.shape == (50, z.shape[1])
    assert np.isfinite(drawn).all()
    assert (drawn[:, columns] == values).all()
    assert np.array_equal(drawn, left.sample(50, rng=1))
    if isinstance(left, RowSampler):
        assert 1 - 1e-9 <= left.effective_rows() <= len(left.weights_) * (1 + 1e-9)
        sentence = left.collapse()
        assert sentence is None or "effective rows" in sentence
    if not isinstance(left, DensitySampler):
        return
    scores = or_refusal(lambda: left.score_samples(drawn))
    if scores is not None:
        assert not np.isnan(scores).any()
        elsewhere = drawn.copy()
        elsewhere[:, columns[0]] += 1 + abs(elsewhere[:, columns[0]])
        assert (left.score_samples(elsewhere) == -np.inf).all()


def condition_agrees_with_density(model, given_values, z):
    """log f(a | v) - log f(b | v) = log f(a, v) - log f(b, v) for all a, b of one v."""
    left = model.condition(given_values, rng=0)
    places = np.concatenate([left.sample(10, rng=0), z[:10]])
    places[:, list(given_values)] = list(given_values.values())
    joint, conditioned = model.score_samples(places), left.score_samples(places)
    seen = np.isfinite(joint)
    assert (seen == np.isfinite(conditioned)).all()
    assert seen.any()
    one = (joint - conditioned)[seen]  # the log-density of the condition, whatever the place
    assert one == pytest.approx(one[0], rel=1e-8, abs=1e-8)


def steps_make_no_difference(model, first, second, z):
    """Two conditions, one after the other, in either order, or at once: one density."""
    places = z[:20].copy()
    for column, value in (first | second).items():
        places[:, column] = value
    expected = model.condition(first | second, rng=0).score_samples(places)
    assert np.isfinite(expected).any()
    for one, two in ((first, second), (second, first)):
        steps = model.condition(one, rng=0).condition(two, rng=0).score_samples(places)
        assert steps == pytest.approx(expected, rel=1e-8, abs=1e-8)


def one_row_can_have_all_weight(model, row, z):
    """Draws from one row alone: that row only, finite, one effective row."""
    weights = np.zeros(len(z))
    weights[row] = 1e-300  # that it is small does not matter
    drawn, rows = model.sample_rows(30, weights=weights, rng=0)
    assert (rows == row).all()
    assert np.isfinite(drawn).all()
    assert model.effective_rows(weights) == pytest.approx(1)
    assert "1.0 effective rows" in model.collapse(weights)


# the properties, on all models


@dense
def test_densities_are_numbers(name):
    @tried(name)
    @given(z=codes(), fields=choices(name))
    def holds(z, fields):
        model = or_refusal(lambda: fitted(name, z, **fields))
        if model is not None:
            densities_are_numbers(model, z)

    holds()


@conditional
def test_conditions_are_kept_or_refused(name):
    @tried(name)
    @given(data=st.data(), z=codes(), fields=choices(name))
    def holds(data, z, fields):
        assume(z.shape[1] > 1)
        model = or_refusal(lambda: fitted(name, z, **fields))
        if model is not None:
            condition_is_kept(model, data.draw(conditions(z)), z)

    holds()


@conditional
def test_one_column_leaves_nothing_to_condition(name):
    model = fitted(name, tilted(30)[:, :1])
    assert model.sample(3, rng=0).shape == (3, 1)
    with pytest.raises(InvalidInput, match="must leave a coordinate free: at most 0 of 1"):
        model.condition({0: 0.0})


@st.composite
def with_density(draw, name):
    """A model with a density and exact conditions, fitted to weighted rows where it can be."""
    seed = draw(st.integers(0, 2**32 - 1))
    z = np.random.default_rng(seed).normal(size=(25, 3)) @ [[1, 0.5, 0], [0, 1, -0.3], [0, 0, 2]]
    fields = draw(choices(name))
    for field, words in samplers.get(name).exact.items():  # other words are stated to have neither
        fields[field] = draw(st.sampled_from(words))
    model = quick(samplers, name, **fields)
    weights = np.arange(25) % 4 if model.weighted and draw(st.booleans()) else None
    return model.fit(z, sample_weight=weights, rng=0), z


@exact
def test_conditions_agree_with_the_density(name):
    @tried(name)
    @given(data=st.data(), made=with_density(name))
    def holds(data, made):
        model, z = made
        columns = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True))
        row = data.draw(st.integers(0, 24))
        given_values = {c: float(z[row, c]) + data.draw(st.floats(-1, 1)) for c in columns}
        condition_agrees_with_density(model, given_values, z)

    holds()


@exact
def test_conditions_in_steps_are_one_condition(name):
    @tried(name)
    @given(made=with_density(name), order=st.permutations([0, 1, 2]))
    def holds(made, order):
        model, z = made
        first, second = ({k: float(z[3, k])} for k in order[:2])
        steps_make_no_difference(model, first, second, z)

    holds()


FOUR = clusters(60, 4)
KNOWN = {0: float(FOUR[7, 0]), 2: float(FOUR[7, 2])}


@cache
def whole(name):
    return fitted(name, FOUR)


@cache
def conditioned(name):
    return whole(name).condition(KNOWN, rng=0)


@pytest.mark.parametrize("name", [name for name in CONDITIONAL if not samplers.get(name).slow])
def test_the_order_of_a_conditions_coordinates_changes_no_byte(name):
    one, two = conditioned(name), whole(name).condition({2: KNOWN[2], 0: KNOWN[0]}, rng=0)
    assert one.sample(20, rng=1).tobytes() == two.sample(20, rng=1).tobytes()


@from_rows
def test_one_row_can_have_all_weight(name):
    @tried(name, 10)
    @given(data=st.data(), z=codes(), fields=choices(name))
    def holds(data, z, fields):
        model = or_refusal(lambda: fitted(name, z, **fields))
        if model is not None:
            one_row_can_have_all_weight(model, data.draw(st.integers(0, len(z) - 1)), z)

    holds()


@every
def test_a_fit_to_one_row_of_many_is_refused_and_nearly_that_is_a_right_answer(name):
    @tried(name, 8)
    @given(seed=st.integers(0, 2**32 - 1))
    def holds(seed):
        z = np.random.default_rng(seed).normal(size=(20, 2))
        model = quick(samplers, name)
        if not model.weighted:
            return
        weights = np.zeros(20)
        weights[4] = 1.0
        alone = or_refusal(lambda: model.fit(z, sample_weight=weights, rng=0))
        assert alone is None
        weights[:] = 1e-12
        weights[4] = 1.0
        model = or_refusal(lambda: model.fit(z, sample_weight=weights, rng=0))
        if model is not None:
            drawn = model.sample(20, rng=0)
            assert np.isfinite(drawn).all()
            if isinstance(model, DensitySampler):
                densities_are_numbers(model, z)

    holds()


@every
@pytest.mark.parametrize("shape", [(2, 1), (3, 8), (12, 30)])
def test_fewer_rows_than_columns(name, shape):
    z = np.random.default_rng(0).normal(size=shape)
    model = or_refusal(lambda: fitted(name, z))
    if model is not None:
        assert np.isfinite(model.sample(20, rng=0)).all()
        if isinstance(model, DensitySampler):
            densities_are_numbers(model, z)


# conditioned models in files


@conditional
def test_a_saved_conditioned_model_goes_on_as_it_was(name, tmp_path):
    left = conditioned(name)
    left.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert type(again) is type(left)
    assert again.sample(40, rng=3).tobytes() == left.sample(40, rng=3).tobytes()
    if isinstance(left, DensitySampler):
        places = np.concatenate([FOUR, left.sample(5, rng=0)])
        assert np.array_equal(again.score_samples(places), left.score_samples(places))
    if isinstance(left, ConditionalSampler):
        further = [
            or_refusal(lambda model=model: model.condition({1: float(FOUR[7, 1])}, rng=0))
            for model in (left, again)
        ]
        assert (further[0] is None) == (further[1] is None)
        if further[0] is not None:
            one, two = (model.sample(40, rng=3) for model in further)
            assert one.tobytes() == two.tobytes()
    with pytest.raises(InvalidInput, match="fixed already"):
        again.condition({2: 0.0})


@conditional
def test_a_tampered_file_of_a_conditioned_model_is_refused(name, tmp_path):
    file = tmp_path / "model"
    conditioned(name).save(file)
    whole = file.read_bytes()
    state, metadata = load_arrays(file)

    def refused(message):
        with pytest.raises(StorageError, match=message):
            load_model(file)

    for place in np.linspace(len(whole) // 2, len(whole) - 1, 12).astype(int):
        flipped = bytearray(whole)
        flipped[place] ^= 0x10
        file.write_bytes(bytes(flipped))
        refused("altered|not a whole safetensors file|not a saved latent model")
    for change in ({"given_": state["given_"] + 1}, {"free_": ~state["free_"]}):
        save_arrays(file, state | change, metadata)
        refused("altered")
    # With a fingerprint that is right, what does not fit together is still refused.
    for change in (
        {"free_": np.zeros(4, dtype=bool)},
        {"free_": state["free_"].astype(np.float64)},
        {"free_": np.ones(3, dtype=bool)},
        {"given_": np.zeros(5)},
        {"given_": np.full(4, np.nan)},
        {"n_features_in_": np.array(2)},
    ):
        told = metadata["sampler"], metadata["fields"]
        mark = fingerprint(state | change, *told)
        save_arrays(file, state | change, metadata | {"sha256": mark})
        refused("free_|shape|NaN")


# each property, on a model that breaks it


class Deaf(Gaussian):
    """Ignores the values of a condition."""

    def _condition(self, known, values, rng):
        return super()._condition(known, np.zeros_like(values), rng)


class Forgetful(Gaussian):
    """Takes only a condition on its first coordinate for what it is."""

    def _condition(self, known, values, rng):
        return super()._condition(known, values * known[0], rng)


class Blind(Gaussian):
    """Has no number for the density of far codes."""

    def _score_samples(self, z):
        return np.where(abs(z).max(axis=1) > 10, np.nan, super()._score_samples(z))


class Loose(Gaussian):
    """Does not keep fixed coordinates."""

    def _whole(self, drawn, rng):
        whole = super()._whole(drawn, rng)
        return whole if self.free_.all() else whole + 1e-9


class Restless(samplers.get("bootstrap")):
    """Draws from a row that was left out."""

    def _choose_rows(self, n, probabilities, rng):
        rows = super()._choose_rows(n, probabilities, rng)
        rows[0] = (rows[0] + 1) % len(probabilities)
        return rows


def test_each_property_can_fail():
    z = clusters(40, 3) + 3
    given_values = {0: 4.0}
    right = Gaussian().fit(z)
    densities_are_numbers(right, z)
    condition_is_kept(right, given_values, z)
    condition_agrees_with_density(right, given_values, z)
    steps_make_no_difference(right, {0: 3.0}, {1: 3.0}, z)
    with pytest.raises(AssertionError):
        densities_are_numbers(Blind().fit(z), z)
    with pytest.raises(AssertionError):
        condition_is_kept(Loose().fit(z), given_values, z)
    with pytest.raises(AssertionError):
        condition_agrees_with_density(Deaf().fit(z), given_values, z)
    with pytest.raises(AssertionError):
        steps_make_no_difference(Forgetful().fit(z), {0: 3.0}, {1: 3.0}, z)
    with pytest.raises(AssertionError):
        one_row_can_have_all_weight(Restless().fit(z), 3, z)
    with pytest.raises(AssertionError):
        or_refusal(lambda: (_ for _ in ()).throw(InvalidInput("no")))


def test_a_conditional_density_of_a_mixture_of_rows_is_the_ratio_of_two_sums():
    """A slow twin of what exactness means, for the kernel density and its full bandwidth."""
    z = clusters(30, 2)
    model = samplers.create("kde", bandwidth=0.5, variance="inflated").fit(z)
    width = 0.5 * z.std(axis=0)
    at, given_value = np.linspace(-5, 5, 7), 0.3
    terms = -0.5 * ((given_value - z[:, 0]) / width[0]) ** 2
    inner = -0.5 * ((at[:, None] - z[:, 1]) / width[1]) ** 2 - np.log(width[1])
    expected = logsumexp(terms + inner, axis=1) - logsumexp(terms) - 0.5 * np.log(2 * np.pi)
    places = np.column_stack([np.full(7, given_value), at])
    left = model.condition({0: given_value})
    assert left.score_samples(places) == pytest.approx(expected, rel=1e-9)
    assert left.score_samples(places) != pytest.approx(expected + 1e-6, rel=1e-9)
