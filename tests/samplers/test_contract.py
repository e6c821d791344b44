"""What every latent model promises, checked on all: a file added to the family is here too."""

import json
import re
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from aegen.core.errors import AegenError, InvalidInput, StorageError, UnknownName
from aegen.core.storage import load_arrays, save_arrays
from aegen.samplers import DensitySampler, NotFitted, RowSampler, samplers
from aegen.samplers import load as load_model
from tests.contract import another, quick
from tests.example_codes import AWKWARD, clusters, constant_column, tilted

NAMES = samplers.names()
every = pytest.mark.parametrize("name", NAMES)
DENSE = [name for name in NAMES if issubclass(samplers.get(name), DensitySampler)]
dense = pytest.mark.parametrize("name", DENSE)
from_rows = pytest.mark.parametrize(
    "name", [name for name in NAMES if issubclass(samplers.get(name), RowSampler)]
)


LEARNING = [name for name in NAMES if not samplers.get(name).prior]
"""What concerns the codes' scale does not apply to those that learn nothing from them."""
learning = pytest.mark.parametrize("name", LEARNING)


def make(name, **fields):
    """What is promised holds for a small network, trained shortly, as well as for a large one."""
    quick = samplers.get(name).quick
    small = {key: quick[key] for key in ("epochs", "hidden", "transforms") if key in quick}
    return samplers.create(name, **small | fields)


def fitted(name, z=None, **fields):
    return make(name, **fields).fit(tilted() if z is None else z, rng=0)


@cache
def once(name):
    """Fitted to ``tilted()``, for tests that only ask it."""
    return fitted(name)


def test_the_five_of_the_paper_are_there():
    assert {
        "gaussian",
        "independent-margins",
        "kde",
        "gaussian-mixture",
        "empirical-beta-copula",
    } <= set(samplers.names())


@every
def test_it_says_what_it_is(name):
    kind = samplers.get(name)
    assert kind.title
    assert kind.summary.endswith(".")
    assert len(kind.summary) < 90
    assert "Example:" in kind.__doc__
    for parameter in samplers.parameters(name):
        assert parameter.field.help.endswith(".")


@every
def test_shape_and_type_of_draws(name):
    model = once(name)
    drawn = model.sample(5, rng=1)
    assert drawn.shape == (5, 2)
    assert drawn.dtype == np.float64
    assert model.sample(rng=1).shape == (1, 2)
    assert model.sample(0, rng=1).shape == (0, 2)
    assert np.isfinite(model.sample(3000, rng=1)).all()


@every
def test_same_rng_same_draw_other_rng_other_draw(name):
    model = once(name)
    assert model.sample(50, rng=3).tobytes() == model.sample(50, rng=3).tobytes()
    assert not np.array_equal(model.sample(50, rng=3), model.sample(50, rng=4))
    assert not np.array_equal(model.sample(50), model.sample(50))
    one, two = (np.random.default_rng(5) for _ in range(2))
    assert np.array_equal(model.sample(50, rng=one), model.sample(50, rng=two))
    assert not np.array_equal(model.sample(50, rng=one), model.sample(50, rng=5))


@every
def test_a_second_fit_forgets_the_first(name):
    """Also what a model derives from a fit when it is first asked; same rng, same fit."""

    def told(model):
        scores = model.score_samples(tilted()[:9]) if name in DENSE else np.empty(0)
        return model.sample(20, rng=1), scores

    model = fitted(name, 3 * tilted()[::-1] ** 3 + 1)
    told(model)
    pairs = zip(told(model.fit(tilted(), rng=0)), told(once(name)), strict=True)
    assert all(np.array_equal(found, wanted) for found, wanted in pairs)


