"""What is learned is announced on the class with its axes, or refused with a sentence."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest

from aegen.core.arrays import FloatArray
from aegen.samplers import DensitySampler, RowSampler, Sampler, samplers
from aegen.samplers._learned import probabilities


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
