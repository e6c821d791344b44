"""What is learned is announced on the class with its axes, or refused with a sentence."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest

from aegen.core.arrays import FloatArray
from aegen.samplers import DensitySampler, RowSampler, Sampler, samplers


class Mean(Sampler):
    title, summary = "Mean", "The mean, again and again."
    mean_: Annotated[FloatArray, "d"]
    rounds_: int

    def _fit(self, z, weights, rng):
        self.mean_, self.rounds_ = z.mean(axis=0), 3

    def _sample(self, n, rng):
        return np.tile(self.mean_, (n, 1))


def test_axes_come_from_annotations_of_the_class_and_those_above():
    assert Mean.shapes == Sampler.shapes | {"mean_": ("d",), "rounds_": ()}
    assert RowSampler.shapes == Sampler.shapes | {"weights_": ("n",)}
    assert DensitySampler.shapes == Sampler.shapes

    class Both(Mean, RowSampler): ...

    assert Both.shapes == Mean.shapes | RowSampler.shapes
    copula = samplers.get("empirical-beta-copula").shapes
    assert copula["ranks_"] == ("n", "d")
    assert copula["weights_"] == ("n",)
    assert copula["degree_"] == ()


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