@every
def test_the_number_of_threads_changes_no_byte(name):
    z = clusters(3000, 5)
    drawn = set()
    for threads in (1, 2):
        with threadpool_limits(threads):
            drawn.add(fitted(name, z).sample(3000, rng=1).tobytes())
    assert len(drawn) == 1


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("gaussian", {}),
        ("gaussian", {"reduce": 9}),
        ("kde", {"shape": "full", "bandwidth": 0.3}),
        ("gaussian-copula", {}),
        ("gaussian-mixture", {"components": 3}),
    ],
)
def test_the_number_of_threads_changes_no_byte_of_wide_codes(name, fields):
    """From some 256 columns on, BLAS adds products in another order where it has more threads."""
    z = np.random.default_rng(0).normal(size=(900, 257))
    model, found = fitted(name, z @ z[:257], **fields), set()
    for threads in (1, 2):
        with threadpool_limits(threads):
            drawn = model.sample(400, rng=1)
            found.add(drawn.tobytes() + model.score_samples(drawn).tobytes())
    assert len(found) == 1


@every
def test_input_is_neither_changed_nor_kept_and_numpys_global_state_untouched(name):
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - to see that nobody else uses it
    z = tilted()
    before = z.copy()
    model = make(name).fit(z, rng=0)
    drawn = model.sample(20, rng=0)
    model.sample(10)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert np.array_equal(z, before)
    z[:] = 1e6
    assert np.array_equal(model.sample(20, rng=0), drawn)
    frozen = before.copy()
    frozen.setflags(write=False)
    assert np.array_equal(make(name).fit(frozen, rng=0).sample(20, rng=0), drawn)


@every
def test_other_number_types_and_layouts_give_the_same(name):
    z = np.round(tilted(), 3).astype(np.float32)
    expected = fitted(name, z.astype(np.float64)).sample(9, rng=0)
    assert np.array_equal(fitted(name, np.asfortranarray(z)).sample(9, rng=0), expected)
    assert np.array_equal(fitted(name, z.tolist()).sample(9, rng=0), expected)


@every
def test_asking_before_fitting(name):
    model = make(name)
    with pytest.raises(NotFitted, match="call fit"):
        model.sample()
    with pytest.raises(NotFitted):
        model.save("nowhere.safetensors")
    if isinstance(model, DensitySampler):
        with pytest.raises(NotFitted):
            model.score_samples([[0.0]])
    if isinstance(model, RowSampler):
        with pytest.raises(NotFitted):
            model.sample_rows()


@every
@pytest.mark.parametrize(
    ("z", "message"),
    [
        (np.zeros(784), r"codes must have shape \(n, d\).*\(784,\)"),
        (np.zeros((3, 0)), r"codes must have shape \(n, d\)"),
        (np.zeros((2, 3, 4)), r"codes must have shape \(n, d\)"),
        (np.array([[0.0], [np.nan], [1.0]]), "NaN or infinite.*row 1, column 0"),
        (np.array([[0.0], [1.0], [np.inf]]), "NaN or infinite"),
        ([["a"], ["b"]], "real numbers"),
        ([[1.0], [1.0, 2.0]], "real numbers"),
        (np.zeros((0, 2)), "needs at least .* got 0: add rows"),
        (np.zeros((1, 2)), "needs at least .* got 1: add rows"),
        (np.full((50, 1), 1e101), "scale them down"),
    ],
    ids=["1-d", "no columns", "3-d", "NaN", "inf", "text", "ragged", "none", "one", "huge"],
)
def test_codes_that_cannot_be_used(name, z, message):
    with pytest.raises(InvalidInput, match=message):
        make(name).fit(z)


@every
def test_a_failed_fit_leaves_the_model_unfitted(name):
    model = make(name)
    with pytest.raises(InvalidInput):
        model.fit(np.zeros((1, 1)))
    with pytest.raises(NotFitted):
        model.sample()


@every
@pytest.mark.parametrize("n", [-1, 2.5, "3", None, True, 10**30])
def test_numbers_of_draws_that_cannot_be_used(name, n):
    with pytest.raises(InvalidInput, match="n must be a whole number"):
        once(name).sample(n)


@every
@pytest.mark.parametrize("rng", [-1, 1.5, "seed", np.random.RandomState(0)])
def test_rngs_that_cannot_be_used(name, rng):
    with pytest.raises(InvalidInput, match="rng must be"):
        once(name).sample(1, rng=rng)


