"""Gaussian mixture model, fitted by expectation-maximisation."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.parameters import Field
from aegen.core.progress import report
from aegen.core.threads import one_blas_thread
from aegen.samplers._em import MixtureParameters, fit_mixture, log_densities
from aegen.samplers._learned import not_negative, probabilities, triangular
from aegen.samplers._normal import known_units, regression, times_root
from aegen.samplers._principal import Reduce
from aegen.samplers._standardise import (
    centre_and_scale,
    first_copies,
    refuse_constant,
    standardise,
)
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

__all__ = ["GaussianMixture"]

LADDER = (1, 2, 3, 5, 10, 20, 50, 100, 200, 400)
"""Numbers of components that are tried, in this order."""

HELD_OUT = 0.2
"""Share of the different rows whose likelihood chooses among them."""

ENOUGH = 0.01
"""A floor from which a covariance is sane in whatever number of dimensions."""

TOLERANCE, TRIAL_TOLERANCE = 1e-3, 5e-3
"""Gain in nats below which steps end, of the fit and of those that only try a number."""


class GaussianMixture(DensitySampler, ConditionalSampler):
    r"""Gaussian mixture model with full or diagonal covariances, fitted by EM.

    $f(z) = \sum_k w_k N(z; \mu_k, \Sigma_k)$, fitted by expectation-maximisation on standardised
    columns, started by k-means. ``floor`` times the
    variance within the groups of the start is added to every variance, so that no component
    shrinks onto a single code. Rows may have weights.

    With "auto", a fifth of the codes is held out and 1, 2, 3, 5, 10 .. 400 components are fitted
    to the others, until two numbers in a row give held-out codes a lower mean log-density than the
    best before; that best number is then fitted to all codes. ``components_`` tells it.

    Given some coordinates, each component becomes that of the others as in a Gaussian, and its
    share $w_k N(z_k; \mu_{kk}, \Sigma_{k,kk})$: conditions are exact, in logs, however far away.

    Goes wrong with more components than the codes can feed: each full covariance has d(d+1)/2
    numbers to learn. The result depends on the start (``rng`` in `fit`) and is a local optimum;
    ``converged_`` says whether the steps sufficed. Constant columns are drawn as that constant.

    Cost: each step of EM takes O(n k d²) for k components: 8 s in all with 10, 28 s with 200 and
    43 s where the number is chosen, for 60,000 codes of 10 numbers. Draws take no time.

    Reference: Dempster, Laird, Rubin 1977; the start is Arthur and Vassilvitskii 2007. Follows
    scikit-learn's `GaussianMixture`, which takes no weights.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> GaussianMixture(components=2).fit(codes, rng=0).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Gaussian mixture"
    summary: ClassVar[str] = "Several Gaussian components, each with its own covariance and share."
    references: ClassVar[tuple[str, ...]] = ("dempster1977", "arthur2007")
    slow: ClassVar[bool] = True
    weighted: ClassVar[bool] = True
    remedy: ClassVar[str] = (
        "add rows, use fewer components, set floor to 0.01 or reduce below the rows, or use "
        'covariance="diagonal"'
    )
    quick: ClassVar[dict[str, int]] = {"components": 3}

    centre_: Annotated[FloatArray, "d"]
    scale_: Annotated[FloatArray, "d", not_negative]
    weights_: Annotated[FloatArray, "k", probabilities]
    means_: Annotated[FloatArray, "k d"]
    factors_: Annotated[FloatArray, "k d d", triangular]
    components_: int
    converged_: bool
    steps_: int

    def __init__(
        self,
        components: Annotated[
            int | Literal["auto"],
            Field(
                "How many Gaussians; auto: the number with the best held-out likelihood.",
                low=1,
                high=500,
            ),
        ] = 10,
        covariance: Annotated[
            Literal["full", "diagonal"],
            Field("Whether covariances may be tilted (full) or only stretched (diagonal)."),
        ] = "full",
        floor: Annotated[
            float,
            Field(
                "Least variance of a component, as a share of that within groups.",
                low=1e-9,
                high=1,
                log=True,
            ),
        ] = 1e-6,
        steps: Annotated[
            int, Field("Most steps of the fit before it stops.", low=1, high=10_000, log=True)
        ] = 200,
        reduce: Reduce = None,
    ) -> None:
        self.components = components
        self.covariance = covariance
        self.floor = floor
        self.steps = steps
        self.reduce = reduce

    def minimum_rows(self, d: int) -> int:
        """A row a component, and one more than ``d`` where a covariance is estimated whole.

        A floor of 0.01 or more takes the place of rows.
        """
        whole = self.covariance == "full" and self.floor < ENOUGH
        rows = 2 if self.components == "auto" else max(2, int(self.components))
        return max(rows, d + 1) if whole else rows

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        d = z.shape[1]
        self.centre_, self.scale_ = centre_and_scale(z, weights)
        if weights is None:
            weights = np.full(len(z), 1 / len(z))
        z, weights = z[weights > 0], weights[weights > 0]
        active = np.flatnonzero(self.scale_ > 0)
        x = np.ascontiguousarray(standardise(z, self.centre_, self.scale_)[:, active])
        # One thread: sums are then taken in one order, and the same seed gives the same bytes.
        with one_blas_thread():
            k, begun = self._number(x, weights, rng)
            self.components_ = k
            self.weights_ = np.full(k, 1 / k)
            self.means_ = np.zeros((k, d))
            self.factors_ = np.zeros((k, d, d))
            self.converged_, self.steps_ = True, 0
            if len(active) == 0:
                return
            found = self._fitted(
                x,
                weights,
                k,
                tolerance=TOLERANCE,
                rng=rng,
                tell=lambda s, text: report(begun + (1 - begun) * s, text),
            )
        self.weights_ = found.shares / found.shares.sum()
        self.means_[:, active] = found.means
        self.factors_[np.ix_(np.arange(k), active, active)] = found.factors
        # Not having converged is told by converged_, too few distinct rows by equal means.
        self.converged_, self.steps_ = found.converged, found.steps

    def _fitted(self, *arguments: Any, **more: Any) -> MixtureParameters:
        full = self.covariance == "full"
        return fit_mixture(*arguments, full=full, floor=self.floor, steps=self.steps, **more)

    def _number(
        self, x: FloatArray, weights: FloatArray, rng: np.random.Generator
    ) -> tuple[int, float]:
        """The number of components, and which share of all work it took to find it."""
        if self.components != "auto":
            return int(self.components), 0.0
        if x.shape[1] == 0:
            return 1, 0.0
        first = first_copies(x)
        different = np.unique(first)
        out = np.zeros(len(x), dtype=np.bool_)
        out[different] = rng.random(len(different)) < HELD_OUT
        held_out = out[first]  # copies of a row are on one side
        if len(different) < 10 or held_out.all() or not held_out.any():
            return 1, 0.0
        own = weights[~held_out] / weights[~held_out].sum()
        theirs = weights[held_out] / weights[held_out].sum()
        best, best_k, worse = -np.inf, 1, 0
        sizes = [k for k in LADDER if k <= len(different) / 5]
        for place, k in enumerate(sizes):

            def trying(share: float, text: str, place: int = place) -> None:
                report(0.5 * (place + share) / len(sizes), f"trying {text}")

            found = self._fitted(
                x[~held_out], own, k, tolerance=TRIAL_TOLERANCE, rng=rng, tell=trying
            )
            score = float(theirs @ log_densities(x[held_out], found))
            worse = 0 if score > best else worse + 1
            if score > best:
                best, best_k = score, k
            if worse == 2:
                break
        return best_k, 0.5

    def _defect(self) -> str | None:
        diagonal = np.diagonal(self.factors_, axis1=1, axis2=2)
        if (diagonal[:, self.scale_ > 0] == 0).any():
            return "factors_ must have diagonals above 0 where scale_ is"
        return None

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        counts = rng.multinomial(n, self.weights_)
        normal = rng.standard_normal((n, self._d))
        parts = np.split(normal, np.cumsum(counts)[:-1])
        for mean, factor, part in zip(self.means_, self.factors_, parts, strict=True):
            np.add(times_root(part, factor), mean, out=part)
        drawn = np.empty_like(normal)
        drawn[rng.permutation(n)] = normal  # each draw from any component
        drawn *= self.scale_
        drawn += self.centre_
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.centre_, self.scale_)
        x = standardise(z, self.centre_, self.scale_)
        density = log_densities(x, MixtureParameters(self.weights_, self.means_, self.factors_))
        density -= np.log(self.scale_).sum()
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        anything = np.eye(len(values))
        y = known_units(self.title, self.centre_[known], self.scale_[known], values, anything)
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights_)
        means, factors = [], []
        for k, (mean, factor) in enumerate(zip(self.means_, self.factors_, strict=True)):
            law = regression(factor, known)
            away = y - mean[known]
            logs[k] -= 0.5 * np.square(law.whitener @ away).sum() + law.log_volume
            means.append(mean[~known] + law.slopes @ away)
            upper = np.linalg.qr(law.rest.T)[1]
            factors.append((upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]).T)
        shares = np.exp(logs - logs.max())
        return self._learnt(
            int((~known).sum()),
            centre_=self.centre_[~known],
            scale_=self.scale_[~known],
            weights_=shares / shares.sum(),
            means_=np.array(means),
            factors_=np.array(factors),
            components_=self.components_,
            converged_=self.converged_,
            steps_=self.steps_,
        )
