"""Latent traversal along coordinate axes and principal directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput

__all__ = ["Directions", "latent_axes", "one_code", "principal_directions", "traverse"]


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions in latent space along which codes vary.

    Attributes:
        vectors: unit vectors, float64 (k, d), a direction each.
        sd: standard deviation of the codes along each, (k,).
        share: share of the codes' total variance along each, (k,); sums to one for axes and
            principal directions.
        mean: the codes' mean, (d,).
    """

    vectors: FloatArray
    sd: FloatArray
    share: FloatArray
    mean: FloatArray

    def __len__(self) -> int:
        return len(self.vectors)

    def positions(self, z: ArrayLike) -> FloatArray:
        """Where codes (n, d) lie along each direction, (n, k), in standard deviations.

        The codes' mean is at 0; so is every code, along a direction in which codes do not vary.
        """
        z = arrays.codes(z, dimension=len(self.mean))
        along = (z - self.mean) @ self.vectors.T
        varies = self.sd > 1e-9 * self.sd.max()
        positions: FloatArray = np.divide(along, self.sd, out=np.zeros_like(along), where=varies)
        return positions


def latent_axes(z: ArrayLike) -> Directions:
    """The coordinate axes of codes ``z`` (n, d), n >= 2, in their order.

    Raises:
        InvalidInput: codes that cannot be used.

    Example:
        >>> latent_axes([[0.0, 1.0], [2.0, 1.0]]).sd.tolist()
        [1.0, 0.0]
    """
    z = arrays.codes(z, minimum=2, why="to see how they vary")
    return _directions(z, np.eye(z.shape[1]), z.var(axis=0))


def principal_directions(z: ArrayLike) -> Directions:
    """Directions of codes ``z`` (n, d), n >= 2, by falling variance: eigenvectors of covariance.

    Each has its largest entry positive, so that the sign is settled. Where two variances are equal
    any direction in their plane serves, so such a pair may differ between machines.

    Raises:
        InvalidInput: codes that cannot be used.

    Source: H. Hotelling, "Analysis of a complex of statistical variables", 1933.

    Example:
        >>> p = principal_directions([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
        >>> p.share.round(3).tolist()
        [1.0, 0.0]
    """
    z = arrays.codes(z, minimum=2, why="to see how they vary")
    centred = z - z.mean(axis=0)
    variances, columns = np.linalg.eigh(centred.T @ centred / len(z))
    vectors = columns.T[::-1]
    strongest = np.abs(vectors).argmax(axis=1)
    signs = np.sign(vectors[np.arange(len(vectors)), strongest])
    # rounding leaves variances of flat directions a little below zero
    return _directions(z, vectors * signs[:, None], np.clip(variances[::-1], 0, None))


def _directions(z: FloatArray, vectors: FloatArray, variances: FloatArray) -> Directions:
    total = variances.sum()
    share = variances / total if total > 0 else np.full(len(variances), 1 / len(variances))
    return Directions(vectors, np.sqrt(variances), share, z.mean(axis=0))


def traverse(code: ArrayLike, direction: ArrayLike, distances: ArrayLike) -> FloatArray:
    """Codes z + t v on the line through a code z along a direction v of length one.

    Args:
        code: where to start, z, (d,).
        direction: which way, v, (d,); scaled to length one here.
        distances: how far, t, (k,), in latent units: multiply by a direction's ``sd`` for standard
            deviations.

    Returns:
        float64 (k, d).

    Raises:
        InvalidInput: not one code, a direction of length zero or of another dimension.

    Example:
        >>> traverse([0.0, 0.0], [2.0, 0.0], [-1.0, 0.5]).tolist()
        [[-1.0, 0.0], [0.5, 0.0]]
    """
    z = one_code(code, "code")
    v = one_code(direction, "direction", len(z))
    length = np.linalg.norm(v)
    if length == 0:
        raise InvalidInput("direction must not be zero: it leads nowhere")
    t = np.atleast_1d(np.asarray(distances, dtype=np.float64))
    if t.ndim != 1 or not np.isfinite(t).all():
        raise InvalidInput(f"distances must be finite and of shape (k,), got {t.shape}")
    return z + t[:, None] * (v / length)


def one_code(code: ArrayLike, name: str, dimension: int | None = None) -> FloatArray:
    """A single code (d,), checked."""
    array = np.asarray(code)
    if array.ndim != 1:
        raise InvalidInput(f"{name} must be one code of shape (d,), got {array.shape}")
    one: FloatArray = arrays.codes(array[None, :], name=name, dimension=dimension)[0]
    return one
