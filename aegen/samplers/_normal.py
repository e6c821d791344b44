r"""Multivariate normal distributions, perhaps singular: their roots and their conditions.

All is said in units of the columns' scales. With $\Sigma = F F^\top$ the covariance, known rows
$F_k$ and free rows $F_f$ of its root, and the singular value decomposition $F_k = U S V^\top$, the
law of the free coordinates given the known ones is normal with mean $F_f V S^{-1} U^\top y$ and
root $F_f (I - V V^\top)$. Working on roots leaves no variance negative and needs no inverse of a
matrix that may have none. Used by `gaussian.py`, `gaussian_mixture.py` and `kde.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from scipy.linalg.blas import dtrmm

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.core.threads import one_blas_thread
from aegen.samplers._standardise import standardise

__all__ = [
    "FLAT",
    "Regression",
    "Shrinkage",
    "known_units",
    "normal_root",
    "normal_rows",
    "principal_axes",
    "regression",
    "symmetric",
    "times_root",
    "weighted_correlation",
]

Shrinkage = Annotated[
    float,
    Field(
        "How far correlations are drawn towards 0; helps where rows are few.",
        low=0,
        high=1,
        step=0.05,
    ),
]
"""The argument of models that estimate a matrix of correlations."""

SINGULAR = 1e-12
"""Directions whose variance is below this share of the largest are taken to have none."""

MUCH = 2**15
"""Numbers from which on it takes less time to look for a triangle and to use it."""

FLAT = 1e-6
"""The same for standard deviations: what is left below this share of a column's is none."""


@dataclass(frozen=True)
class Regression:
    """The law of k known and f free coordinates of a centred normal distribution.

    Args:
        whitener: makes the known coordinates independent, of variance 1, shape (r, k).
        slopes: the free ones' means are ``slopes @ y``, shape (f, k).
        rest: root of the covariance that the known ones leave to the free ones, shape (f, any).
        log_volume: log of the product of the known ones' standard deviations along their axes.
    """

    whitener: FloatArray
    slopes: FloatArray
    rest: FloatArray
    log_volume: float

    def left(self) -> tuple[FloatArray, FloatArray]:
        """Standard deviations that are left (f,), exactly 0 for none, and the root of the rest.

        The root's rows (f, any) are scaled to length 1, or 0 where none is left.
        """
        spread = np.sqrt((self.rest * self.rest).sum(axis=1))
        spread[spread <= FLAT] = 0.0
        rows: FloatArray = self.rest / np.where(spread > 0, spread, 1.0)[:, None]
        rows[spread == 0] = 0.0
        return spread, rows


def symmetric(matrix: FloatArray, diagonal: BoolArray) -> FloatArray:
    """A correlation matrix (d, d) that rounding left a little askew, with 1 or 0 for itself."""
    np.fill_diagonal(matrix, diagonal)
    return (matrix + matrix.T) / 2


def weighted_correlation(
    x: FloatArray, weights: FloatArray | float, varying: BoolArray, factor: float = 1.0
) -> FloatArray:
    """Correlations (d, d), times ``factor``, of standardised columns ``x`` (n, d).

    ``weights`` of the rows (n,) or of each sum to one; a column not ``varying`` (d,) has none.
    """
    share = weights if isinstance(weights, float) else weights[:, None]
    with one_blas_thread():  # some BLAS kernels share the sum over rows among threads
        correlation: FloatArray = (x * share).T @ x
    correlation *= factor
    return symmetric(correlation, varying)


def principal_axes(correlation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Variances (r,) along the directions in which there is any, and those directions (d, r)."""
    with one_blas_thread():  # several threads are slower where others wait for them
        values, vectors = np.linalg.eigh(correlation)
    kept = values > max(SINGULAR * values[-1], 0.0)
    return values[kept], np.ascontiguousarray(vectors[:, kept])


def normal_root(correlation: FloatArray) -> FloatArray:
    """A square root of a correlation matrix, which may be singular, shape (d, r)."""
    values, vectors = principal_axes(correlation)
    if len(values) == len(correlation):
        with one_blas_thread():
            lower: FloatArray = np.linalg.cholesky(correlation).astype(np.float64, copy=False)
        return lower
    root: FloatArray = vectors * np.sqrt(values)
    return root


def normal_rows(n: int, root: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Normal rows (n, d) of mean zero whose covariance has this ``root`` (d, r)."""
    return times_root(rng.standard_normal((n, root.shape[1])), root)


def times_root(noise: FloatArray, root: FloatArray) -> FloatArray:
    """``noise @ root.T`` of noise (n, r), which is overwritten, and a root (d, r).

    Much noise is multiplied in place by a lower triangle, as most roots are: half the products,
    no new array.
    """
    d, r = root.shape
    if noise.size > MUCH and len(noise) > d == r and not np.triu(root, 1).any():
        turned: FloatArray = dtrmm(1.0, root.T, noise.T, trans_a=1, overwrite_b=1).T
        return turned
    return noise @ root.T


def regression(root: FloatArray, known: BoolArray) -> Regression:
    """How free coordinates depend on the ``known`` ones (d,), by the covariance's root (d, r)."""
    u, s, vt = np.linalg.svd(root[known], full_matrices=False)
    kept = s > FLAT * s.max(initial=0.0)
    axes = vt[kept]
    whitener = u[:, kept].T / s[kept, None]
    along = root[~known] @ axes.T
    return Regression(
        whitener, along @ whitener, root[~known] - along @ axes, float(np.log(s[kept]).sum())
    )


def known_units(
    title: str,
    centre: FloatArray,
    scale: FloatArray,
    values: FloatArray,
    whitener: FloatArray,
) -> FloatArray:
    """The given ``values`` (k,) in units of their columns' scales, if they can occur at all.

    The rows of ``whitener`` (r, k), that of `Regression`, span what can occur.

    Raises:
        InvalidInput: a constant coordinate is given another value, or coordinates that depend on
            each other exactly are given values that do not.
    """
    constant: IntArray = np.flatnonzero(scale == 0)
    off = constant[~np.isclose(values[constant], centre[constant], rtol=1e-9, atol=0)]
    if len(off):
        raise InvalidInput(
            f"{title} has a coordinate that never changes: it can only be given its own value, "
            f"{centre[off[0]]:.10g}, not {values[off[0]]:.10g}"
        )
    y: FloatArray = standardise(values[None], centre, scale)[0]
    varying = int((scale > 0).sum())
    if len(whitener) < varying:
        axes = np.linalg.qr(whitener.T)[0]
        away = np.abs(y - axes @ (axes.T @ y)).max()
        if away > FLAT * (1 + np.abs(y).max()):
            raise InvalidInput(
                f"{title} cannot take these values: the {varying} given coordinates depend on "
                f"each other exactly, as the training codes do (they fill {len(whitener)} "
                f"dimensions), and the values lie {away:.3g} standard deviations off: give fewer "
                "coordinates, or values that fit"
            )
    return y
