"""What does the same as a latent model, called directly: plain numpy and the libraries.

Each counterpart is made from a fitted model, so that it has the same law where it can; what it
leaves out is in its name.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray, IntArray
from aegen.samplers import Sampler, samplers
from aegen.samplers._mixed_marginal import MixedMargin

__all__ = ["Counterpart", "copula_density", "counterparts", "ranks", "synthetic_codes"]

GRID = 4096
"""Points of a plain distribution function, between which np.interp inverts it."""

BLOCK = 500
"""Points of a blocked matrix product: 500 x 60,000 numbers are 240 MB."""


@dataclass(frozen=True)
class Counterpart:
    """Another implementation's fit, draw and density; None where it has none.

    ``same_law`` says whether draws follow the model's own law in the model's own units.
    """

    who: str
    fit: Callable[[], Any] | None = None
    draw: Callable[[], Any] | None = None
    density: Callable[[], Any] | None = None
    same_law: bool = False


def synthetic_codes(n: int, d: int = 10, *, rng: int = 0) -> FloatArray:
    """Codes (n, d) with clusters and curvature, to measure on: the same for everyone.

    Example:
        >>> synthetic_codes(3).shape
        (3, 10)
    """
    draw = np.random.default_rng(2309)
    centres = draw.normal(scale=3, size=(10, d))
    tilt = draw.normal(size=(d, d)) / np.sqrt(d)
    draw = np.random.default_rng(rng)
    x = draw.normal(size=(n, d)) @ tilt
    x[:, 0] += 0.3 * x[:, -1] ** 2
    moved: FloatArray = x + centres[draw.integers(10, size=n)]
    return moved


def ranks(z: FloatArray) -> IntArray:
    """Rank of each value in its column, from 1, int64 (n, d); of equals the first comes first.

    Example:
        >>> ranks(np.array([[5.0], [1.0]])).tolist()
        [[2], [1]]
    """
    found: IntArray = np.argsort(np.argsort(z, axis=0, kind="stable"), axis=0) + 1
    return found


def counterparts(
    model: Sampler, z: FloatArray, points: FloatArray, draws: int
) -> list[Counterpart]:
    """What there is beside a ``model`` fitted to ``z``, to be asked for draws and densities."""
    make = MAKERS.get(samplers.name_of(model))
    return [] if make is None else make(model, z, points, draws)


def _bootstrap(model: Any, z: FloatArray, points: FloatArray, draws: int) -> list[Counterpart]:
    rng = np.random.default_rng(1)
    return [
        Counterpart("numpy", z.copy, lambda: z[rng.integers(len(z), size=draws)], same_law=True)
    ]


def _standard_normal(
    model: Any, z: FloatArray, points: FloatArray, draws: int
) -> list[Counterpart]:
    rng = np.random.default_rng(1)
    return [
        Counterpart("numpy", None, lambda: rng.standard_normal((draws, z.shape[1])), same_law=True)
    ]


def _gaussian(model: Any, z: FloatArray, points: FloatArray, draws: int) -> list[Counterpart]:
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(1)
    mean, covariance = z.mean(axis=0), np.atleast_2d(np.cov(z.T, bias=True))
    return [
        Counterpart(
            "numpy, scipy",
            lambda: (z.mean(axis=0), np.cov(z.T, bias=True)),
            lambda: rng.multivariate_normal(mean, covariance, size=draws),
            lambda: multivariate_normal(mean, covariance).logpdf(points),
            same_law=True,
        )
    ]


def _independent(model: Any, z: FloatArray, points: FloatArray, draws: int) -> list[Counterpart]:
    rng = np.random.default_rng(1)
    quantile = _plain_quantiles(z)

    def draw() -> FloatArray:
        return quantile(rng.random((draws, z.shape[1])))

    return [Counterpart("numpy, np.interp", lambda: z.std(axis=0), draw, same_law=True)]


def _kde(model: Any, z: FloatArray, points: FloatArray, draws: int) -> list[Counterpart]:
    from sklearn.neighbors import KernelDensity

    rng = np.random.default_rng(1)
    spread, h = z.std(axis=0), float(model.bandwidth_)
    plain = (model.shape, model.variance) == ("diagonal", "inflated")

    def draw() -> FloatArray:
        noise = rng.standard_normal((draws, z.shape[1]))
        drawn: FloatArray = z[rng.integers(len(z), size=draws)] + h * z.std(axis=0) * noise
        return drawn

    def fit() -> Any:
        return KernelDensity(bandwidth=h).fit(z / spread)

    fitted = fit()
    return [
        Counterpart("numpy", None, draw, same_law=plain),
        Counterpart(
            "scikit-learn, bandwidth given",
            fit,
            lambda: fitted.sample(draws, random_state=1),
            lambda: fitted.score_samples(points / spread),
        ),
    ]


def _mixture(model: Any, z: FloatArray, points: FloatArray, draws: int) -> list[Counterpart]:
    from sklearn.mixture import GaussianMixture

    rng = np.random.default_rng(1)
    means = model.centre_ + model.scale_ * model.means_
    factors = model.scale_[:, None] * model.factors_
    covariances = [factor @ factor.T for factor in factors]

    def draw() -> FloatArray:
        counts = rng.multinomial(draws, model.weights_)
        parts = [
            rng.multivariate_normal(mean, covariance, size=count)
            for mean, covariance, count in zip(means, covariances, counts, strict=True)
        ]
        drawn: FloatArray = rng.permutation(np.concatenate(parts))
        return drawn

    def fit() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where it stops before it has converged
            return GaussianMixture(len(means), random_state=1).fit(z)

    return [
        Counterpart("numpy", None, draw, same_law=True),
        _of_fit(
            "scikit-learn",
            fit,
            lambda mixture: mixture.sample(draws),
            lambda mixture: mixture.score_samples(points),
        ),
    ]


def _empirical_beta(
    model: Any, z: FloatArray, points: FloatArray, draws: int
) -> list[Counterpart]:
    rng = np.random.default_rng(1)
    n, of_rows = len(z), ranks(z)
    quantile = _plain_quantiles(z)
    plain = model.degree == "n" and model.margins == "kde"

    def draw() -> FloatArray:
        chosen = of_rows[rng.integers(n, size=draws)]
        return quantile(rng.beta(chosen, n + 1 - chosen))

    u = (ranks(points) - 0.5) / len(points)
    found = [
        Counterpart(
            "numpy, np.interp; density of the copula",
            lambda: ranks(z),
            draw,
            lambda: copula_density(of_rows, u),
            same_law=plain,
        )
    ]
    with contextlib.suppress(ImportError):  # it comes with the tests
        from statsmodels.distributions.copula.other_copulas import rvs_kernel

        scaled = of_rows / n
        name = "statsmodels rvs_kernel, no margins"
        found.append(Counterpart(name, draw=lambda: rvs_kernel(scaled, draws, bw=1 / n)))
    return found


def _gaussian_copula(
    model: Any, z: FloatArray, points: FloatArray, draws: int
) -> list[Counterpart]:
    try:
        from statsmodels.distributions.copula.api import GaussianCopula
    except ImportError:  # it comes with the tests
        return []
    u = (ranks(points) - 0.5) / len(points)
    copula = GaussianCopula(corr=np.corrcoef(z.T), k_dim=z.shape[1])
    name = "statsmodels, no margins"
    return [Counterpart(name, None, lambda: copula.rvs(draws), lambda: copula.logpdf(u))]


def _vine(model: Any, z: FloatArray, points: FloatArray, draws: int) -> list[Counterpart]:
    import pyvinecopulib as pv

    from aegen.samplers.vine_copula import GRID as CELLS
    from aegen.samplers.vine_copula import PRESETS

    d = z.shape[1]
    controls = pv.FitControlsVinecop(
        family_set=[getattr(pv.families, name) for name in PRESETS[model.families]],
        nonparametric_method="constant",
        nonparametric_grid_size=CELLS,
        trunc_lvl=d - 1 if model.truncation is None else min(model.truncation, d - 1),
        num_threads=1,
    )
    rows = z if model.rows is None else z[: model.rows]
    u = np.asfortranarray(pv.to_pseudo_obs(points))
    return [
        _of_fit(
            "pyvinecopulib, no margins",
            lambda: pv.Vinecop.from_data(np.asfortranarray(pv.to_pseudo_obs(rows)), controls),
            lambda vine: vine.sample(draws),
            lambda vine: vine.pdf(u),
        )
    ]


def _of_fit(
    who: str,
    fit: Callable[[], Any],
    draw: Callable[[Any], Any],
    density: Callable[[Any], Any],
) -> Counterpart:
    """Draws and densities of what ``fit`` last gave; it is called where nobody has yet."""
    fitted: list[Any] = []

    def refit() -> None:
        fitted[:] = [fit()]

    def last() -> Any:
        if not fitted:
            refit()
        return fitted[0]

    return Counterpart(who, refit, lambda: draw(last()), lambda: density(last()))


MAKERS: dict[str, Callable[[Any, FloatArray, FloatArray, int], list[Counterpart]]] = {
    "bootstrap": _bootstrap,
    "empirical-beta-copula": _empirical_beta,
    "gaussian": _gaussian,
    "gaussian-copula": _gaussian_copula,
    "gaussian-mixture": _mixture,
    "independent-margins": _independent,
    "kde": _kde,
    "standard-normal": _standard_normal,
    "vine-copula": _vine,
}
"""Models that are missing here have no counterpart that is called in this way."""


def copula_density(ranks: NDArray[Any], u: FloatArray) -> FloatArray:
    """Log-density of the empirical beta copula of ``ranks`` (n, d) at ``u``: blocked products.

    Example:
        >>> copula_density(np.array([[1], [2]]), np.array([[0.3]])).round(9).tolist()
        [0.0]
    """
    from scipy.special import betaln, logsumexp

    n = len(ranks)
    left = np.concatenate([np.log(u), np.log1p(-u)], axis=1)
    right = np.concatenate([ranks - 1.0, n - ranks * 1.0], axis=1)
    constants = -betaln(ranks, n + 1.0 - ranks).sum(axis=1)
    out = np.empty(len(u))
    for start in range(0, len(u), BLOCK):
        part = slice(start, start + BLOCK)
        out[part] = logsumexp(left[part] @ right.T + constants, axis=1)
    out -= np.log(n)
    return out


def _plain_quantiles(z: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Quantiles of the smoothed columns, by np.interp into GRID points made without being timed.

    They are as wide as the margins'; rows are counted in cells a twentieth of it wide or so.
    """
    n, d = z.shape
    knots, probabilities = [], []
    for column in z.T:
        smoothed = MixedMargin.of(np.sort(column), count=float(n)).rest
        assert smoothed is not None  # no column of a benchmark repeats its values
        width = smoothed.width
        edges = np.linspace(column.min() - 5 * width, column.max() + 5 * width, GRID)
        step = edges[1] - edges[0]
        reach = int(np.ceil(5 * width / step))
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
        density = np.convolve(np.histogram(column, edges)[0], kernel / kernel.sum(), "same")
        knots.append(edges)
        probabilities.append(np.concatenate([[0.0], np.cumsum(density) / density.sum()]))

    def quantile(u: FloatArray) -> FloatArray:
        for j in range(d):
            u[:, j] = np.interp(u[:, j], probabilities[j], knots[j])
        return u

    return quantile