@every
def test_weights_are_honoured_or_refused(name):
    z = tilted(40)
    model = make(name)
    if not model.weighted:
        with pytest.raises(InvalidInput, match="cannot weight rows"):
            model.fit(z, sample_weight=1 + np.arange(40) % 2)
        model.fit(z, sample_weight=np.full(40, 0.3), rng=0)  # equal ones are none
        assert np.array_equal(model.sample(9, rng=1), fitted(name, z).sample(9, rng=1))
        return
    whole = np.arange(40) % (3 if model.weights_repeat else 2)
    repeated = make(name).fit(np.repeat(z, whole, axis=0), rng=0)
    model.fit(z, sample_weight=whole, rng=0)
    if isinstance(model, DensitySampler):
        assert model.score_samples(z) == pytest.approx(repeated.score_samples(z), rel=1e-9)
    for bad in (np.ones(39), -np.ones(40), np.zeros(40), np.full(40, np.nan)):
        with pytest.raises(InvalidInput, match="sample_weight"):
            model.fit(z, sample_weight=bad)
    with pytest.raises(InvalidInput, match=r"needs at least .* got 1"):
        model.fit(z, sample_weight=np.arange(40) == 3)


@every
def test_fields_survive_clone_and_params(name):
    model = samplers.create(name)
    twin = clone(once(name))
    assert twin.get_params() == make(name).get_params()
    with pytest.raises(NotFitted):
        twin.sample()
    for parameter in samplers.parameters(name):
        assert getattr(model, parameter.name) == parameter.default
        assert parameter.check(parameter.default, name) == parameter.default


@every
def test_fields_that_cannot_be_used(name):
    with pytest.raises(UnknownName, match="no field of"):
        samplers.create(name, colour="red")
    for parameter in samplers.parameters(name):
        for value in ("no such word", [], float("nan"), -1):
            with pytest.raises(InvalidInput, match=re.escape(f"{parameter.name} must be")):
                samplers.create(name, **{parameter.name: value})
            model = samplers.create(name).set_params(**{parameter.name: value})
            with pytest.raises(InvalidInput, match=re.escape(f"{parameter.name} must be")):
                model.fit(tilted())


@dense
def test_density_has_one_value_a_row(name):
    model = once(name)
    z = tilted(30, seed=1)
    scores = model.score_samples(z)
    assert scores.shape == (30,)
    assert np.isfinite(scores).all()
    assert model.score(z) == pytest.approx(scores.mean())
    assert np.allclose(model.score_samples(z[::-1]), scores[::-1], rtol=1e-12)
    assert model.score_samples(np.zeros((0, 2))).shape == (0,)
    assert model.score_samples(z + 1e60).max() < scores.min() - 100  # heavy tails too
    with pytest.raises(InvalidInput, match="2 columns"):
        model.score_samples(np.zeros((3, 4)))
    with pytest.raises(InvalidInput, match="finite"):
        model.score_samples([[0, np.nan]])


@dense
def test_density_is_normalised_on_a_line(name):
    model = fitted(name, clusters(60, 1))
    tail = 12 * np.exp(np.linspace(0, 24, 300)[1:])  # to 3e11, as tails may be heavy
    grid = np.concatenate([-tail[::-1], np.linspace(-12, 12, 2401), tail])
    mass = np.trapezoid(np.exp(model.score_samples(grid[:, None])), grid)
    assert mass == pytest.approx(1, abs=1e-4)
    assert not np.isclose(mass * 1.01, 1, atol=1e-4)


@from_rows
def test_rows_are_where_draws_start(name):
    model = once(name)
    codes, rows = model.sample_rows(400, rng=2)
    assert codes.shape == (400, 2)
    assert rows.shape == (400,)
    assert rows.dtype == np.int64
    assert set(rows) <= set(range(200))
    assert np.array_equal(codes, model.sample(400, rng=2))
    assert len(np.unique(rows)) > 150  # 173 expected of 400 draws from 200
    chosen = np.zeros(200)
    chosen[[3, 190]] = [1, 3]
    _, rows = model.sample_rows(4000, weights=chosen, rng=2)
    assert set(rows) == {3, 190}
    assert (rows == 190).mean() == pytest.approx(0.75, abs=5 * np.sqrt(0.75 * 0.25 / 4000))
    assert len(model.sample_rows(0, rng=2)[1]) == 0
    for bad in (np.ones(199), -np.ones(200), np.zeros(200), np.full(200, np.inf)):
        with pytest.raises(InvalidInput, match="weights"):
            model.sample_rows(3, weights=bad)


