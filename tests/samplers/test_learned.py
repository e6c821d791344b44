"""What is learned is announced on the class with its axes, or refused with a sentence."""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import pytest

from aegen.core.arrays import FloatArray
from aegen.core.errors import StorageError
from aegen.core.storage import load_arrays, save_arrays
from aegen.samplers import DensitySampler, RowSampler, Sampler, load, samplers
from aegen.samplers._learned import probabilities
from aegen.samplers.base import fingerprint


class Mean(Sampler):
    title, summary = "Mean", "The mean, again and again."
    mean_: Annotated[FloatArray, "d"]
    rounds_: int

    def _fit(self, z, weights, rng):
        self.mean_, self.rounds_ = z.mean(axis=0), 3

    def _sample(self, n, rng):
        return np.tile(self.mean_, (n, 1))


def test_axes_come_from_annotations_of_the_class_and_those_above():
    def axes(kind):
        return {name: own.axes for name, own in kind.learned.items()}

    assert axes(Mean) == axes(Sampler) | {"mean_": ("d",), "rounds_": ()}
    assert axes(RowSampler) == axes(Sampler) | {"weights_": ("n",)}
    assert axes(DensitySampler) == axes(Sampler)

    class Both(Mean, RowSampler): ...

    assert Both.learned == Mean.learned | RowSampler.learned
    copula = samplers.get("empirical-beta-copula").learned
    assert (copula["ranks_"].axes, copula["ranks_"].dtype) == (("n", "d"), np.int32)
    assert copula["weights_"].conditions == (probabilities,)
    assert (copula["degree_"].axes, copula["degree_"].dtype) == ((), np.int64)


def test_an_array_without_axes_is_refused_when_the_class_is_made():
    with pytest.raises(
        TypeError, match=r'Axisless\.mean_ is learned: .*Annotated\[FloatArray, "n d"'
    ):

        class Axisless(Mean):
            mean_: FloatArray


def test_what_the_class_does_not_announce_is_refused_by_fit():
    class Secretive(Mean):
        def _fit(self, z, weights, rng):
            super()._fit(z, weights, rng)
            self.more_ = z.max(axis=0)

    with pytest.raises(TypeError, match=r"Secretive\.more_ is learned: annotate it on the class"):
        Secretive().fit(np.eye(3))
    assert Mean().fit(np.eye(3)).sample(2).tolist() == [[1 / 3] * 3] * 2


def test_another_type_than_the_class_announces_is_refused_by_fit():
    class Halved(Mean):
        def _fit(self, z, weights, rng):
            super()._fit(z, weights, rng)
            self.mean_ = self.mean_.astype(np.float32)

    with pytest.raises(TypeError, match=r"Halved\.mean_ is learned as float32, and annotated as"):
        Halved().fit(np.eye(3))


def resealed(file, name, model, fields=None, **arrays):
    """A file of ``model`` with other fields or arrays and the checksum of these."""
    model.save(file)
    state, said = load_arrays(file)
    state |= arrays
    fields = said["fields"] if fields is None else fields
    mark = fingerprint(state, name, fields)
    save_arrays(file, state, said | {"sampler": name, "fields": fields, "sha256": mark})
    return file


def off(array, place, value):
    """A copy with one number replaced."""
    array = np.array(array)
    array[place] = value
    return array


FAULTS = [
    ("bootstrap", lambda m: {"weights_": m.weights_ * 2}, "that sum to one"),
    ("bootstrap", lambda m: {"codes_": m.codes_.astype(np.float16)}, "type float16 where float64"),
    ("bootstrap", lambda m: {"codes_": m.codes_ * 1e200}, r"codes_ must lie within"),
    ("bootstrap", lambda m: {"codes_": m.codes_ > 0}, "type bool where float64"),
    ("bootstrap", lambda m: {"free_": off(m.free_, 0, False)}, "shape"),
    ("bootstrap", lambda m: {"given_": off(m.given_, 0, np.nan)}, "NaN"),
    ("gaussian", lambda m: {"scale_": -m.scale_}, "scale_ must not be negative"),
    ("gaussian", lambda m: {"correlation_": -m.correlation_}, "symmetric matrix of corr"),
    ("gaussian", lambda m: {"correlation_": off(m.correlation_, (0, 1), 0.5)}, "symmetric"),
    (
        "gaussian",
        lambda m: {"correlation_": np.where(np.eye(2), 1.0, 1.1)},
        "without negative variances in any direction",
    ),
    ("kde", lambda m: {"bandwidth_": np.asarray(-1.0)}, "bandwidth_ must lie from"),
    ("gaussian-mixture", lambda m: {"factors_": m.factors_ * 0}, "diagonals above 0"),
    ("gaussian-mixture", lambda m: {"factors_": -m.factors_}, "lower triangular"),
    (
        "gaussian-mixture",
        lambda m: {"weights_": m.weights_ + 1e-7},  # numpy's multinomial is as strict
        "that sum to one",
    ),
    ("gaussian-copula", lambda m: {"copies_": m.copies_ + 99}, "number rows from 0"),
    ("gaussian-copula", lambda m: {"count_": np.asarray(99.0)}, "from 1 to the number of rows"),
    ("gaussian-copula", lambda m: {"covariance_": np.ones((2, 2)) * [[1], [-1]]}, "covariances"),
    ("empirical-beta-copula", lambda m: {"ranks_": m.ranks_ + 1}, "every rank once"),
    ("empirical-beta-copula", lambda m: {"ordered_": m.ordered_[:, ::-1]}, "must be sorted"),
    ("empirical-beta-copula", lambda m: {"degree_": np.asarray(99)}, "from 1 to the number"),
    ("local-gaussian", lambda m: {"widths_": -m.widths_ - 1}, "widths_ must not be negative"),
    ("local-gaussian", lambda m: {"codes_": m.codes_ * 0}, "fewer than the codes that differ"),
    ("flow-matching", lambda m: {"parameters_": m.parameters_ + 1e5}, "are not finite"),
]


