"""A sum of several normal clouds, fitted by expectation-maximisation."""

from __future__ import annotations

import warnings
from typing import Annotated, ClassVar, Literal

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from aegen.core.arrays import FloatArray
from aegen.core.fields import Field
from aegen.samplers._columns import centre_and_scale, refuse_constant, standardise
from aegen.samplers.base import DensitySampler

__all__ = ["GaussianMixture"]


class GaussianMixture(DensitySampler):
    r"""Several bell-shaped clouds, each with its own mean, covariance and share of the codes.

    $f(z) = \sum_k w_k N(z; \mu_k, \Sigma_k)$, fitted by expectation-maximisation on standardised
    columns, started by k-means. ``floor`` is added to every variance there, so that no cloud
    shrinks onto a single code.

    Goes wrong with more components than the codes can feed: each full covariance has d(d+1)/2
    numbers to learn. The result depends on the start (``rng`` in `fit`) and is a local optimum;
    ``converged_`` says whether the steps sufficed. Constant columns are drawn as that constant.

    Reference: Dempster, Laird, Rubin 1977; the fit is scikit-learn's `GaussianMixture`.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> GaussianMixture(components=2).fit(codes, rng=0).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Gaussian mixture"
    summary: ClassVar[str] = "Several bell-shaped clouds, each with its own shape and share."
    remedy: ClassVar[str] = "add rows or use fewer components"
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {
        "centre_": ("d",),
        "scale_": ("d",),
        "weights_": ("k",),
        "means_": ("k", "d"),
        "factors_": ("k", "d", "d"),
    }

    centre_: FloatArray
    scale_: FloatArray
    weights_: FloatArray
    means_: FloatArray
    factors_: FloatArray
    converged_: bool
    steps_: int

    def __init__(
        self,
        components: Annotated[int, Field("How many clouds.", low=1, high=500)] = 10,
        covariance: Annotated[
            Literal["full", "diagonal"],
            Field("Whether a cloud may be tilted (full) or only stretched (diagonal)."),
        ] = "full",
        floor: Annotated[
            float,
            Field(
                "Least variance of a cloud, as a share of the column's.",
                low=0,
                high=1,
                open_low=True,
                log=True,
            ),
        ] = 1e-6,
        steps: Annotated[
            int, Field("Most steps of the fit before it stops.", low=1, high=10_000, log=True)
        ] = 200,
    ) -> None:
        self.components = components
        self.covariance = covariance
        self.floor = floor
        self.steps = steps

    def minimum_rows(self, d: int) -> int:
        """At least one row a component, and two."""
        return max(2, self.components)

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture as Mixture
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        self.centre_, self.scale_ = centre_and_scale(z)
        d = z.shape[1]
        active = np.flatnonzero(self.scale_ > 0)
        k = self.components
        self.weights_ = np.full(k, 1 / k)
        self.means_ = np.zeros((k, d))
        self.factors_ = np.zeros((k, d, d))
        self.converged_, self.steps_ = True, 0
        if len(active) == 0:
            return
        mixture = Mixture(
            n_components=k,
            covariance_type="full" if self.covariance == "full" else "diag",
            reg_covar=self.floor,
            max_iter=self.steps,
            random_state=int(rng.integers(2**31)),
        )
        x = standardise(z, self.centre_, self.scale_)[:, active]
        # One thread: sums are then taken in one order, and the same seed gives the same bytes.
        # Not having converged is told by converged_, too few distinct rows by equal means.
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(x)
        self.weights_ = mixture.weights_ / mixture.weights_.sum()
        self.means_[:, active] = mixture.means_
        covariances = mixture.covariances_
        if self.covariance == "diagonal":
            covariances = covariances[:, :, None] * np.eye(len(active))
        self.factors_[np.ix_(np.arange(k), active, active)] = np.linalg.cholesky(covariances)
        self.converged_, self.steps_ = bool(mixture.converged_), int(mixture.n_iter_)

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        counts = rng.multinomial(n, self.weights_)
        normal = rng.standard_normal((n, self._d))
        parts = [
            mean + part @ factor.T
            for mean, factor, part in zip(
                self.means_, self.factors_, np.split(normal, np.cumsum(counts)[:-1]), strict=True
            )
        ]
        drawn = np.empty_like(normal)
        drawn[rng.permutation(n)] = np.concatenate(parts)  # each draw from any component
        drawn *= self.scale_
        drawn += self.centre_
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.centre_, self.scale_)
        x = standardise(z, self.centre_, self.scale_)
        with np.errstate(divide="ignore"):
            parts = np.log(self.weights_) - 0.5 * self._d * np.log(2 * np.pi)
        terms = np.empty((len(parts), len(x)))
        for k, factor in enumerate(self.factors_):
            y = solve_triangular(factor, (x - self.means_[k]).T, lower=True)
            terms[k] = parts[k] - np.log(np.diag(factor)).sum() - 0.5 * (y * y).sum(axis=0)
        total: FloatArray = logsumexp(terms, axis=0) - np.log(self.scale_).sum()
        return total