@learning
@pytest.mark.parametrize("codes", AWKWARD)
def test_awkward_codes_can_be_fitted_drawn_from_and_saved(name, codes, tmp_path):
    z = AWKWARD[codes]()
    model = fitted(name, z)
    drawn = model.sample(200, rng=0)
    model.save(tmp_path / "model")
    assert load_model(tmp_path / "model").sample(200, rng=0).tobytes() == drawn.tobytes()
    assert drawn.shape == (200, z.shape[1])
    assert np.isfinite(drawn).all()
    low, high = z.min(axis=0), z.max(axis=0)
    constant = low == high
    assert (drawn[:, constant] == low[constant]).all()
    # No draw leaves the codes by more than several of their own ranges.
    assert ((drawn >= low - 9 * (high - low)) & (drawn <= high + 9 * (high - low))).all()
    if isinstance(model, DensitySampler):
        try:
            scores = model.score_samples(drawn[:20])
        except InvalidInput as refusal:
            said, scores = str(refusal), np.zeros(0)
        else:
            said = ""
        undefined = constant.any() or (codes == "collinear" and model.full_rank)
        assert ("has no density" in said) == undefined
        assert not np.isnan(scores).any()


@pytest.mark.parametrize("name", sorted({*DENSE} & {*LEARNING}))
def test_no_density_along_a_constant_column_is_said_clearly(name):
    model = fitted(name, constant_column())
    with pytest.raises(InvalidInput, match=r"no density: column 1 .*7\.1.*before fitting"):
        model.score_samples(constant_column())


@every
def test_a_saved_model_gives_the_same_next_draw(name, tmp_path):
    model = once(name)
    file = tmp_path / "model.safetensors"
    model.save(file)
    again = load_model(file)
    assert type(again) is type(model)
    assert again.get_params() == model.get_params()
    assert again.sample(64, rng=9).tobytes() == model.sample(64, rng=9).tobytes()
    if isinstance(model, DensitySampler):
        z = tilted(9)
        assert np.array_equal(again.score_samples(z), model.score_samples(z))
    first = file.read_bytes()
    again.save(file)
    assert file.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


@every
def test_fields_changed_after_a_fit_need_another_fit(name):
    model = fitted(name)
    parameter = next(iter(samplers.parameters(name)), None)
    if parameter is None:
        return
    model.set_params(**{parameter.name: another(parameter)})
    for ask in (model.sample, lambda: model.save("nowhere")):
        with pytest.raises(NotFitted, match="changed after it was fitted"):
            ask()
    model.fit(tilted(), rng=0)
    model.sample(3, rng=0)


@every
def test_fields_are_saved_too(name, tmp_path):
    for parameter in samplers.parameters(name):
        value = another(parameter)
        model = quick(samplers, name, **{parameter.name: value}).fit(tilted(), rng=0)
        model.save(tmp_path / "model")
        again = load_model(tmp_path / "model")
        assert getattr(again, parameter.name) == value
        assert again.get_params() == model.get_params()
        assert np.array_equal(again.sample(64, rng=9), model.sample(64, rng=9))


