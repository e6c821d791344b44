r"""Principal components of codes, to which a model is fitted, and the rest as normal noise.

With u one unit for all columns and W the first k axes (d, k), $z = m + u (W y + P \epsilon)$: y
has the model's law, $\epsilon$ independent normal columns with standard deviations s, and $P = I -
W W^\top$ keeps the noise off the axes. So with $x = (z - m) / u$ and $S = \mathrm{diag}(s^2)$,
$\log f(z) = \log f_y(W^\top x) + \log N(P x; 0, P S P) - d \log u$, the second factor on the d - k
dimensions that are left. s is such
that each column has as much noise as was measured. With a normal law of y this is probabilistic
principal component analysis, but for one s a column (Tipping and Bishop 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self, cast

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.core.threads import one_blas_thread
from aegen.samplers._normal import FLAT, normal_rows
from aegen.samplers._standardise import (
    centre_and_scale,
    first_copies,
    refuse_constant,
    standardise,
    winsorised,
)

if TYPE_CHECKING:
    from aegen.samplers.base import DensitySampler, RowSampler

__all__ = ["PrincipalSubspace", "Reduce"]

Reduce = Annotated[
    int | None,
    Field(
        "Most principal components that it is fitted to, the rest is noise; auto: all columns.",
        low=1,
        high=4096,
        log=True,
    ),
]
"""The argument of models that can be fitted to principal components."""

ROUNDS = 100
"""Steps to the noise that gives each column as much as was measured."""

CANDIDATES = 6000
"""Of a condition: each is a whole code."""


@dataclass(frozen=True)
class PrincipalSubspace:
    """The first principal axes of codes and the noise around them.

    Args:
        origin: mean (d,); a constant column's own value.
        unit: the length that all else is measured in.
        axes: orthonormal (d, k); 0 for a constant column.
        noise: standard deviations s (d,); exactly 0 for a constant column.
    """

    origin: FloatArray
    unit: float
    axes: FloatArray
    noise: FloatArray

    @classmethod
    def of(cls, z: FloatArray, weights: FloatArray | None, k: int) -> Self | None:
        """The subspace of at most ``k`` components of codes (n, d), as many as there are.

        Far values do not sway it. None where there would be nothing left for noise.
        """
        there = np.ones(len(z), dtype=np.bool_) if weights is None else weights > 0
        bulk = winsorised(z, weights)[there]
        share = np.full(len(bulk), 1 / len(bulk)) if weights is None else weights[there]
        origin, scale = centre_and_scale(bulk, share)
        varying, rows = scale > 0, len(np.unique(first_copies(bulk)))
        k = min(k, rows - 1)
        if not 1 <= k < varying.sum():
            return None
        unit = float(scale.max())
        x = standardise(bulk, origin, np.where(varying, unit, 0.0))
        with one_blas_thread():  # sums in one order, whatever the number of threads
            axes = _axes(x * np.sqrt(share)[:, None], k)
            axes[~varying] = 0.0
            rest = x - (x @ axes) @ axes.T
            # What is left of as many rows as there are is less than of others.
            freedom = max(rows - 1 - axes.shape[1], 1) / (rows - 1)
            measured = np.einsum("i,ij->j", share, rest * rest) / freedom
        noise = np.maximum(_spread(axes, measured), FLAT * scale / unit)
        return cls(origin, unit, axes, np.where(varying, noise, 0.0))

    def scores(self, z: FloatArray) -> FloatArray:
        """The components (n, k) of codes (n, d); equal rows have equal ones, to the last digit."""
        with one_blas_thread():
            y: FloatArray = self._units(z) @ self.axes
        return y[first_copies(z)]

    def codes(self, y: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Codes (n, d) with these components (n, k), and noise."""
        x = self.noise * rng.standard_normal((len(y), len(self.origin)))
        x += (y - x @ self.axes) @ self.axes.T
        x *= self.unit
        x += self.origin
        return x

    def log_density(self, title: str, z: FloatArray, y: FloatArray) -> FloatArray:
        """Of codes (n, d) given their components (n, k), with the unit's volume, (n,)."""
        refuse_constant(title, self.origin, self.noise)
        d, k = self.axes.shape
        # On the directions that are left, the noise's covariance Q' S Q has the quadratic form of
        # what least squares on W leaves of x / s, and |Q' S Q| = |S| |W' S^-1 W|.
        q, r = np.linalg.qr(self.axes / self.noise[:, None])
        x = (self._units(z) - y @ self.axes.T) / self.noise
        x -= (x @ q) @ q.T
        volume = (
            np.log(self.noise).sum() + np.log(np.abs(np.diag(r))).sum() + d * np.log(self.unit)
        )
        density: FloatArray = -0.5 * (x * x).sum(axis=1)
        density -= volume + 0.5 * (d - k) * np.log(2 * np.pi)
        return density

    def conditioned(
        self, model: DensitySampler, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> RowSampler:
        """The law of the other columns given ``values`` of the ``known`` ones (d,).

        Components are weighted candidates (`_resampling.py`); given one of them the law of the
        other columns is normal. So it is a kernel density, whose kernels are that normal law.
        """
        from aegen.samplers._normal import known_units, normal_root, regression, symmetric
        from aegen.samplers._resampling import refuse_wide, resampled
        from aegen.samplers.kde import KDE

        refuse_wide(model.title, len(known))
        units = np.where(self.noise > 0, self.unit, 0.0)
        anything = np.eye(len(values))
        known_units(model.title, self.origin[known], units[known], values, anything)
        spread = np.sqrt(np.diag(self._covariance()))
        wide = np.where(spread > 0, spread, 1.0)
        correlation = symmetric(self._covariance() / np.outer(wide, wide), spread > 0)
        root = normal_root(correlation)
        most = int((spread > 0).sum()) - self.axes.shape[1]
        if (spread[known] > 0).sum() > most:
            raise InvalidInput(
                f"{model.title} of {self.axes.shape[1]} principal components cannot be "
                f"conditioned on more than {most} columns: fix fewer, or set reduce lower"
            )
        law = regression(root, known)
        target = standardise(values[None], self.origin[known], units[known])[0]
        seen = _Seen(model, self.axes[known], wide[known], root[known], law.whitener)
        place = np.arange(len(target) + self.axes.shape[1]) < len(target)
        held = resampled(cast("DensitySampler", seen), place, target, rng, CANDIDATES)
        y = held.codes_
        away = (target - y @ self.axes[known].T) / wide[known]
        means = y @ self.axes[~known].T + wide[~known] * (away @ law.slopes.T)
        left, rows = law.left()
        return KDE(bandwidth=1.0, shape="full", variance="inflated")._learnt(
            len(left),
            codes_=self.origin[~known] + self.unit * means,
            weights_=held.weights_,
            centre_=self.origin[~known],
            scale_=self.unit * wide[~known] * left,
            correlation_=symmetric(rows @ rows.T, left > 0),
            bandwidth_=1.0,
        )

    def _units(self, z: FloatArray) -> FloatArray:
        return standardise(z, self.origin, np.where(self.noise > 0, self.unit, 0.0))

    def _covariance(self) -> FloatArray:
        """Of the noise, (d, d)."""
        part = np.diag(self.noise) - self.axes @ (self.axes.T * self.noise)
        covariance: FloatArray = part @ part.T
        return covariance


@dataclass(frozen=True)
class _Seen:
    """The joint law of some columns (m,) and the components (k,), as `resampled` asks for it.

    Args:
        model: of the components.
        axes: of the columns, (m, k).
        wide: their noise, (m,).
        root: of the noise's correlations, (m, any).
        whitener: makes the noise independent, of variance 1, (r, m).
    """

    model: DensitySampler
    axes: FloatArray
    wide: FloatArray
    root: FloatArray
    whitener: FloatArray

    @property
    def title(self) -> str:
        return self.model.title

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        y = self.model._sample(n, rng)
        noise = normal_rows(n, self.root, rng)
        return np.hstack([y @ self.axes.T + self.wide * noise, y])

    def _score_samples(self, both: FloatArray) -> FloatArray:
        """Log-density but for a constant."""
        columns, y = np.split(both, [len(self.axes)], axis=1)
        away = ((columns - y @ self.axes.T) / self.wide) @ self.whitener.T
        density: FloatArray = self.model._score_samples(y) - 0.5 * (away * away).sum(axis=1)
        return density


def _axes(x: FloatArray, k: int) -> FloatArray:
    """The first ``k`` right singular vectors of ``x`` (n, d), or all of some length, (d, k)."""
    few = len(x) < x.shape[1]
    values, vectors = np.linalg.eigh(x @ x.T if few else x.T @ x)
    kept = np.flatnonzero(values > max(1e-12 * values[-1], 0.0))[::-1][:k]
    axes: FloatArray = x.T @ vectors[:, kept] if few else vectors[:, kept]
    return np.linalg.qr(axes)[0]


def _spread(axes: FloatArray, measured: FloatArray) -> FloatArray:
    """Standard deviations s (d,) with which P s noise has the ``measured`` variances (d,)."""
    keeps = np.eye(len(axes)) - axes @ axes.T
    keeps *= keeps
    variances = measured.copy()
    for _ in range(ROUNDS):
        variances *= measured / np.maximum(keeps @ variances, 1e-300)
    return np.sqrt(variances)