@pytest.mark.parametrize(("name", "how", "said"), FAULTS)
def test_what_is_learned_is_checked_when_it_is_read(name, how, said, tmp_path):
    codes = np.random.default_rng(0).normal(size=(40, 2))
    model = samplers.create(name, **samplers.get(name).quick).fit(codes, rng=0)
    file = tmp_path / "model.safetensors"
    assert load(resealed(file, name, model)).sample(2).shape == (2, 2)
    with pytest.raises(StorageError, match=said):
        load(resealed(file, name, model, **how(model)))


def test_principal_components_are_checked_too(tmp_path):
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 4)) + 0.1 * rng.normal(size=(40, 4))
    model, file = samplers.create("gaussian", reduce=2).fit(codes), tmp_path / "model"
    for arrays, said in [
        ({"axes_": model.axes_ * 2}, "axes_ must have orthonormal columns"),
        ({"unit_": np.asarray(0.0)}, "unit_ must be above 0"),
        ({"noise_": -model.noise_}, "noise_ must not be negative"),
        ({"free_": off(model.free_, 0, False)}, "free_ must leave all coordinates free"),
    ]:
        with pytest.raises(StorageError, match=said):
            load(resealed(file, "gaussian", model, **arrays))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("[" * 100_000, "within each other more than"),
        ('{"reduce": ' + "9" * 400 + "}", "beyond"),
        ('{"reduce": NaN}', "NaN, which is no JSON number"),
        ('{"reduce": "' + "x" * 9_000 + '"}', "reduce must be a whole number"),
        ("[]", "does not describe"),
        ("", "not whole JSON"),
    ],
)
def test_fields_that_are_none_are_refused_in_a_short_sentence(fields, said, tmp_path):
    model = samplers.create("gaussian").fit(np.random.default_rng(0).normal(size=(9, 2)))
    with pytest.raises(StorageError, match=said) as caught:
        load(resealed(tmp_path / "model", "gaussian", model, fields))
    assert len(str(caught.value)) < 500


def test_more_columns_than_can_be_read_are_not_written(tmp_path):
    model, file = samplers.create("bootstrap").fit(np.zeros((2, 4097))), tmp_path / "model"
    with pytest.raises(StorageError, match=r"of 4,097 columns, and 4,096 are the most"):
        model.save(file)
    narrow = samplers.create("bootstrap").fit(np.zeros((2, 4096)))
    wide = {"free_": np.ones(4097, bool), "given_": np.zeros(4097), "codes_": np.zeros((2, 4097))}
    assert load(resealed(file, "bootstrap", narrow)).sample().shape == (1, 4096)
    with pytest.raises(StorageError, match=r"of 4,097 columns, and 4,096 are the most"):
        load(resealed(file, "bootstrap", narrow, n_features_in_=np.asarray(4097), **wide))


def test_a_network_is_not_made_before_its_size_is_known_to_fit(tmp_path):
    codes = np.random.default_rng(0).normal(size=(40, 2))
    model = samplers.create("flow-matching", epochs=1, hidden=4).fit(codes, rng=0)
    for name, more in (
        ("flow-matching", {"hidden": 2048}),
        ("normalizing-flow", {"hidden": 1024}),
    ):
        with pytest.raises(StorageError, match=r"does not fit: these fields need \(\d+,\)"):
            load(resealed(tmp_path / "model", name, model, json.dumps(more)))


@pytest.mark.parametrize("columns", [1, 2, 3, 6])
@pytest.mark.parametrize("kind", ["spline", "realnvp"])
def test_the_size_of_a_flow_is_told_without_making_it(kind, columns):
    model = samplers.create("normalizing-flow", kind=kind, hidden=5, transforms=3)
    model.scale_ = np.ones(columns)
    made = sum(part.numel() for part in model._build().parameters())
    assert model._size(columns) == made
