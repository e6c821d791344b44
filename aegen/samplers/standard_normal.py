"""Standard normal distribution: the prior of a variational autoencoder."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

__all__ = ["StandardNormal"]


class StandardNormal(DensitySampler, ConditionalSampler):
    r"""Standard normal distribution N(0, I), whatever the codes are.

    $f(z) = (2\pi)^{-d/2} \exp(-|z|^2 / 2)$. It is what a variational autoencoder was trained to be
    sampled from, and the baseline for every latent model fitted to one. ``fit`` only notes the
    number of dimensions, so row weights change nothing. Conditions are exact.

    Goes wrong on plain autoencoders, whose codes have any mean and spread, and on variational
    ones whose codes together do not fill the prior.

    Cost: none: nothing is learned.

    Reference: Kingma and Welling 2013 (arXiv 1312.6114).

    Example:
        >>> StandardNormal().fit([[5.0, 1.0], [7.0, 3.0]]).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Standard normal"
    summary: ClassVar[str] = "The prior of a variational autoencoder; learns nothing."
    references: ClassVar[tuple[str, ...]] = ("kingma2013",)
    mixed: ClassVar[bool] = True
    weighted: ClassVar[bool] = True
    prior: ClassVar[bool] = True

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        """Nothing is learned."""

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        return rng.standard_normal((n, self._d))

    def _score_samples(self, z: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            squares = np.square(np.clip(z, -1e100, 1e100)).sum(axis=1)
        density: FloatArray = -0.5 * squares - 0.5 * self._d * np.log(2 * np.pi)
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        return self._learnt(int((~known).sum()))
