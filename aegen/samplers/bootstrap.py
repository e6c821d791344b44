"""Bootstrap: the training codes themselves, drawn with replacement; what copying looks like."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.samplers.base import ConditionalSampler, RowSampler, Sampler

__all__ = ["Bootstrap"]


class Bootstrap(RowSampler, ConditionalSampler):
    r"""Bootstrap resampling: training codes drawn with replacement, as they are.

    $P(Z = z_i) = w_i$, with equal probabilities unless ``sample_weight`` says otherwise. It is the
    yardstick of copying: its images are decoded training rows, so no other latent model is nearer
    to the data, and none is less new. Other models also use it for weighted candidates.

    Goes wrong by design, as nothing is ever new. A condition keeps the rows that have exactly
    these values, and is refused where there are none.

    Cost: a fit keeps the codes and a draw picks one; neither takes time.

    Reference: Efron 1979.

    Example:
        >>> model = Bootstrap().fit([[0.0, 1.0], [2.0, 3.0]])
        >>> model.sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Bootstrap"
    summary: ClassVar[str] = "Training codes as they are: the yardstick of copying."
    references: ClassVar[tuple[str, ...]] = ("efron1979",)
    mixed: ClassVar[bool] = True

    codes_: Annotated[FloatArray, "n d"]

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.codes_ = z.copy()
        self._weigh(len(z), weights)

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        drawn: FloatArray = self.codes_[rows]
        return drawn

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        there = self.weights_ * (self.codes_[:, known] == values).all(axis=1)
        if there.sum() <= 0:
            raise InvalidInput(
                f"{self.title} has no training code with exactly these values: condition a "
                "smooth latent model instead, such as a kernel density"
            )
        codes = self.codes_[:, ~known].copy()
        return self._learnt(codes.shape[1], codes_=codes, weights_=there / there.sum())
