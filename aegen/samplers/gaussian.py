"""One multivariate normal distribution: the simplest model that knows about dependence."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from scipy.linalg import solve_triangular

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.fields import Field
from aegen.samplers._columns import centre_and_scale, refuse_constant, standardise
from aegen.samplers.base import DensitySampler

__all__ = ["Gaussian"]

SINGULAR = 1e-12
"""Directions whose variance is below this share of a column's are taken to have none."""


class Gaussian(DensitySampler):
    r"""One bell-shaped cloud with the mean and the covariance of the codes.

    $z \sim N(\mu, \Sigma)$ with $\mu$ the mean and $\Sigma$ the maximum-likelihood covariance
    (dividing by n). With ``shrinkage`` s every correlation is multiplied by 1 - s.

    Goes wrong where the codes form clusters or curved sheets: it puts mass between them. Columns
    that are constant are drawn as that constant, columns that depend on each other linearly keep
    doing so; in both cases there is no density, and `score_samples` says so.

    Reference: "Gauss" in arXiv 2309.09916, there with the divisor n - 1.

    Example:
        >>> model = Gaussian().fit([[0.0, 1.0], [2.0, 3.0], [1.0, 5.0]])
        >>> model.sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Gaussian"
    summary: ClassVar[str] = "One bell-shaped cloud with the codes' mean and covariance."
    weighted: ClassVar[bool] = True
    remedy: ClassVar[str] = (
        'add rows, set shrinkage above 0, or use covariance="diagonal" or independent margins'
    )
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {
        "mean_": ("d",),
        "scale_": ("d",),
        "correlation_": ("d", "d"),
    }

    mean_: FloatArray
    scale_: FloatArray
    correlation_: FloatArray

    def __init__(
        self,
        covariance: Annotated[
            Literal["full", "diagonal"],
            Field("Whether columns may depend on each other (full) or not (diagonal)."),
        ] = "full",
        shrinkage: Annotated[
            float,
            Field(
                "How far correlations are drawn towards 0; helps where rows are few.",
                low=0,
                high=1,
                step=0.05,
            ),
        ] = 0.0,
    ) -> None:
        self.covariance = covariance
        self.shrinkage = shrinkage

    def minimum_rows(self, d: int) -> int:
        """One more than ``d`` for a covariance that is estimated whole, else 2."""
        return d + 1 if self.covariance == "full" and self.shrinkage == 0 else 2

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.mean_, self.scale_ = centre_and_scale(z, weights)
        x = standardise(z, self.mean_, self.scale_)
        share = 1 / len(z) if weights is None else weights[:, None]
        correlation = (x * share).T @ x
        correlation *= 0.0 if self.covariance == "diagonal" else 1.0 - self.shrinkage
        np.fill_diagonal(correlation, self.scale_ > 0)
        self.correlation_ = (correlation + correlation.T) / 2

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        normal = rng.standard_normal((n, self._d))
        drawn: FloatArray = normal @ (self.scale_[:, None] * self._factor()).T
        drawn += self.mean_
        return drawn

    def _factor(self) -> FloatArray:
        """A square root of the correlation, which may be singular, shape (d, d)."""
        values, vectors = np.linalg.eigh(self.correlation_)
        if values[0] > SINGULAR * values[-1]:
            lower: FloatArray = np.linalg.cholesky(self.correlation_).astype(
                np.float64, copy=False
            )
            return lower
        root: FloatArray = vectors * np.sqrt(np.clip(values, 0.0, None))
        return root

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.mean_, self.scale_)
        values = np.linalg.eigvalsh(self.correlation_)
        if values[0] <= SINGULAR * values[-1]:
            flat = int((values > SINGULAR * values[-1]).sum())
            raise InvalidInput(
                f"{self.title} has no density: the training codes lie in {flat} of "
                f"{len(values)} dimensions (columns depend on each other exactly); "
                "fit with shrinkage above 0, or leave dependent columns out"
            )
        factor = np.linalg.cholesky(self.correlation_)
        x = standardise(z, self.mean_, self.scale_)
        y = solve_triangular(factor, x.T, lower=True)
        volume = np.log(np.diag(factor)).sum() + np.log(self.scale_).sum()
        d = self._d
        density: FloatArray = -0.5 * (y * y).sum(axis=0) - volume - 0.5 * d * np.log(2 * np.pi)
        return density