@every
def test_files_that_are_no_saved_model(name, tmp_path):
    file = tmp_path / "model.safetensors"
    once(name).save(file)
    whole = file.read_bytes()

    def refused(content, message):
        file.write_bytes(content)
        with pytest.raises(StorageError, match=message) as caught:
            load_model(file)
        assert str(file) in str(caught.value)

    for length in (0, 7, len(whole) // 2, len(whole) - 1):
        refused(whole[:length], "not a whole safetensors file")
    refused(b"PK\x03\x04" + whole, "not a whole safetensors file")
    flipped = bytearray(whole)
    flipped[-3] ^= 0x40
    refused(bytes(flipped), "altered")
    refused(save(load(whole)), "not a saved latent model")
    with pytest.raises(StorageError, match="no such file"):
        load_model(tmp_path / "other.safetensors")
    with pytest.raises(StorageError, match="cannot be written"):
        once(name).save(tmp_path / "no folder" / "model.safetensors")


@every
def test_files_of_another_format_name_or_field(name, tmp_path):
    file = tmp_path / "model.safetensors"
    once(name).save(file)
    state, metadata = load_arrays(file)
    for change, message in [
        ({"aegen": "9"}, "format 9, this aegen reads 3: update aegen"),
        ({"sampler": "gausian"}, "altered"),
        ({"fields": "{}["}, "altered"),
    ]:
        save_arrays(file, state, metadata | change)
        with pytest.raises(StorageError, match=message):
            load_model(file)


def resealed(file, model_name, state, fields):
    """A file whose fingerprint is right, whatever it holds."""
    from aegen.samplers.base import fingerprint

    mark = fingerprint(state, model_name, fields)
    metadata = {"aegen": "3", "sampler": model_name, "fields": fields, "sha256": mark}
    save_arrays(file, state, metadata)
    return file


@every
def test_a_file_made_to_mislead_is_refused(name, tmp_path):
    file = tmp_path / "model.safetensors"
    once(name).save(file)
    state, metadata = load_arrays(file)
    fields, shapes = metadata["fields"], samplers.get(name).learned
    with pytest.raises(StorageError, match="does not describe"):
        load_model(resealed(file, "../gaussian", state, fields))
    with pytest.raises(StorageError, match="does not describe"):
        load_model(resealed(file, name, state, json.dumps({"colour": 1})))
    with pytest.raises(StorageError, match="does not describe"):
        load_model(resealed(file, name, state, "[1"))
    for key, array in state.items():
        rest = {k: v for k, v in state.items() if k != key}
        with pytest.raises(StorageError, match=r"where .* needs"):
            load_model(resealed(file, name, rest, fields))
        with pytest.raises(StorageError, match="shape"):
            load_model(resealed(file, name, rest | {key: array[None]}, fields))
        fewer = (
            shapes[key].axes[:1] == ("n",) and sum("n" in own.axes for own in shapes.values()) == 1
        )
        if array.size and array.ndim and not fewer:  # fewer training codes are codes as well
            with pytest.raises(StorageError, match=r"shape|rank|sorted"):
                load_model(resealed(file, name, rest | {key: array[:-1]}, fields))
        if array.size and array.dtype.kind == "f":
            with pytest.raises(StorageError, match="NaN"):
                load_model(resealed(file, name, rest | {key: array * np.nan}, fields))


@st.composite
def any_codes(draw):
    """Codes of any size, scale and offset, with ties, copies and constant columns among them."""
    n = draw(st.integers(2, 40))
    d = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    z = rng.normal(size=(n, d)) if draw(st.booleans()) else rng.standard_cauchy((n, d))
    if draw(st.booleans()):
        z = np.round(z)
    if draw(st.booleans()):
        z[:, draw(st.integers(0, d - 1))] = draw(st.floats(-1e6, 1e6))
    if draw(st.booleans()):
        z = z[rng.integers(n, size=n)]
    scale = 10.0 ** draw(st.integers(-12, 12))
    z = z * scale + draw(st.sampled_from([0.0, 1.0, -1e3, 1e9]))
    return z.astype(np.float32) if draw(st.booleans()) else z


@every
@settings(max_examples=25)
@given(z=any_codes(), seed=st.integers(0, 1000))
def test_any_codes_give_finite_draws_or_a_named_error(name, z, seed):
    before = z.copy()
    refusal = ""
    try:
        model = make(name).fit(z, rng=seed)
        drawn = model.sample(7, rng=seed)
        assert drawn.shape == (7, z.shape[1])
        assert np.isfinite(drawn).all()
        if isinstance(model, DensitySampler):
            assert not np.isnan(model.score_samples(z)).any()
    except AegenError as problem:
        refusal = str(problem)
    assert np.array_equal(z, before)
    assert not refusal or re.search("needs at least|no density", refusal)
